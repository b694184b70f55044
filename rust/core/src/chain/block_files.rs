//! A node's `blk*.dat` and their key. Files are read, never mapped, since a running node may shrink or
//! grow them under us.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::block::Block;
use super::hash::Hash;
use super::open_files::OpenFiles;
use super::rules::Rules;
use crate::error::{CoreError, Result};

/// Bitcoin Core's MAX_BLOCK_SERIALIZED_SIZE.
pub const MAX_BLOCK_BYTES: u32 = 4_000_000;
pub const HEADER_BYTES: usize = 80;
/// A file of this name marks a folder whose blocks may lack their witnesses. No node writes one.
const STRIPPED: &str = "stripped";
pub(super) const RESTORE: &str = "restore the file from the node or run it with -reindex";

/// One block in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub file_number: u32,
    /// Offset of the header, past magic and size.
    pub offset: u64,
    pub size: u32,
    pub hash: Hash,
    pub header: [u8; HEADER_BYTES],
}

impl Record {
    pub fn prev_hash(&self) -> Hash {
        self.header[4..36].try_into().expect("a header is 80 bytes")
    }

    pub fn bits(&self) -> u32 {
        u32::from_le_bytes(
            self.header[72..76]
                .try_into()
                .expect("a header is 80 bytes"),
        )
    }
}

/// A node's blocks folder, with its obfuscation key.
#[derive(Debug, Clone)]
pub struct BlockFiles {
    pub dir: PathBuf,
    pub magic: [u8; 4],
    pub rules: Arc<Rules>,
    pub(super) key: [u8; 8],
    /// Whether blocks may lack their witnesses: then what `Block::parse_maybe_stripped` says holds.
    stripped: bool,
    files: Vec<u32>,
    open: Arc<OpenFiles>,
}

impl BlockFiles {
    /// Opens the folder of a Bitcoin node: lists `blk*.dat` and reads `xor.dat` where there is one.
    pub fn open(dir: &Path, magic: [u8; 4]) -> Result<Self> {
        Self::open_as(dir, magic, Arc::default())
    }

    /// The same of a node of the chain with these rules.
    pub fn open_as(dir: &Path, magic: [u8; 4], rules: Arc<Rules>) -> Result<Self> {
        let key = read_key(dir)?;
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).map_err(|e| CoreError::io(dir, e))? {
            let entry = entry.map_err(|e| CoreError::io(dir, e))?;
            if let Some(number) = file_number(&entry.file_name().to_string_lossy()) {
                let path = entry.path();
                // opening a pipe would wait for ever; what cannot be told is for the scan to report
                if fs::metadata(&path).is_ok_and(|of| !of.is_file()) {
                    return Err(CoreError::Misuse(format!(
                        "{} is no regular file; name the folder of a node's own block files",
                        path.display()
                    )));
                }
                files.push(number);
            }
        }
        files.sort_unstable();
        if files.is_empty() {
            return Err(CoreError::Misuse(format!(
                "{} holds no blk*.dat; name a node's data directory, its network folder or its blocks folder",
                dir.display()
            )));
        }
        Ok(Self {
            dir: dir.to_owned(),
            magic,
            rules,
            key,
            stripped: dir.join(STRIPPED).exists(),
            files,
            open: Arc::default(),
        })
    }

    pub fn path(&self, number: u32) -> PathBuf {
        self.dir.join(format!("blk{number:05}.dat"))
    }

    /// The numbers of the files, ascending.
    pub fn numbers(&self) -> &[u32] {
        &self.files
    }

    /// Undoes the obfuscation of bytes that lie at `offset` of a file.
    pub fn unmask(&self, offset: u64, bytes: &mut [u8]) {
        if self.key == [0; 8] {
            return;
        }
        let mut turned = self.key;
        turned.rotate_left((offset % 8) as usize);
        // so many bytes at a time become vector instructions, single words do not
        let mut mask = [0; 64];
        for part in mask.chunks_exact_mut(8) {
            part.copy_from_slice(&turned);
        }
        let mut parts = bytes.chunks_exact_mut(64);
        for part in &mut parts {
            for (byte, key) in part.iter_mut().zip(&mask) {
                *byte ^= key;
            }
        }
        for (byte, key) in parts.into_remainder().iter_mut().zip(&mask) {
            *byte ^= key;
        }
    }

    /// The magic at the start of the first file that has one, for naming the network.
    pub fn first_magic(dir: &Path) -> Result<Option<[u8; 4]>> {
        let files = Self::open(dir, [0; 4])?;
        let mut refused = None;
        for &number in &files.files {
            match files.magic_of(number) {
                Ok(Some(magic)) => return Ok(Some(magic)),
                Ok(None) => {}
                Err(e) => refused = refused.or(Some(CoreError::io(files.path(number), e))),
            }
        }
        refused.map_or(Ok(None), Err)
    }

    /// The magic a file begins with; none when it is too short or begins with zeros.
    pub(super) fn magic_of(&self, number: u32) -> std::io::Result<Option<[u8; 4]>> {
        let mut start = [0; 8];
        match File::open(self.path(number))?.read_exact_at(&mut start, 0) {
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            outcome => outcome?,
        }
        if start == [0; 8] {
            return Ok(None);
        }
        self.unmask(0, &mut start);
        Ok(Some(start[..4].try_into().expect("four of eight")))
    }

    /// Parses what was read of a block; gives how many of the bytes are the block itself.
    pub fn parse(&self, raw: &[u8], block: &mut Block) -> std::result::Result<usize, String> {
        if self.stripped {
            block.parse_maybe_stripped(raw, &self.rules)
        } else {
            block.parse(raw, &self.rules).map(|()| raw.len())
        }
    }

    /// The raw block whose header is at this offset, of `size` bytes with its witnesses; where the
    /// files lack these, the block without them.
    pub fn read_block(&self, number: u32, offset: u64, size: usize) -> Result<Vec<u8>> {
        let mut raw = Vec::new();
        if !self.stripped {
            self.read_span(number, offset, size, &mut raw)?;
            return Ok(raw);
        }
        self.read_span(number, offset.saturating_sub(4), 4, &mut raw)?;
        let size = u32::from_le_bytes(raw[..].try_into().expect("four bytes"));
        self.read_span(number, offset, size as usize, &mut raw)?;
        let end = self
            .parse(&raw, &mut Block::default())
            .map_err(|what| CoreError::Source {
                file: self.path(number),
                offset,
                what,
                remedy: RESTORE.into(),
            })?;
        raw.truncate(end);
        Ok(raw)
    }

    /// The raw bytes of a block.
    pub fn read(&self, record: &Record, into: &mut Vec<u8>) -> Result<()> {
        self.read_span(
            record.file_number,
            record.offset,
            record.size as usize,
            into,
        )
    }

    /// Bytes of a block file, obfuscation undone.
    pub fn read_span(
        &self,
        number: u32,
        offset: u64,
        size: usize,
        into: &mut Vec<u8>,
    ) -> Result<()> {
        let path = self.path(number);
        if size > self.rules.max_block_bytes as usize {
            return Err(CoreError::Source {
                file: path,
                offset,
                what: format!("a block of {size} bytes cannot be"),
                remedy: RESTORE.into(),
            });
        }
        let file = self
            .open
            .get(number, &path)
            .map_err(|e| CoreError::io(&path, e))?;
        // what was there is written over: clearing it first would write all of it twice
        into.resize(size, 0);
        file.read_exact_at(into, offset).map_err(|e| {
            into.clear();
            self.open.forget(number);
            if e.kind() == std::io::ErrorKind::UnexpectedEof {
                CoreError::Source {
                    file: path.clone(),
                    offset,
                    what: format!("the file ends inside a block of {size} bytes"),
                    remedy: "the file shrank; run again once the node is done with it".into(),
                }
            } else {
                CoreError::io(&path, e)
            }
        })?;
        self.unmask(offset, into);
        Ok(())
    }

    /// The error for a block that is not what it should be.
    pub fn refuse(&self, record: &Record, what: &str) -> CoreError {
        let mut hash = record.hash;
        hash.reverse();
        CoreError::Source {
            file: self.path(record.file_number),
            offset: record.offset,
            what: format!("block {}: {what}", hex(&hash)),
            remedy: RESTORE.into(),
        }
    }
}

fn file_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("blk")?.strip_suffix(".dat")?;
    let number = digits.parse().ok()?;
    (format!("{number:05}") == digits).then_some(number)
}

fn read_key(dir: &Path) -> Result<[u8; 8]> {
    let path = dir.join("xor.dat");
    match fs::read(&path) {
        Ok(bytes) => bytes.as_slice().try_into().map_err(|_| CoreError::Source {
            file: path,
            offset: 0,
            what: format!("the key has {} bytes, not 8", bytes.len()),
            remedy: "restore the file from the node".into(),
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok([0; 8]),
        Err(e) => Err(CoreError::io(path, e)),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
