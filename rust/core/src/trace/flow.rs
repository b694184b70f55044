//! The seeds' satoshis carried over a walk under one rule, checked, as columns.

use super::amounts::{Amounts, Division, Owners};
use super::positions::{Order, Positions};
use super::rests::Rests;
use super::seeds::{Part, Seeds};
use super::terminals::{Claims, Terminals};
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
    let mut rests = Rests::new(walk, forward, request.seed_claimants.is_some());
    let mut hops = Hops::default();
    let mut node_sat = vec![0i64; walk.node_txouts.len()];
    for (node, traced_sat) in seeds.traced_sat.iter().enumerate() {
        node_sat[node] = *traced_sat;
        if walk.node_fates[node] == Fate::Walks {
            carrier.start(node, seeds.parts(node));
        } else {
            rests.seed(node, *traced_sat, seeds.parts(node))?;
        }
    }
    let mut out = Outflow {
        wants_cells: request.hops,
        wants_claims: request.seed_claimants.is_some(),
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
        node_sat[leaving.clone()].copy_from_slice(&out.leaving_sat[..leaving.len()]);
        rests.passage(visit, leaving, &out)?;
        hops.passage(walk, visit, &passage, &out.cells);
    }
    let (terminals, claims) = rests.sorted(rule)?;
    let totals_sat = terminals.totals_sat();
    check_whole(&seeds.traced_sat, &totals_sat, rule)?;
    Ok(Flow {
        rule,
        terminals,
        totals_sat,
        hops,
        claims,
    })
}

impl Hops {
    fn passage(&mut self, walk: &Walk, visit: &Visit, passage: &Passage<'_>, cells: &[Cell]) {
        for cell in cells {
            let enters = passage.entering_nodes[cell.entering] as usize;
            let leaves = passage.first_leaving + cell.leaving;
            let (from, to) = if passage.inputs_enter {
                let is_node = cell.leaving < passage.leaving_fates.len();
                (enters, is_node.then_some(leaves))
            } else {
                (leaves, Some(enters))
            };
            self.from_txouts.push(walk.node_txouts[from]);
            self.txs.push(visit.tx);
            self.to_txouts
                .push(to.map_or(-1, |node| walk.node_txouts[node]));
            self.value_sat
                .push(to.map_or(visit.fee_sat, |node| walk.node_value_sat[node]));
            self.traced_sat.push(cell.traced_sat);
        }
    }
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
