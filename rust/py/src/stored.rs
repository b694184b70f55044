//! The chain in a store's files for Python: ids in, columns out.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::{CoreError, Result, stored};
use pyo3::prelude::*;

use crate::errors::to_py;
use crate::lookup::{Lookups, TableRows};

type Ints<'py> = PyReadonlyArray1<'py, i64>;
type OutInts<'py> = Bound<'py, PyArray1<i64>>;
type OutOutputs<'py> = (
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
    Bound<'py, PyArray1<bool>>,
);
type OutTransactions<'py> = (
    Bound<'py, PyArray1<i32>>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
);

/// The best chain of a store by dense ids; see `_core.pyi`.
#[pyclass(module = "peelchain._core")]
pub struct StoredChain {
    pub inner: stored::StoredChain,
}

#[pymethods]
impl StoredChain {
    #[new]
    fn new(
        py: Python<'_>,
        rows: &TableRows,
        lookups: &Lookups,
        cache_bytes: usize,
    ) -> PyResult<Self> {
        let (rows, lookups) = (rows.inner.clone(), lookups.inner.clone());
        let made = stored::StoredChain::new(rows, lookups, cache_bytes);
        let inner = made.map_err(|e| to_py(py, e))?;
        Ok(Self { inner })
    }

    #[getter]
    fn tx_count(&self) -> i64 {
        self.inner.tx_count()
    }

    #[getter]
    fn txout_count(&self) -> i64 {
        self.inner.txout_count()
    }

    #[getter]
    fn pages_read(&self) -> u64 {
        self.inner.pages_read()
    }

    fn outputs<'py>(&mut self, py: Python<'py>, txouts: Ints<'py>) -> PyResult<OutOutputs<'py>> {
        let asked = txouts.as_slice()?.to_vec();
        let chain = &mut self.inner;
        let found = py.detach(|| {
            let order = in_chain_order(&asked);
            Ok((
                column(&asked, &order, |id| chain.value_sat(id))?,
                column(&asked, &order, |id| chain.script(id))?,
                column(&asked, &order, |id| chain.maker(id))?,
                column(&asked, &order, |id| chain.spender(id))?,
                column(&asked, &order, |id| chain.is_unspendable(id))?,
            ))
        });
        let found = found.map_err(|e: CoreError| to_py(py, e))?;
        Ok((
            found.0.into_pyarray(py),
            found.1.into_pyarray(py),
            found.2.into_pyarray(py),
            found.3.into_pyarray(py),
            found.4.into_pyarray(py),
        ))
    }

    fn transactions<'py>(
        &mut self,
        py: Python<'py>,
        txs: Ints<'py>,
    ) -> PyResult<OutTransactions<'py>> {
        let asked = txs.as_slice()?.to_vec();
        let chain = &mut self.inner;
        let found = py.detach(|| {
            let order = in_chain_order(&asked);
            let outputs = column(&asked, &order, |id| {
                chain.outputs(id).map(|rows| (rows.start, rows.end))
            })?;
            Ok((
                column(&asked, &order, |id| chain.height(id))?,
                outputs,
                column(&asked, &order, |id| {
                    chain.txins(id).map(|rows| rows.end - rows.start)
                })?,
            ))
        });
        let (heights, outputs, inputs) = found.map_err(|e: CoreError| to_py(py, e))?;
        let firsts: Vec<i64> = outputs.iter().map(|(first, _)| *first).collect();
        let counts: Vec<i64> = outputs.iter().map(|(first, end)| end - first).collect();
        Ok((
            heights.into_pyarray(py),
            firsts.into_pyarray(py),
            counts.into_pyarray(py),
            inputs.into_pyarray(py),
        ))
    }

    fn prevouts<'py>(&mut self, py: Python<'py>, tx: i64) -> PyResult<OutInts<'py>> {
        let mut prevouts = Vec::new();
        let chain = &mut self.inner;
        py.detach(|| chain.prevouts(tx, &mut prevouts))
            .map_err(|e| to_py(py, e))?;
        Ok(prevouts.into_pyarray(py))
    }

    fn outputs_of_scripts<'py>(
        &self,
        py: Python<'py>,
        scripts: Ints<'py>,
    ) -> PyResult<OutInts<'py>> {
        let scripts = scripts.as_slice()?.to_vec();
        let found = py.detach(|| self.inner.outputs_of_scripts(&scripts));
        Ok(found.map_err(|e| to_py(py, e))?.into_pyarray(py))
    }

    fn set_clusters(
        &mut self,
        py: Python<'_>,
        rows: &TableRows,
        cache_bytes: usize,
    ) -> PyResult<()> {
        let made = stored::StoredClusters::new(&rows.inner, cache_bytes);
        self.inner.set_clusters(made.map_err(|e| to_py(py, e))?);
        Ok(())
    }

    fn first_tx_from(&mut self, py: Python<'_>, height: i64) -> PyResult<i64> {
        let chain = &mut self.inner;
        py.detach(|| chain.first_tx_from(height))
            .map_err(|e| to_py(py, e))
    }
}

/// The clusters of scripts by a run's table; see `_core.pyi`.
#[pyclass(module = "peelchain._core")]
struct StoredClusters {
    inner: stored::StoredClusters,
}

#[pymethods]
impl StoredClusters {
    #[new]
    fn new(py: Python<'_>, rows: &TableRows, cache_bytes: usize) -> PyResult<Self> {
        let made = stored::StoredClusters::new(&rows.inner, cache_bytes);
        let inner = made.map_err(|e| to_py(py, e))?;
        Ok(Self { inner })
    }

    fn cluster_of<'py>(&mut self, py: Python<'py>, scripts: Ints<'py>) -> PyResult<OutInts<'py>> {
        let asked = scripts.as_slice()?.to_vec();
        let clusters = &mut self.inner;
        let found = py.detach(|| {
            let order = in_chain_order(&asked);
            column(&asked, &order, |script| clusters.cluster_of(script))
        });
        Ok(found.map_err(|e| to_py(py, e))?.into_pyarray(py))
    }
}

/// Where the ids stand, in their order: each page is then read once.
fn in_chain_order(ids: &[i64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    if !ids.is_sorted() {
        order.sort_unstable_by_key(|at| ids[*at]);
    }
    order
}

fn column<T: Copy + Default>(
    ids: &[i64],
    order: &[usize],
    mut of: impl FnMut(i64) -> Result<T>,
) -> Result<Vec<T>> {
    let mut found = vec![T::default(); ids.len()];
    for at in order {
        found[*at] = of(ids[*at])?;
    }
    Ok(found)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<StoredChain>()?;
    module.add_class::<StoredClusters>()
}
