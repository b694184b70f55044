//! Maximum flow for Python: numpy arrays in, satoshis and the side of a cut out.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::max_flow::{Columns, Network, most};
use pyo3::prelude::*;

use crate::errors::to_py;
use crate::progress::Reporter;

type Ints<'py> = PyReadonlyArray1<'py, i64>;

/// Arcs, seeds and ends without cycles; see `_core.pyi`.
#[pyclass(module = "peelchain._core", frozen)]
struct FlowNetwork {
    inner: Network,
}

#[pymethods]
impl FlowNetwork {
    #[new]
    #[allow(clippy::too_many_arguments, reason = "one column each in Python")]
    fn new(
        py: Python<'_>,
        node_count: usize,
        tails: Ints<'_>,
        heads: Ints<'_>,
        capacities_sat: Ints<'_>,
        seed_nodes: Ints<'_>,
        seed_sat: Ints<'_>,
        end_nodes: Ints<'_>,
        end_capacities_sat: Ints<'_>,
    ) -> PyResult<Self> {
        let columns = Columns {
            node_count,
            tails: tails.as_slice()?,
            heads: heads.as_slice()?,
            capacities_sat: capacities_sat.as_slice()?,
            seed_nodes: seed_nodes.as_slice()?,
            seed_sat: seed_sat.as_slice()?,
            end_nodes: end_nodes.as_slice()?,
            end_capacities_sat: end_capacities_sat.as_slice()?,
        };
        py.detach(|| Network::build(&columns))
            .map(|inner| Self { inner })
            .map_err(|error| to_py(py, error))
    }

    #[allow(clippy::type_complexity)]
    fn most<'py>(
        &self,
        py: Python<'py>,
        growing: Vec<PyReadonlyArray1<'py, bool>>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Vec<(i128, Bound<'py, PyArray1<bool>>)>> {
        let sets = growing
            .iter()
            .map(|chosen| Ok(chosen.as_slice()?))
            .collect::<PyResult<Vec<&[bool]>>>()?;
        let mut reporter = Reporter::new(progress);
        let of = sets.len() as u64;
        let found = py.detach(|| most(&self.inner, &sets, &mut || reporter.report(0, of)));
        let found = reporter.outcome(py, found)?;
        Ok(found
            .into_iter()
            .map(|(arrived, reaches)| (arrived, reaches.into_pyarray(py)))
            .collect())
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FlowNetwork>()
}
