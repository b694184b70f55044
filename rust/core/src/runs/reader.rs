//! Reading runs: point look-ups in the mapped file, and passes over it in order.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use memmap2::{Advice, Mmap};

use super::Entry;
use super::filter::Filter;
use super::pack::{BLOCK_ENTRIES, Block, SLACK_BYTES};
use super::writer::{FOOTER_BYTES, MAGIC, filter_of};
use crate::error::{CoreError, Result};

/// Above this a run's pages are asked for ahead of their use.
const LARGE_BYTES: usize = 256 << 20;

/// A run, mapped. Stores write a run once and check its size against the manifest before they map it.
pub struct Run<const N: usize> {
    path: PathBuf,
    map: Mmap,
    filter: Option<Filter>,
    count: u64,
    blocks: usize,
    /// Where the directory begins: the blocks' first keys, then their offsets.
    directory: usize,
}

pub(super) fn map(path: &Path, advice: Advice) -> Result<Mmap> {
    let file = File::open(path).map_err(|e| CoreError::io(path, e))?;
    // SAFETY: the files of a store are never written again nor cut short once they have their name
    let map = unsafe { Mmap::map(&file) }.map_err(|e| CoreError::io(path, e))?;
    map.advise(advice).map_err(|e| CoreError::io(path, e))?;
    Ok(map)
}

/// Reads a file from this offset on and keeps nothing: the system does. Advice to that end is limited
/// to a few hundred kilobytes a call.
pub(super) fn preload(path: &Path, from: usize) -> std::io::Result<()> {
    let file = File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    let mut offset = from as u64;
    loop {
        match file.read_at(&mut buffer, offset)? {
            0 => return Ok(()),
            read => offset += read as u64,
        }
    }
}

pub(super) fn damaged(path: &Path) -> CoreError {
    CoreError::Table {
        table: path.display().to_string(),
        what: "the file is no sorted run, or a damaged one; 'peelchain chain verify' tells which \
               files are, 'peelchain chain reindex' makes look-ups anew"
            .into(),
    }
}

impl<const N: usize> Run<N> {
    /// Maps a run for look-ups, and its filter where there is one.
    pub fn open(path: &Path, filter: Option<&Path>) -> Result<Self> {
        let filter = filter.map(|f| Filter::open(f, false)).transpose()?;
        Self::mapped(path, filter, Advice::Random)
    }

    /// Maps runs that have filters, side by side. Filters are held in memory of the process as long as
    /// `room`, which they lessen, lasts.
    pub fn open_all(paths: &[PathBuf], room: &mut usize) -> Result<Vec<Arc<Self>>> {
        let mut held = Vec::with_capacity(paths.len());
        for path in paths {
            let filter = filter_of(path);
            let size = std::fs::metadata(&filter)
                .map_err(|e| CoreError::io(&filter, e))?
                .len();
            held.push(size <= *room as u64);
            if size <= *room as u64 {
                *room -= size as usize;
            }
        }
        thread::scope(|scope| {
            let open = |path: &Path, held| {
                let filter = Filter::open(&filter_of(path), held)?;
                Ok(Arc::new(Self::mapped(path, Some(filter), Advice::Random)?))
            };
            let opening: Vec<_> = paths
                .iter()
                .zip(held)
                .map(|(path, held)| scope.spawn(move || open(path, held)))
                .collect();
            opening
                .into_iter()
                .map(|thread| thread.join().expect("opening a run does not panic"))
                .collect()
        })
    }

    /// Maps a run for one pass in order.
    pub fn open_to_pass(path: &Path) -> Result<Self> {
        Self::mapped(path, None, Advice::Sequential)
    }

    fn mapped(path: &Path, filter: Option<Filter>, advice: Advice) -> Result<Self> {
        let map = map(path, advice)?;
        let (count, blocks, directory) = footer::<N>(&map).ok_or_else(|| damaged(path))?;
        Ok(Self {
            path: path.to_owned(),
            map,
            filter,
            count,
            blocks,
            directory,
        })
    }

    pub fn len(&self) -> u64 {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is so large that its pages are hardly in memory.
    pub fn is_large(&self) -> bool {
        self.map.len() >= LARGE_BYTES
    }

    /// Brings into the system's cache what every look-up touches, the directory, and with `all` the
    /// entries too, in long reads instead of page by page.
    pub fn preload(&self, all: bool) {
        let from = if all { 0 } else { self.directory };
        // whatever cannot be read now is told when it is looked up
        let _ = preload(&self.path, from);
    }

    /// Has the system begin to read what a look-up of `key` will touch.
    pub fn will_need(&self, key: u64) {
        let number = self.first_at_or_above(key).saturating_sub(1);
        if number >= self.blocks {
            return;
        }
        let offset = |block: usize| {
            if block < self.blocks {
                self.number(self.directory + 8 * (self.blocks + block)) as usize
            } else {
                self.directory
            }
        };
        let (start, end) = (offset(number), offset(number + 1).min(self.directory));
        if start < end {
            let _ = self.map.advise_range(Advice::WillNeed, start, end - start);
        }
    }

    pub fn prefetch(&self, key: u64) {
        if let Some(filter) = &self.filter {
            filter.prefetch(key);
        }
    }

    /// False only when no entry has this key.
    pub fn may_hold(&self, key: u64) -> bool {
        self.filter.as_ref().is_none_or(|f| f.may_hold(key))
    }

    /// The first entry of this key that agrees with `second` in the bits of `check`, and its position.
    pub fn get(&self, key: u64, second: u64, check: u64) -> Result<Option<(u64, Entry<N>)>> {
        let mut found = None;
        self.each(key, |position, entry| {
            if (entry[1] ^ second) & check == 0 {
                found = Some((position, entry));
            }
            found.is_none()
        })?;
        Ok(found)
    }

    /// Calls `visit` with position and entry for those of this key, in order, until it says false.
    pub fn each(&self, key: u64, mut visit: impl FnMut(u64, Entry<N>) -> bool) -> Result<()> {
        // entries of a key may begin in the block before the first that starts with it
        let mut number = self.first_at_or_above(key).saturating_sub(1);
        while number < self.blocks && (self.first_key(number) <= key) {
            let block = self.block(number)?;
            for at in block.lower_bound(key)..block.count {
                if block.word(at, 0) != key {
                    return Ok(());
                }
                if !visit((number * BLOCK_ENTRIES + at) as u64, block.entry(at)) {
                    return Ok(());
                }
            }
            number += 1;
        }
        Ok(())
    }

    /// Calls `visit` with the entries from this key on, in order, until it says false.
    pub fn each_from(&self, key: u64, mut visit: impl FnMut(Entry<N>) -> bool) -> Result<()> {
        let mut number = self.first_at_or_above(key).saturating_sub(1);
        while number < self.blocks {
            let block = self.block(number)?;
            for at in block.lower_bound(key)..block.count {
                if !visit(block.entry(at)) {
                    return Ok(());
                }
            }
            number += 1;
        }
        Ok(())
    }

    fn first_key(&self, block: usize) -> u64 {
        self.number(self.directory + 8 * block)
    }

    fn number(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.map[at..at + 8].try_into().expect("eight bytes"))
    }

    /// The first block that begins at `key` or above, by stepping out from where the key would lie if
    /// keys were spread evenly: few steps, and they stay on few pages of the file.
    fn first_at_or_above(&self, key: u64) -> usize {
        if self.blocks == 0 {
            return 0;
        }
        let (least, most) = (self.first_key(0), self.first_key(self.blocks - 1));
        if key <= least {
            return 0;
        }
        if key > most {
            return self.blocks;
        }
        let span = u128::from(most - least).max(1);
        let guess = (u128::from(key - least) * (self.blocks as u128 - 1) / span) as usize;
        let (mut low, mut high) = (0, self.blocks - 1);
        let mut step = 1;
        if self.first_key(guess) < key {
            low = guess + 1;
            while low + step < high && self.first_key(low + step) < key {
                low += step + 1;
                step *= 2;
            }
            high = high.min(low + step);
        } else {
            high = guess;
            while high > step && self.first_key(high - step) >= key {
                high -= step;
                step *= 2;
            }
            low = low.max(high.saturating_sub(step));
        }
        while low < high {
            let middle = (low + high) / 2;
            if self.first_key(middle) < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn block(&self, number: usize) -> Result<Block<'_, N>> {
        let offset = self.number(self.directory + 8 * (self.blocks + number));
        let count = (self.count as usize - number * BLOCK_ENTRIES).min(BLOCK_ENTRIES);
        self.map
            .get(..self.directory)
            .and_then(|blocks| blocks.get(usize::try_from(offset).ok()?..))
            .and_then(|bytes| Block::new(bytes, count))
            .ok_or_else(|| damaged(&self.path))
    }
}

/// Entries, blocks, and where the directory begins.
fn footer<const N: usize>(map: &[u8]) -> Option<(u64, usize, usize)> {
    let footer = map.get(map.len().checked_sub(FOOTER_BYTES)?..)?;
    let number = |at: usize| u64::from_le_bytes(footer[at..at + 8].try_into().expect("eight"));
    if footer[..8] != MAGIC || number(8) != N as u64 {
        return None;
    }
    let (count, directory) = (number(16), usize::try_from(number(24)).ok()?);
    let blocks = usize::try_from(count.div_ceil(BLOCK_ENTRIES as u64)).ok()?;
    let end = blocks.checked_mul(16)?.checked_add(directory)?;
    (directory >= SLACK_BYTES && end == map.len() - FOOTER_BYTES)
        .then_some((count, blocks, directory))
}

/// A pass over a run, in order.
pub struct Cursor<const N: usize> {
    run: Arc<Run<N>>,
    number: usize,
    held: Vec<Entry<N>>,
    at: usize,
}

impl<const N: usize> Cursor<N> {
    pub fn new(run: Arc<Run<N>>) -> Self {
        Self {
            run,
            number: 0,
            held: Vec::new(),
            at: 0,
        }
    }

    /// The next entry with its position; none at the end.
    pub fn next_entry(&mut self) -> Result<Option<(u64, Entry<N>)>> {
        if self.at == self.held.len() {
            if self.number == self.run.blocks {
                return Ok(None);
            }
            self.run.block(self.number)?.decode(&mut self.held);
            self.number += 1;
            self.at = 0;
        }
        let position = (self.number - 1) * BLOCK_ENTRIES + self.at;
        self.at += 1;
        Ok(Some((position as u64, self.held[self.at - 1])))
    }
}
