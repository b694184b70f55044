//! The product's own parser over the hashing of rust-bitcoin's `bitcoin_hashes`.

#[path = "../../../../rust/core/src/chain/block.rs"]
pub mod block;
pub mod hash;
