//! Tracing: where the satoshis of given outputs went, or came from, under exact rules.
//!
//! Two stages. `reach` finds every transaction that value from the seeds can pass through, in chain
//! order, and what ends each path there; no rule has a say in it, so one terminal set holds for all
//! of them. `flow` then carries the seeds' satoshis over those transactions under one rule.
//!
//! A visited transaction is seen as two lines of satoshis of equal length. Forward: value *enters*
//! by inputs and *leaves* by outputs, with the fee as last position. Backward: it enters by outputs
//! and leaves by inputs. So the rules need not know the direction.

use crate::error::CoreError;

pub mod accounts;
mod amounts;
mod chain;
mod flow;
mod ids;
mod line;
mod positions;
mod radix_heap;
mod reach;
mod rests;
mod rule;
mod seeds;
mod share;
mod source;
mod terminals;
#[cfg(test)]
mod tests;
mod walk;

pub use chain::{COINBASE_INPUT, Chain, MAX_MONEY_SAT, NOT_FETCHED};
pub use flow::{Flow, Hops};
pub use rule::Rule;
pub use share::share;
pub use source::ChainSource;
pub use terminals::{Claims, Terminals};
pub use walk::Graph;

use seeds::Seeds;
use walk::{Fate, Walk};

/// Which way a trace walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Forward,
    Backward,
}

/// Why a path ends. The codes are those of `Terminals::types` and of `Request::boundary_kinds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Terminal {
    Seed,
    Service,
    Mixer,
    Coinjoin,
    Unspent,
    Unspendable,
    Fee,
    Cut,
    Unresolved,
    Coinbase,
    Target,
    Shielded,
}

impl Terminal {
    /// Indexed by code.
    pub const NAMES: [&'static str; 12] = [
        "seed",
        "service",
        "mixer",
        "coinjoin",
        "unspent",
        "unspendable",
        "fee",
        "cut",
        "unresolved",
        "coinbase",
        "target",
        "shielded",
    ];

    fn from_boundary_kind(kind: u8) -> Option<Terminal> {
        [Terminal::Service, Terminal::Mixer, Terminal::Shielded]
            .into_iter()
            .find(|t| *t as u8 == kind)
    }
}

/// Where a walk stops though value goes on; `None` sets no limit.
///
/// All are tested on facts of the chain, never on traced amounts, so that every rule has the same
/// terminals. Heights are those of the transaction that would be walked through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    pub max_hops: Option<u32>,
    pub min_value_sat: Option<i64>,
    pub min_height: Option<i32>,
    pub max_height: Option<i32>,
}

/// What to trace. Id slices are sorted and without duplicates, except the seeds' (any order).
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub direction: Direction,
    pub rules: &'a [Rule],
    pub seed_txouts: &'a [i64],
    /// Satoshis traced of each seed, 1 up to its value. Under a rule of positions, its first ones.
    pub seed_traced_sat: &'a [i64],
    /// Index of the claimant of each seed, where there are several; each may name an output once.
    pub seed_claimants: Option<&'a [i64]>,
    pub boundary_scripts: &'a [i64],
    /// `Terminal::Service`, `Terminal::Mixer` or `Terminal::Shielded` for each of `boundary_scripts`.
    pub boundary_kinds: &'a [u8],
    /// Clusters whose scripts are boundaries too, but for those of `boundary_scripts`, with a kind
    /// for each: where a party's scripts are too many to list.
    pub boundary_clusters: &'a [i64],
    pub boundary_cluster_kinds: &'a [u8],
    /// Scripts that are no boundary even if `boundary_scripts` has them: the subject's own.
    pub exempt_scripts: &'a [i64],
    pub coinjoin_txs: &'a [i64],
    /// Scripts and outputs asked for as destination: what comes to them ends there.
    pub target_scripts: &'a [i64],
    pub target_txouts: &'a [i64],
    pub limits: Limits,
    /// Transactions after which the walk stops short, and what it found is kept.
    pub max_txs: Option<u64>,
    pub hops: bool,
    /// Whether to give every reached end with a shortest path to it.
    pub paths: bool,
    /// Whether to give the reached part of the chain.
    pub graph: bool,
}

/// Every output the walk came to, whatever amount a rule leaves there: rows are nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    pub txouts: Vec<i64>,
    /// Codes of `Terminal`; `NO_TERMINAL` where value walks on, or there is none.
    pub types: Vec<u8>,
    /// Row of the output before it on a shortest path from a seed; -1 for a seed.
    pub via: Vec<i64>,
}

/// The type of a row of `Reached` that is no end.
pub const NO_TERMINAL: u8 = u8::MAX;

/// What reachability alone says: the whole value of every output at which a path ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Poison {
    pub txouts: u64,
    /// Satoshis by code of `Terminal`.
    pub totals_sat: [i128; Terminal::NAMES.len()],
}

/// The outcome under each rule asked, in that order, and what was reached, where asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub flows: Vec<Flow>,
    pub reached: Reached,
    pub graph: Option<Graph>,
    pub poison: Poison,
    /// The walk stopped before its end, at `max_txs` or on a pulse.
    pub partial: bool,
    pub visited_txs: u64,
    pub reached_txouts: u64,
}

/// How far a trace has come: transactions done, and of how many where that is known.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub stage: &'static str,
    pub done: u64,
    pub total: Option<u64>,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    GoOn,
    /// Walk no further; the value that was on its way is cut. Once the walk is over: as `GoOn`.
    StopAndKeep,
    Abort,
}

/// Told of progress every few thousand transactions.
pub type Pulse<'a> = &'a mut dyn FnMut(Progress) -> Pace;

#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The request cannot be carried out; the caller can mend it.
    #[error("{0}")]
    Request(String),
    /// The arrays contradict themselves.
    #[error("{0}: the store is damaged; run 'peelchain chain verify'")]
    Chain(String),
    /// A store's files could not be read, or contradict themselves.
    #[error(transparent)]
    Store(#[from] CoreError),
    /// Satoshis were lost or made: a defect of this crate.
    #[error("{0}; this is a defect of peelchain, please report it")]
    Conservation(String),
    #[error("cancelled")]
    Cancelled,
}

/// The flows of the seeds.
///
/// Amounts are checked on every run: through each transaction, of each output, and over the whole.
pub fn trace<S: ChainSource>(
    chain: &mut S,
    request: &Request<'_>,
    pulse: Pulse<'_>,
) -> Result<Outcome, TraceError> {
    check_rules(request)?;
    let seeds = Seeds::new(chain, request)?;
    let walk = reach::reach(chain, request, &seeds, pulse)?;
    let flows = request
        .rules
        .iter()
        .map(|rule| flow::propagate(request, &seeds, &walk, *rule, pulse))
        .collect::<Result<Vec<Flow>, TraceError>>()?;
    Ok(Outcome {
        flows,
        reached: if request.paths {
            reached(&walk)
        } else {
            Reached::default()
        },
        graph: request.graph.then(|| walk.graph()),
        poison: poison(&walk),
        partial: walk.partial,
        visited_txs: walk.visits.len() as u64,
        reached_txouts: walk.node_txouts.len() as u64,
    })
}

fn check_rules(request: &Request<'_>) -> Result<(), TraceError> {
    if request.direction == Direction::Forward {
        return Ok(());
    }
    let Some(rule) = request.rules.iter().find(|rule| !rule.runs_backward()) else {
        return Ok(());
    };
    let others = Rule::ALL.into_iter().filter(|rule| rule.runs_backward());
    Err(TraceError::Request(format!(
        "under {} the way of a satoshi depends on which others are traced, so it runs forward \
         only; backward use one of {}",
        rule.name(),
        others.map(Rule::name).collect::<Vec<_>>().join(", ")
    )))
}

fn reached(walk: &Walk) -> Reached {
    let row = |node: &u32| {
        if *node == walk::NO_NODE {
            -1
        } else {
            i64::from(*node)
        }
    };
    Reached {
        txouts: walk.node_txouts.clone(),
        types: walk.node_fates.iter().map(|fate| fate.code()).collect(),
        via: walk.node_via.iter().map(row).collect(),
    }
}

fn poison(walk: &Walk) -> Poison {
    let mut poison = Poison::default();
    for (fate, value_sat) in walk.node_fates.iter().zip(&walk.node_value_sat) {
        match *fate {
            // Its own flow carries on from its first node.
            Fate::Ends(Terminal::Seed) | Fate::Walks | Fate::Empty => {}
            Fate::Ends(terminal) => {
                poison.txouts += 1;
                poison.totals_sat[terminal as usize] += i128::from(*value_sat);
            }
        }
    }
    poison
}
