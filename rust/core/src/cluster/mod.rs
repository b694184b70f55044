//! Which scripts are held to be one party, and why.
//!
//! Everything here reads the chain as flat arrays indexed by the dense ids of a store.

pub mod coinjoin;
mod constrained;
mod cut;
mod graph;
mod growth;
mod links;
mod outputs;
mod pages;
pub mod pass;
mod paths;
mod segment;
mod union_find;

pub use constrained::{Apart, Constrained, Refused};
pub use cut::Cut;
pub use graph::{Graph, rows_within};
pub use growth::Jumps;
pub use links::{Links, multi_input};
pub use paths::Steps;
pub use union_find::{Clusters, Merging, ScriptNumber, merge};

use thiserror::Error;

/// Why a kernel refused its arrays.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ClusterError {
    #[error("{name} has {found} entries where {expected} are needed")]
    Length {
        name: &'static str,
        found: usize,
        expected: usize,
    },
    #[error("{name}[{row}] is {value}, which is out of range 0 to {limit}")]
    Range {
        name: &'static str,
        row: usize,
        value: i64,
        limit: usize,
    },
    #[error("{name} does not rise at row {row}")]
    Order { name: &'static str, row: usize },
    #[error("{name}[{row}] is a script that is not among those given")]
    Unknown { name: &'static str, row: usize },
}

/// The best chain as flat arrays, in chain order: the inputs of every transaction, and the script of
/// every output.
///
/// `first_txin` (one entry more than there are transactions) bounds each transaction's rows;
/// `prev_txout` is -1 for an input whose spent output is not known, which is that of a coinbase.
#[derive(Clone, Copy)]
pub struct Chain<'a> {
    first_txin: &'a [i64],
    prev_txout: &'a [i64],
    script: &'a [i64],
}

impl<'a> Chain<'a> {
    /// The arrays, once every bound and every index in them is known to be in range.
    pub fn new(
        first_txin: &'a [i64],
        prev_txout: &'a [i64],
        script: &'a [i64],
    ) -> Result<Self, ClusterError> {
        check_bounds("tx_first_txin", first_txin, prev_txout.len())?;
        check_ids("txin_prev_txout", prev_txout, -1, script.len())?;
        Ok(Self {
            first_txin,
            prev_txout,
            script,
        })
    }

    fn tx_count(&self) -> usize {
        self.first_txin.len() - 1
    }

    /// The outputs that the transaction spends, as far as known.
    fn prevouts(&self, tx: usize) -> impl Iterator<Item = usize> + '_ {
        let (from, to) = (
            self.first_txin[tx] as usize,
            self.first_txin[tx + 1] as usize,
        );
        self.prev_txout[from..to]
            .iter()
            .filter(|&&prev| prev >= 0)
            .map(|&prev| prev as usize)
    }

    fn txin_count(&self, tx: usize) -> usize {
        (self.first_txin[tx + 1] - self.first_txin[tx]) as usize
    }
}

fn check_length(name: &'static str, found: usize, expected: usize) -> Result<(), ClusterError> {
    if found == expected {
        return Ok(());
    }
    Err(ClusterError::Length {
        name,
        found,
        expected,
    })
}

/// Refuses bounds that do not run from 0 to `rows` without falling.
fn check_bounds(name: &'static str, bounds: &[i64], rows: usize) -> Result<(), ClusterError> {
    if bounds.is_empty() {
        return check_length(name, 0, 1);
    }
    if bounds[0] != 0 {
        return Err(ClusterError::Range {
            name,
            row: 0,
            value: bounds[0],
            limit: 0,
        });
    }
    if let Some(at) = bounds.windows(2).position(|w| w[1] < w[0]) {
        return Err(ClusterError::Order { name, row: at + 1 });
    }
    check_length(name, bounds[bounds.len() - 1] as usize, rows)
}

fn check_ids(
    name: &'static str,
    ids: &[i64],
    least: i64,
    count: usize,
) -> Result<(), ClusterError> {
    match ids.iter().position(|&id| id < least || id >= count as i64) {
        None => Ok(()),
        Some(row) => Err(ClusterError::Range {
            name,
            row,
            value: ids[row],
            limit: count.saturating_sub(1),
        }),
    }
}
