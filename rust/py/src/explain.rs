//! Bindings of what explains a cluster: chains and cuts.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::cluster::{ClusterError, Graph};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

type Ids<'py> = PyReadonlyArray1<'py, i64>;
type Column<'py> = Bound<'py, PyArray1<i64>>;

fn refused(error: ClusterError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Scripts and the transactions that link them.
#[pyclass(module = "peelchain._core", frozen)]
struct LinkGraph {
    inner: Graph,
}

#[pymethods]
impl LinkGraph {
    #[new]
    #[pyo3(signature = (tx_id, rule, script_a, script_b, *, by_rule))]
    fn new(
        py: Python<'_>,
        tx_id: Ids<'_>,
        rule: Ids<'_>,
        script_a: Ids<'_>,
        script_b: Ids<'_>,
        by_rule: bool,
    ) -> PyResult<Self> {
        let (tx, rule) = (tx_id.as_slice()?, rule.as_slice()?);
        let (a, b) = (script_a.as_slice()?, script_b.as_slice()?);
        py.detach(|| Graph::build(tx, rule, a, b, by_rule))
            .map(|inner| Self { inner })
            .map_err(refused)
    }

    #[allow(clippy::type_complexity)]
    fn shortest_steps<'py>(
        &self,
        py: Python<'py>,
        sources: Ids<'py>,
        targets: Ids<'py>,
    ) -> PyResult<(
        Column<'py>,
        Column<'py>,
        Column<'py>,
        Column<'py>,
        Column<'py>,
    )> {
        let (sources, targets) = (sources.as_slice()?, targets.as_slice()?);
        let steps = py.detach(|| self.inner.shortest_steps(sources, targets));
        Ok((
            steps.from.into_pyarray(py),
            steps.to.into_pyarray(py),
            steps.tx.into_pyarray(py),
            steps.rule.into_pyarray(py),
            steps.unreached.into_pyarray(py),
        ))
    }

    #[allow(clippy::type_complexity)]
    fn weakest_cut<'py>(
        &self,
        py: Python<'py>,
        sources: Ids<'py>,
        targets: Ids<'py>,
        bound: usize,
    ) -> PyResult<Option<(Vec<(i64, i64, i64, i64)>, (i64, i64, i64), bool, Vec<i64>)>> {
        let (sources, targets) = (sources.as_slice()?, targets.as_slice()?);
        let cut = py.detach(|| self.inner.weakest_cut(sources, targets, bound));
        Ok(cut.map(|cut| {
            let rows = (0..cut.tx.len())
                .map(|at| (cut.tx[at], cut.near[at], cut.far[at], cut.apart[at]))
                .collect();
            (rows, cut.scripts.into(), cut.only, cut.alone)
        }))
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<LinkGraph>()
}
