//! Where each block lies in a node's files. Damage is told and passed over: the scan goes on at the
//! next place that looks like a block.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::block_files::{BlockFiles, RESTORE, Record, hex};
use super::scan_cache::{Fingerprint, KnownFiles};
use super::scan_file::scan_file;
use super::target::U256;
use crate::error::{CoreError, Result};

const REPORT_EVERY: Duration = Duration::from_millis(50);
const MOST_THREADS: usize = 64;

/// A place in the files that is not as a node leaves it, in words for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub file: PathBuf,
    /// None when it is the file as a whole.
    pub offset: Option<u64>,
    pub what: String,
    pub remedy: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(offset) = self.offset {
            write!(f, ", offset {offset}")?;
        }
        write!(f, ": {}; {}", self.what, self.remedy)
    }
}

/// How to scan.
#[derive(Debug, Clone)]
pub struct Scanning<'a> {
    /// The easiest target a header may claim.
    pub pow_limit: U256,
    pub threads: usize,
    /// What an earlier scan of these files found, see `scan_cache`.
    pub known: Option<KnownFiles<'a>>,
}

/// What a scan found, by file and offset whatever the threads.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Blocks whose headers prove their work.
    pub records: Vec<Record>,
    /// Bytes of those blocks.
    pub bytes: u64,
    /// Words for the user: what the node had not finished writing.
    pub left_out: Vec<String>,
    pub damage: Vec<Damage>,
    /// Files that need not be read again while they look the same.
    pub settled: Vec<Fingerprint>,
    /// How many files were read, the others being known.
    pub files_read: usize,
}

/// What one file holds.
#[derive(Debug, Default)]
pub(super) struct FileScan {
    pub records: Vec<Record>,
    pub left_out: Vec<String>,
    pub damage: Vec<Damage>,
    pub settled: Option<Fingerprint>,
    pub read: bool,
}

/// Finds every block. `progress` gets bytes done and bytes in all; false stops the scan.
///
/// Damage does not end it. What does: a stop, or a first file that is not of this network.
pub fn scan(
    files: &BlockFiles,
    how: &Scanning,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Scan> {
    refuse_another_network(files)?;
    let numbers = files.numbers();
    let size = |number: &u32| files.path(*number).metadata().map_or(0, |of| of.len());
    let sizes: Vec<u64> = numbers.iter().map(size).collect();
    let total: u64 = sizes.iter().sum();
    let mut found: Vec<FileScan> = Vec::new();
    found.resize_with(numbers.len(), FileScan::default);
    let mut done = 0;
    let mut take = |one: Option<(usize, FileScan)>| {
        if let Some((i, file)) = one {
            done += sizes[i];
            found[i] = file;
        }
        progress(done, total)
    };
    // with a wrong key every file would be searched from end to end: the first one tells
    let first = scan_file(files, 0, how, &AtomicBool::new(false));
    refuse_a_first_file_without_blocks(&first)?;
    if !take(Some((0, first))) {
        return Err(CoreError::Stopped);
    }
    on_threads(files, how, 1..numbers.len(), &mut take)?;
    Ok(joined(files, found))
}

fn refuse_another_network(files: &BlockFiles) -> Result<()> {
    for &number in files.numbers() {
        // a file that cannot be read is damage, told by the scan
        let Ok(Some(magic)) = files.magic_of(number) else {
            continue;
        };
        if magic == files.magic {
            break;
        }
        return Err(CoreError::Source {
            file: files.path(number),
            offset: 0,
            what: wrong_magic(&magic, &files.magic),
            remedy: "give --network if the chain is another one, else restore the file (and the xor.dat beside it) from the node or run it with -reindex".into(),
        });
    }
    Ok(())
}

fn refuse_a_first_file_without_blocks(first: &FileScan) -> Result<()> {
    match first.damage.first() {
        Some(Damage {
            file,
            offset: Some(offset),
            what,
            remedy,
        }) if first.records.is_empty() => Err(CoreError::Source {
            file: file.clone(),
            offset: *offset,
            what: format!("{what}, and no block is in the rest of the file"),
            remedy: format!("{remedy}; the xor.dat beside it must be that node's too"),
        }),
        _ => Ok(()),
    }
}

pub(super) fn wrong_magic(found: &[u8], magic: &[u8]) -> String {
    format!(
        "the bytes {} are not this network's magic {}",
        hex(found),
        hex(magic)
    )
}

/// Scans these of the files side by side. `take` gets each as it is done, and none now and then; when
/// it says false, all stop.
fn on_threads(
    files: &BlockFiles,
    how: &Scanning,
    which: Range<usize>,
    take: &mut dyn FnMut(Option<(usize, FileScan)>) -> bool,
) -> Result<()> {
    let threads = how.threads.clamp(1, MOST_THREADS).min(which.len());
    let next = AtomicUsize::new(which.start);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for started in 0..threads {
            let (next, stop, which, sender) = (&next, &stop, &which, sender.clone());
            let work = move || {
                while !stop.load(Ordering::Relaxed) {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= which.end || sender.send((i, scan_file(files, i, how, stop))).is_err() {
                        break;
                    }
                }
            };
            match thread::Builder::new().spawn_scoped(scope, work) {
                Ok(_) => {}
                Err(_) if started > 0 => break,
                Err(e) => return Err(CoreError::io(&files.dir, e)),
            }
        }
        drop(sender);
        loop {
            let on = match receiver.recv_timeout(REPORT_EVERY) {
                Ok(one) => take(Some(one)),
                Err(RecvTimeoutError::Timeout) => take(None),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            if !on {
                stop.store(true, Ordering::Relaxed);
                return Err(CoreError::Stopped);
            }
        }
    })
}

fn joined(files: &BlockFiles, found: Vec<FileScan>) -> Scan {
    let mut scan = Scan::default();
    scan.records
        .reserve_exact(found.iter().map(|file| file.records.len()).sum());
    let mut before = None;
    for (&number, file) in files.numbers().iter().zip(found) {
        scan.damage.extend(missing(files, before, number));
        before = Some(number);
        scan.bytes += file.records.iter().map(|r| u64::from(r.size)).sum::<u64>();
        scan.records.extend(file.records);
        scan.left_out.extend(file.left_out);
        scan.damage.extend(file.damage);
        scan.settled.extend(file.settled);
        scan.files_read += usize::from(file.read);
    }
    scan
}

/// The files that should lie between two others. A pruned node lacks the first ones, never these.
fn missing(files: &BlockFiles, before: Option<u32>, number: u32) -> Option<Damage> {
    let first = before?.checked_add(1).filter(|first| *first < number)?;
    let last = files.path(number - 1);
    let what = if first == number - 1 {
        "the file is missing".into()
    } else {
        format!("this file and those up to {} are missing", last.display())
    };
    Some(Damage {
        file: files.path(first),
        offset: None,
        what,
        remedy: RESTORE.into(),
    })
}
