//! Which transactions value from the seeds can pass through, and what ends each path.

use std::collections::BinaryHeap;

use super::chain::{COINBASE_INPUT, Chain, NOT_FETCHED};
use super::ids::SortedIds;
use super::{Direction, NO_TERMINAL, Progress, Pulse, Request, Terminal, TraceError};

/// What becomes of value at a reached output. One byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Walks,
    Ends(Terminal),
    /// No value, so nothing can pass or rest here.
    Empty,
}

impl Fate {
    pub fn code(self) -> u8 {
        match self {
            Fate::Ends(terminal) => terminal as u8,
            Fate::Walks | Fate::Empty => NO_TERMINAL,
        }
    }
}

/// A node by which value enters a transaction.
#[derive(Clone, Copy, Debug)]
pub struct Entering {
    pub node: u32,
    /// Satoshis that lie before it on the transaction's line.
    pub offset_sat: i64,
}

/// One transaction walked through. Its nodes end where the next visit's start.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    pub tx: usize,
    /// What the outputs leave of the inputs.
    pub fee_sat: i64,
    first_entering: u32,
    first_leaving: u32,
}

/// The reached part of the chain, in the order of the walk.
///
/// A node is a reached output. The first are the seeds; then come, visit by visit, the outputs
/// (forward) or the prevouts (backward) by which value leaves. A seed that another's flow reaches
/// has a second node, which ends that flow.
pub struct Walk {
    pub node_txouts: Vec<usize>,
    pub node_fates: Vec<Fate>,
    pub visits: Vec<Visit>,
    /// Where asked for: the node before each on a shortest path from a seed, `NO_NODE` for a seed.
    pub node_via: Vec<u32>,
    entering: Vec<Entering>,
}

/// No node: what lies before a seed.
pub const NO_NODE: u32 = u32::MAX;

impl Walk {
    /// The nodes by which value enters a visited transaction, in order of input or of output.
    pub fn entering(&self, visit: usize) -> &[Entering] {
        let end = self
            .visits
            .get(visit + 1)
            .map_or(self.entering.len(), |v| v.first_entering as usize);
        &self.entering[self.visits[visit].first_entering as usize..end]
    }

    /// The nodes by which value leaves it, in order of output or of input.
    pub fn leaving(&self, visit: usize) -> std::ops::Range<usize> {
        let end = self
            .visits
            .get(visit + 1)
            .map_or(self.node_txouts.len(), |v| v.first_leaving as usize);
        self.visits[visit].first_leaving as usize..end
    }
}

const PULSE_EVERY: u64 = 1 << 14;

/// The walk from the seeds, forward in chain order or backward in its reverse.
///
/// Each transaction is visited once, when all that enters it is known: what it spends was made
/// before it. For the same reason the hops counted to an output are the fewest from any seed.
pub fn reach(
    chain: &Chain<'_>,
    request: &Request<'_>,
    pulse: Pulse<'_>,
) -> Result<Walk, TraceError> {
    chain.check_lengths()?;
    let mut seeds_sorted = request.seed_txouts.to_vec();
    seeds_sorted.sort_unstable();
    check_seeds(chain, request, &seeds_sorted)?;
    let mut frontier = Frontier {
        chain,
        request,
        seeds: SortedIds::new(&seeds_sorted, "seeds")?,
        boundary: SortedIds::new(request.boundary_scripts, "boundary scripts")?,
        exempt: SortedIds::new(request.exempt_scripts, "exempt scripts")?,
        coinjoins: SortedIds::new(request.coinjoin_txs, "coinjoin transactions")?,
        boundary_terminals: boundary_terminals(request)?,
        pending: BinaryHeap::new(),
        node_hops: Vec::new(),
        walk: Walk {
            node_txouts: Vec::new(),
            node_fates: Vec::new(),
            visits: Vec::new(),
            node_via: Vec::new(),
            entering: Vec::new(),
        },
    };
    for txout in request.seed_txouts {
        frontier.arrive(chain.txout(*txout)?, Way::START)?;
    }
    let mut group = Vec::new();
    let mut done = 0u64;
    while let Some(tx) = frontier.next_group(&mut group) {
        done += 1;
        if done % PULSE_EVERY == 0
            && !pulse(Progress {
                stage: "reach",
                done,
                total: None,
            })
        {
            return Err(TraceError::Cancelled);
        }
        frontier.settle(tx, &mut group)?;
        if !group.is_empty() {
            match request.direction {
                Direction::Forward => frontier.visit_forward(tx, &mut group)?,
                Direction::Backward => frontier.visit_backward(tx, &mut group)?,
            }
        }
    }
    Ok(frontier.walk)
}

fn check_seeds(chain: &Chain<'_>, request: &Request<'_>, sorted: &[i64]) -> Result<(), TraceError> {
    if request.seed_txouts.len() != request.seed_traced_sat.len() {
        return Err(TraceError::Request(format!(
            "{} seeds but {} amounts; give one amount for each seed",
            request.seed_txouts.len(),
            request.seed_traced_sat.len()
        )));
    }
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(TraceError::Request(format!(
            "seed txout {} is given twice; give each output once, with its whole amount",
            pair[0]
        )));
    }
    for (txout, traced) in request.seed_txouts.iter().zip(request.seed_traced_sat) {
        let index = chain.txout(*txout).map_err(|_| {
            TraceError::Request(format!(
                "seed txout {txout} is not in the chain of {} outputs",
                chain.txout_value.len()
            ))
        })?;
        chain.add_value(0, index)?;
        let value = chain.txout_value[index];
        if *traced < 1 || *traced > value {
            return Err(TraceError::Request(format!(
                "seed txout {txout} has {value} sat but {traced} sat are to be traced; \
                 give 1 to {value}, or leave the output out"
            )));
        }
    }
    Ok(())
}

fn boundary_terminals(request: &Request<'_>) -> Result<Vec<Terminal>, TraceError> {
    if request.boundary_kinds.len() != request.boundary_scripts.len() {
        return Err(TraceError::Request(format!(
            "{} boundary scripts but {} kinds; give one kind for each script",
            request.boundary_scripts.len(),
            request.boundary_kinds.len()
        )));
    }
    let terminals = request.boundary_kinds.iter().map(|kind| {
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
    from_tx: Option<usize>,
}

impl Way {
    const START: Way = Way {
        hops: 0,
        via: NO_NODE,
        from_tx: None,
    };
}

struct Frontier<'a> {
    chain: &'a Chain<'a>,
    request: &'a Request<'a>,
    seeds: SortedIds<'a>,
    boundary: SortedIds<'a>,
    exempt: SortedIds<'a>,
    coinjoins: SortedIds<'a>,
    boundary_terminals: Vec<Terminal>,
    /// (order of the transaction in the walk, node that enters it).
    pending: BinaryHeap<(u64, u32)>,
    node_hops: Vec<u32>,
    walk: Walk,
}

impl Frontier<'_> {
    /// Key whose greatest comes first: forward the least `tx_id`, backward the greatest.
    fn order(&self, tx: usize) -> u64 {
        match self.request.direction {
            Direction::Forward => u64::MAX - tx as u64,
            Direction::Backward => tx as u64,
        }
    }

    /// The next transaction, with the nodes that enter it.
    fn next_group(&mut self, group: &mut Vec<u32>) -> Option<usize> {
        group.clear();
        let (order, _) = *self.pending.peek()?;
        while let Some((other, node)) = self.pending.peek().copied() {
            if other != order {
                break;
            }
            self.pending.pop();
            group.push(node);
        }
        Some(match self.request.direction {
            Direction::Forward => (u64::MAX - order) as usize,
            Direction::Backward => order as usize,
        })
    }

    /// Adds the node of an output that value reaches through `from_tx`, or of a seed.
    fn arrive(&mut self, txout: usize, way: Way) -> Result<(), TraceError> {
        let Way { hops, via, from_tx } = way;
        let chain = self.chain;
        let node = self.walk.node_txouts.len() as u32;
        if node == u32::MAX {
            return Err(TraceError::Request(
                "the walk reaches more than 4294967295 outputs; set a limit of hops, value or height"
                    .to_string(),
            ));
        }
        let next = match self.request.direction {
            Direction::Forward => chain.txout_spender[txout],
            Direction::Backward => chain.txout_tx[txout],
        };
        let mut fate = Fate::Walks;
        if chain.txout_value[txout] == 0 {
            fate = Fate::Empty;
        } else if from_tx.is_some() && self.seeds.contains(txout as i64) {
            fate = Fate::Ends(Terminal::Seed);
        } else if self.request.direction == Direction::Forward {
            if chain.txout_unspendable[txout] {
                fate = Fate::Ends(Terminal::Unspendable);
            } else if let Some(terminal) = self.boundary_of(txout) {
                fate = Fate::Ends(terminal);
            } else if next == -1 {
                fate = Fate::Ends(Terminal::Unspent);
            }
        }
        if fate == Fate::Walks {
            let next = chain.tx(next)?;
            let in_order = match self.request.direction {
                Direction::Forward => from_tx.is_none_or(|tx| next > tx),
                Direction::Backward => from_tx.is_none_or(|tx| next < tx),
            };
            if !in_order {
                return Err(TraceError::Chain(format!(
                    "txout {txout} is spent by a transaction no later than the one that made it"
                )));
            }
            self.pending.push((self.order(next), node));
        }
        self.walk.node_txouts.push(txout);
        self.walk.node_fates.push(fate);
        self.node_hops.push(hops);
        if self.request.paths {
            self.walk.node_via.push(via);
        }
        Ok(())
    }

    fn boundary_of(&self, txout: usize) -> Option<Terminal> {
        let script = self.chain.txout_script[txout];
        let at = self.boundary.position(script)?;
        (!self.exempt.contains(script)).then(|| self.boundary_terminals[at])
    }

    /// Ends the nodes that may not enter `tx`; those that may stay in `group`.
    fn settle(&mut self, tx: usize, group: &mut Vec<u32>) -> Result<(), TraceError> {
        let limits = &self.request.limits;
        let height = self.chain.tx_height[tx];
        let barrier = self.barrier(tx)?.or_else(|| {
            let too_low = limits.min_height.is_some_and(|min| height < min);
            let too_high = limits.max_height.is_some_and(|max| height > max);
            (too_low || too_high).then_some(Terminal::Cut)
        });
        let walk = &mut self.walk;
        group.retain(|node| {
            let node = *node as usize;
            let value = self.chain.txout_value[walk.node_txouts[node]];
            let cut = limits
                .max_hops
                .is_some_and(|max| self.node_hops[node] >= max)
                || limits.min_value_sat.is_some_and(|min| value < min);
            let ends = barrier.or(cut.then_some(Terminal::Cut));
            if let Some(terminal) = ends {
                walk.node_fates[node] = Fate::Ends(terminal);
            }
            ends.is_none()
        });
        Ok(())
    }

    /// What stops every path at the door of `tx`, limits apart.
    fn barrier(&self, tx: usize) -> Result<Option<Terminal>, TraceError> {
        let prevouts = self.chain.prevouts(tx)?;
        let backward = self.request.direction == Direction::Backward;
        if backward && prevouts.contains(&COINBASE_INPUT) {
            return Ok(Some(Terminal::Coinbase));
        }
        if self.coinjoins.contains(tx as i64) {
            return Ok(Some(Terminal::Coinjoin));
        }
        if backward {
            for prevout in prevouts.iter().filter(|prevout| **prevout >= 0) {
                let boundary = self.boundary_of(self.chain.txout(*prevout)?);
                if boundary.is_some() {
                    return Ok(boundary);
                }
            }
        }
        // Forward too: without every input's value neither fee nor shares are known.
        Ok(prevouts
            .contains(&NOT_FETCHED)
            .then_some(Terminal::Unresolved))
    }

    fn visit_forward(&mut self, tx: usize, group: &mut [u32]) -> Result<(), TraceError> {
        let chain = self.chain;
        let first_entering = self.open_visit()?;
        group.sort_unstable_by_key(|node| self.walk.node_txouts[*node as usize]);
        let mut inputs_sat = 0;
        for prevout in chain.prevouts(tx)? {
            let txout = chain.txout(*prevout)?;
            self.enter_if_in(group, txout, inputs_sat);
            inputs_sat = chain.add_value(inputs_sat, txout)?;
        }
        let way = self.close_entering(tx, group, first_entering)?;
        let outputs = chain.outputs(tx)?;
        let mut outputs_sat = 0;
        for txout in outputs.clone() {
            outputs_sat = chain.add_value(outputs_sat, txout)?;
        }
        self.push_visit(tx, inputs_sat, outputs_sat, first_entering)?;
        for txout in outputs {
            self.arrive(txout, way)?;
        }
        Ok(())
    }

    fn visit_backward(&mut self, tx: usize, group: &mut [u32]) -> Result<(), TraceError> {
        let chain = self.chain;
        let first_entering = self.open_visit()?;
        group.sort_unstable_by_key(|node| self.walk.node_txouts[*node as usize]);
        let mut outputs_sat = 0;
        for txout in chain.outputs(tx)? {
            self.enter_if_in(group, txout, outputs_sat);
            outputs_sat = chain.add_value(outputs_sat, txout)?;
        }
        let way = self.close_entering(tx, group, first_entering)?;
        let prevouts = chain.prevouts(tx)?;
        let mut inputs_sat = 0;
        for prevout in prevouts {
            inputs_sat = chain.add_value(inputs_sat, chain.txout(*prevout)?)?;
        }
        self.push_visit(tx, inputs_sat, outputs_sat, first_entering)?;
        for prevout in prevouts {
            self.arrive(*prevout as usize, way)?;
        }
        Ok(())
    }

    fn open_visit(&self) -> Result<u32, TraceError> {
        // Each node enters at most one transaction, so this cannot outgrow the nodes' own bound.
        u32::try_from(self.walk.entering.len())
            .map_err(|_| TraceError::Chain("more nodes enter than there are".to_string()))
    }

    fn enter_if_in(&mut self, group: &[u32], txout: usize, offset_sat: i64) {
        let found =
            group.binary_search_by_key(&txout, |node| self.walk.node_txouts[*node as usize]);
        if let Ok(at) = found {
            self.walk.entering.push(Entering {
                node: group[at],
                offset_sat,
            });
        }
    }

    /// The way of what leaves `tx`; refuses a transaction that does not hold all that enters it.
    fn close_entering(&self, tx: usize, group: &[u32], first: u32) -> Result<Way, TraceError> {
        if self.walk.entering.len() - first as usize != group.len() {
            return Err(TraceError::Chain(format!(
                "tx {tx} does not spend or make, once each, the outputs that say so"
            )));
        }
        // of several as near, the first output in chain order
        let nearest = group
            .iter()
            .copied()
            .min_by_key(|node| self.node_hops[*node as usize])
            .ok_or_else(|| TraceError::Chain(format!("nothing enters tx {tx}")))?;
        Ok(Way {
            hops: self.node_hops[nearest as usize].saturating_add(1),
            via: nearest,
            from_tx: Some(tx),
        })
    }

    fn push_visit(
        &mut self,
        tx: usize,
        inputs_sat: i64,
        outputs_sat: i64,
        first_entering: u32,
    ) -> Result<(), TraceError> {
        if outputs_sat > inputs_sat {
            return Err(TraceError::Chain(format!(
                "tx {tx} pays {outputs_sat} sat of inputs of {inputs_sat} sat"
            )));
        }
        self.walk.visits.push(Visit {
            tx,
            fee_sat: inputs_sat - outputs_sat,
            first_entering,
            // `arrive` has bounded the nodes to 32 bits.
            first_leaving: self.walk.node_txouts.len() as u32,
        });
        Ok(())
    }
}
