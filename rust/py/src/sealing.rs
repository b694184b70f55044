//! Bindings of the sealing of personal data, and of the addresses that a table names.

use peelchain_core::{addresses, sealing};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyBytes;

/// Records sealed; see `_core.pyi`.
#[pyfunction]
fn seal_records<'py>(
    py: Python<'py>,
    case_key: &[u8],
    first: u64,
    seeds: &[u8],
    nonces: &[u8],
    values: Vec<PyBackedBytes>,
) -> PyResult<(Bound<'py, PyBytes>, Vec<u64>, Bound<'py, PyBytes>)> {
    if seeds.len() != values.len() * sealing::SEED_BYTES
        || nonces.len() != values.len() * sealing::NONCE_BYTES
    {
        return Err(PyValueError::new_err("one seed and one nonce a record"));
    }
    let made = py.detach(|| sealing::seal_records(case_key, first, seeds, nonces, &values));
    Ok((
        PyBytes::new(py, &made.boxes),
        made.ends,
        PyBytes::new(py, &made.commitments),
    ))
}

/// Records opened; see `_core.pyi`.
#[pyfunction]
fn unseal_records<'py>(
    py: Python<'py>,
    case_key: &[u8],
    first: u64,
    seeds: &[u8],
    ends: Vec<u64>,
    boxes: &[u8],
) -> PyResult<Vec<Option<Bound<'py, PyBytes>>>> {
    let opened = py
        .detach(|| sealing::unseal_records(case_key, first, seeds, &ends, boxes))
        .map_err(PyValueError::new_err)?;
    Ok(opened
        .into_iter()
        .map(|value| value.map(|bytes| PyBytes::new(py, &bytes)))
        .collect())
}

/// Blind keys; see `_core.pyi`.
#[pyfunction]
fn blind_keys<'py>(
    py: Python<'py>,
    index_key: &[u8],
    kind: &str,
    texts: Vec<PyBackedStr>,
) -> Bound<'py, PyBytes> {
    let made = py.detach(|| sealing::blind_keys(index_key, kind, &texts));
    PyBytes::new(py, &made)
}

/// A Merkle root; see `_core.pyi`.
#[pyfunction]
fn merkle_root<'py>(py: Python<'py>, leaves: &[u8]) -> Bound<'py, PyBytes> {
    let made = py.detach(|| sealing::merkle_root(leaves));
    PyBytes::new(py, &made)
}

/// Addresses decoded; see `_core.pyi`.
#[pyfunction]
#[pyo3(signature = (texts, p2pkh_prefixes, p2sh_prefixes, bech32_hrp, cash_prefix=None))]
#[allow(clippy::type_complexity)]
fn decode_addresses<'py>(
    py: Python<'py>,
    texts: Vec<PyBackedStr>,
    p2pkh_prefixes: Vec<Vec<u8>>,
    p2sh_prefixes: Vec<Vec<u8>>,
    bech32_hrp: Option<&str>,
    cash_prefix: Option<&str>,
) -> Vec<Option<Bound<'py, PyBytes>>> {
    let prefixes = addresses::Prefixes {
        p2pkh: &p2pkh_prefixes,
        p2sh: &p2sh_prefixes,
        hrp: bech32_hrp,
        cash: cash_prefix,
    };
    let scripts: Vec<Option<addresses::Script>> = py.detach(|| {
        texts
            .iter()
            .map(|text| addresses::decode(text.as_bytes(), &prefixes))
            .collect()
    });
    scripts
        .into_iter()
        .map(|script| script.map(|script| PyBytes::new(py, script.as_slice())))
        .collect()
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(seal_records, module)?)?;
    module.add_function(wrap_pyfunction!(unseal_records, module)?)?;
    module.add_function(wrap_pyfunction!(blind_keys, module)?)?;
    module.add_function(wrap_pyfunction!(merkle_root, module)?)?;
    module.add_function(wrap_pyfunction!(decode_addresses, module)?)?;
    Ok(())
}
