//! Maximum flow from seeds to chosen ends in a network without cycles, in whole satoshis.
//!
//! By preflow and push (Goldberg and Tarjan 1988), highest label first, with exact labels from a
//! search backward every so often (Cherkassky and Goldberg 1997). Two things are particular to the
//! networks of a trace. They have no cycles and are asked about many times, for one set of ends
//! after another: so the first preflow is pushed in one sweep in topological order, and no node is
//! sent more than could go on from it to the ends, which leaves little to the general method, and
//! where no paths join again nothing. And only the amount that arrives and the cut are wanted: what
//! cannot arrive stays where it stands.

mod network;
mod push;
#[cfg(test)]
mod tests;

pub use network::{Columns, Network};
pub use push::{Flow, Pulse, Push, most};
