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
