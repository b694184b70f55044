//! From a node's block files to the fact tables.

mod auxpow;
pub mod best_chain;
pub mod block;
pub mod block_files;
pub mod coins;
pub mod columns;
pub mod compact;
mod families;
pub mod hash;
pub mod ingest;
pub mod keys;
pub mod money;
pub mod open_files;
pub mod pipeline;
pub mod prepare;
pub mod reindex;
pub mod resolve;
pub mod rows;
pub mod rules;
pub mod scan;
pub mod scan_cache;
mod scan_file;
pub mod script;
pub mod script_ids;
pub mod target;
