//! Benchmark chains: Bitcoin Core block files whose statistics resemble mainnet's, made fast and the
//! same each time. See README.md.

mod block;
mod chain;
mod coins;
mod folder;
mod hash;
mod late;
pub mod parameters;
mod random;
mod scripts;
mod spending;
mod summary;
pub mod virtual_state;

pub use chain::write_chain;
pub use folder::Error;
pub use summary::Summary;
