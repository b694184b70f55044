//! A split block Bloom filter over keyed hashes, as Parquet defines it, except that the block follows
//! the key's order: a filter is written as its run is, in one pass and without holding it in memory.
//! Sources: Putze, Sanders, Singler 2007; Parquet format, "split block Bloom filter".

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use memmap2::{Advice, Mmap, MmapMut};

use crate::durable::{DurableFile, Written};
use crate::error::{CoreError, Result};

const BITS_PER_KEY: u64 = 12;
const LINE_BYTES: usize = 32;
const SALT: [u32; 8] = [
    0x47b6_137b,
    0x4497_4d91,
    0x8824_ad5b,
    0xa2b7_289d,
    0x7054_95c7,
    0x2df1_424b,
    0x9efc_4947,
    0x5c6b_fb31,
];

fn lines_for(keys: u64) -> u64 {
    (keys * BITS_PER_KEY).div_ceil(8 * LINE_BYTES as u64).max(1)
}

fn line_of(key: u64, lines: u64) -> u64 {
    ((u128::from(key) * u128::from(lines)) >> 64) as u64
}

fn bits(key: u64) -> [u32; 8] {
    SALT.map(|salt| 1 << ((key as u32).wrapping_mul(salt) >> 27))
}

/// Writes the filter of keys that come in order.
pub struct FilterWriter {
    file: DurableFile,
    path: std::path::PathBuf,
    lines: u64,
    line: u64,
    held: [u32; 8],
}

impl FilterWriter {
    /// For at most `keys` keys.
    pub fn create(path: &Path, keys: u64) -> Result<Self> {
        Ok(Self {
            file: DurableFile::create(path)?,
            path: path.to_owned(),
            lines: lines_for(keys),
            line: 0,
            held: [0; 8],
        })
    }

    pub fn push(&mut self, key: u64) -> Result<()> {
        let line = line_of(key, self.lines);
        while self.line < line {
            self.next_line()?;
        }
        for (word, bit) in self.held.iter_mut().zip(bits(key)) {
            *word |= bit;
        }
        Ok(())
    }

    pub fn finish(mut self, sync: bool) -> Result<Written> {
        while self.line < self.lines {
            self.next_line()?;
        }
        self.file.close(sync)
    }

    fn next_line(&mut self) -> Result<()> {
        let mut line = [0; LINE_BYTES];
        for (bytes, word) in line.chunks_exact_mut(4).zip(self.held) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        self.file
            .write_all(&line)
            .map_err(|e| CoreError::io(&self.path, e))?;
        self.held = [0; 8];
        self.line += 1;
        Ok(())
    }
}

/// A filter, mapped or held.
pub struct Filter {
    lines_in: Bytes,
    lines: u64,
}

enum Bytes {
    Mapped(Mmap),
    Held(MmapMut),
}

impl Bytes {
    fn all(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Held(map) => map,
        }
    }
}

impl Filter {
    /// With `held`, its bytes are read into memory of the process, in large pages where the system has
    /// them: every look-up goes to a page of its own, and finding small ones takes longer than reading.
    pub fn open(path: &Path, held: bool) -> Result<Self> {
        let lines_in = if held {
            Bytes::Held(read(path).map_err(|e| CoreError::io(path, e))?)
        } else {
            Bytes::Mapped(super::reader::map(path, Advice::Random)?)
        };
        let len = lines_in.all().len();
        if len < LINE_BYTES || len % LINE_BYTES != 0 {
            return Err(super::reader::damaged(path));
        }
        Ok(Self {
            lines: (len / LINE_BYTES) as u64,
            lines_in,
        })
    }

    pub fn prefetch(&self, key: u64) {
        super::table::prefetch(&self.lines_in.all()[self.at(key)]);
    }

    pub fn may_hold(&self, key: u64) -> bool {
        let at = self.at(key);
        let line = &self.lines_in.all()[at..at + LINE_BYTES];
        line.chunks_exact(4)
            .zip(bits(key))
            .all(|(word, bit)| u32::from_le_bytes(word.try_into().expect("four")) & bit != 0)
    }

    fn at(&self, key: u64) -> usize {
        line_of(key, self.lines) as usize * LINE_BYTES
    }
}

fn read(path: &Path) -> std::io::Result<MmapMut> {
    let mut file = File::open(path)?;
    let len = usize::try_from(file.metadata()?.len()).map_err(std::io::Error::other)?;
    let mut map = MmapMut::map_anon(len.max(1))?;
    #[cfg(target_os = "linux")]
    let _ = map.advise(Advice::HugePage);
    file.read_exact(&mut map[..len])?;
    Ok(map)
}
