//! Bitcoin Core's `blk*.dat`: where each block lies. Files are read, never mapped, since a running
//! node may shrink or grow them under us.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::hash::{Hash, sha256d};
use crate::error::{CoreError, Result};

/// Bitcoin Core's MAX_BLOCK_SERIALIZED_SIZE.
pub const MAX_BLOCK_BYTES: u32 = 4_000_000;
const HEADER_BYTES: usize = 80;
const ZERO_TAIL: usize = 32;
const RESTORE: &str = "restore the file from the node or run it with -reindex";

/// One block in one file.
#[derive(Debug, Clone)]
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

/// What a scan found, and what it left out because the node had not finished writing it.
#[derive(Debug, Default)]
pub struct Scan {
    pub records: Vec<Record>,
    pub bytes: u64,
    /// Words for the user: file, offset and reason.
    pub left_out: Vec<String>,
}

/// A node's blocks folder, with its obfuscation key.
#[derive(Debug, Clone)]
pub struct BlockFiles {
    pub dir: PathBuf,
    pub magic: [u8; 4],
    key: [u8; 8],
    files: Vec<u32>,
}

impl BlockFiles {
    /// Opens the folder: lists `blk*.dat` and reads `xor.dat` where there is one.
    pub fn open(dir: &Path, magic: [u8; 4]) -> Result<Self> {
        let key = read_key(dir)?;
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).map_err(|e| CoreError::io(dir, e))? {
            let entry = entry.map_err(|e| CoreError::io(dir, e))?;
            if let Some(number) = file_number(&entry.file_name().to_string_lossy()) {
                let path = entry.path();
                // opening a pipe would wait for ever
                if !fs::metadata(&path)
                    .map_err(|e| CoreError::io(&path, e))?
                    .is_file()
                {
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
            key,
            files,
        })
    }

    pub fn path(&self, number: u32) -> PathBuf {
        self.dir.join(format!("blk{number:05}.dat"))
    }

    fn unmask(&self, offset: u64, bytes: &mut [u8]) {
        if self.key == [0; 8] {
            return;
        }
        let shift = (offset % 8) as usize;
        let mut turned = self.key;
        turned.rotate_left(shift);
        let mask = u64::from_ne_bytes(turned);
        let mut words = bytes.chunks_exact_mut(8);
        for word in &mut words {
            let value = u64::from_ne_bytes(word.try_into().expect("chunks of 8")) ^ mask;
            word.copy_from_slice(&value.to_ne_bytes());
        }
        for (byte, key) in words.into_remainder().iter_mut().zip(turned) {
            *byte ^= key;
        }
    }

    /// The magic at the start of the first file that has one, for naming the network.
    pub fn first_magic(dir: &Path) -> Result<Option<[u8; 4]>> {
        let files = Self::open(dir, [0; 4])?;
        for &number in &files.files {
            let path = files.path(number);
            let file = File::open(&path).map_err(|e| CoreError::io(&path, e))?;
            let mut start = [0; 8];
            if file.read_exact_at(&mut start, 0).is_ok() && start != [0; 8] {
                files.unmask(0, &mut start);
                return Ok(Some(start[..4].try_into().expect("four of eight")));
            }
        }
        Ok(None)
    }

    /// Finds every block. `progress` gets bytes done and bytes in all; false stops the scan.
    pub fn scan(&self, progress: &mut dyn FnMut(u64, u64) -> bool) -> Result<Scan> {
        let mut scan = Scan::default();
        let mut sizes = Vec::with_capacity(self.files.len());
        for &number in &self.files {
            let path = self.path(number);
            let size = fs::metadata(&path)
                .map_err(|e| CoreError::io(&path, e))?
                .len();
            sizes.push(size);
        }
        let total: u64 = sizes.iter().sum();
        let mut done = 0;
        for (i, &number) in self.files.iter().enumerate() {
            let last = i + 1 == self.files.len();
            self.scan_file(number, sizes[i], last, &mut scan)?;
            done += sizes[i];
            if !progress(done, total) {
                return Err(CoreError::Stopped);
            }
        }
        Ok(scan)
    }

    fn scan_file(&self, number: u32, size: u64, last: bool, scan: &mut Scan) -> Result<()> {
        let path = self.path(number);
        let file = File::open(&path).map_err(|e| CoreError::io(&path, e))?;
        let refuse = |offset: u64, what: String, remedy: &str| CoreError::Source {
            file: path.clone(),
            offset,
            what,
            remedy: remedy.into(),
        };
        let mut position = 0u64;
        while position < size {
            let mut raw = [0u8; 8 + HEADER_BYTES];
            let want = raw.len().min((size - position) as usize);
            file.read_exact_at(&mut raw[..want], position)
                .map_err(|e| CoreError::io(&path, e))?;
            // preallocated space is raw zeros, never obfuscated ones
            if raw[..want.min(8)].iter().all(|&b| b == 0) {
                let found = self
                    .record_after_zeros(&file, position, size)
                    .map_err(|e| CoreError::io(&path, e))?;
                match found {
                    Some(next) => {
                        position = next;
                        continue;
                    }
                    None => break,
                }
            }
            if want < 8 {
                if !last {
                    let what = format!("{want} bytes follow the last block");
                    return Err(refuse(position, what, RESTORE));
                }
                scan.left_out.push(format!(
                    "{}, offset {position}: the last block is cut short, it has only begun",
                    path.display()
                ));
                break;
            }
            self.unmask(position, &mut raw[..want]);
            if raw[..4] != self.magic {
                return Err(refuse(
                    position,
                    format!(
                        "the bytes {} are not this network's magic {}",
                        hex(&raw[..4]),
                        hex(&self.magic)
                    ),
                    "give --network if the chain is another one, else restore the file from the node or run it with -reindex",
                ));
            }
            let length = u32::from_le_bytes(raw[4..8].try_into().expect("four bytes"));
            if !(HEADER_BYTES as u32 + 1..=MAX_BLOCK_BYTES).contains(&length) {
                return Err(refuse(
                    position + 4,
                    format!("a block of {length} bytes cannot be"),
                    RESTORE,
                ));
            }
            let start = position + 8;
            if start + u64::from(length) > size {
                let have = size - start;
                if !last {
                    return Err(refuse(
                        position,
                        format!("a block of {length} bytes is cut short after {have}"),
                        RESTORE,
                    ));
                }
                scan.left_out.push(format!(
                    "{}, offset {position}: the last block is cut short, {have} of {length} bytes",
                    path.display()
                ));
                break;
            }
            let header: [u8; HEADER_BYTES] = raw[8..].try_into().expect("eighty bytes");
            scan.records.push(Record {
                file_number: number,
                offset: start,
                size: length,
                hash: sha256d(&[&header]),
                header,
            });
            scan.bytes += u64::from(length);
            position = start + u64::from(length);
        }
        Ok(())
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
        if size > MAX_BLOCK_BYTES as usize {
            return Err(CoreError::Source {
                file: path,
                offset,
                what: format!("a block of {size} bytes cannot be"),
                remedy: RESTORE.into(),
            });
        }
        let file = File::open(&path).map_err(|e| CoreError::io(&path, e))?;
        into.clear();
        into.resize(size, 0);
        file.read_exact_at(into, offset).map_err(|e| {
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

    /// Whether a block's place ends in preallocated zeros: the node had not finished writing it.
    pub fn ends_unwritten(&self, record: &Record) -> Result<bool> {
        let path = self.path(record.file_number);
        let file = File::open(&path).map_err(|e| CoreError::io(&path, e))?;
        let mut tail = [1u8; ZERO_TAIL];
        let end = record.offset + u64::from(record.size);
        file.read_exact_at(&mut tail, end - ZERO_TAIL as u64)
            .map_err(|e| CoreError::io(&path, e))?;
        Ok(tail == [0; ZERO_TAIL])
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

    /// Where a record begins after the zeros at `position`; none when the file ends in them. An
    /// obfuscated magic may begin with zeros itself, so that the first other byte is not its start.
    fn record_after_zeros(
        &self,
        file: &File,
        position: u64,
        size: u64,
    ) -> std::io::Result<Option<u64>> {
        let Some(next) = next_nonzero(file, position, size)? else {
            return Ok(None);
        };
        for start in (next.saturating_sub(3).max(position)..=next).rev() {
            let mut magic = [0; 4];
            if start + 4 > size {
                continue;
            }
            file.read_exact_at(&mut magic, start)?;
            self.unmask(start, &mut magic);
            if magic == self.magic {
                return Ok(Some(start));
            }
        }
        Ok(Some(next))
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

fn next_nonzero(file: &File, mut position: u64, size: u64) -> std::io::Result<Option<u64>> {
    let mut buffer = vec![0u8; 1 << 20];
    while position < size {
        let want = buffer.len().min((size - position) as usize);
        let chunk = &mut buffer[..want];
        file.read_exact_at(chunk, position)?;
        if let Some(i) = chunk.iter().position(|&b| b != 0) {
            return Ok(Some(position + i as u64));
        }
        position += want as u64;
    }
    Ok(None)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
