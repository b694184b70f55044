//! A file of any size, a block at a time: what is found does not depend on where blocks end.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::{Hit, Words, scan};
use crate::error::{CoreError, Result};

const BLOCK: u64 = 4 << 20;
/// What is read before and after a block, so that nothing on its edge is cut.
pub const LOOK_AROUND: u64 = 64 << 10;

/// What begins in bytes `first` to before `end` of a file, by offset.
///
/// `report` takes the bytes done and gives false to stop. Memory is one block's, and the hits.
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
    let io = |e| CoreError::io(path, e);
    let mut file = File::open(path).map_err(io)?;
    let mut hits = Vec::new();
    let mut buffer = Vec::new();
    let mut from = first;
    while from < end {
        if !report(from - first) {
            return Err(CoreError::Stopped);
        }
        let until = end.min(from + block);
        let base = from.saturating_sub(LOOK_AROUND);
        buffer.clear();
        file.seek(SeekFrom::Start(base)).map_err(io)?;
        (&mut file)
            .take(until + LOOK_AROUND - base)
            .read_to_end(&mut buffer)
            .map_err(io)?;
        let inside = |hit: &Hit| (from..until).contains(&(base + hit.offset));
        hits.extend(
            scan(&buffer, words)
                .into_iter()
                .filter(inside)
                .map(|hit| Hit {
                    offset: base + hit.offset,
                    ..hit
                }),
        );
        from = until;
    }
    report(end - first);
    Ok(hits)
}
