//! Kernels of peelchain. Plain Rust: no Python, no command line, no logging.

pub mod addresses;
mod advice;
mod bech32;
pub mod bits;
pub mod chain;
pub mod cluster;
pub mod descriptors;
pub mod durable;
pub mod error;
pub mod extract;
mod guarded;
pub mod linkage;
pub mod lookup;
pub mod max_flow;
pub mod runs;
pub mod sealing;
pub mod stored;
pub mod trace;
pub mod verify;

pub use error::{CoreError, Result};
