//! Kernels of peelchain. Plain Rust: no Python, no command line, no logging.

pub mod chain;
pub mod cluster;
pub mod durable;
pub mod error;
pub mod trace;

pub use error::{CoreError, Result};
