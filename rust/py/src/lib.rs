//! Bindings: convert, release the GIL, map errors. Nothing else.

use pyo3::prelude::*;

mod accounts;
mod chain;
mod chain_source;
mod cluster;
mod clustering;
mod coinjoin;
mod compact;
mod descriptors;
mod durable;
mod errors;
mod explain;
mod ingest;
mod linkage;
mod lookup;
mod max_flow;
mod progress;
mod rules;
mod sealing;
mod source;
mod stored;
mod trace;
mod verify;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    accounts::register(module)?;
    chain::register(module)?;
    cluster::register(module)?;
    clustering::register(module)?;
    coinjoin::register(module)?;
    compact::register(module)?;
    descriptors::register(module)?;
    durable::register(module)?;
    explain::register(module)?;
    ingest::register(module)?;
    linkage::register(module)?;
    lookup::register(module)?;
    sealing::register(module)?;
    source::register(module)?;
    stored::register(module)?;
    max_flow::register(module)?;
    trace::register(module)?;
    verify::register(module)?;
    Ok(())
}
