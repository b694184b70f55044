//! Which transactions value from the seeds can pass through, and what ends each path.

use super::chain::{COINBASE_INPUT, MAX_MONEY_SAT, NOT_FETCHED, SPENDER_NOT_FETCHED};
use super::ids::SortedIds;
use super::radix_heap::{RadixHeap, Waiting};
use super::seeds::Seeds;
use super::walk::{Fate, NO_NODE, Visit, Walk};
use super::{ChainSource, Direction, Pace, Progress, Pulse, Request, Terminal, TraceError};

const PULSE_EVERY: u64 = 1 << 14;

/// The walk from the seeds, forward in chain order or backward in its reverse.
///
/// Each transaction is visited once, when all that enters it is known: what it spends was made
/// before it. For the same reason the hops counted to an output are the fewest from any seed.
pub fn reach<S: ChainSource>(
    chain: &mut S,
    request: &Request<'_>,
    seeds: &Seeds,
    pulse: Pulse<'_>,
) -> Result<Walk, TraceError> {
    let mut seeds_sorted = seeds.txouts.clone();
    seeds_sorted.sort_unstable();
    let mut frontier = Frontier {
        chain,
        request,
        seeds: SortedIds::new(&seeds_sorted, "seeds")?,
        boundary: SortedIds::new(request.boundary_scripts, "boundary scripts")?,
        exempt: SortedIds::new(request.exempt_scripts, "exempt scripts")?,
        coinjoins: SortedIds::new(request.coinjoin_txs, "coinjoin transactions")?,
        target_scripts: SortedIds::new(request.target_scripts, "target scripts")?,
        target_txouts: SortedIds::new(request.target_txouts, "target txouts")?,
        boundary_terminals: terminals_of(
            request.boundary_scripts,
            request.boundary_kinds,
            "boundary scripts",
        )?,
        boundary_clusters: SortedIds::new(request.boundary_clusters, "boundary clusters")?,
        cluster_terminals: terminals_of(
            request.boundary_clusters,
            request.boundary_cluster_kinds,
            "boundary clusters",
        )?,
        pending: RadixHeap::new(),
        prevouts: Vec::new(),
        values: Vec::new(),
        walk: Walk::with_room(),
    };
    for txout in &seeds.txouts {
        let value_sat = frontier.chain.value_sat(*txout)?;
        frontier.arrive(*txout, value_sat, Way::START)?;
    }
    frontier.walk.seed_count = seeds.txouts.len();
    let mut group = Vec::new();
    let mut done = 0u64;
    while let Some(tx) = frontier.next_group(&mut group) {
        let full = request
            .max_txs
            .is_some_and(|most| frontier.walk.visits.len() as u64 >= most);
        if full || (done % PULSE_EVERY == 0 && !goes_on(pulse, done)?) {
            frontier.stop(&group);
            break;
        }
        done += 1;
        frontier.settle(tx, &mut group)?;
        if !group.is_empty() {
            match request.direction {
                Direction::Forward => frontier.visit_forward(tx, &group)?,
                Direction::Backward => frontier.visit_backward(tx, &group)?,
            }
        }
    }
    Ok(frontier.walk)
}

fn goes_on(pulse: Pulse<'_>, done: u64) -> Result<bool, TraceError> {
    let pace = pulse(Progress {
        stage: "reach",
        done,
        total: None,
    });
    match pace {
        Pace::GoOn => Ok(true),
        Pace::StopAndKeep => Ok(false),
        Pace::Abort => Err(TraceError::Cancelled),
    }
}

fn terminals_of(ids: &[i64], kinds: &[u8], what: &str) -> Result<Vec<Terminal>, TraceError> {
    if kinds.len() != ids.len() {
        return Err(TraceError::Request(format!(
            "{} {what} but {} kinds; give one kind for each",
            ids.len(),
            kinds.len()
        )));
    }
    let terminals = kinds.iter().map(|kind| {
        Terminal::from_boundary_kind(*kind).ok_or_else(|| {
            TraceError::Request(format!("boundary kind {kind} is neither service nor mixer"))
        })
    });
    terminals.collect()
}

/// How value came to a node: over how many transactions, from which node, through which one.
#[derive(Clone, Copy)]
struct Way {
    hops: u32,
    via: u32,
    from_tx: Option<i64>,
}

impl Way {
    const START: Way = Way {
        hops: 0,
        via: NO_NODE,
        from_tx: None,
    };
}

struct Frontier<'a, S> {
    chain: &'a mut S,
    request: &'a Request<'a>,
    seeds: SortedIds<'a>,
    boundary: SortedIds<'a>,
    exempt: SortedIds<'a>,
    coinjoins: SortedIds<'a>,
    target_scripts: SortedIds<'a>,
    target_txouts: SortedIds<'a>,
    boundary_terminals: Vec<Terminal>,
    boundary_clusters: SortedIds<'a>,
    cluster_terminals: Vec<Terminal>,
    pending: RadixHeap,
    /// Of the transaction at hand what it spends, and the values of what leaves it.
    prevouts: Vec<i64>,
    values: Vec<i64>,
    walk: Walk,
}

impl<S: ChainSource> Frontier<'_, S> {
    fn is_forward(&self) -> bool {
        self.request.direction == Direction::Forward
    }

    /// Key whose least comes first: forward the least `tx_id`, backward the greatest.
    fn order(&self, tx: i64) -> u64 {
        if self.is_forward() {
            tx as u64
        } else {
            (i64::MAX - tx) as u64
        }
    }

    /// The next transaction, with the nodes that enter it in chain order.
    #[inline]
    fn next_group(&mut self, group: &mut Vec<Waiting>) -> Option<i64> {
        let order = self.pending.take(group)?;
        if group.len() > 1 {
            group.sort_unstable_by_key(|waiting| waiting.txout);
        }
        Some(if self.is_forward() {
            order as i64
        } else {
            i64::MAX - order as i64
        })
    }

    /// Cuts the flow at every node that still waits.
    fn stop(&mut self, group: &[Waiting]) {
        let group = group.iter().map(|waiting| waiting.node);
        for node in group.chain(self.pending.nodes()) {
            self.walk.node_fates[node as usize] = Fate::Ends(Terminal::Cut);
        }
        self.walk.partial = true;
    }

    /// Adds the node of an output that value reaches by a way.
    fn arrive(&mut self, txout: i64, value_sat: i64, way: Way) -> Result<(), TraceError> {
        let node = self.walk.node_txouts.len() as u32;
        if node == u32::MAX {
            return Err(TraceError::Request(
                "the walk reaches more than 4294967295 outputs; set a limit of hops, value or height"
                    .to_string(),
            ));
        }
        let fate = match self.end_at_door(txout, value_sat, way)? {
            Some(fate) => fate,
            None => self.wait(txout, value_sat, node, way)?,
        };
        if !self.is_forward() || way.from_tx.is_none() {
            let maker = self.chain.maker(txout)?;
            self.walk.node_makers.push(maker);
        }
        self.walk.node_txouts.push(txout);
        self.walk.node_value_sat.push(value_sat);
        self.walk.node_fates.push(fate);
        if self.request.paths {
            self.walk.node_via.push(way.via);
        }
        Ok(())
    }

    /// What ends the flow at an output, whatever transaction comes next.
    fn end_at_door(
        &mut self,
        txout: i64,
        value_sat: i64,
        way: Way,
    ) -> Result<Option<Fate>, TraceError> {
        if value_sat == 0 {
            return Ok(Some(Fate::Empty));
        }
        if way.from_tx.is_some() && self.seeds.contains(txout) {
            return Ok(Some(Fate::Ends(Terminal::Seed)));
        }
        if self.is_target(txout)? {
            return Ok(Some(Fate::Ends(Terminal::Target)));
        }
        if self.is_forward() {
            if self.chain.is_unspendable(txout)? {
                return Ok(Some(Fate::Ends(Terminal::Unspendable)));
            }
            return Ok(self.boundary_of(txout)?.map(Fate::Ends));
        }
        Ok(None)
    }

    fn is_target(&mut self, txout: i64) -> Result<bool, TraceError> {
        if self.target_txouts.contains(txout) {
            return Ok(true);
        }
        if self.target_scripts.is_empty() {
            return Ok(false);
        }
        let script = self.chain.script(txout)?;
        Ok(self.target_scripts.contains(script))
    }

    /// Has a node wait for the transaction that comes next, if there is one.
    fn wait(
        &mut self,
        txout: i64,
        value_sat: i64,
        node: u32,
        way: Way,
    ) -> Result<Fate, TraceError> {
        let next = if self.is_forward() {
            self.chain.spender(txout)?
        } else {
            self.chain.maker(txout)?
        };
        if self.is_forward() && next == -1 {
            return Ok(Fate::Ends(Terminal::Unspent));
        }
        if self.is_forward() && next == SPENDER_NOT_FETCHED {
            return Ok(Fate::Ends(Terminal::Unresolved));
        }
        if !(0..self.chain.tx_count()).contains(&next) {
            return Err(TraceError::Chain(format!(
                "tx {next} of txout {txout} is not among {}",
                self.chain.tx_count()
            )));
        }
        let in_order = way.from_tx.is_none_or(|tx| {
            if self.is_forward() {
                next > tx
            } else {
                next < tx
            }
        });
        if !in_order {
            return Err(TraceError::Chain(format!(
                "txout {txout} is spent by a transaction no later than the one that made it"
            )));
        }
        self.pending.push(Waiting {
            order: self.order(next),
            txout,
            value_sat,
            node,
            hops: way.hops,
        });
        Ok(Fate::Walks)
    }

    fn has_boundaries(&self) -> bool {
        !self.boundary.is_empty() || !self.boundary_clusters.is_empty()
    }

    fn boundary_of(&mut self, txout: i64) -> Result<Option<Terminal>, TraceError> {
        if !self.has_boundaries() {
            return Ok(None);
        }
        let script = self.chain.script(txout)?;
        let mut found = self.boundary.position(script);
        let mut terminals = &self.boundary_terminals;
        if found.is_none() && !self.boundary_clusters.is_empty() {
            let cluster = self.chain.cluster(script)?;
            found = self.boundary_clusters.position(cluster);
            terminals = &self.cluster_terminals;
        }
        Ok(found
            .filter(|_| !self.exempt.contains(script))
            .map(|at| terminals[at]))
    }

    /// Ends the nodes that may not enter `tx`; those that may stay in `group`.
    fn settle(&mut self, tx: i64, group: &mut Vec<Waiting>) -> Result<(), TraceError> {
        let mut prevouts = std::mem::take(&mut self.prevouts);
        self.chain.prevouts(tx, &mut prevouts)?;
        self.prevouts = prevouts;
        let limits = &self.request.limits;
        let mut barrier = self.barrier(tx)?;
        if barrier.is_none() && (limits.min_height.is_some() || limits.max_height.is_some()) {
            let height = self.chain.height(tx)?;
            let too_low = limits.min_height.is_some_and(|min| height < min);
            let too_high = limits.max_height.is_some_and(|max| height > max);
            barrier = (too_low || too_high).then_some(Terminal::Cut);
        }
        let walk = &mut self.walk;
        group.retain(|waiting| {
            let cut = limits.max_hops.is_some_and(|max| waiting.hops >= max)
                || limits
                    .min_value_sat
                    .is_some_and(|min| waiting.value_sat < min);
            let ends = barrier.or(cut.then_some(Terminal::Cut));
            if let Some(terminal) = ends {
                walk.node_fates[waiting.node as usize] = Fate::Ends(terminal);
            }
            ends.is_none()
        });
        Ok(())
    }

    /// What stops every path at the door of `tx`, limits apart.
    fn barrier(&mut self, tx: i64) -> Result<Option<Terminal>, TraceError> {
        let backward = !self.is_forward();
        if backward && self.prevouts.contains(&COINBASE_INPUT) {
            return Ok(Some(Terminal::Coinbase));
        }
        if self.coinjoins.contains(tx) {
            return Ok(Some(Terminal::Coinjoin));
        }
        if backward && self.has_boundaries() {
            for at in 0..self.prevouts.len() {
                let prevout = self.prevouts[at];
                if prevout >= 0 {
                    let boundary = self.boundary_of(prevout)?;
                    if boundary.is_some() {
                        return Ok(boundary);
                    }
                }
            }
        }
        // Forward too: without every input's value neither fee nor shares are known.
        Ok(self
            .prevouts
            .contains(&NOT_FETCHED)
            .then_some(Terminal::Unresolved))
    }

    fn visit_forward(&mut self, tx: i64, group: &[Waiting]) -> Result<(), TraceError> {
        let first_entering = self.walk.entering_nodes.len();
        let mut inputs_sat = 0;
        for at in 0..self.prevouts.len() {
            let prevout = self.prevouts[at];
            let value_sat = match self.enter_if_in(group, prevout, inputs_sat) {
                Some(value_sat) => value_sat,
                None => self.chain.value_sat(prevout)?,
            };
            inputs_sat = add_value(inputs_sat, value_sat, prevout)?;
        }
        let way = self.close_entering(tx, group, first_entering)?;
        let outputs = self.chain.outputs(tx)?;
        let mut outputs_sat = 0;
        self.values.clear();
        for txout in outputs.clone() {
            let value_sat = self.chain.value_sat(txout)?;
            outputs_sat = add_value(outputs_sat, value_sat, txout)?;
            self.values.push(value_sat);
        }
        self.push_visit(tx, inputs_sat, outputs_sat, first_entering)?;
        for (at, txout) in outputs.enumerate() {
            self.arrive(txout, self.values[at], way)?;
        }
        Ok(())
    }

    fn visit_backward(&mut self, tx: i64, group: &[Waiting]) -> Result<(), TraceError> {
        let first_entering = self.walk.entering_nodes.len();
        let mut outputs_sat = 0;
        for txout in self.chain.outputs(tx)? {
            let value_sat = match self.enter_if_in(group, txout, outputs_sat) {
                Some(value_sat) => value_sat,
                None => self.chain.value_sat(txout)?,
            };
            outputs_sat = add_value(outputs_sat, value_sat, txout)?;
        }
        let way = self.close_entering(tx, group, first_entering)?;
        let mut inputs_sat = 0;
        self.values.clear();
        for prevout in &self.prevouts {
            let value_sat = self.chain.value_sat(*prevout)?;
            inputs_sat = add_value(inputs_sat, value_sat, *prevout)?;
            self.values.push(value_sat);
        }
        self.push_visit(tx, inputs_sat, outputs_sat, first_entering)?;
        for at in 0..self.prevouts.len() {
            self.arrive(self.prevouts[at], self.values[at], way)?;
        }
        Ok(())
    }

    /// Lets value in by the node of `group` that is this output, if one is, and gives its value.
    #[inline]
    fn enter_if_in(&mut self, group: &[Waiting], txout: i64, offset_sat: i64) -> Option<i64> {
        let waiting = match group {
            [one] if one.txout == txout => one,
            [_] => return None,
            many => {
                let found = many.binary_search_by_key(&txout, |waiting| waiting.txout);
                &many[found.ok()?]
            }
        };
        self.walk.entering_nodes.push(waiting.node);
        self.walk.entering_offset_sat.push(offset_sat);
        Some(waiting.value_sat)
    }

    /// The way of what leaves `tx`; refuses a transaction that does not hold all that enters it.
    fn close_entering(&self, tx: i64, group: &[Waiting], first: usize) -> Result<Way, TraceError> {
        if self.walk.entering_nodes.len() - first != group.len() {
            return Err(TraceError::Chain(format!(
                "tx {tx} does not spend or make, once each, the outputs that say so"
            )));
        }
        // of several as near, the first output in chain order
        let nearest = group
            .iter()
            .min_by_key(|waiting| waiting.hops)
            .ok_or_else(|| TraceError::Chain(format!("nothing enters tx {tx}")))?;
        Ok(Way {
            hops: nearest.hops.saturating_add(1),
            via: nearest.node,
            from_tx: Some(tx),
        })
    }

    fn push_visit(
        &mut self,
        tx: i64,
        inputs_sat: i64,
        outputs_sat: i64,
        first_entering: usize,
    ) -> Result<(), TraceError> {
        if outputs_sat > inputs_sat {
            return Err(TraceError::Chain(format!(
                "tx {tx} pays {outputs_sat} sat of inputs of {inputs_sat} sat"
            )));
        }
        self.walk.visits.push(Visit {
            tx,
            fee_sat: inputs_sat - outputs_sat,
            // Each node enters at most one transaction, and `arrive` has bounded the nodes.
            first_entering: first_entering as u32,
            first_leaving: self.walk.node_txouts.len() as u32,
        });
        Ok(())
    }
}

/// `sum` and the value of one more output, within the range of money.
fn add_value(sum: i64, value_sat: i64, txout: i64) -> Result<i64, TraceError> {
    if sum + value_sat <= MAX_MONEY_SAT {
        Ok(sum + value_sat)
    } else {
        Err(TraceError::Chain(format!(
            "txout {txout} of {value_sat} sat makes more than all money"
        )))
    }
}
