//! Bindings of what explains a cluster: chains and cuts.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::cluster::{Apart, Constrained, Graph};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::of_cluster;

type Ids<'py> = PyReadonlyArray1<'py, i64>;
type Column<'py> = Bound<'py, PyArray1<i64>>;

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
            .map_err(of_cluster)
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

    #[allow(clippy::type_complexity)]
    fn jumps<'py>(
        &self,
        py: Python<'py>,
        least: u32,
    ) -> (
        Column<'py>,
        Column<'py>,
        Column<'py>,
        Column<'py>,
        Column<'py>,
        Column<'py>,
    ) {
        let jumps = py.detach(|| self.inner.jumps(least));
        (
            jumps.tx.into_pyarray(py),
            jumps.greatest.into_pyarray(py),
            jumps.next.into_pyarray(py),
            jumps.parts.into_pyarray(py),
            jumps.greatest_script.into_pyarray(py),
            jumps.next_script.into_pyarray(py),
        )
    }
}

/// Clusters from links in chain order, where labels and pairs keep scripts apart.
#[pyclass(module = "peelchain._core")]
struct ConstrainedMerge {
    /// None once finished.
    inner: Option<Constrained>,
}

#[pymethods]
impl ConstrainedMerge {
    #[new]
    #[pyo3(signature = (script_ids, *, label_script, label_space, label, pair_a, pair_b))]
    fn new(
        py: Python<'_>,
        script_ids: Ids<'_>,
        label_script: Ids<'_>,
        label_space: Ids<'_>,
        label: Ids<'_>,
        pair_a: Ids<'_>,
        pair_b: Ids<'_>,
    ) -> PyResult<Self> {
        let scripts = script_ids.as_slice()?;
        let apart = Apart {
            script: label_script.as_slice()?,
            space: label_space.as_slice()?,
            label: label.as_slice()?,
            pair_a: pair_a.as_slice()?,
            pair_b: pair_b.as_slice()?,
        };
        let inner = py
            .detach(|| Constrained::new(scripts, apart))
            .map_err(of_cluster)?;
        Ok(Self { inner: Some(inner) })
    }

    fn begin(&mut self, py: Python<'_>, script_id: Ids<'_>, cluster_id: Ids<'_>) -> PyResult<()> {
        let (script, cluster) = (script_id.as_slice()?, cluster_id.as_slice()?);
        let inner = self.inner.as_mut().ok_or_else(finished)?;
        py.detach(|| inner.begin(script, cluster))
            .map_err(of_cluster)
    }

    fn add(
        &mut self,
        py: Python<'_>,
        tx_id: Ids<'_>,
        rule: Ids<'_>,
        script_a: Ids<'_>,
        script_b: Ids<'_>,
    ) -> PyResult<()> {
        let (tx, rule) = (tx_id.as_slice()?, rule.as_slice()?);
        let (a, b) = (script_a.as_slice()?, script_b.as_slice()?);
        let inner = self.inner.as_mut().ok_or_else(finished)?;
        py.detach(|| inner.add(tx, rule, a, b)).map_err(of_cluster)
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<(Column<'py>, Vec<Column<'py>>)> {
        let inner = self.inner.take().ok_or_else(finished)?;
        let (clusters, links) = py.detach(|| inner.finish());
        let columns = [
            links.tx,
            links.rule,
            links.script_a,
            links.script_b,
            links.space,
            links.evidence_a,
            links.evidence_b,
            links.held_a,
            links.held_b,
            links.scripts_a,
            links.scripts_b,
        ];
        Ok((
            clusters.into_pyarray(py),
            columns.into_iter().map(|c| c.into_pyarray(py)).collect(),
        ))
    }
}

fn finished() -> PyErr {
    PyValueError::new_err("the merge is finished")
}

#[pyfunction]
fn rows_within<'py>(
    py: Python<'py>,
    script_ids: Ids<'py>,
    members: Ids<'py>,
) -> PyResult<Column<'py>> {
    let (scripts, members) = (script_ids.as_slice()?, members.as_slice()?);
    let rows = py.detach(|| peelchain_core::cluster::rows_within(scripts, members));
    Ok(rows.into_pyarray(py))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<LinkGraph>()?;
    module.add_class::<ConstrainedMerge>()?;
    module.add_function(wrap_pyfunction!(rows_within, module)?)?;
    Ok(())
}
