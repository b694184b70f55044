//! The seeds' satoshis carried over a walk under one rule, checked, as columns.

use std::ops::Range;

use super::amounts::Amounts;
use super::chain::Chain;
use super::positions::Positions;
use super::reach::{Entering, Fate, Walk};
use super::{Direction, Progress, Pulse, Request, Rule, Terminal, TraceError};

/// One transaction's two lines of satoshis.
pub struct Passage<'a> {
    pub entering: &'a [Entering],
    pub leaving_nodes: Range<usize>,
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

/// A family of rules: what it holds of each node, and how that passes through a transaction.
pub trait Carrier {
    /// Gives a seed's node its satoshis. Called in order of node, before any `pass`.
    fn start(&mut self, node: usize, traced_sat: i64);

    fn traced_sat(&self, node: usize) -> i64;

    /// Fills the leaving nodes and gives what goes to the fee. Adds the transaction's nonzero cells
    /// by (input, output), inputs being those that enter or leave.
    fn pass(&mut self, passage: &Passage<'_>, cells: Option<&mut Vec<Cell>>) -> i64;
}

/// Where traced value rests; rows by (tx, txout with the fee last, type), none of zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terminals {
    /// Codes of `Terminal`.
    pub types: Vec<u8>,
    pub txs: Vec<i64>,
    /// -1 for a fee.
    pub txouts: Vec<i64>,
    pub value_sat: Vec<i64>,
    pub traced_sat: Vec<i64>,
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
    pub hops: Hops,
    pub visited_txs: u64,
    pub reached_txouts: u64,
}

const PULSE_EVERY: usize = 1 << 14;

/// The flow of the request's seeds over `walk` under `rule`.
pub fn propagate(
    chain: &Chain<'_>,
    request: &Request<'_>,
    walk: &Walk,
    rule: Rule,
    pulse: Pulse<'_>,
) -> Result<Flow, TraceError> {
    let nodes = walk.node_txouts.len();
    match rule {
        Rule::ProRata => carry(chain, request, walk, rule, Amounts::new(nodes), pulse),
        Rule::IndexFifo => carry(chain, request, walk, rule, Positions::new(nodes), pulse),
    }
}

fn carry<C: Carrier>(
    chain: &Chain<'_>,
    request: &Request<'_>,
    walk: &Walk,
    rule: Rule,
    mut carrier: C,
    pulse: Pulse<'_>,
) -> Result<Flow, TraceError> {
    for (node, traced_sat) in request.seed_traced_sat.iter().enumerate() {
        carrier.start(node, *traced_sat);
    }
    let forward = request.direction == Direction::Forward;
    let mut rows = Vec::new();
    let mut hops = Hops::default();
    let mut cells = Vec::new();
    let mut leaving_value_sat = Vec::new();
    for (at, visit) in walk.visits.iter().enumerate() {
        if at % PULSE_EVERY == 0 {
            let total = Some(walk.visits.len() as u64);
            if !pulse(Progress {
                stage: rule.name(),
                done: at as u64,
                total,
            }) {
                return Err(TraceError::Cancelled);
            }
        }
        let leaving_nodes = walk.leaving(at);
        leaving_value_sat.clear();
        let leaving_txouts = &walk.node_txouts[leaving_nodes.clone()];
        leaving_value_sat.extend(leaving_txouts.iter().map(|txout| chain.txout_value[*txout]));
        if forward {
            leaving_value_sat.push(visit.fee_sat);
        }
        let passage = Passage {
            entering: walk.entering(at),
            leaving_nodes,
            leaving_value_sat: &leaving_value_sat,
            inputs_enter: forward,
        };
        cells.clear();
        let fee_traced_sat = carrier.pass(&passage, request.hops.then_some(&mut cells));
        check_passage(&carrier, &passage, visit.tx, fee_traced_sat)?;
        if fee_traced_sat > 0 {
            rows.push(Row {
                tx: visit.tx as i64,
                txout: i64::MAX,
                terminal: Terminal::Fee,
                value_sat: visit.fee_sat,
                traced_sat: fee_traced_sat,
            });
        }
        for cell in &cells {
            let entering = walk.node_txouts[passage.entering[cell.entering].node as usize];
            let leaving = leaving_txouts.get(cell.leaving).copied();
            let (from, to) = if forward {
                (Some(entering), leaving)
            } else {
                (leaving, Some(entering))
            };
            hops.from_txouts.push(from.map_or(-1, |txout| txout as i64));
            hops.txs.push(visit.tx as i64);
            hops.to_txouts.push(to.map_or(-1, |txout| txout as i64));
            hops.value_sat
                .push(to.map_or(visit.fee_sat, |txout| chain.txout_value[txout]));
            hops.traced_sat.push(cell.traced_sat);
        }
    }
    collect_rest(chain, walk, &carrier, &mut rows)?;
    check_whole(request.seed_traced_sat, &rows, rule)?;
    Ok(Flow {
        rule,
        terminals: columns(rows),
        hops,
        visited_txs: walk.visits.len() as u64,
        reached_txouts: walk.node_txouts.len() as u64,
    })
}

struct Row {
    tx: i64,
    /// `i64::MAX` for a fee, which sorts last in its transaction.
    txout: i64,
    terminal: Terminal,
    value_sat: i64,
    traced_sat: i64,
}

fn check_passage<C: Carrier>(
    carrier: &C,
    passage: &Passage<'_>,
    tx: usize,
    fee_traced_sat: i64,
) -> Result<(), TraceError> {
    let entered: i64 = passage
        .entering
        .iter()
        .map(|entering| carrier.traced_sat(entering.node as usize))
        .sum();
    let mut left = fee_traced_sat;
    let mut within = true;
    for (node, value_sat) in passage.leaving_nodes.clone().zip(passage.leaving_value_sat) {
        let traced_sat = carrier.traced_sat(node);
        within &= (0..=*value_sat).contains(&traced_sat);
        left += traced_sat;
    }
    if within && left == entered {
        return Ok(());
    }
    Err(TraceError::Conservation(format!(
        "{entered} traced sat enter tx {tx} but {left} sat leave it, or more than an output holds"
    )))
}

/// Adds the terminals at nodes; refuses traced value at a node with no fate.
fn collect_rest<C: Carrier>(
    chain: &Chain<'_>,
    walk: &Walk,
    carrier: &C,
    rows: &mut Vec<Row>,
) -> Result<(), TraceError> {
    for (node, (txout, fate)) in walk.node_txouts.iter().zip(&walk.node_fates).enumerate() {
        if *fate == Fate::Walks {
            continue;
        }
        let traced_sat = carrier.traced_sat(node);
        if traced_sat == 0 {
            continue;
        }
        let Fate::Ends(terminal) = *fate else {
            return Err(TraceError::Conservation(format!(
                "txout {txout} of no value holds {traced_sat} traced sat"
            )));
        };
        rows.push(Row {
            tx: chain.txout_tx[*txout],
            txout: *txout as i64,
            terminal,
            value_sat: chain.txout_value[*txout],
            traced_sat,
        });
    }
    rows.sort_unstable_by_key(|row| (row.tx, row.txout, row.terminal));
    Ok(())
}

fn check_whole(seeds: &[i64], rows: &[Row], rule: Rule) -> Result<(), TraceError> {
    let seeds_sat: i128 = seeds.iter().map(|sat| i128::from(*sat)).sum();
    let rest_sat: i128 = rows.iter().map(|row| i128::from(row.traced_sat)).sum();
    if seeds_sat == rest_sat {
        return Ok(());
    }
    Err(TraceError::Conservation(format!(
        "under {} the seeds' {seeds_sat} sat became {rest_sat} sat",
        rule.name()
    )))
}

fn columns(rows: Vec<Row>) -> Terminals {
    let mut terminals = Terminals::default();
    for row in rows {
        terminals.types.push(row.terminal as u8);
        terminals.txs.push(row.tx);
        terminals
            .txouts
            .push(if row.txout == i64::MAX { -1 } else { row.txout });
        terminals.value_sat.push(row.value_sat);
        terminals.traced_sat.push(row.traced_sat);
    }
    terminals
}
