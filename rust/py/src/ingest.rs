//! Binding of the ingest.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::chain_source::BlockSource;
use crate::errors::to_py;
use crate::progress::Reporter;
use arrow_schema::{Field, Schema, SchemaRef};
use peelchain_core::chain::columns::{self, TableWritten};
use peelchain_core::chain::ingest::{self, Limits, Schemas, SegmentWritten, State, TABLES};
use peelchain_core::chain::keys::StoreKey;
use peelchain_core::chain::resolve::Counts;
use peelchain_core::durable::Written;
use peelchain_core::runs::RunFiles;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

/// The growing chain of a store.
#[pyclass(module = "peelchain._core")]
struct Ingest {
    inner: ingest::Ingest,
    source: Py<BlockSource>,
}

#[pymethods]
impl Ingest {
    #[new]
    #[pyo3(signature = (source, *, key, counts, coins, spent, scripts, threads, segment_bytes))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        source: Py<BlockSource>,
        key: &[u8],
        counts: HashMap<String, i64>,
        coins: Vec<PathBuf>,
        spent: Option<PathBuf>,
        scripts: Vec<PathBuf>,
        threads: usize,
        segment_bytes: usize,
    ) -> PyResult<Self> {
        let files = source.borrow(py).files.clone();
        let state = State {
            key: store_key(key)?,
            counts: counts_of(&counts),
            coins: &coins,
            spent: spent.as_deref(),
            scripts: &scripts,
        };
        let limits = Limits {
            threads,
            segment_bytes,
        };
        settle_allocator(segment_bytes);
        let inner = ingest::Ingest::open(files, limits, &state).map_err(|e| to_py(py, e))?;
        Ok(Self { inner, source })
    }

    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counts = self.inner.counts();
        let answer = PyDict::new(py);
        answer.set_item("blocks", counts.blocks)?;
        answer.set_item("txs", counts.txs)?;
        answer.set_item("txouts", counts.txouts)?;
        answer.set_item("txins", counts.txins)?;
        answer.set_item("scripts", counts.scripts)?;
        Ok(answer)
    }

    /// The files written. An exception has `good_blocks`: how many blocks before the fault were good.
    #[pyo3(signature = (first_height, end_height, schemas, dir, *, sealed, progress=None))]
    #[allow(clippy::too_many_arguments)]
    fn segment<'py>(
        &mut self,
        py: Python<'py>,
        first_height: usize,
        end_height: usize,
        schemas: HashMap<String, Fields>,
        dir: PathBuf,
        sealed: bool,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let source = self.source.borrow(py);
        let records = source
            .chain
            .get(first_height..end_height)
            .ok_or_else(|| PyValueError::new_err("no such heights in the source"))?;
        let given = schemas_of(&schemas)?;
        let mut reporter = Reporter::new(progress);
        let inner = &mut self.inner;
        let mut good_blocks = 0;
        let result = py.detach(|| {
            inner
                .segment(records, &given, &dir, sealed, &mut |done, bytes| {
                    reporter.report(done, bytes)
                })
                .map_err(|failed| {
                    good_blocks = failed.good_blocks;
                    failed.error
                })
        });
        match reporter.outcome(py, result) {
            Ok(written) => segment_dict(py, &written),
            Err(error) => {
                error.value(py).setattr("good_blocks", good_blocks)?;
                Err(error)
            }
        }
    }
}

/// Below this the allocator gives back all it can.
const TIGHT_BYTES: usize = 512 << 20;

/// Sets what the system's allocator keeps of the large buffers that go from thread to thread. Left alone
/// it keeps up to several times what is in use, which would break a cap on memory.
fn settle_allocator(segment_bytes: usize) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let kept = if segment_bytes < TIGHT_BYTES {
            1 << 18
        } else {
            1 << 22
        };
        // SAFETY: mallopt only stores the numbers; a refusal leaves the allocator as it was
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, kept);
            libc::mallopt(libc::M_TRIM_THRESHOLD, kept);
        }
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = segment_bytes;
}

pub fn store_key(key: &[u8]) -> PyResult<StoreKey> {
    let key = key
        .try_into()
        .map_err(|_| PyValueError::new_err("a store's key is 16 bytes"))?;
    Ok(StoreKey(key))
}

pub fn counts_of(given: &HashMap<String, i64>) -> Counts {
    let count = |name: &str| given.get(name).copied().unwrap_or_default();
    Counts {
        blocks: count("blocks"),
        txs: count("txs"),
        txouts: count("txouts"),
        txins: count("txins"),
        scripts: count("scripts"),
    }
}

/// A table's columns as schema.py has them: name, type, whether it may be null.
pub type Fields = Vec<(String, String, bool)>;

pub fn schemas_of(given: &HashMap<String, Fields>) -> PyResult<Schemas> {
    let mut schemas = Schemas::new();
    for table in TABLES {
        let Some(fields) = given.get(table) else {
            continue;
        };
        schemas.insert(table, schema_of(table, fields)?);
    }
    Ok(schemas)
}

fn segment_dict<'py>(py: Python<'py>, written: &SegmentWritten) -> PyResult<Bound<'py, PyDict>> {
    let answer = PyDict::new(py);
    answer.set_item("tables", table_list(py, &written.tables)?)?;
    let runs = PyList::empty(py);
    for (kind, files) in &written.runs {
        runs.append(run_dict(py, kind, files)?)?;
    }
    answer.set_item("runs", runs)?;
    let spent = match &written.spent {
        Some((path, file)) => Some(file_dict(py, path, file)?),
        None => None,
    };
    answer.set_item("spent", spent)?;
    Ok(answer)
}

pub fn schema_of(table: &str, fields: &Fields) -> PyResult<SchemaRef> {
    let mut arrow = Vec::with_capacity(fields.len());
    for (name, kind, nullable) in fields {
        let kind = columns::data_type(kind).ok_or_else(|| {
            PyValueError::new_err(format!("{table}.{name}: no kernel writes type {kind}"))
        })?;
        arrow.push(Field::new(name, kind, *nullable));
    }
    Ok(Arc::new(Schema::new(arrow)))
}

pub fn table_list<'py>(py: Python<'py>, tables: &[TableWritten]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for table in tables {
        list.append(table_dict(py, table)?)?;
    }
    Ok(list)
}

/// A table's file as a store lists it.
pub fn table_dict<'py>(py: Python<'py>, table: &TableWritten) -> PyResult<Bound<'py, PyDict>> {
    let row = file_dict(py, &table.path, &table.file)?;
    row.set_item("table", table.table)?;
    row.set_item("rows", table.rows)?;
    Ok(row)
}

pub fn run_dict<'py>(
    py: Python<'py>,
    kind: &str,
    files: &RunFiles,
) -> PyResult<Bound<'py, PyDict>> {
    let row = file_dict(py, &files.path, &files.file)?;
    row.set_item("kind", kind)?;
    row.set_item("rows", files.entries)?;
    let filter = match (&files.filter, files.filter_path()) {
        (Some(written), Some(path)) => Some(file_dict(py, &path, written)?),
        _ => None,
    };
    row.set_item("filter", filter)?;
    Ok(row)
}

pub fn file_dict<'py>(
    py: Python<'py>,
    path: &Path,
    written: &Written,
) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("path", path)?;
    row.set_item("bytes", written.bytes)?;
    row.set_item("sha256", PyBytes::new(py, &written.sha256))?;
    Ok(row)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Ingest>()
}
