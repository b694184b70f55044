//! The seeds' satoshis carried over a walk under one rule, checked, as columns.

use super::amounts::{Amounts, Division, Owners};
use super::positions::{Order, Positions};
use super::seeds::{Part, Seeds};
use super::terminals::{Claims, Row, Terminals};
use super::walk::{Fate, Visit, Walk};
use super::{Direction, Pace, Progress, Pulse, Request, Rule, Terminal, TraceError};

/// One transaction's two lines of satoshis.
pub struct Passage<'a> {
    pub entering_nodes: &'a [u32],
    /// Of each of them the satoshis that lie before it on the transaction's line.
    pub entering_offset_sat: &'a [i64],
    /// Of each of them the traced satoshis.
    pub entering_sat: &'a [i64],
    pub first_leaving: usize,
    pub leaving_fates: &'a [Fate],
    /// Value of each leaving position: those of the nodes and, forward, the fee as last.
    pub leaving_value_sat: &'a [i64],
    /// Forward value enters by the inputs, backward by the outputs.
    pub inputs_enter: bool,
}

/// Traced satoshis that pass from one entering to one leaving position.
pub struct Cell {
    pub entering: usize,
    pub leaving: usize,
    pub traced_sat: i64,
}

/// Traced satoshis of one claimant at a leaving position where the flow ends.
pub struct Claim {
    pub leaving: usize,
    pub claimant: u32,
    pub traced_sat: i64,
}

/// What a rule makes of one passage; buffers that are used again.
#[derive(Default)]
pub struct Outflow {
    /// Traced satoshis of each leaving position.
    pub leaving_sat: Vec<i64>,
    pub wants_cells: bool,
    /// Where wanted, the nonzero cells by (input, output), inputs being those that enter or leave.
    pub cells: Vec<Cell>,
    pub wants_claims: bool,
    /// Where wanted, whose the traced satoshis are at each position that value does not walk on
    /// from, in no order and in any number of pieces.
    pub claims: Vec<Claim>,
}

/// A family of rules: what it keeps of each output that value walks on from, and how that passes
/// through a transaction.
pub trait Carrier {
    /// Gives a seed's node that value walks on from its satoshis, the first ones to the first part.
    fn start(&mut self, node: usize, parts: &[Part]);

    /// Fills `out`, whose buffers are empty.
    fn pass(&mut self, passage: &Passage<'_>, out: &mut Outflow);
}

/// Each movement through one transaction, in the order of the walk, then by (input, output).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hops {
    pub from_txouts: Vec<i64>,
    pub txs: Vec<i64>,
    /// -1 for the fee.
    pub to_txouts: Vec<i64>,
    /// Value of the output made, or the fee.
    pub value_sat: Vec<i64>,
    pub traced_sat: Vec<i64>,
}

/// The outcome under one rule. `hops` is empty where none were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    pub rule: Rule,
    pub terminals: Terminals,
    /// Traced satoshis by code of `Terminal`.
    pub totals_sat: [i128; Terminal::NAMES.len()],
    pub hops: Hops,
    /// The terminals by claimant, where several were named.
    pub claims: Option<Claims>,
}

const PULSE_EVERY: usize = 1 << 14;

/// The flow of the seeds over `walk` under `rule`.
pub fn propagate(
    request: &Request<'_>,
    seeds: &Seeds,
    walk: &Walk,
    rule: Rule,
    pulse: Pulse<'_>,
) -> Result<Flow, TraceError> {
    let division = match rule {
        Rule::ProRata => Division::Even,
        Rule::Tiho => Division::HighestFirst,
        Rule::DirtyFirst => Division::TracedFirst,
        Rule::CleanFirst => Division::TracedLast,
        Rule::IndexFifo => return place(request, seeds, walk, rule, Order::FirstIn, pulse),
        Rule::IndexLifo => return place(request, seeds, walk, rule, Order::LastIn, pulse),
    };
    let owners = request.seed_claimants.map(|_| Owners::new());
    let carrier = Amounts::new(division, owners);
    carry(request, seeds, walk, rule, carrier, pulse)
}

fn place(
    request: &Request<'_>,
    seeds: &Seeds,
    walk: &Walk,
    rule: Rule,
    order: Order,
    pulse: Pulse<'_>,
) -> Result<Flow, TraceError> {
    let nodes = walk.node_txouts.len();
    if request.seed_claimants.is_some() {
        let carrier = Positions::<u32>::new(order, nodes);
        carry(request, seeds, walk, rule, carrier, pulse)
    } else {
        let carrier = Positions::<()>::new(order, nodes);
        carry(request, seeds, walk, rule, carrier, pulse)
    }
}

fn carry<C: Carrier>(
    request: &Request<'_>,
    seeds: &Seeds,
    walk: &Walk,
    rule: Rule,
    mut carrier: C,
    pulse: Pulse<'_>,
) -> Result<Flow, TraceError> {
    let forward = request.direction == Direction::Forward;
    let mut terminals = Terminals::default();
    let mut hops = Hops::default();
    let mut node_sat = vec![0i64; walk.node_txouts.len()];
    let wants_claims = request.seed_claimants.is_some();
    let mut claims = Claims::default();
    for (node, traced_sat) in seeds.traced_sat.iter().enumerate() {
        node_sat[node] = *traced_sat;
        if walk.node_fates[node] == Fate::Walks {
            carrier.start(node, seeds.parts(node));
            continue;
        }
        let row = rest(walk, node, walk.node_makers[node], *traced_sat)?;
        if let Some(row) = row {
            terminals.push(row);
            for part in seeds.parts(node).iter().filter(|_| wants_claims) {
                claims.push(part.claimant, row.of(part.traced_sat));
            }
        }
    }
    let mut out = Outflow {
        wants_cells: request.hops,
        wants_claims,
        ..Outflow::default()
    };
    let mut entering_sat = Vec::new();
    let mut leaving_value_sat = Vec::new();
    for (at, visit) in walk.visits.iter().enumerate() {
        if at % PULSE_EVERY == 0 {
            tell(pulse, rule, at, walk)?;
        }
        let entering = walk.entering(at);
        let leaving = walk.leaving(at);
        let entering_nodes = &walk.entering_nodes[entering.clone()];
        entering_sat.clear();
        entering_sat.extend(entering_nodes.iter().map(|node| node_sat[*node as usize]));
        leaving_value_sat.clear();
        leaving_value_sat.extend_from_slice(&walk.node_value_sat[leaving.clone()]);
        if forward {
            leaving_value_sat.push(visit.fee_sat);
        }
        let passage = Passage {
            entering_nodes,
            entering_offset_sat: &walk.entering_offset_sat[entering],
            entering_sat: &entering_sat,
            first_leaving: leaving.start,
            leaving_fates: &walk.node_fates[leaving.clone()],
            leaving_value_sat: &leaving_value_sat,
            inputs_enter: forward,
        };
        out.leaving_sat.clear();
        out.cells.clear();
        out.claims.clear();
        carrier.pass(&passage, &mut out);
        check_passage(&passage, &out.leaving_sat, visit.tx)?;
        for (node, traced_sat) in leaving.clone().zip(&out.leaving_sat) {
            node_sat[node] = *traced_sat;
            let maker = if forward {
                visit.tx
            } else {
                walk.node_makers[node]
            };
            if let Some(row) = rest(walk, node, maker, *traced_sat)? {
                terminals.push(row);
            }
        }
        if forward {
            let traced_sat = out.leaving_sat[leaving.len()];
            if traced_sat > 0 {
                terminals.push(fee(visit, traced_sat));
            }
        }
        for claim in &out.claims {
            let node = leaving.start + claim.leaving;
            let row = if node == leaving.end {
                Some(fee(visit, claim.traced_sat))
            } else {
                let maker = if forward {
                    visit.tx
                } else {
                    walk.node_makers[node]
                };
                rest(walk, node, maker, claim.traced_sat)?
            };
            if let Some(row) = row {
                claims.push(claim.claimant, row);
            }
        }
        for cell in &out.cells {
            let entering = walk.node_txouts[entering_nodes[cell.entering] as usize];
            let left = leaving.start + cell.leaving;
            let is_fee = left == leaving.end;
            let (from, to, value_sat) = match (forward, is_fee) {
                (true, true) => (entering, -1, visit.fee_sat),
                (true, false) => (entering, walk.node_txouts[left], walk.node_value_sat[left]),
                (false, _) => {
                    let node = entering_nodes[cell.entering] as usize;
                    (walk.node_txouts[left], entering, walk.node_value_sat[node])
                }
            };
            hops.from_txouts.push(from);
            hops.txs.push(visit.tx);
            hops.to_txouts.push(to);
            hops.value_sat.push(value_sat);
            hops.traced_sat.push(cell.traced_sat);
        }
    }
    terminals.sort();
    let totals_sat = terminals.totals_sat();
    check_whole(&seeds.traced_sat, &totals_sat, rule)?;
    if wants_claims {
        claims.sort();
        check_claims(&terminals, &claims, rule)?;
    }
    Ok(Flow {
        rule,
        terminals,
        totals_sat,
        hops,
        claims: wants_claims.then_some(claims),
    })
}

/// Tells how far a rule has come. The walk cannot be shortened any more: only an abort stops it.
fn tell(pulse: Pulse<'_>, rule: Rule, done: usize, walk: &Walk) -> Result<(), TraceError> {
    let pace = pulse(Progress {
        stage: rule.name(),
        done: done as u64,
        total: Some(walk.visits.len() as u64),
    });
    if pace == Pace::Abort {
        return Err(TraceError::Cancelled);
    }
    Ok(())
}

/// The terminal that a node is, if it is one; refuses traced value where nothing can rest.
#[inline]
fn rest(walk: &Walk, node: usize, maker: i64, traced_sat: i64) -> Result<Option<Row>, TraceError> {
    let fate = walk.node_fates[node];
    if traced_sat == 0 || fate == Fate::Walks {
        return Ok(None);
    }
    let txout = walk.node_txouts[node];
    let Fate::Ends(terminal) = fate else {
        return Err(TraceError::Conservation(format!(
            "txout {txout} of no value holds {traced_sat} traced sat"
        )));
    };
    Ok(Some(Row {
        terminal,
        tx: maker,
        txout,
        value_sat: walk.node_value_sat[node],
        traced_sat,
    }))
}

fn fee(visit: &Visit, traced_sat: i64) -> Row {
    Row {
        terminal: Terminal::Fee,
        tx: visit.tx,
        txout: -1,
        value_sat: visit.fee_sat,
        traced_sat,
    }
}

#[inline]
fn check_passage(passage: &Passage<'_>, leaving_sat: &[i64], tx: i64) -> Result<(), TraceError> {
    let entered: i64 = passage.entering_sat.iter().sum();
    let left: i64 = leaving_sat.iter().sum();
    let within = leaving_sat.len() == passage.leaving_value_sat.len()
        && leaving_sat
            .iter()
            .zip(passage.leaving_value_sat)
            .all(|(traced_sat, value_sat)| (0..=*value_sat).contains(traced_sat));
    if within && left == entered {
        return Ok(());
    }
    Err(TraceError::Conservation(format!(
        "{entered} traced sat enter tx {tx} but {left} sat leave it, or more than an output holds"
    )))
}

fn check_whole(seeds: &[i64], totals_sat: &[i128], rule: Rule) -> Result<(), TraceError> {
    let seeds_sat: i128 = seeds.iter().map(|sat| i128::from(*sat)).sum();
    let rest_sat: i128 = totals_sat.iter().sum();
    if seeds_sat == rest_sat {
        return Ok(());
    }
    Err(TraceError::Conservation(format!(
        "under {} the seeds' {seeds_sat} sat became {rest_sat} sat",
        rule.name()
    )))
}

/// What claimants have at each terminal must be what is traced there.
fn check_claims(terminals: &Terminals, claims: &Claims, rule: Rule) -> Result<(), TraceError> {
    if claims.sum_up() == terminals.clone() {
        return Ok(());
    }
    Err(TraceError::Conservation(format!(
        "under {} what claimants have at the terminals is not what is traced there",
        rule.name()
    )))
}
