//! Bindings of the clustering kernels.

use numpy::{Element, IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::cluster::{self, Chain, ClusterError, Clusters, ScriptNumber};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

type Ids<'py> = PyReadonlyArray1<'py, i64>;
type Column<'py> = Bound<'py, PyArray1<i64>>;

fn refused(error: ClusterError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

#[pyfunction]
#[allow(clippy::type_complexity)]
fn multi_input_links<'py>(
    py: Python<'py>,
    tx_first_txin: Ids<'py>,
    txin_prev_txout: Ids<'py>,
    txout_script: Ids<'py>,
    excluded_tx_ids: Ids<'py>,
) -> PyResult<(Column<'py>, Column<'py>, Column<'py>)> {
    let (first_txin, prev) = (tx_first_txin.as_slice()?, txin_prev_txout.as_slice()?);
    let (script, excluded) = (txout_script.as_slice()?, excluded_tx_ids.as_slice()?);
    let links = py
        .detach(|| {
            let chain = Chain::new(first_txin, prev, script)?;
            cluster::multi_input(chain, excluded)
        })
        .map_err(refused)?;
    Ok((
        links.tx.into_pyarray(py),
        links.script_a.into_pyarray(py),
        links.script_b.into_pyarray(py),
    ))
}

/// Ids of scripts, as wide as the caller holds them.
#[derive(FromPyObject)]
enum ScriptIds<'py> {
    Wide(PyReadonlyArray1<'py, i64>),
    Narrow(PyReadonlyArray1<'py, u32>),
}

#[pyfunction]
fn merge_links<'py>(
    py: Python<'py>,
    script_count: usize,
    script_a: ScriptIds<'py>,
    script_b: ScriptIds<'py>,
) -> PyResult<(Column<'py>, Column<'py>)> {
    let clusters = match (&script_a, &script_b) {
        (ScriptIds::Wide(a), ScriptIds::Wide(b)) => merged(py, script_count, a, b),
        (ScriptIds::Narrow(a), ScriptIds::Narrow(b)) => merged(py, script_count, a, b),
        _ => Err(PyValueError::new_err(
            "script_a and script_b are of different types: give both as int64 or both as uint32",
        )),
    }?;
    Ok((
        clusters.script.into_pyarray(py),
        clusters.cluster.into_pyarray(py),
    ))
}

fn merged<N: ScriptNumber + Element>(
    py: Python<'_>,
    script_count: usize,
    a: &PyReadonlyArray1<'_, N>,
    b: &PyReadonlyArray1<'_, N>,
) -> PyResult<Clusters> {
    let (a, b) = (a.as_slice()?, b.as_slice()?);
    py.detach(|| cluster::merge(script_count, a, b))
        .map_err(refused)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(multi_input_links, module)?)?;
    module.add_function(wrap_pyfunction!(merge_links, module)?)?;
    Ok(())
}
