//! What source this kernel was built from.

use pyo3::prelude::*;

/// SHA-256, in hex, over the names and hashes of the files that the kernel is built from.
#[pyfunction]
fn source_sha256() -> &'static str {
    env!("PEELCHAIN_SOURCE_SHA256")
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(source_sha256, module)?)
}
