//! Bindings of the clustering kernels.

use numpy::{Element, IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::cluster::{
    self, Chain, ClusterError, Clusters, EqualOutputLimits, ScriptNumber, Shape,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

type Ids<'py> = PyReadonlyArray1<'py, i64>;
type Column<'py> = Bound<'py, PyArray1<i64>>;

fn refused(error: ClusterError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

#[pyfunction]
#[pyo3(signature = (tx_first_txin, tx_first_txout, txin_prev_txout, txout_value, txout_script, *,
    min_equal, min_equal_levels, min_scripts_levels, dust_sat, fee_percent))]
#[allow(clippy::too_many_arguments, clippy::type_complexity)]
fn find_equal_output_coinjoins<'py>(
    py: Python<'py>,
    tx_first_txin: Ids<'py>,
    tx_first_txout: Ids<'py>,
    txin_prev_txout: Ids<'py>,
    txout_value: Ids<'py>,
    txout_script: Ids<'py>,
    min_equal: usize,
    min_equal_levels: usize,
    min_scripts_levels: usize,
    dust_sat: i64,
    fee_percent: i64,
) -> PyResult<(
    Column<'py>,
    Bound<'py, PyArray1<bool>>,
    Column<'py>,
    Column<'py>,
    Column<'py>,
    Column<'py>,
    Column<'py>,
)> {
    let (first_txin, first_txout) = (tx_first_txin.as_slice()?, tx_first_txout.as_slice()?);
    let (prev, value) = (txin_prev_txout.as_slice()?, txout_value.as_slice()?);
    let script = txout_script.as_slice()?;
    let limits = EqualOutputLimits {
        min_equal,
        min_equal_levels,
        min_scripts_levels,
        dust_sat,
        fee_percent,
    };
    let found = py
        .detach(|| {
            let chain = Chain::new(first_txin, first_txout, prev, value, script)?;
            Ok(cluster::find_equal_output(chain, limits))
        })
        .map_err(refused)?;
    let column = |of: fn(&cluster::CoinJoin) -> i64| -> Column<'py> {
        found.iter().map(of).collect::<Vec<_>>().into_pyarray(py)
    };
    let levels: Vec<bool> = found.iter().map(|c| c.shape == Shape::Levels).collect();
    Ok((
        column(|c| c.tx as i64),
        levels.into_pyarray(py),
        column(|c| c.equal as i64),
        column(|c| c.value_sat),
        column(|c| c.scripts as i64),
        column(|c| c.outputs as i64),
        column(|c| c.repeated as i64),
    ))
}

#[pyfunction]
#[allow(clippy::type_complexity)]
fn multi_input_links<'py>(
    py: Python<'py>,
    tx_first_txin: Ids<'py>,
    tx_first_txout: Ids<'py>,
    txin_prev_txout: Ids<'py>,
    txout_value: Ids<'py>,
    txout_script: Ids<'py>,
    excluded_tx_ids: Ids<'py>,
) -> PyResult<(Column<'py>, Column<'py>, Column<'py>)> {
    let (first_txin, first_txout) = (tx_first_txin.as_slice()?, tx_first_txout.as_slice()?);
    let (prev, value) = (txin_prev_txout.as_slice()?, txout_value.as_slice()?);
    let (script, excluded) = (txout_script.as_slice()?, excluded_tx_ids.as_slice()?);
    let links = py
        .detach(|| {
            let chain = Chain::new(first_txin, first_txout, prev, value, script)?;
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
    module.add_function(wrap_pyfunction!(find_equal_output_coinjoins, module)?)?;
    module.add_function(wrap_pyfunction!(multi_input_links, module)?)?;
    module.add_function(wrap_pyfunction!(merge_links, module)?)?;
    Ok(())
}
