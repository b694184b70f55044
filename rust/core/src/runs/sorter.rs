//! Entries in any order to a run, in bounded memory: what does not fit is sorted and set aside.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::merge::{Merge, Source};
use super::reader::Run;
use super::writer::filter_of;
use super::{Entry, RunFiles, RunWriter};
use crate::durable;
use crate::error::Result;

const BLOCK: usize = 1 << 16;

/// Gathers entries for a run.
pub struct RunBuilder<const N: usize> {
    path: PathBuf,
    entries: Vec<Entry<N>>,
    limit: usize,
    spills: Vec<PathBuf>,
    total: u64,
}

impl<const N: usize> RunBuilder<N> {
    /// A run at `path`, holding at most `bytes` of entries in memory.
    pub fn new(path: PathBuf, bytes: usize) -> Self {
        Self {
            path,
            entries: Vec::new(),
            // sorting takes as much again
            limit: (bytes / 2 / size_of::<Entry<N>>()).max(BLOCK),
            spills: Vec::new(),
            total: 0,
        }
    }

    pub fn push(&mut self, entry: Entry<N>) -> Result<()> {
        if self.entries.len() == self.entries.capacity() {
            if self.entries.len() >= self.limit {
                self.spill()?;
            } else {
                let more = self.entries.len().max(BLOCK);
                let room = self.limit - self.entries.len();
                self.entries.reserve_exact(more.min(room));
            }
        }
        self.entries.push(entry);
        self.total += 1;
        Ok(())
    }

    /// Writes the run, with a filter if asked for. With `same`, entries whose key and whose bits of the
    /// second word under that mask agree are one, the last of them.
    pub fn finish(mut self, filter: bool, same: Option<u64>) -> Result<RunFiles> {
        let writer = RunWriter::create(&self.path, filter.then_some(self.total), true)?;
        let mut writer = LastOfSame::new(writer, same);
        if self.spills.is_empty() {
            sort(&mut self.entries);
            for entry in std::mem::take(&mut self.entries) {
                writer.push(entry)?;
            }
            return writer.finish();
        }
        self.spill()?;
        self.entries = Vec::new();
        let mut sources = Vec::new();
        for path in &self.spills {
            sources.push(Source::whole(Arc::new(Run::open_to_pass(path)?)));
        }
        let mut merge = Merge::new(sources)?;
        while let Some(entry) = merge.next_entry()? {
            writer.push(entry)?;
        }
        for path in self.spills {
            remove(&path)?;
        }
        writer.finish()
    }

    fn spill(&mut self) -> Result<()> {
        sort(&mut self.entries);
        let path = self
            .path
            .with_extension(format!("{}.part", self.spills.len()));
        let mut writer = RunWriter::create(&path, None, false)?;
        for entry in self.entries.drain(..) {
            writer.push(entry)?;
        }
        writer.finish()?;
        self.spills.push(path);
        Ok(())
    }
}

/// Passes on the last of entries that are the same.
struct LastOfSame<const N: usize> {
    writer: RunWriter<N>,
    same: Option<u64>,
    held: Option<Entry<N>>,
}

impl<const N: usize> LastOfSame<N> {
    fn new(writer: RunWriter<N>, same: Option<u64>) -> Self {
        Self {
            writer,
            same,
            held: None,
        }
    }

    fn push(&mut self, entry: Entry<N>) -> Result<()> {
        let Some(mask) = self.same else {
            return self.writer.push(entry);
        };
        match self.held.replace(entry) {
            Some(held) if held[0] != entry[0] || (held[1] ^ entry[1]) & mask != 0 => {
                self.writer.push(held)
            }
            _ => Ok(()),
        }
    }

    fn finish(mut self) -> Result<RunFiles> {
        if let Some(held) = self.held.take() {
            self.writer.push(held)?;
        }
        self.writer.finish()
    }
}

fn sort<const N: usize>(entries: &mut [Entry<N>]) {
    // stable, so that what came in order of its other words stays so
    radsort::sort_by_key(entries, |entry| entry[0]);
    for same in entries.chunk_by_mut(|a, b| a[0] == b[0]) {
        if !same.is_sorted() {
            same.sort_unstable();
        }
    }
}

/// Removes a run that was only for the time being, and its filter.
pub fn remove(path: &Path) -> Result<()> {
    durable::remove_file(path)?;
    durable::remove_file(&filter_of(path))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::runs::{Cursor, file_of};
    use proptest::prelude::*;

    fn all<const N: usize>(path: &Path) -> Vec<Entry<N>> {
        let mut cursor = Cursor::new(Arc::new(Run::open_to_pass(path).unwrap()));
        std::iter::from_fn(|| cursor.next_entry().unwrap().map(|(_, e)| e)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_run_holds_what_was_pushed(seed in any::<u64>(), count in 0usize..150_000, shift in 0u32..60, small in any::<bool>()) {
            let dir = tempfile::tempdir().unwrap();
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state ^ state >> 29
            };
            let mut entries: Vec<Entry<2>> = (0..count).map(|_| [next() >> shift, next()]).collect();
            let bytes = if small { 1 } else { 1 << 30 };
            let mut builder = RunBuilder::new(file_of(dir.path(), "x"), bytes);
            for entry in &entries {
                builder.push(*entry).unwrap();
            }
            let files = builder.finish(true, None).unwrap();
            entries.sort_unstable();
            prop_assert_eq!(&all::<2>(&files.path), &entries);
            prop_assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "no part is left");
            let run = Run::<2>::open(&files.path, files.filter_path().as_deref()).unwrap();
            for entry in entries.iter().step_by(97) {
                prop_assert!(run.may_hold(entry[0]));
                let mut found = Vec::new();
                run.each(entry[0], |position, e| { found.push((position, e)); true }).unwrap();
                let from = entries.partition_point(|e| e[0] < entry[0]);
                let to = entries.partition_point(|e| e[0] <= entry[0]);
                let expected: Vec<_> = (from..to).map(|i| (i as u64, entries[i])).collect();
                prop_assert_eq!(found, expected);
            }
            for _ in 0..300 {
                let key = next() >> shift;
                let there = entries.binary_search_by_key(&key, |e| e[0]).is_ok();
                prop_assert_eq!(run.get(key, 0, 0).unwrap().is_some(), there);
            }
        }
    }

    #[test]
    fn filters_pass_few_others() {
        let dir = tempfile::tempdir().unwrap();
        let key = |i: u64| {
            (i + 1)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(23)
                .wrapping_mul(0xd6e8_feb8_6659_fd93)
        };
        let mut builder = RunBuilder::<2>::new(file_of(dir.path(), "x"), 1 << 30);
        for i in 0..100_000 {
            builder.push([key(i), i]).unwrap();
        }
        let files = builder.finish(true, None).unwrap();
        let run = Run::<2>::open(&files.path, files.filter_path().as_deref()).unwrap();
        let passed = (100_000..200_000).filter(|i| run.may_hold(key(*i))).count();
        assert!(passed < 2_000, "{passed} of 100,000 pass");
    }

    #[test]
    fn a_damaged_run_is_an_error_and_never_a_panic() {
        let dir = tempfile::tempdir().unwrap();
        let mut builder = RunBuilder::<2>::new(file_of(dir.path(), "x"), 1 << 30);
        for i in 0..1000u64 {
            builder.push([i << 50, i]).unwrap();
        }
        let files = builder.finish(false, None).unwrap();
        let good = fs::read(&files.path).unwrap();
        for at in (0..good.len()).step_by(3) {
            let mut bytes = good.clone();
            bytes[at] ^= 0xff;
            let path = dir.path().join(format!("{at}.run"));
            fs::write(&path, &bytes).unwrap();
            let Ok(run) = Run::<2>::open(&path, None) else {
                continue;
            };
            for key in [0, 7 << 50, 999 << 50, u64::MAX] {
                let _ = run.get(key, 0, 0);
            }
            let mut cursor = Cursor::new(Arc::new(run));
            while let Ok(Some(_)) = cursor.next_entry() {}
        }
        for cut in 0..good.len().min(80) {
            let path = dir.path().join("cut.run");
            fs::write(&path, &good[..cut]).unwrap();
            assert!(Run::<2>::open(&path, None).is_err());
        }
    }
}
