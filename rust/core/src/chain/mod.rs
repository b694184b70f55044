//! From Bitcoin Core's block files to the fact tables.

pub mod best_chain;
pub mod block;
pub mod block_files;
pub mod columns;
pub mod hash;
pub mod ingest;
pub mod script;
