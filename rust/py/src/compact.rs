//! Bindings of compaction.

use std::collections::HashMap;
use std::path::PathBuf;

use peelchain_core::chain::compact;
use peelchain_core::chain::ingest::TABLES;
use peelchain_core::durable;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::ingest::{Fields, file_dict, run_dict, schemas_of, table_list};
use crate::progress::Reporter;

/// Writes each table's files as one in `dir`.
#[pyfunction]
#[pyo3(signature = (files, schemas, dir, progress=None))]
fn compact_tables<'py>(
    py: Python<'py>,
    files: HashMap<String, Vec<PathBuf>>,
    schemas: HashMap<String, Fields>,
    dir: PathBuf,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyList>> {
    let schemas = schemas_of(&schemas)?;
    let given = TABLES
        .into_iter()
        .filter_map(|table| Some((table, files.get(table)?.clone())))
        .collect();
    let mut reporter = Reporter::new(progress);
    let result = py.detach(|| {
        let tables = compact::tables(&given, &schemas, &dir, &mut |done| reporter.report(done, 0))?;
        durable::sync_dir(&dir)?;
        Ok(tables)
    });
    let written = reporter.outcome(py, result)?;
    table_list(py, &written)
}

/// Writes runs of a kind as one in `dir`.
#[pyfunction]
#[pyo3(signature = (kind, parts, dir, progress=None))]
fn merge_runs<'py>(
    py: Python<'py>,
    kind: String,
    parts: Vec<PathBuf>,
    dir: PathBuf,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let mut reporter = Reporter::new(progress);
    let (words, filter) = match kind.as_str() {
        "txids" | "scripts" => (2, true),
        "receipts" => (2, false),
        "spenders" => (3, false),
        _ => return Err(PyValueError::new_err("no such kind of run")),
    };
    let result = py.detach(|| {
        let say = &mut |done| reporter.report(done, 0);
        let files = match words {
            2 => compact::runs::<2>(&kind, filter, &parts, &dir, say),
            _ => compact::runs::<3>(&kind, filter, &parts, &dir, say),
        }?;
        durable::sync_dir(&dir)?;
        Ok(files)
    });
    let files = reporter.outcome(py, result)?;
    run_dict(py, &kind, &files)
}

/// Writes some of the runs of coins as one, and the spent bits anew.
#[pyfunction]
#[pyo3(signature = (parts, spent, first, end, dir, progress=None))]
fn merge_coins<'py>(
    py: Python<'py>,
    parts: Vec<PathBuf>,
    spent: PathBuf,
    first: usize,
    end: usize,
    dir: PathBuf,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyDict>)> {
    if first >= end || end > parts.len() {
        return Err(PyValueError::new_err("no such runs"));
    }
    let mut reporter = Reporter::new(progress);
    let result = py.detach(|| {
        let merged = compact::coins(&parts, &spent, first, end, &dir, &mut |done| {
            reporter.report(done, 0)
        })?;
        durable::sync_dir(&dir)?;
        Ok(merged)
    });
    let (files, path, written) = reporter.outcome(py, result)?;
    Ok((
        run_dict(py, "coins", &files)?,
        file_dict(py, &path, &written)?,
    ))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(compact_tables, module)?)?;
    module.add_function(wrap_pyfunction!(merge_runs, module)?)?;
    module.add_function(wrap_pyfunction!(merge_coins, module)?)?;
    Ok(())
}
