//! Bindings of point look-ups, and of look-ups made anew.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use peelchain_core::chain::reindex::{self, Tables};
use peelchain_core::lookup::RunPath;
use peelchain_core::{CoreError, durable, lookup};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::chain::hash_of;
use crate::errors::to_py;
use crate::ingest::{run_dict, store_key};
use crate::progress::Reporter;

/// Point look-ups in a store.
#[pyclass(module = "peelchain._core")]
pub struct Lookups {
    pub inner: Arc<lookup::Lookups>,
}

#[pymethods]
impl Lookups {
    #[new]
    #[pyo3(signature = (*, key, txids, scripts, spenders, receipts))]
    fn new(
        key: &[u8],
        txids: Vec<PathBuf>,
        scripts: Vec<PathBuf>,
        spenders: Vec<(PathBuf, u64)>,
        receipts: Vec<(PathBuf, u64)>,
    ) -> PyResult<Self> {
        let key = store_key(key)?;
        let runs = |given: Vec<(PathBuf, u64)>| {
            let run = |(path, below)| RunPath { path, below };
            given.into_iter().map(run).collect()
        };
        Ok(Self {
            inner: Arc::new(lookup::Lookups::new(
                key,
                txids,
                scripts,
                runs(spenders),
                runs(receipts),
            )),
        })
    }

    fn tx_ids(&self, py: Python<'_>, txid: &[u8]) -> PyResult<Vec<u64>> {
        self.inner.tx_ids(&hash_of(txid)?).map_err(|e| to_py(py, e))
    }

    fn script_ids(&self, py: Python<'_>, script: &[u8]) -> PyResult<Vec<u64>> {
        self.inner.script_ids(script).map_err(|e| to_py(py, e))
    }

    /// tx_id and vin of the input that spends each output, None for an unspent one.
    fn spenders(&self, py: Python<'_>, txout_ids: Vec<u64>) -> PyResult<Vec<Option<(u64, u64)>>> {
        py.detach(|| {
            txout_ids
                .into_iter()
                .map(|id| Ok(self.inner.spender(id)?.map(|s| (s.tx_id, s.vin))))
                .collect::<Result<_, CoreError>>()
        })
        .map_err(|e| to_py(py, e))
    }

    /// The txout_ids that pay a script, rising.
    fn receipts(&self, py: Python<'_>, script_id: u64) -> PyResult<Vec<u64>> {
        py.detach(|| self.inner.receipts(script_id))
            .map_err(|e| to_py(py, e))
    }

    /// Sums over all receipts and spends of a script, and the latest `limit` of each.
    fn history<'py>(
        &self,
        py: Python<'py>,
        rows: &TableRows,
        script_id: u64,
        limit: usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        let found = py
            .detach(|| self.inner.history(&rows.inner, script_id, limit))
            .map_err(|e| to_py(py, e))?;
        let answer = PyDict::new(py);
        answer.set_item("receipt_count", found.receipt_count)?;
        answer.set_item("spend_count", found.spend_count)?;
        answer.set_item("received_sat", found.received_sat)?;
        answer.set_item("sent_sat", found.sent_sat)?;
        answer.set_item("heights", found.heights)?;
        answer.set_item("times", found.times)?;
        let receipts = found.receipts.into_iter();
        let receipts = receipts.map(|r| {
            let spender = r.spender.map(|s| (s.tx_id, s.vin));
            (r.txout_id, r.value_sat, spender)
        });
        answer.set_item("receipts", receipts.collect::<Vec<_>>())?;
        let spends = found.spends.into_iter();
        let spends = spends.map(|s| (s.tx_id, s.vin, s.txout_id, s.value_sat));
        answer.set_item("spends", spends.collect::<Vec<_>>())?;
        Ok(answer)
    }
}

/// Rows of a store's tables by number.
#[pyclass(module = "peelchain._core")]
pub struct TableRows {
    pub inner: Arc<lookup::TableRows>,
}

#[pymethods]
impl TableRows {
    /// By table, the files in chain order with their rows.
    #[new]
    fn new(tables: HashMap<String, Vec<(PathBuf, u64)>>) -> Self {
        let tables = tables
            .into_iter()
            .map(|(table, files)| lookup::TableFiles { table, files })
            .collect();
        Self {
            inner: Arc::new(lookup::TableRows::new(tables)),
        }
    }

    /// Columns of rows, given rising and each once, as lists of Python values; times in ms since 1970.
    fn fetch<'py>(
        &self,
        py: Python<'py>,
        table: &str,
        rows: Vec<u64>,
        columns: Vec<String>,
    ) -> PyResult<Bound<'py, PyDict>> {
        if !rows.is_sorted_by(|a, b| a < b) {
            return Err(PyValueError::new_err("rows must rise"));
        }
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let batch = py
            .detach(|| self.inner.fetch(table, &rows, &names))
            .map_err(|e| to_py(py, e))?;
        let answer = PyDict::new(py);
        for (at, name) in names.iter().enumerate() {
            match batch.columns().get(at) {
                Some(array) => answer.set_item(name, values(py, array)?)?,
                None => answer.set_item(name, PyList::empty(py))?,
            }
        }
        Ok(answer)
    }

    /// The numbers of the rows whose column holds these bytes, or this text; rising.
    fn rows_where(
        &self,
        py: Python<'_>,
        table: &str,
        column: &str,
        value: Vec<u8>,
    ) -> PyResult<Vec<u64>> {
        py.detach(|| self.inner.rows_where(table, column, &value))
            .map_err(|e| to_py(py, e))
    }

    /// The cluster of a script by the table `clusters`, and how many scripts it has.
    fn cluster_of(&self, py: Python<'_>, script_id: i64) -> PyResult<(i64, u64)> {
        py.detach(|| self.inner.cluster_of(script_id))
            .map_err(|e| to_py(py, e))
    }
}

fn values<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Bound<'py, PyList>> {
    match array.data_type() {
        DataType::Int32 => PyList::new(py, array.as_primitive::<Int32Type>().iter()),
        DataType::Int64 => PyList::new(py, array.as_primitive::<Int64Type>().iter()),
        DataType::Timestamp(..) => {
            PyList::new(py, array.as_primitive::<TimestampMillisecondType>().iter())
        }
        DataType::FixedSizeBinary(_) => PyList::new(
            py,
            array
                .as_fixed_size_binary()
                .iter()
                .map(|v| v.map(|b| PyBytes::new(py, b))),
        ),
        DataType::Binary => PyList::new(
            py,
            array
                .as_binary::<i32>()
                .iter()
                .map(|v| v.map(|b| PyBytes::new(py, b))),
        ),
        DataType::Utf8 => PyList::new(py, array.as_string::<i32>().iter()),
        DataType::Dictionary(..) => {
            let words = array.as_dictionary::<Int8Type>();
            let names = words.values().as_string::<i32>();
            let found = words.keys().iter();
            PyList::new(
                py,
                found.map(|k| {
                    k.and_then(|k| {
                        (k >= 0 && (k as usize) < names.len()).then(|| names.value(k as usize))
                    })
                }),
            )
        }
        other => Err(PyValueError::new_err(format!("no values of {other}"))),
    }
}

/// The look-ups of one segment, from its tables.
#[pyfunction]
#[pyo3(signature = (tables, key, dir, segment_bytes, progress=None))]
fn reindex_segment<'py>(
    py: Python<'py>,
    tables: HashMap<String, PathBuf>,
    key: &[u8],
    dir: PathBuf,
    segment_bytes: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyList>> {
    let key = store_key(key)?;
    let tables: Tables = tables.into_iter().collect();
    let mut reporter = Reporter::new(progress);
    let result = py.detach(|| {
        let say = &mut |done| reporter.report(done, 0);
        let runs = reindex::segment(&tables, &key, &dir, segment_bytes, say)?;
        durable::sync_dir(&dir)?;
        Ok(runs)
    });
    let list = PyList::empty(py);
    for (kind, files) in reporter.outcome(py, result)? {
        list.append(run_dict(py, kind, &files)?)?;
    }
    Ok(list)
}

/// The unspent outputs of the chain that these segments make.
#[pyfunction]
#[pyo3(signature = (segments, key, dir, segment_bytes, progress=None))]
fn reindex_coins<'py>(
    py: Python<'py>,
    segments: Vec<HashMap<String, PathBuf>>,
    key: &[u8],
    dir: PathBuf,
    segment_bytes: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let key = store_key(key)?;
    let segments: Vec<Tables> = segments
        .into_iter()
        .map(|tables| tables.into_iter().collect())
        .collect();
    let mut reporter = Reporter::new(progress);
    let result = py.detach(|| {
        let say = &mut |done| reporter.report(done, 0);
        let files = reindex::coins(&segments, &key, &dir, segment_bytes, say)?;
        durable::sync_dir(&dir)?;
        Ok(files)
    });
    let files = reporter.outcome(py, result)?;
    run_dict(py, "coins", &files)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Lookups>()?;
    module.add_class::<TableRows>()?;
    module.add_function(wrap_pyfunction!(reindex_segment, module)?)?;
    module.add_function(wrap_pyfunction!(reindex_coins, module)?)?;
    Ok(())
}
