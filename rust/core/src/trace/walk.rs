//! The reached part of the chain: what no rule shapes, and all that the rules need.

use std::ops::Range;

use super::{NO_TERMINAL, Terminal};

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

/// One transaction walked through. Its nodes end where the next visit's start.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    pub tx: i64,
    /// What the outputs leave of the inputs.
    pub fee_sat: i64,
    pub first_entering: u32,
    pub first_leaving: u32,
}

/// No node: what lies before a seed.
pub const NO_NODE: u32 = u32::MAX;

/// The reached outputs as nodes, and the transactions in the order of the walk.
///
/// The first nodes are the seeds; then come, visit by visit, the outputs (forward) or the prevouts
/// (backward) by which value leaves. A seed that another's flow reaches has a second node, which
/// ends that flow.
#[derive(Default)]
pub struct Walk {
    pub seed_count: usize,
    pub node_txouts: Vec<i64>,
    pub node_value_sat: Vec<i64>,
    pub node_fates: Vec<Fate>,
    /// The transaction that made each output: forward of the seeds alone, since that of another
    /// node is the visit it leaves.
    pub node_makers: Vec<i64>,
    /// Where asked for: the node before each on a shortest path from a seed, `NO_NODE` for a seed.
    pub node_via: Vec<u32>,
    pub visits: Vec<Visit>,
    /// The nodes by which value enters, visit by visit.
    pub entering_nodes: Vec<u32>,
    /// Of each of them the satoshis that lie before it on the transaction's line.
    pub entering_offset_sat: Vec<i64>,
    /// Stopped before its end: what was pending is cut.
    pub partial: bool,
}

/// Nodes that a walk has room for from the start.
const ROOM: usize = 1 << 13;

impl Walk {
    /// A walk of nothing yet. Grown by doubling from nothing, the columns of a small walk would leave
    /// holes in the heap that take as much again; room that is never used is never in memory.
    pub fn with_room() -> Walk {
        Walk {
            node_txouts: Vec::with_capacity(ROOM),
            node_value_sat: Vec::with_capacity(ROOM),
            node_fates: Vec::with_capacity(ROOM),
            visits: Vec::with_capacity(ROOM / 2),
            entering_nodes: Vec::with_capacity(ROOM),
            entering_offset_sat: Vec::with_capacity(ROOM),
            ..Walk::default()
        }
    }

    /// Where in `entering_nodes` those of a visit are, in order of input or of output.
    #[inline]
    pub fn entering(&self, visit: usize) -> Range<usize> {
        let end = self
            .visits
            .get(visit + 1)
            .map_or(self.entering_nodes.len(), |v| v.first_entering as usize);
        self.visits[visit].first_entering as usize..end
    }

    /// The nodes by which value leaves a visit, in order of output or of input.
    #[inline]
    pub fn leaving(&self, visit: usize) -> Range<usize> {
        let end = self
            .visits
            .get(visit + 1)
            .map_or(self.node_txouts.len(), |v| v.first_leaving as usize);
        self.visits[visit].first_leaving as usize..end
    }

    /// The walk as flat arrays.
    pub fn graph(&self) -> Graph {
        let column = |of: fn(&Visit) -> i64| self.visits.iter().map(of).collect::<Vec<i64>>();
        let mut graph = Graph {
            seed_count: self.seed_count,
            node_txouts: self.node_txouts.clone(),
            node_value_sat: self.node_value_sat.clone(),
            node_types: self.node_fates.iter().map(|fate| fate.code()).collect(),
            visit_txs: column(|v| v.tx),
            visit_fee_sat: column(|v| v.fee_sat),
            first_entering: column(|v| i64::from(v.first_entering)),
            entering: self.entering_nodes.iter().map(|n| i64::from(*n)).collect(),
            first_leaving: column(|v| i64::from(v.first_leaving)),
        };
        graph.first_entering.push(self.entering_nodes.len() as i64);
        graph.first_leaving.push(self.node_txouts.len() as i64);
        graph
    }
}

/// A walk as in `peelchain.trace.graph.FlowGraph`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub seed_count: usize,
    pub node_txouts: Vec<i64>,
    pub node_value_sat: Vec<i64>,
    /// Codes of `Terminal`; `NO_TERMINAL` where value walks on, or there is none.
    pub node_types: Vec<u8>,
    pub visit_txs: Vec<i64>,
    pub visit_fee_sat: Vec<i64>,
    pub first_entering: Vec<i64>,
    pub entering: Vec<i64>,
    pub first_leaving: Vec<i64>,
}
