//! A file of any size, a block at a time: what is found does not depend on where blocks end.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;

use super::{Hit, Words, scan};
use crate::error::{CoreError, Result};

const BLOCK: u64 = 4 << 20;
/// What is read before and after a block, so that nothing on its edge is cut.
pub const LOOK_AROUND: u64 = 64 << 10;

/// What begins in bytes `first` to before `end` of a file, by offset.
///
/// `report` takes the bytes done and gives false to stop. Memory is a block for each processor,
/// and the hits.
pub fn scan_file(
    path: &Path,
    first: u64,
    end: u64,
    words: &Words,
    report: &mut dyn FnMut(u64) -> bool,
) -> Result<Vec<Hit>> {
    scan_by_block(path, first, end, words, BLOCK, report)
}

pub(super) fn scan_by_block(
    path: &Path,
    first: u64,
    end: u64,
    words: &Words,
    block: u64,
    report: &mut dyn FnMut(u64) -> bool,
) -> Result<Vec<Hit>> {
    let threads = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let mut hits = Vec::new();
    let mut from = first;
    while from < end {
        if !report(from - first) {
            return Err(CoreError::Stopped);
        }
        let starts: Vec<u64> = (0..threads)
            .map(|n| from + n * block)
            .filter(|&start| start < end)
            .collect();
        let found = thread::scope(|scope| {
            let workers: Vec<_> = starts
                .iter()
                .map(|&start| {
                    scope.spawn(move || one_block(path, start, end.min(start + block), words))
                })
                .collect();
            workers
                .into_iter()
                .map(|worker| match worker.join() {
                    Ok(found) => found,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
                .collect::<Result<Vec<_>>>()
        })?;
        hits.extend(found.into_iter().flatten());
        from = end.min(from + threads * block);
    }
    report(end - first);
    Ok(hits)
}

fn one_block(path: &Path, from: u64, until: u64, words: &Words) -> Result<Vec<Hit>> {
    let io = |e| CoreError::io(path, e);
    let base = from.saturating_sub(LOOK_AROUND);
    let size = until + LOOK_AROUND - base;
    let mut buffer = Vec::with_capacity(size as usize);
    let mut file = File::open(path).map_err(io)?;
    file.seek(SeekFrom::Start(base)).map_err(io)?;
    file.take(size).read_to_end(&mut buffer).map_err(io)?;
    Ok(scan(&buffer, words)
        .into_iter()
        .filter(|hit| (from..until).contains(&(base + hit.offset)))
        .map(|hit| Hit {
            offset: base + hit.offset,
            ..hit
        })
        .collect())
}
