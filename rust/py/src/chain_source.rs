//! Binding of a node's block files.

use std::path::PathBuf;

use peelchain_core::chain::best_chain::best_chain_by;
use peelchain_core::chain::block_files::{BlockFiles, Record};
use peelchain_core::chain::scan::{self, Scanning};
use peelchain_core::chain::scan_cache::{self, Fingerprint, KnownFiles};
use peelchain_core::chain::target::{self, ProofOfWork, U256};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::chain::hash_of;
use crate::errors::to_py;
use crate::progress::Reporter;
use crate::rules::ChainRules;

/// A scan waits for the disk, not for a core: so many reads at a time keep a disk busy.
const AT_ONCE: usize = 8;

/// A node's blocks folder.
#[pyclass(module = "peelchain._core")]
pub struct BlockSource {
    pub files: BlockFiles,
    pub chain: Vec<Record>,
    /// What else a scan found, for its cache.
    off_chain: Vec<Record>,
    settled: Vec<Fingerprint>,
    pow_limit: U256,
}

#[pymethods]
impl BlockSource {
    #[new]
    #[pyo3(signature = (dir, magic, rules=None))]
    fn new(
        py: Python<'_>,
        dir: PathBuf,
        magic: &[u8],
        rules: Option<PyRef<'_, ChainRules>>,
    ) -> PyResult<Self> {
        let rules = rules.map(|r| r.rules.clone()).unwrap_or_default();
        let magic = magic
            .try_into()
            .map_err(|_| PyValueError::new_err("a magic is 4 bytes"))?;
        Ok(Self {
            files: BlockFiles::open_as(&dir, magic, rules).map_err(|e| to_py(py, e))?,
            chain: Vec::new(),
            off_chain: Vec::new(),
            settled: Vec::new(),
            pow_limit: U256::ZERO,
        })
    }

    #[staticmethod]
    fn first_magic<'py>(py: Python<'py>, dir: PathBuf) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let magic = BlockFiles::first_magic(&dir).map_err(|e| to_py(py, e))?;
        Ok(magic.map(|m| PyBytes::new(py, &m)))
    }

    #[pyo3(signature = (genesis_hash, pow_limit, progress=None, threads=None, cache=None))]
    fn scan<'py>(
        &mut self,
        py: Python<'py>,
        genesis_hash: &[u8],
        pow_limit: &[u8],
        progress: Option<Py<PyAny>>,
        threads: Option<usize>,
        cache: Option<&[u8]>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let genesis = hash_of(genesis_hash)?;
        let pow_limit = U256::from_le_bytes(hash_of(pow_limit)?);
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.unwrap_or_else(|| cores().max(AT_ONCE));
        let mut reporter = Reporter::new(progress);
        let files = &self.files;
        let result = py.detach(|| {
            let how = Scanning {
                pow_limit,
                threads,
                known: cache.and_then(|c| KnownFiles::from_bytes(c, files, pow_limit)),
            };
            let scan = scan::scan(files, &how, &mut |done, of| reporter.report(done, of))?;
            let proof = if files.rules.block_hash_proves() {
                ProofOfWork::new(pow_limit)
            } else {
                ProofOfWork::judged(pow_limit)
            };
            let best = best_chain_by(&scan.records, &genesis, proof);
            Ok((scan, best))
        });
        let (mut scan, best) = reporter.outcome(py, result)?;
        let answer = PyDict::new(py);
        answer.set_item("blocks_in_files", scan.records.len())?;
        answer.set_item("bytes", scan.bytes)?;
        answer.set_item("files_read", scan.files_read)?;
        answer.set_item("first_file", self.files.numbers()[0])?;
        answer.set_item("has_genesis", best.is_some())?;
        self.chain.clear();
        if let Some(best) = best {
            if let Some(first) = best.unconnected.first().map(|&i| &scan.records[i]) {
                scan.left_out.push(format!(
                    "{}, offset {}: {} blocks from here on do not join the chain, their ancestors \
                     are not in the files (the node is still fetching them, or a file is damaged)",
                    self.files.path(first.file_number).display(),
                    first.offset,
                    best.unconnected.len()
                ));
            }
            let mut on_chain = vec![false; scan.records.len()];
            self.chain.reserve_exact(best.records.len());
            for &i in &best.records {
                on_chain[i] = true;
                self.chain.push(scan.records[i].clone());
            }
            let mut on_chain = on_chain.into_iter();
            scan.records.retain(|_| on_chain.next() == Some(false));
            scan.records.shrink_to_fit();
            answer.set_item("stale", best.stale)?;
            answer.set_item("unconnected", best.unconnected.len())?;
        }
        self.off_chain = scan.records;
        self.settled = scan.settled;
        self.pow_limit = pow_limit;
        let damage: Vec<String> = scan.damage.iter().map(ToString::to_string).collect();
        answer.set_item("left_out", scan.left_out)?;
        answer.set_item("damage", damage)?;
        Ok(answer)
    }

    /// What the next scan may take as known.
    fn scan_cache<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = py.detach(|| {
            let records = self.chain.iter().chain(&self.off_chain);
            scan_cache::to_bytes(&self.files, self.pow_limit, &self.settled, records)
        });
        PyBytes::new(py, &bytes)
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
        let records = self.chain.get(..=height).ok_or_else(no_such_height)?;
        let sum = records
            .iter()
            .filter_map(|r| target::target(r.bits()))
            .map(target::work)
            .fold(U256::ZERO, |sum, own| sum.saturating_add(own));
        Ok(PyBytes::new(py, &sum.to_be_bytes::<32>()))
    }

    /// Bytes of the blocks from height `first` to before `end`.
    fn size_of(&self, first: usize, end: usize) -> PyResult<u64> {
        let records = self.chain.get(first..end).ok_or_else(no_such_height)?;
        Ok(records.iter().map(|r| u64::from(r.size)).sum())
    }

    /// Where the block of this height lies: file, offset and size, as in the table of blocks.
    fn place(&self, height: usize) -> PyResult<(u32, u64, u32)> {
        let record = self.chain.get(height).ok_or_else(no_such_height)?;
        Ok((record.file_number, record.offset, record.size))
    }

    /// The time in the header of the block at this height, in seconds since 1970.
    fn time(&self, height: usize) -> PyResult<u32> {
        let record = self.chain.get(height).ok_or_else(no_such_height)?;
        let raw = &record.header[68..72];
        Ok(u32::from_le_bytes(
            raw.try_into().expect("a header is 80 bytes"),
        ))
    }

    fn read<'py>(
        &self,
        py: Python<'py>,
        file_number: u32,
        offset: u64,
        size: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let mut raw = Vec::new();
        py.detach(|| self.files.read_span(file_number, offset, size, &mut raw))
            .map_err(|e| to_py(py, e))?;
        Ok(PyBytes::new(py, &raw))
    }

    fn read_block<'py>(
        &self,
        py: Python<'py>,
        file_number: u32,
        offset: u64,
        size: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let raw = py
            .detach(|| self.files.read_block(file_number, offset, size))
            .map_err(|e| to_py(py, e))?;
        Ok(PyBytes::new(py, &raw))
    }
}

fn no_such_height() -> PyErr {
    PyValueError::new_err("no such height in the source")
}
