//! Bindings of descriptors, and of the search for Bitcoin's names in files.

use std::path::PathBuf;

use peelchain_core::descriptors::{self, Deriver};
use peelchain_core::extract::{self, Hit, Words};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::to_py;
use crate::progress::Reporter;

#[pyfunction]
fn descriptor_paths(py: Python<'_>, text: &str) -> PyResult<Vec<(String, &'static str, bool)>> {
    let paths = descriptors::paths(text).map_err(|e| to_py(py, e))?;
    Ok(paths
        .into_iter()
        .map(|path| (path.text, path.kind, path.ranged))
        .collect())
}

#[pyfunction]
fn descriptor_checksum(text: &str) -> Option<String> {
    descriptors::with_checksum(text)
}

#[pyfunction]
fn descriptor_scripts<'py>(
    py: Python<'py>,
    text: &str,
    first: u32,
    count: u32,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let scripts = py.detach(|| {
        let deriver = Deriver::new(text)?;
        (first..first.saturating_add(count))
            .map(|index| deriver.script(index))
            .collect::<peelchain_core::Result<Vec<_>>>()
    });
    let scripts = scripts.map_err(|e| to_py(py, e))?;
    Ok(scripts.iter().map(|s| PyBytes::new(py, s)).collect())
}

type Row = (&'static str, u64, u64, bool, Option<String>);

fn rows(hits: Vec<Hit>) -> Vec<Row> {
    hits.into_iter()
        .map(|hit| (hit.kind, hit.offset, hit.length, hit.wide, hit.text))
        .collect()
}

#[pyfunction]
fn scan_bytes(py: Python<'_>, data: &[u8], words: Vec<String>) -> PyResult<Vec<Row>> {
    let words = Words::new(&words).map_err(|e| to_py(py, e))?;
    Ok(rows(py.detach(|| extract::scan(data, &words))))
}

#[pyfunction]
#[pyo3(signature = (path, first, end, words, progress=None))]
fn scan_file(
    py: Python<'_>,
    path: PathBuf,
    first: u64,
    end: u64,
    words: Vec<String>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Vec<Row>> {
    let mut reporter = Reporter::new(progress);
    let result = py.detach(|| {
        let words = Words::new(&words)?;
        extract::scan_file(&path, first, end, &words, &mut |done| {
            reporter.report(done, end - first)
        })
    });
    reporter.outcome(py, result.map(rows))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(descriptor_paths, module)?)?;
    module.add_function(wrap_pyfunction!(descriptor_checksum, module)?)?;
    module.add_function(wrap_pyfunction!(descriptor_scripts, module)?)?;
    module.add_function(wrap_pyfunction!(scan_bytes, module)?)?;
    module.add_function(wrap_pyfunction!(scan_file, module)?)?;
    Ok(())
}
