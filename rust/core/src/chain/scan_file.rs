//! The blocks of one file, whatever its bytes.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::block::Block;
use super::block_files::{BlockFiles, HEADER_BYTES, RESTORE, Record, hex};
use super::hash::{Hash, sha256d};
use super::scan::{Damage, FileScan, Scanning, wrong_magic};
use super::scan_cache::Fingerprint;
use super::target::{ProofOfWork, U256};
use crate::advice::expect_scattered_reads;

const FRONT_BYTES: usize = 8 + HEADER_BYTES;
const ZERO_TAIL: u64 = 32;
/// Blocks nearer than this to each other are read in one go.
const NEAR_BYTES: usize = 16 << 10;
const SEARCH_BYTES: usize = 1 << 20;
const MOST_PROOF_BYTES: usize = 1 << 20;
/// A file with more damage than this is left where it is reached: telling of each place helps nobody,
/// and each costs a search.
const MOST_DAMAGE: usize = 64;
const UNFINISHED: &str = "run again once the node has written on; if it is not running, restore the file from it or run it with -reindex";

/// Scans the file at this index of the files, or takes what is known of it.
pub(super) fn scan_file(
    files: &BlockFiles,
    index: usize,
    how: &Scanning,
    stop: &AtomicBool,
) -> FileScan {
    let number = files.numbers()[index];
    let path = files.path(number);
    // the last file is read each time: a node writes it, even twice within one tick of the clock
    let last = index + 1 == files.numbers().len();
    let opened = File::open(&path).and_then(|file| Ok((file.metadata()?, file)));
    let (of, file) = match opened {
        Ok(opened) => opened,
        Err(e) => {
            return FileScan {
                damage: vec![unreadable(path, &e)],
                ..FileScan::default()
            };
        }
    };
    let fingerprint = Fingerprint::of(number, &of);
    let known = how.known.as_ref().filter(|_| !last);
    if let Some(records) = known.and_then(|k| k.records(&fingerprint, how.pow_limit)) {
        return FileScan {
            records,
            settled: Some(fingerprint),
            ..FileScan::default()
        };
    }
    expect_scattered_reads(&file);
    let mut found = read_through(files, index, &file, of.len(), how.pow_limit, stop);
    found.damage.sort_by_key(|d| d.offset);
    let same = |of: Metadata| Fingerprint::of(number, &of) == fingerprint;
    if !last
        && found.damage.is_empty()
        && found.left_out.is_empty()
        && file.metadata().is_ok_and(same)
    {
        found.settled = Some(fingerprint);
    }
    found
}

/// Scans a file that had `size` bytes a moment ago; what it grows by meanwhile is left for next time.
fn read_through(
    files: &BlockFiles,
    index: usize,
    file: &File,
    size: u64,
    pow_limit: U256,
    stop: &AtomicBool,
) -> FileScan {
    let mut left = size;
    loop {
        let mut scanner = Scanner::new(files, index, file, left, pow_limit, stop);
        let outcome = scanner.run();
        if let Err(e) = outcome {
            let now = file.metadata().map_or(0, |of| of.len());
            // each turn has fewer bytes to read: this ends
            if e.kind() == ErrorKind::UnexpectedEof && now < left {
                left = now;
                continue;
            }
            scanner
                .found
                .damage
                .push(unreadable(scanner.path.clone(), &e));
        }
        if left < size {
            let what = format!("the file shrank from {size} to {left} bytes while it was read");
            scanner.damaged(left, what, "run again once the node is done with it");
        }
        return scanner.found;
    }
}

fn unreadable(file: PathBuf, error: &io::Error) -> Damage {
    Damage {
        file,
        offset: None,
        what: error.to_string(),
        remedy:
            "check that you may read the node's block files and that the disk they are on is sound"
                .into(),
    }
}

/// What lies at a position, its magic and size believed.
enum Front {
    Block(Record),
    Unproven(Record),
    /// Fewer bytes than magic and size take up.
    Begun,
    /// Bytes of the block that are there, and whether its header proves its work.
    Cut(u32, u64, bool),
    Size(u32),
    Magic([u8; 4]),
}

struct Scanner<'a> {
    files: &'a BlockFiles,
    file: &'a File,
    path: PathBuf,
    number: u32,
    size: u64,
    last: bool,
    stop: &'a AtomicBool,
    proof: ProofOfWork,
    window: Vec<u8>,
    window_at: u64,
    /// How many of the records need no further check that they are whole.
    verified: usize,
    found: FileScan,
}

impl<'a> Scanner<'a> {
    fn new(
        files: &'a BlockFiles,
        index: usize,
        file: &'a File,
        size: u64,
        pow_limit: U256,
        stop: &'a AtomicBool,
    ) -> Self {
        let number = files.numbers()[index];
        Self {
            files,
            file,
            path: files.path(number),
            number,
            size,
            // a node goes on writing the last file
            last: index + 1 == files.numbers().len(),
            stop,
            proof: ProofOfWork::new(pow_limit),
            window: Vec::new(),
            window_at: 0,
            verified: 0,
            found: FileScan {
                read: true,
                ..FileScan::default()
            },
        }
    }

    fn run(&mut self) -> io::Result<()> {
        let mut position = 0;
        while position < self.size && !self.stop.load(Ordering::Relaxed) {
            if self.found.damage.len() >= MOST_DAMAGE {
                let what = format!(
                    "there are over {MOST_DAMAGE} such places, the rest of the file is left out"
                );
                self.damaged(position, what, RESTORE);
                return Ok(());
            }
            let want = FRONT_BYTES.min((self.size - position) as usize);
            let mut front = [0; FRONT_BYTES];
            self.copy_front(position, &mut front[..want])?;
            // preallocated space is raw zeros, never obfuscated ones
            let next = if front[..want.min(8)].iter().all(|b| *b == 0) {
                self.after_zeros(position)?
            } else {
                self.files.unmask(position, &mut front[..want]);
                self.step(position, &front[..want])?
            };
            match next {
                Some(next) => position = next,
                None => break,
            }
        }
        self.finish()
    }

    /// Takes in what begins at `position`; gives where to go on, none at the end.
    fn step(&mut self, position: u64, front: &[u8]) -> io::Result<Option<u64>> {
        let front_is = self.judge(position, front);
        if matches!(
            front_is,
            Front::Unproven(_) | Front::Cut(..) | Front::Size(_)
        ) {
            // the size of the block before led to a magic
            self.verified = self.found.records.len();
        }
        match front_is {
            Front::Block(record) => {
                let end = record.offset + u64::from(record.size);
                self.found.records.push(record);
                Ok(Some(end))
            }
            Front::Unproven(record) => {
                let end = record.offset + u64::from(record.size);
                if self.only_zeros(end - ZERO_TAIL)? {
                    self.unfinished(record.offset, "a block is not yet written whole");
                    return Ok(None);
                }
                let what = "its hash does not meet the target in its header";
                self.damaged(record.offset, named(&record, what), RESTORE);
                self.go_on(position, end)
            }
            Front::Begun => {
                if let Some(from) = self.take_back_last()? {
                    return self.search(from);
                }
                let what = if self.last {
                    "the last block is cut short, it has only begun".into()
                } else {
                    format!("{} bytes follow the last block", front.len())
                };
                self.unfinished(position, &what);
                Ok(None)
            }
            Front::Cut(size, have, proven) => {
                let from = position + if proven { FRONT_BYTES as u64 } else { 4 };
                let next = self.search(from)?;
                let what = format!("the last block is cut short, {have} of {size} bytes");
                if next.is_none() && self.last {
                    self.found.left_out.push(self.at(position, &what));
                } else {
                    let what = format!("a block of {size} bytes is cut short after {have}");
                    self.damaged(position, what, RESTORE);
                }
                Ok(next)
            }
            Front::Size(size) => {
                if self.only_zeros(position + 8)? {
                    self.unfinished(
                        position,
                        "a block has only begun, it is not yet written whole",
                    );
                    return Ok(None);
                }
                let what = format!("a block of {size} bytes cannot be");
                self.damaged(position + 4, what, RESTORE);
                self.search(position + 4)
            }
            Front::Magic(magic) => {
                // a block whose size is wrong ends where no other begins
                if let Some(from) = self.take_back_last()? {
                    return self.search(from);
                }
                if self.only_zeros(position + 8)? {
                    self.unfinished(
                        position,
                        "a block has only begun, it is not yet written whole",
                    );
                    return Ok(None);
                }
                let remedy = "restore the file from the node or run it with -reindex; if all of it is another chain's, give --network";
                let what = wrong_magic(&magic, &self.files.magic);
                self.damaged(position, what, remedy);
                match self.size_and_header(position, front) {
                    Some((size, true)) => self.go_on(position, position + 8 + u64::from(size)),
                    _ => self.search(position + 1),
                }
            }
        }
    }

    fn judge(&mut self, position: u64, raw: &[u8]) -> Front {
        if raw.len() < 8 {
            return Front::Begun;
        }
        let magic: [u8; 4] = raw[..4].try_into().expect("four bytes");
        if magic != self.files.magic {
            return Front::Magic(magic);
        }
        let size = u32::from_le_bytes(raw[4..8].try_into().expect("four bytes"));
        if !self.possible(size) {
            return Front::Size(size);
        }
        let offset = position + 8;
        let whole_header = raw.len() == FRONT_BYTES;
        if offset + u64::from(size) > self.size {
            let proven =
                whole_header && self.size_and_header(position, raw).is_some_and(|(_, p)| p);
            return Front::Cut(size, self.size - offset, proven);
        }
        let header: [u8; HEADER_BYTES] = raw[8..].try_into().expect("eighty bytes");
        let record = Record {
            file_number: self.number,
            offset,
            size,
            hash: sha256d(&[&header]),
            header,
        };
        if self.proves(offset, size, &record.header, &record.hash) {
            Front::Block(record)
        } else {
            Front::Unproven(record)
        }
    }

    /// The size that stands before a header, where it is possible, and whether the header is proven.
    fn size_and_header(&mut self, position: u64, front: &[u8]) -> Option<(u32, bool)> {
        let header = front.get(8..FRONT_BYTES)?;
        let size = u32::from_le_bytes(front[4..8].try_into().expect("four bytes"));
        if !self.possible(size) {
            return None;
        }
        let header = header.try_into().expect("eighty bytes");
        let proven = self.proves(position + 8, size, header, &sha256d(&[header]));
        Some((size, proven))
    }

    /// Whether a header at `offset`, with this hash and of a block of this size, proves its work.
    fn proves(&mut self, offset: u64, size: u32, header: &[u8; HEADER_BYTES], hash: &Hash) -> bool {
        let rules = self.files.rules.clone();
        let work_hash = if rules.is_merge_mined(header) {
            self.merged_work_hash(offset, size, header, hash)
        } else {
            Some(rules.own_work_hash(header, hash))
        };
        let bits = u32::from_le_bytes(header[72..76].try_into().expect("four bytes"));
        work_hash.is_some_and(|work_hash| self.proof.proven(bits, &work_hash).is_some())
    }

    fn merged_work_hash(
        &self,
        offset: u64,
        size: u32,
        header: &[u8; HEADER_BYTES],
        hash: &Hash,
    ) -> Option<Hash> {
        let from = offset + HEADER_BYTES as u64;
        let end = (offset + u64::from(size)).min(self.size);
        // a proof is short; one whose coinbase is not is read again whole
        [NEAR_BYTES, MOST_PROOF_BYTES].into_iter().find_map(|most| {
            let mut rest = vec![0; most.min(end.saturating_sub(from) as usize)];
            self.file.read_exact_at(&mut rest, from).ok()?;
            self.files.unmask(from, &mut rest);
            self.files.rules.work_hash(header, hash, &rest).ok()
        })
    }

    fn possible(&self, size: u32) -> bool {
        (HEADER_BYTES as u32 + 1..=self.files.rules.max_block_bytes).contains(&size)
    }

    /// Past a damaged block: at its end where another begins there, else at the next that is found.
    fn go_on(&mut self, position: u64, end: u64) -> io::Result<Option<u64>> {
        if end == self.size {
            return Ok(Some(end));
        }
        if end + 8 <= self.size {
            let mut front = [0; 8];
            self.file.read_exact_at(&mut front, end)?;
            if front == [0; 8] {
                return Ok(Some(end));
            }
            self.files.unmask(end, &mut front);
            let size = u32::from_le_bytes(front[4..].try_into().expect("four bytes"));
            if front[..4] == self.files.magic && self.possible(size) {
                return Ok(Some(end));
            }
        }
        self.search(position + 4)
    }

    /// The next place from `from` on with a magic, a possible size and a proven header.
    fn search(&mut self, mut from: u64) -> io::Result<Option<u64>> {
        let mut buffer = Vec::new();
        while from + FRONT_BYTES as u64 <= self.size && !self.stop.load(Ordering::Relaxed) {
            buffer.resize(SEARCH_BYTES.min((self.size - from) as usize), 0);
            self.file.read_exact_at(&mut buffer, from)?;
            self.files.unmask(from, &mut buffer);
            let starts = buffer.len() - FRONT_BYTES + 1;
            let magic = self.files.magic;
            for (start, front) in buffer.windows(FRONT_BYTES).enumerate() {
                let at = from + start as u64;
                if front[..4] == magic && matches!(self.size_and_header(at, front), Some((_, true)))
                {
                    return Ok(Some(at));
                }
            }
            from += starts as u64;
        }
        Ok(None)
    }

    /// Drops the last record when its bytes are not a whole block, and says from where to search on.
    fn take_back_last(&mut self) -> io::Result<Option<u64>> {
        if self.found.records.len() == self.verified {
            return Ok(None);
        }
        let record = &self.found.records[self.found.records.len() - 1];
        let Err(problem) = self.whole(record)? else {
            self.verified = self.found.records.len();
            return Ok(None);
        };
        let from = record.offset + HEADER_BYTES as u64;
        let (offset, what) = (record.offset, named(record, &problem));
        self.found.records.pop();
        self.verified = self.found.records.len();
        self.damaged(offset, what, RESTORE);
        Ok(Some(from))
    }

    fn whole(&self, record: &Record) -> io::Result<Result<(), String>> {
        let mut raw = vec![0; record.size as usize];
        self.file.read_exact_at(&mut raw, record.offset)?;
        self.files.unmask(record.offset, &mut raw);
        let mut block = Block::default();
        Ok(self
            .files
            .parse(&raw, &mut block)
            .and_then(|_| block.check_commitments(&raw)))
    }

    /// Sets the last block aside when it ends in zeros that the node has not written over yet.
    fn finish(&mut self) -> io::Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        if self.found.records.is_empty() && self.found.damage.is_empty() && !self.last {
            self.found.damage.push(Damage {
                file: self.path.clone(),
                offset: None,
                what: "the file holds no block".into(),
                remedy: RESTORE.into(),
            });
        }
        if self.found.records.len() == self.verified {
            return Ok(());
        }
        let record = &self.found.records[self.found.records.len() - 1];
        let (offset, end) = (record.offset, record.offset + u64::from(record.size));
        // parsing settles it: a whole block may end in zeros too
        if self.only_zeros(end - ZERO_TAIL)? && self.whole(record)?.is_err() {
            self.found.records.pop();
            self.unfinished(offset, "the last block is not yet written whole");
        }
        Ok(())
    }

    /// Where a record begins after the zeros at `position`; none when the file ends in them. An
    /// obfuscated magic may begin with zeros itself, so that the first other byte is not its start.
    fn after_zeros(&mut self, position: u64) -> io::Result<Option<u64>> {
        let Some(next) = self.next_nonzero(position)? else {
            return Ok(None);
        };
        for start in (next.saturating_sub(3).max(position)..=next).rev() {
            if start + 4 > self.size {
                continue;
            }
            let mut magic = [0; 4];
            self.file.read_exact_at(&mut magic, start)?;
            self.files.unmask(start, &mut magic);
            if magic == self.files.magic {
                return Ok(Some(start));
            }
        }
        Ok(Some(next))
    }

    fn only_zeros(&self, from: u64) -> io::Result<bool> {
        Ok(self.next_nonzero(from)?.is_none())
    }

    fn next_nonzero(&self, mut position: u64) -> io::Result<Option<u64>> {
        // most gaps are short, most ends long
        let mut step = 4096;
        let mut buffer = Vec::new();
        while position < self.size && !self.stop.load(Ordering::Relaxed) {
            buffer.resize(step.min((self.size - position) as usize), 0);
            self.file.read_exact_at(&mut buffer, position)?;
            if let Some(i) = buffer.iter().position(|b| *b != 0) {
                return Ok(Some(position + i as u64));
            }
            position += buffer.len() as u64;
            step = (4 * step).min(SEARCH_BYTES);
        }
        Ok(None)
    }

    /// Copies bytes as they lie in the file; where blocks are small, many are read at once.
    fn copy_front(&mut self, position: u64, into: &mut [u8]) -> io::Result<()> {
        let have = position
            .checked_sub(self.window_at)
            .is_some_and(|skip| skip + into.len() as u64 <= self.window.len() as u64);
        if !have {
            let near = position.saturating_sub(self.window_at) < NEAR_BYTES as u64;
            let read = if near { NEAR_BYTES } else { into.len() };
            let read = read.min((self.size - position) as usize);
            self.window.resize(read, 0);
            self.file.read_exact_at(&mut self.window, position)?;
            self.window_at = position;
        }
        let skip = (position - self.window_at) as usize;
        into.copy_from_slice(&self.window[skip..skip + into.len()]);
        Ok(())
    }

    fn unfinished(&mut self, offset: u64, what: &str) {
        if self.last {
            self.found.left_out.push(self.at(offset, what));
        } else {
            self.damaged(offset, what.into(), UNFINISHED);
        }
    }

    fn damaged(&mut self, offset: u64, what: String, remedy: &str) {
        self.found.damage.push(Damage {
            file: self.path.clone(),
            offset: Some(offset),
            what,
            remedy: remedy.into(),
        });
    }

    fn at(&self, offset: u64, what: &str) -> String {
        format!("{}, offset {offset}: {what}", self.path.display())
    }
}

fn named(record: &Record, what: &str) -> String {
    let mut hash = record.hash;
    hash.reverse();
    format!("block {}: {what}", hex(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_shrinks_while_it_is_read_keeps_what_is_left() {
        let header = |nonce: u32| {
            let mut header = [0; HEADER_BYTES];
            header[72..76].copy_from_slice(&0x207f_ffffu32.to_le_bytes());
            header[76..].copy_from_slice(&nonce.to_le_bytes());
            header
        };
        let proven = (0..)
            .map(header)
            .filter(|h| sha256d(&[h])[31] < 0x7f)
            .take(3);
        let mut data = Vec::new();
        for header in proven {
            data.extend([1, 2, 3, 4, 200, 0, 0, 0]);
            data.extend(header);
            data.extend([7; 120]);
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("blk00000.dat");
        std::fs::write(&path, &data[..430]).unwrap();
        let files = BlockFiles::open(dir.path(), [1, 2, 3, 4]).unwrap();
        let stop = AtomicBool::new(false);
        // as if the file had been whole when its size was asked
        let file = File::open(&path).unwrap();
        let found = read_through(&files, 0, &file, 30_000, U256::MAX, &stop);
        assert_eq!(found.records.len(), 2);
        let told: Vec<String> = found.damage.iter().map(ToString::to_string).collect();
        assert!(
            told[0]
                .contains("offset 430: the file shrank from 30000 to 430 bytes while it was read"),
            "{told:?}"
        );
    }
}
