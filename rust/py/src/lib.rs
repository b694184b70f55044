//! Bindings: convert, release the GIL, map errors. Nothing else.

use pyo3::prelude::*;

mod chain;
mod cluster;
mod errors;
mod trace;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    chain::register(module)?;
    cluster::register(module)?;
    trace::register(module)?;
    Ok(())
}
