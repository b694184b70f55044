//! Bindings of the chain kernels.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray};
use numpy::{PyArray1, PyReadonlyArray1};
use peelchain_core::chain::best_chain;
use peelchain_core::chain::block::{self, Block};
use peelchain_core::chain::block_files::{BlockFiles, Record, Scan};
use peelchain_core::chain::hash::{self, Hash};
use peelchain_core::chain::ingest::{self, Counts, Restored, TABLES};
use peelchain_core::chain::script::{is_unspendable, script_type};
use peelchain_core::{CoreError, durable};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use pyo3_arrow::{PyArray, PySchema};

use crate::errors::to_py;

const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Calls back into Python now and then, so that signals are seen and a bar moves.
struct Reporter {
    callback: Option<Py<PyAny>>,
    last: Instant,
    raised: Option<PyErr>,
}

impl Reporter {
    fn new(callback: Option<Py<PyAny>>) -> Self {
        Self {
            callback,
            last: Instant::now(),
            raised: None,
        }
    }

    fn report(&mut self, done: u64, of: u64) -> bool {
        if self.last.elapsed() < PROGRESS_EVERY {
            return true;
        }
        self.last = Instant::now();
        let outcome = Python::attach(|py| {
            py.check_signals()?;
            if let Some(callback) = &self.callback {
                callback.call1(py, (done, of))?;
            }
            Ok(())
        });
        match outcome {
            Ok(()) => true,
            Err(error) => {
                self.raised = Some(error);
                false
            }
        }
    }

    fn outcome<T>(self, py: Python<'_>, result: Result<T, CoreError>) -> PyResult<T> {
        match (result, self.raised) {
            (Err(CoreError::Stopped), Some(error)) => Err(error),
            (Err(error), _) => Err(to_py(py, error)),
            (Ok(value), _) => Ok(value),
        }
    }
}

fn hash_of(bytes: &[u8]) -> PyResult<Hash> {
    bytes
        .try_into()
        .map_err(|_| PyValueError::new_err("a hash is 32 bytes"))
}

/// A node's blocks folder.
#[pyclass(module = "peelchain._core")]
struct BlockSource {
    files: BlockFiles,
    scan: Scan,
    chain: Vec<Record>,
}

#[pymethods]
impl BlockSource {
    #[new]
    fn new(py: Python<'_>, dir: PathBuf, magic: &[u8]) -> PyResult<Self> {
        let magic = magic
            .try_into()
            .map_err(|_| PyValueError::new_err("a magic is 4 bytes"))?;
        Ok(Self {
            files: BlockFiles::open(&dir, magic).map_err(|e| to_py(py, e))?,
            scan: Scan::default(),
            chain: Vec::new(),
        })
    }

    #[staticmethod]
    fn first_magic<'py>(py: Python<'py>, dir: PathBuf) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let magic = BlockFiles::first_magic(&dir).map_err(|e| to_py(py, e))?;
        Ok(magic.map(|m| PyBytes::new(py, &m)))
    }

    #[pyo3(signature = (genesis_hash, pow_limit, progress=None))]
    fn scan<'py>(
        &mut self,
        py: Python<'py>,
        genesis_hash: &[u8],
        pow_limit: &[u8],
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let genesis = hash_of(genesis_hash)?;
        let limit = best_chain::U256::from_le_bytes(hash_of(pow_limit)?);
        let mut reporter = Reporter::new(progress);
        let files = &self.files;
        let result = py.detach(|| files.scan(&mut |done, of| reporter.report(done, of)));
        let mut scan = reporter.outcome(py, result)?;
        self.set_aside_unproven(py, &mut scan, limit)?;
        let best = py.detach(|| best_chain::best_chain(&scan.records, &genesis, limit));
        let answer = PyDict::new(py);
        answer.set_item("blocks_in_files", scan.records.len())?;
        answer.set_item("bytes", scan.bytes)?;
        self.chain.clear();
        if let Some(best) = best {
            self.chain
                .extend(best.records.iter().map(|&i| scan.records[i].clone()));
            while let Some(record) = self.chain.last() {
                if self.is_whole(py, record)? {
                    break;
                }
                scan.left_out.push(format!(
                    "{}, offset {}: the last block is not yet written whole",
                    self.files.path(record.file_number).display(),
                    record.offset
                ));
                self.chain.pop();
            }
            if let Some(first) = best.unconnected.first().map(|&i| &scan.records[i]) {
                scan.left_out.push(format!(
                    "{}, offset {}: {} blocks from here on do not join the chain, their ancestors \
                     are not in the files (the node is still fetching them, or a file is damaged)",
                    self.files.path(first.file_number).display(),
                    first.offset,
                    best.unconnected.len()
                ));
            }
            answer.set_item("stale", best.stale)?;
            answer.set_item("unconnected", best.unconnected.len())?;
        }
        answer.set_item("has_genesis", !self.chain.is_empty())?;
        answer.set_item("left_out", &scan.left_out)?;
        self.scan = Scan::default();
        Ok(answer)
    }

    fn __len__(&self) -> usize {
        self.chain.len()
    }

    fn hashes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let all: Vec<u8> = self.chain.iter().flat_map(|r| r.hash).collect();
        PyBytes::new(py, &all)
    }

    /// Accumulated work from genesis to this height, 32 bytes big-endian.
    fn chainwork<'py>(&self, py: Python<'py>, height: usize) -> PyResult<Bound<'py, PyBytes>> {
        let records = self
            .chain
            .get(..=height)
            .ok_or_else(|| PyValueError::new_err("no such height in the source"))?;
        let sum = records
            .iter()
            .filter_map(|r| best_chain::target(r.bits()))
            .map(best_chain::work)
            .fold(best_chain::U256::ZERO, |sum, own| sum + own);
        Ok(PyBytes::new(py, &sum.to_be_bytes::<32>()))
    }

    fn sizes<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_iter(py, self.chain.iter().map(|r| i64::from(r.size)))
    }

    fn read<'py>(
        &self,
        py: Python<'py>,
        file_number: u32,
        offset: u64,
        size: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let mut raw = Vec::new();
        self.files
            .read_span(file_number, offset, size, &mut raw)
            .map_err(|e| to_py(py, e))?;
        Ok(PyBytes::new(py, &raw))
    }
}

impl BlockSource {
    /// A node proves a block before it writes it, so one without its work is damaged, unless it is
    /// not yet written whole.
    fn set_aside_unproven(
        &self,
        py: Python<'_>,
        scan: &mut Scan,
        limit: best_chain::U256,
    ) -> PyResult<()> {
        let mut proven = Vec::with_capacity(scan.records.len());
        for record in scan.records.drain(..) {
            if best_chain::proven_work(&record, limit).is_some() {
                proven.push(record);
            } else if self
                .files
                .ends_unwritten(&record)
                .map_err(|e| to_py(py, e))?
            {
                scan.left_out.push(format!(
                    "{}, offset {}: a block is not yet written whole",
                    self.files.path(record.file_number).display(),
                    record.offset
                ));
            } else {
                let what = "its hash does not meet the target in its header";
                return Err(to_py(py, self.files.refuse(&record, what)));
            }
        }
        scan.records = proven;
        Ok(())
    }

    fn is_whole(&self, py: Python<'_>, record: &Record) -> PyResult<bool> {
        // only a block that ends in preallocated zeros can be half written; parsing settles it
        if !self
            .files
            .ends_unwritten(record)
            .map_err(|e| to_py(py, e))?
        {
            return Ok(true);
        }
        let mut raw = Vec::new();
        self.files
            .read(record, &mut raw)
            .map_err(|e| to_py(py, e))?;
        let mut block = Block::default();
        Ok(block
            .parse(&raw)
            .and_then(|()| block.check_commitments(&raw))
            .is_ok())
    }
}

/// The growing fact tables.
#[pyclass(module = "peelchain._core")]
struct Ingest {
    inner: ingest::Ingest,
    source: Py<BlockSource>,
}

fn counts_dict<'py>(py: Python<'py>, counts: Counts) -> PyResult<Bound<'py, PyDict>> {
    let answer = PyDict::new(py);
    answer.set_item("blocks", counts.blocks)?;
    answer.set_item("txs", counts.txs)?;
    answer.set_item("txouts", counts.txouts)?;
    answer.set_item("txins", counts.txins)?;
    answer.set_item("scripts", counts.scripts)?;
    Ok(answer)
}

#[pymethods]
impl Ingest {
    #[new]
    fn new(py: Python<'_>, source: Py<BlockSource>, halving_interval: u32) -> PyResult<Self> {
        if halving_interval == 0 {
            return Err(PyValueError::new_err("a halving interval is at least 1"));
        }
        let files = source.borrow(py).files.clone();
        Ok(Self {
            inner: ingest::Ingest::new(files, halving_interval),
            source,
        })
    }

    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counts_dict(py, self.inner.counts())
    }

    #[allow(clippy::too_many_arguments)]
    fn restore(
        &mut self,
        blocks: i64,
        txids: &[u8],
        first_txouts: PyReadonlyArray1<'_, i64>,
        values: PyReadonlyArray1<'_, i64>,
        script_ids: PyReadonlyArray1<'_, i64>,
        prev_txouts: PyReadonlyArray1<'_, i64>,
        scripts: PyArray,
    ) -> PyResult<()> {
        let scripts: &BinaryArray = scripts
            .array()
            .as_binary_opt()
            .ok_or_else(|| PyValueError::new_err("scripts must be a binary array"))?;
        self.inner.restore(&Restored {
            counts: Counts {
                blocks,
                txs: first_txouts.len()? as i64,
                txouts: values.len()? as i64,
                txins: prev_txouts.len()? as i64,
                scripts: scripts.len() as i64,
            },
            txids,
            first_txouts: first_txouts.as_slice()?,
            values: values.as_slice()?,
            script_ids: script_ids.as_slice()?,
            prev_txouts: prev_txouts.as_slice()?,
            scripts,
        });
        Ok(())
    }

    #[pyo3(signature = (first_height, end_height, schemas, dir, progress=None))]
    fn segment<'py>(
        &mut self,
        py: Python<'py>,
        first_height: usize,
        end_height: usize,
        schemas: std::collections::HashMap<String, PySchema>,
        dir: PathBuf,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let source = self.source.borrow(py);
        let records = source
            .chain
            .get(first_height..end_height)
            .ok_or_else(|| PyValueError::new_err("no such heights in the source"))?;
        let mut given = hashbrown::HashMap::new();
        for table in TABLES {
            if let Some(schema) = schemas.get(table) {
                given.insert(table, std::sync::Arc::new(schema.as_ref().clone()));
            }
        }
        let mut reporter = Reporter::new(progress);
        let inner = &mut self.inner;
        let result = py.detach(|| {
            inner.segment(records, &given, &dir, &mut |done, of| {
                reporter.report(done, of)
            })
        });
        let written = reporter.outcome(py, result)?;
        let answer = PyList::empty(py);
        for table in written {
            let row = PyDict::new(py);
            row.set_item("table", table.table)?;
            row.set_item("path", table.path)?;
            row.set_item("rows", table.rows)?;
            row.set_item("bytes", table.file.bytes)?;
            row.set_item("sha256", PyBytes::new(py, &table.file.sha256))?;
            answer.append(row)?;
        }
        Ok(answer)
    }
}

/// One raw block as Python values.
#[pyfunction]
fn decode_block<'py>(py: Python<'py>, raw: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let mut parsed = Block::default();
    parsed
        .parse(raw)
        .map_err(|what| to_py(py, CoreError::Malformed(what)))?;
    let answer = PyDict::new(py);
    answer.set_item("hash", PyBytes::new(py, &parsed.hash()))?;
    answer.set_item("prev_hash", PyBytes::new(py, &parsed.prev_hash()))?;
    answer.set_item("header", PyBytes::new(py, &parsed.header))?;
    answer.set_item("time", parsed.time())?;
    answer.set_item("height", parsed.bip34_height(raw))?;
    answer.set_item("weight", parsed.weight())?;
    answer.set_item("problem", parsed.check_commitments(raw).err())?;
    let txs = PyList::empty(py);
    for tx in &parsed.txs {
        let row = PyDict::new(py);
        row.set_item("txid", PyBytes::new(py, &tx.txid))?;
        row.set_item("wtxid", PyBytes::new(py, &tx.wtxid))?;
        row.set_item("version", tx.version)?;
        row.set_item("locktime", tx.locktime)?;
        row.set_item("span", (tx.span.start, tx.span.end))?;
        row.set_item("weight", tx.weight)?;
        let inputs = PyList::empty(py);
        for txin in &parsed.txins[tx.txins.clone()] {
            let prevout =
                (!txin.is_coinbase()).then(|| (PyBytes::new(py, &txin.prev_txid), txin.prev_vout));
            inputs.append((prevout, txin.sequence, txin.witness_items))?;
        }
        row.set_item("inputs", inputs)?;
        let outputs = PyList::empty(py);
        for txout in &parsed.txouts[tx.txouts.clone()] {
            let script = &raw[txout.script.clone()];
            let kind = script_type(script).name();
            outputs.append((txout.value_sat, PyBytes::new(py, script), kind))?;
        }
        row.set_item("outputs", outputs)?;
        txs.append(row)?;
    }
    answer.set_item("txs", txs)?;
    Ok(answer)
}

/// Where each transaction of a raw block lies, with its txid.
#[pyfunction]
fn transaction_spans<'py>(
    py: Python<'py>,
    raw: &[u8],
) -> PyResult<Vec<(Bound<'py, PyBytes>, usize, usize)>> {
    let mut parsed = Block::default();
    parsed
        .parse(raw)
        .map_err(|what| to_py(py, CoreError::Malformed(what)))?;
    Ok(parsed
        .txs
        .iter()
        .map(|t| (PyBytes::new(py, &t.txid), t.span.start, t.span.end))
        .collect())
}

/// A raw block's own commitments: None when they hold, else what is wrong.
#[pyfunction]
fn check_block(py: Python<'_>, raw: &[u8]) -> Option<String> {
    py.detach(|| {
        let mut parsed = Block::default();
        parsed
            .parse(raw)
            .and_then(|()| parsed.check_commitments(raw))
            .err()
    })
}

/// The transaction as its txid hashes it.
#[pyfunction]
fn without_witness<'py>(py: Python<'py>, raw: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let bytes =
        block::without_witness(raw).map_err(|what| to_py(py, CoreError::Malformed(what)))?;
    Ok(PyBytes::new(py, &bytes))
}

#[pyfunction]
fn merkle_branch<'py>(
    py: Python<'py>,
    txids: &[u8],
    index: usize,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let leaves: Vec<Hash> = txids
        .chunks(32)
        .map(hash_of)
        .collect::<PyResult<Vec<Hash>>>()?;
    if index >= leaves.len() {
        return Err(PyValueError::new_err("no such leaf"));
    }
    Ok(hash::merkle_branch(&leaves, index)
        .iter()
        .map(|h| PyBytes::new(py, h))
        .collect())
}

/// The Merkle root of each block, 32 bytes each, from all txids in order and their count a block.
#[pyfunction]
fn merkle_roots<'py>(
    py: Python<'py>,
    txids: &[u8],
    counts: PyReadonlyArray1<'_, i32>,
) -> PyResult<Bound<'py, PyBytes>> {
    let counts = counts.as_slice()?;
    let total: usize = counts.iter().map(|c| *c as usize).sum();
    if total * 32 != txids.len() {
        return Err(PyValueError::new_err(
            "the counts are not those of the txids",
        ));
    }
    let roots = py.detach(|| {
        let mut roots = Vec::with_capacity(counts.len() * 32);
        let mut rest = txids;
        for count in counts {
            let (own, after) = rest.split_at(*count as usize * 32);
            rest = after;
            let mut leaves: Vec<Hash> = own
                .chunks_exact(32)
                .map(|c| c.try_into().expect("chunks of 32"))
                .collect();
            roots.extend_from_slice(&hash::merkle_root(&mut leaves).0);
        }
        roots
    });
    Ok(PyBytes::new(py, &roots))
}

#[pyfunction]
#[pyo3(name = "script_type")]
fn script_type_name(script: &[u8]) -> (&'static str, bool) {
    (script_type(script).name(), is_unspendable(script))
}

/// Replaces a file in one durable step; gives SHA-256 and size.
#[pyfunction]
fn replace_file<'py>(
    py: Python<'py>,
    path: PathBuf,
    content: &[u8],
) -> PyResult<(Bound<'py, PyBytes>, u64)> {
    let written = durable::replace(&path, content).map_err(|e| to_py(py, e))?;
    Ok((PyBytes::new(py, &written.sha256), written.bytes))
}

/// Makes the names in a directory survive a power cut.
#[pyfunction]
fn sync_dir(py: Python<'_>, path: PathBuf) -> PyResult<()> {
    durable::sync_dir(&path).map_err(|e| to_py(py, e))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<BlockSource>()?;
    module.add_class::<Ingest>()?;
    module.add_function(wrap_pyfunction!(decode_block, module)?)?;
    module.add_function(wrap_pyfunction!(transaction_spans, module)?)?;
    module.add_function(wrap_pyfunction!(check_block, module)?)?;
    module.add_function(wrap_pyfunction!(without_witness, module)?)?;
    module.add_function(wrap_pyfunction!(merkle_branch, module)?)?;
    module.add_function(wrap_pyfunction!(merkle_roots, module)?)?;
    module.add_function(wrap_pyfunction!(script_type_name, module)?)?;
    module.add_function(wrap_pyfunction!(replace_file, module)?)?;
    module.add_function(wrap_pyfunction!(sync_dir, module)?)?;
    Ok(())
}
