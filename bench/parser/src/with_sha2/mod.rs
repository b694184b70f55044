//! The product's own parser and hashing, as they are.

#[path = "../../../../rust/core/src/chain/block.rs"]
pub mod block;
#[path = "../../../../rust/core/src/chain/hash.rs"]
pub mod hash;
