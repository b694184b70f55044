//! Bindings of the clustering kernels.

use numpy::{Element, IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::cluster::{self, Clusters, ScriptNumber};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::of_cluster;

type Column<'py> = Bound<'py, PyArray1<i64>>;

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
        .map_err(of_cluster)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(merge_links, module)?)?;
    Ok(())
}
