//! Bindings of the chain kernels.

use peelchain_core::CoreError;
use peelchain_core::chain::block::{self, Block};
use peelchain_core::chain::hash::{self, Hash};
use peelchain_core::chain::script::{is_unspendable, script_type};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::chain_source::BlockSource;
use crate::errors::to_py;
use crate::rules::{ChainRules, rules_of};

pub fn hash_of(bytes: &[u8]) -> PyResult<Hash> {
    bytes
        .try_into()
        .map_err(|_| PyValueError::new_err("a hash is 32 bytes"))
}

/// One raw block as Python values.
#[pyfunction]
#[pyo3(signature = (raw, rules=None))]
fn decode_block<'py>(
    py: Python<'py>,
    raw: &[u8],
    rules: Option<PyRef<'py, ChainRules>>,
) -> PyResult<Bound<'py, PyDict>> {
    let mut parsed = Block::default();
    parsed
        .parse(raw, &rules_of(rules))
        .map_err(|what| to_py(py, CoreError::Malformed(what)))?;
    let answer = PyDict::new(py);
    answer.set_item("hash", PyBytes::new(py, &parsed.hash()))?;
    answer.set_item("prev_hash", PyBytes::new(py, &parsed.prev_hash()))?;
    answer.set_item("header", PyBytes::new(py, &parsed.header))?;
    answer.set_item("time", parsed.time())?;
    answer.set_item("height", parsed.bip34_height(raw))?;
    answer.set_item("weight", parsed.weight())?;
    answer.set_item("problem", parsed.check_commitments(raw).err())?;
    let txs = PyList::empty(py);
    for tx in &parsed.txs {
        let row = PyDict::new(py);
        row.set_item("txid", PyBytes::new(py, &tx.txid))?;
        row.set_item("wtxid", PyBytes::new(py, &tx.wtxid))?;
        row.set_item("version", tx.version)?;
        row.set_item("locktime", tx.locktime)?;
        row.set_item("span", (tx.span.start, tx.span.end))?;
        row.set_item("weight", tx.weight)?;
        let inputs = PyList::empty(py);
        for txin in &parsed.txins[tx.txins.clone()] {
            let prevout =
                (!txin.is_coinbase()).then(|| (PyBytes::new(py, &txin.prev_txid), txin.prev_vout));
            inputs.append((prevout, txin.sequence, txin.witness_items))?;
        }
        row.set_item("inputs", inputs)?;
        let outputs = PyList::empty(py);
        for txout in &parsed.txouts[tx.txouts.clone()] {
            let script = &raw[txout.script.clone()];
            let kind = script_type(script).name();
            outputs.append((txout.value_sat, PyBytes::new(py, script), kind))?;
        }
        row.set_item("outputs", outputs)?;
        txs.append(row)?;
    }
    answer.set_item("txs", txs)?;
    Ok(answer)
}

/// Where each transaction of a raw block lies, with its txid.
#[pyfunction]
#[pyo3(signature = (raw, rules=None))]
fn transaction_spans<'py>(
    py: Python<'py>,
    raw: &[u8],
    rules: Option<PyRef<'py, ChainRules>>,
) -> PyResult<Vec<(Bound<'py, PyBytes>, usize, usize)>> {
    let mut parsed = Block::default();
    parsed
        .parse(raw, &rules_of(rules))
        .map_err(|what| to_py(py, CoreError::Malformed(what)))?;
    Ok(parsed
        .txs
        .iter()
        .map(|t| (PyBytes::new(py, &t.txid), t.span.start, t.span.end))
        .collect())
}

/// A raw block's own commitments: None when they hold, else what is wrong. `maybe_stripped`: it may
/// lack its witnesses, as `Block::parse_maybe_stripped` says.
#[pyfunction]
#[pyo3(signature = (raw, maybe_stripped=false, rules=None))]
fn check_block(
    py: Python<'_>,
    raw: &[u8],
    maybe_stripped: bool,
    rules: Option<PyRef<'_, ChainRules>>,
) -> Option<String> {
    let rules = rules_of(rules);
    py.detach(|| {
        let mut parsed = Block::default();
        let outcome = if maybe_stripped {
            parsed.parse_maybe_stripped(raw, &rules).map(|_| ())
        } else {
            parsed.parse(raw, &rules)
        };
        outcome.and_then(|()| parsed.check_commitments(raw)).err()
    })
}

/// What must meet a header's target; see `_core.pyi`.
#[pyfunction]
fn work_hash<'py>(
    py: Python<'py>,
    header: &[u8],
    rules: PyRef<'py, ChainRules>,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let header = header
        .try_into()
        .map_err(|_| PyValueError::new_err("a header is 80 bytes"))?;
    if rules.rules.is_merge_mined(header) {
        return Ok(None);
    }
    let hash = rules.rules.own_work_hash(header, &hash::sha256d(&[header]));
    Ok(Some(PyBytes::new(py, &hash)))
}

/// The transaction as its txid hashes it.
#[pyfunction]
fn without_witness<'py>(py: Python<'py>, raw: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let bytes =
        block::without_witness(raw).map_err(|what| to_py(py, CoreError::Malformed(what)))?;
    Ok(PyBytes::new(py, &bytes))
}

#[pyfunction]
fn merkle_branch<'py>(
    py: Python<'py>,
    txids: &[u8],
    index: usize,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let leaves: Vec<Hash> = txids
        .chunks(32)
        .map(hash_of)
        .collect::<PyResult<Vec<Hash>>>()?;
    if index >= leaves.len() {
        return Err(PyValueError::new_err("no such leaf"));
    }
    Ok(hash::merkle_branch(&leaves, index)
        .iter()
        .map(|h| PyBytes::new(py, h))
        .collect())
}

#[pyfunction]
#[pyo3(name = "script_type")]
fn script_type_name(script: &[u8]) -> (&'static str, bool) {
    (script_type(script).name(), is_unspendable(script))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<BlockSource>()?;
    module.add_class::<ChainRules>()?;
    module.add_function(wrap_pyfunction!(decode_block, module)?)?;
    module.add_function(wrap_pyfunction!(transaction_spans, module)?)?;
    module.add_function(wrap_pyfunction!(check_block, module)?)?;
    module.add_function(wrap_pyfunction!(work_hash, module)?)?;
    module.add_function(wrap_pyfunction!(without_witness, module)?)?;
    module.add_function(wrap_pyfunction!(merkle_branch, module)?)?;
    module.add_function(wrap_pyfunction!(script_type_name, module)?)?;
    Ok(())
}
