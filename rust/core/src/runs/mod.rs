//! Sorted runs: immutable files of entries in order of their first word, for look-ups on disk.
//!
//! An entry is `N` words of 64 bits; entries are in order of all their words, the first being the key.
//! A run file holds blocks of bit-packed entries, then a directory of the blocks' first keys; beside it
//! may lie a filter that says which keys are certainly not in it. Runs are merged, never changed.

mod filter;
mod merge;
mod pack;
mod reader;
mod sorter;
mod table;
mod writer;

pub use merge::{Merge, Source};
pub use reader::{Cursor, Run};
pub use sorter::{RunBuilder, remove};
pub use table::SortedTable;
pub use writer::{RunFiles, RunWriter, file_of, filter_of};

/// What an entry consists of.
pub type Entry<const N: usize> = [u64; N];
