//! Bindings of the checks of a whole store.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use peelchain_core::chain::target::U256;
use peelchain_core::verify::{
    self as core, Findings, HeaderRules, Limits, StoredFile, Table, Tables,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_arrow::PySchema;

use crate::chain::hash_of;
use crate::progress::Reporter;
use crate::rules::ChainRules;

type OutFindings = (u64, Vec<String>, u64);
type InTable = (PySchema, u64, Vec<(PathBuf, u64)>);

fn out(findings: Findings) -> OutFindings {
    (findings.checked, findings.failures, findings.more)
}

fn tables_of(mut given: HashMap<String, InTable>, rules: Option<&ChainRules>) -> PyResult<Tables> {
    let mut take = |name: &'static str| {
        let (schema, rows, files) = given
            .remove(name)
            .ok_or_else(|| PyValueError::new_err(format!("table {name} is not given")))?;
        let files = files.into_iter();
        Ok::<_, PyErr>(Table {
            name,
            schema: Arc::new(schema.as_ref().clone()),
            files: files
                .map(|(path, rows)| StoredFile { path, rows })
                .collect(),
            rows,
        })
    };
    Ok(Tables {
        blocks: take("blocks")?,
        txs: take("txs")?,
        txouts: take("txouts")?,
        txins: take("txins")?,
        scripts: take("scripts")?,
        rules: rules.map(|r| r.rules.clone()).unwrap_or_default(),
    })
}

/// Files against their SHA-256; see `_core.pyi`.
#[pyfunction]
#[pyo3(signature = (files, progress=None))]
fn verify_files(
    py: Python<'_>,
    files: Vec<(PathBuf, Vec<u8>)>,
    progress: Option<Py<PyAny>>,
) -> PyResult<OutFindings> {
    let files = files
        .into_iter()
        .map(|(path, digest)| Ok((path, hash_of(&digest)?)))
        .collect::<PyResult<Vec<_>>>()?;
    let mut reporter = Reporter::new(progress);
    let result = py.detach(|| {
        core::verify_files(&files, &mut |what, done, of| {
            reporter.tell((what, done, of))
        })
    });
    reporter.outcome(py, result).map(out)
}

/// The structure of the fact tables; see `_core.pyi`.
#[pyfunction]
#[pyo3(signature = (tables, progress=None, rules=None))]
fn verify_tables(
    py: Python<'_>,
    tables: HashMap<String, InTable>,
    progress: Option<Py<PyAny>>,
    rules: Option<PyRef<'_, ChainRules>>,
) -> PyResult<OutFindings> {
    let tables = tables_of(tables, rules.as_deref())?;
    let mut reporter = Reporter::new(progress);
    let result = py.detach(|| {
        core::verify_tables(&tables, &mut |what, done, of| {
            reporter.tell((what, done, of))
        })
    });
    reporter.outcome(py, result).map(out)
}

/// The headers and the amounts; see `_core.pyi`.
#[pyfunction]
#[pyo3(signature = (
    tables, *, network, genesis_hash, pow_limit, rules, segment_ends, progress=None,
    recent_txouts=None, waiting_txins=None
))]
#[allow(clippy::too_many_arguments, reason = "one keyword each in Python")]
fn verify_chain(
    py: Python<'_>,
    tables: HashMap<String, InTable>,
    network: String,
    genesis_hash: &[u8],
    pow_limit: &[u8],
    rules: PyRef<'_, ChainRules>,
    segment_ends: Vec<(u64, Vec<u8>)>,
    progress: Option<Py<PyAny>>,
    recent_txouts: Option<usize>,
    waiting_txins: Option<usize>,
) -> PyResult<(OutFindings, OutFindings)> {
    let tables = tables_of(tables, Some(&rules))?;
    let headers = HeaderRules {
        network,
        genesis_hash: hash_of(genesis_hash)?,
        pow_limit: U256::from_le_bytes(hash_of(pow_limit)?),
        segment_ends: segment_ends
            .into_iter()
            .map(|(height, hash)| Ok((height, hash_of(&hash)?)))
            .collect::<PyResult<Vec<_>>>()?,
    };
    let usual = Limits::default();
    let limits = Limits {
        recent_txouts: recent_txouts.unwrap_or(usual.recent_txouts),
        waiting_txins: waiting_txins.unwrap_or(usual.waiting_txins),
    };
    let mut reporter = Reporter::new(progress);
    let result = py.detach(|| {
        core::verify_chain(&tables, &headers, limits, &mut |what, done, of| {
            reporter.tell((what, done, of))
        })
    });
    let (headers, money) = reporter.outcome(py, result)?;
    Ok((out(headers), out(money)))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(verify_files, module)?)?;
    module.add_function(wrap_pyfunction!(verify_tables, module)?)?;
    module.add_function(wrap_pyfunction!(verify_chain, module)?)?;
    Ok(())
}
