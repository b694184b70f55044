//! The log of a recording: every operation in the order it was done.
//!
//! After the magic, for each: its kind (1 byte), a file's number (8), the lengths of the first part
//! (4) and of the second (4), little-endian, then the two parts. The first is a path, absolute; the
//! second what was written, or the path renamed to.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf, absolute};

use crate::error::{CoreError, Result};

const MAGIC: [u8; 8] = *b"peellog1";
const NAME: &str = "writes.log";
const HEAD_BYTES: usize = 17;

/// One change of what lies on the disk. Files are numbered by each process that makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'a> {
    Create { path: &'a Path, file: u64 },
    Write { file: u64, bytes: &'a [u8] },
    SyncFile { file: u64 },
    Rename { from: &'a Path, to: &'a Path },
    SyncDir { path: &'a Path },
    MakeDir { path: &'a Path },
    RemoveFile { path: &'a Path },
    RemoveDir { path: &'a Path },
}

impl<'a> Operation<'a> {
    /// Whether a full disk may refuse it.
    pub fn takes_room(&self) -> bool {
        !matches!(
            self,
            Operation::RemoveFile { .. } | Operation::RemoveDir { .. }
        )
    }

    /// What it does, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Operation::Create { .. } => "create",
            Operation::Write { .. } => "write",
            Operation::SyncFile { .. } => "sync_file",
            Operation::Rename { .. } => "rename",
            Operation::SyncDir { .. } => "sync_dir",
            Operation::MakeDir { .. } => "make_dir",
            Operation::RemoveFile { .. } => "remove_file",
            Operation::RemoveDir { .. } => "remove_dir",
        }
    }

    /// The path it is about, of a rename the new one; of a write or its sync there is none.
    pub fn path(&self) -> Option<&'a Path> {
        match *self {
            Operation::Write { .. } | Operation::SyncFile { .. } => None,
            Operation::Create { path, .. }
            | Operation::Rename { to: path, .. }
            | Operation::SyncDir { path }
            | Operation::MakeDir { path }
            | Operation::RemoveFile { path }
            | Operation::RemoveDir { path } => Some(path),
        }
    }

    fn encode(&self) -> io::Result<Vec<u8>> {
        let whole =
            |path: &Path| Ok::<_, io::Error>(absolute(path)?.as_os_str().as_bytes().to_vec());
        let (kind, file, first, second) = match *self {
            Operation::Create { path, file } => (0, file, whole(path)?, Vec::new()),
            Operation::Write { file, bytes } => (1, file, Vec::new(), bytes.to_vec()),
            Operation::SyncFile { file } => (2, file, Vec::new(), Vec::new()),
            Operation::Rename { from, to } => (3, 0, whole(from)?, whole(to)?),
            Operation::SyncDir { path } => (4, 0, whole(path)?, Vec::new()),
            Operation::MakeDir { path } => (5, 0, whole(path)?, Vec::new()),
            Operation::RemoveFile { path } => (6, 0, whole(path)?, Vec::new()),
            Operation::RemoveDir { path } => (7, 0, whole(path)?, Vec::new()),
        };
        let length = |part: &[u8]| {
            u32::try_from(part.len())
                .map(u32::to_le_bytes)
                .map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))
        };
        let mut record = vec![kind];
        record.extend_from_slice(&file.to_le_bytes());
        record.extend_from_slice(&length(&first)?);
        record.extend_from_slice(&length(&second)?);
        record.extend_from_slice(&first);
        record.extend_from_slice(&second);
        Ok(record)
    }

    /// The first operation of `bytes` and the rest; nothing where it is cut short.
    fn decode(bytes: &'a [u8]) -> Option<std::result::Result<(Self, &'a [u8]), ()>> {
        let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
        let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four"));
        let file = u64::from_le_bytes(head[1..9].try_into().expect("eight"));
        let (first, rest) = rest.split_at_checked(word(9) as usize)?;
        let (second, rest) = rest.split_at_checked(word(13) as usize)?;
        let path = Path::new(OsStr::from_bytes(first));
        let to = Path::new(OsStr::from_bytes(second));
        let operation = match head[0] {
            0 => Operation::Create { path, file },
            1 => Operation::Write {
                file,
                bytes: second,
            },
            2 => Operation::SyncFile { file },
            3 => Operation::Rename { from: path, to },
            4 => Operation::SyncDir { path },
            5 => Operation::MakeDir { path },
            6 => Operation::RemoveFile { path },
            7 => Operation::RemoveDir { path },
            _ => return Some(Err(())),
        };
        Some(Ok((operation, rest)))
    }
}

/// Appends operations to the log in a folder; several processes may, one after the other.
pub struct Recorder {
    log: File,
}

impl Recorder {
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(NAME);
        let mut log = File::options().append(true).create(true).open(path)?;
        if log.metadata()?.len() == 0 {
            log.write_all(&MAGIC)?;
        }
        Ok(Self { log })
    }

    pub fn record(&mut self, operation: &Operation<'_>) -> io::Result<()> {
        self.log.write_all(&operation.encode()?)
    }
}

/// A log, read.
pub struct Recording {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Recording {
    /// Of the log in a folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let bytes = fs::read(&path).map_err(|e| CoreError::io(&path, e))?;
        Ok(Self { path, bytes })
    }

    /// Its operations in order. A last one cut short, by a kill, was not done.
    pub fn operations(&self) -> Result<Vec<Operation<'_>>> {
        let no_log = || {
            let path = self.path.display();
            CoreError::Misuse(format!("{path} is no log of writes; record one anew"))
        };
        let mut rest = self.bytes.strip_prefix(&MAGIC).ok_or_else(no_log)?;
        let mut operations = Vec::new();
        while let Some(decoded) = Operation::decode(rest) {
            let (operation, after) = decoded.map_err(|()| no_log())?;
            operations.push(operation);
            rest = after;
        }
        Ok(operations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_tells_what_was_recorded_and_forgets_a_cut_end() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (Path::new("/store/a"), Path::new("/store/b"));
        let operations = [
            Operation::MakeDir {
                path: Path::new("/store"),
            },
            Operation::Create { path: a, file: 7 },
            Operation::Write {
                file: 7,
                bytes: b"\0\xff",
            },
            Operation::SyncFile { file: 7 },
            Operation::Rename { from: a, to: b },
            Operation::SyncDir { path: a },
            Operation::RemoveFile { path: b },
            Operation::RemoveDir { path: a },
        ];
        for half in operations.chunks(4) {
            let mut recorder = Recorder::open(dir.path()).unwrap();
            for operation in half {
                recorder.record(operation).unwrap();
            }
        }
        let recording = Recording::read(dir.path()).unwrap();
        assert_eq!(recording.operations().unwrap(), operations);
        for cut in MAGIC.len()..recording.bytes.len() {
            let shorter = Recording {
                path: PathBuf::new(),
                bytes: recording.bytes[..cut].to_vec(),
            };
            let found = shorter.operations().unwrap();
            assert!(found.len() < operations.len());
            assert_eq!(found, operations[..found.len()]);
        }
    }
}
