//! Writing a run: entries come in order, and the file is never gone back to.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::Entry;
use super::filter::FilterWriter;
use super::pack::{BLOCK_ENTRIES, SLACK_BYTES, encode};
use crate::durable::{DurableFile, Written};
use crate::error::{CoreError, Result};

pub const MAGIC: [u8; 8] = *b"peelrun1";
pub const FOOTER_BYTES: usize = 32;

/// A run as written: its file, and its filter's where it has one.
#[derive(Debug, Clone)]
pub struct RunFiles {
    pub path: PathBuf,
    pub entries: u64,
    pub file: Written,
    pub filter: Option<Written>,
}

impl RunFiles {
    pub fn filter_path(&self) -> Option<PathBuf> {
        self.filter.as_ref().map(|_| filter_of(&self.path))
    }
}

/// The file of a run of this kind in a folder.
pub fn file_of(dir: &Path, kind: &str) -> PathBuf {
    dir.join(format!("{kind}.run"))
}

/// The filter beside a run.
pub fn filter_of(run: &Path) -> PathBuf {
    run.with_extension("filter")
}

/// A run being written.
pub struct RunWriter<const N: usize> {
    path: PathBuf,
    file: DurableFile,
    filter: Option<FilterWriter>,
    pending: Vec<Entry<N>>,
    packed: Vec<u8>,
    first_keys: Vec<u64>,
    offsets: Vec<u64>,
    offset: u64,
    count: u64,
    sync: bool,
}

impl<const N: usize> RunWriter<N> {
    /// With `filter_for`, a filter for so many keys at most is written beside it.
    pub fn create(path: &Path, filter_for: Option<u64>, sync: bool) -> Result<Self> {
        let filter = match filter_for {
            Some(keys) => Some(FilterWriter::create(&filter_of(path), keys)?),
            None => None,
        };
        Ok(Self {
            path: path.to_owned(),
            file: DurableFile::create(path)?,
            filter,
            pending: Vec::with_capacity(BLOCK_ENTRIES),
            packed: Vec::new(),
            first_keys: Vec::new(),
            offsets: Vec::new(),
            offset: 0,
            count: 0,
            sync,
        })
    }

    /// Appends the next entry, which is not below the last.
    pub fn push(&mut self, entry: Entry<N>) -> Result<()> {
        debug_assert!(self.pending.last().is_none_or(|last| *last <= entry));
        if let Some(filter) = &mut self.filter {
            filter.push(entry[0])?;
        }
        self.pending.push(entry);
        if self.pending.len() == BLOCK_ENTRIES {
            self.end_block()?;
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<RunFiles> {
        if !self.pending.is_empty() {
            self.end_block()?;
        }
        let directory = self.offset + SLACK_BYTES as u64;
        self.packed.clear();
        self.packed.resize(SLACK_BYTES, 0);
        for number in self.first_keys.iter().chain(&self.offsets) {
            self.packed.extend_from_slice(&number.to_le_bytes());
        }
        self.packed.extend_from_slice(&MAGIC);
        for number in [N as u64, self.count, directory] {
            self.packed.extend_from_slice(&number.to_le_bytes());
        }
        self.write_packed()?;
        let filter = match self.filter {
            Some(filter) => Some(filter.finish(self.sync)?),
            None => None,
        };
        Ok(RunFiles {
            path: self.path,
            entries: self.count,
            file: self.file.close(self.sync)?,
            filter,
        })
    }

    fn end_block(&mut self) -> Result<()> {
        self.packed.clear();
        encode(&self.pending, &mut self.packed);
        self.first_keys.push(self.pending[0][0]);
        self.offsets.push(self.offset);
        self.count += self.pending.len() as u64;
        self.pending.clear();
        self.write_packed()
    }

    fn write_packed(&mut self) -> Result<()> {
        self.offset += self.packed.len() as u64;
        self.file
            .write_all(&self.packed)
            .map_err(|e| CoreError::io(&self.path, e))
    }
}
