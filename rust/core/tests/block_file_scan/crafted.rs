//! Block files made for tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use peelchain_core::CoreError;
use peelchain_core::chain::block_files::{BlockFiles, HEADER_BYTES, Record};
use peelchain_core::chain::hash::{Hash, sha256d};
use peelchain_core::chain::scan::{Scan, Scanning, scan};
use peelchain_core::chain::scan_cache::{self, KnownFiles};
use peelchain_core::chain::target::U256;
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

pub const MAGIC: [u8; 4] = [0xfa, 0xbf, 0xb5, 0xda];
pub const KEY: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
pub const BITS: u32 = 0x207f_ffff;

pub fn limit() -> U256 {
    U256::from(0x7f_ffff) << 232
}

/// A mined block of one coinbase whose script has so many bytes.
pub fn mined(before: Hash, tag: u32, script_bytes: usize) -> Vec<u8> {
    let mut tx = vec![2, 0, 0, 0, 1];
    tx.extend([0; 32]);
    tx.extend([0xff; 4]);
    tx.push(4);
    tx.extend(tag.to_le_bytes());
    tx.extend([0xff; 4]);
    tx.push(1);
    tx.extend(5_000_000_000i64.to_le_bytes());
    match script_bytes {
        0..=0xfc => tx.push(script_bytes as u8),
        0xfd..=0xffff => {
            tx.push(0xfd);
            tx.extend((script_bytes as u16).to_le_bytes());
        }
        _ => {
            tx.push(0xfe);
            tx.extend((script_bytes as u32).to_le_bytes());
        }
    }
    tx.extend(std::iter::repeat_n(0x51, script_bytes));
    tx.extend([0; 4]);
    let mut header = vec![0, 0, 0, 0x20];
    header.extend(before);
    header.extend(sha256d(&[&tx]));
    header.extend((1_600_000_000 + tag).to_le_bytes());
    header.extend(BITS.to_le_bytes());
    for nonce in 0u32.. {
        let with = [&header[..], &nonce.to_le_bytes()].concat();
        if U256::from_le_bytes(sha256d(&[&with])) <= limit() {
            return [&with[..], &[1], &tx].concat();
        }
    }
    unreachable!("every second nonce will do");
}

pub fn hash_of(block: &[u8]) -> Hash {
    sha256d(&[&block[..HEADER_BYTES]])
}

/// A chain from a first block of its own.
pub fn chain(blocks: usize, script_bytes: impl Fn(usize) -> usize) -> Vec<Vec<u8>> {
    let mut chain: Vec<Vec<u8>> = Vec::new();
    for height in 0..blocks {
        let before = chain.last().map_or([0; 32], |b| hash_of(b));
        chain.push(mined(before, height as u32, script_bytes(height)));
    }
    chain
}

pub fn framed(block: &[u8]) -> Vec<u8> {
    [&MAGIC[..], &(block.len() as u32).to_le_bytes(), block].concat()
}

pub fn laid(blocks: &[Vec<u8>]) -> Vec<u8> {
    blocks.iter().flat_map(|b| framed(b)).collect()
}

pub fn masked(data: &[u8], key: &[u8; 8]) -> Vec<u8> {
    data.iter()
        .zip(key.iter().cycle())
        .map(|(b, k)| b ^ k)
        .collect()
}

pub struct Folder {
    pub dir: TempDir,
    pub key: [u8; 8],
    writes: u64,
}

impl Folder {
    pub fn new(key: [u8; 8]) -> Self {
        let dir = TempDir::new().unwrap();
        if key != [0; 8] {
            fs::write(dir.path().join("xor.dat"), key).unwrap();
        }
        Self {
            dir,
            key,
            writes: 0,
        }
    }

    pub fn path(&self, number: u32) -> PathBuf {
        self.dir.path().join(format!("blk{number:05}.dat"))
    }

    /// Writes a file, masked, at a time of its own however fast one write follows another.
    pub fn write(&mut self, number: u32, data: &[u8]) {
        self.write_raw(number, &masked(data, &self.key));
    }

    pub fn write_raw(&mut self, number: u32, data: &[u8]) {
        let path = self.path(number);
        fs::write(&path, data).unwrap();
        self.writes += 1;
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + self.writes);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(time)
            .unwrap();
    }

    pub fn files(&self) -> BlockFiles {
        BlockFiles::open(self.dir.path(), MAGIC).unwrap()
    }

    pub fn scan(&self) -> Scan {
        self.scan_with(2, None).unwrap()
    }

    pub fn scan_with(&self, threads: usize, cache: Option<&[u8]>) -> Result<Scan, CoreError> {
        let files = self.files();
        let how = Scanning {
            pow_limit: limit(),
            threads,
            known: cache.and_then(|c| KnownFiles::from_bytes(c, &files, limit())),
        };
        scan(&files, &how, &mut |_, _| true)
    }

    pub fn cache_of(&self, scan: &Scan) -> Vec<u8> {
        scan_cache::to_bytes(&self.files(), limit(), &scan.settled, scan.records.iter())
    }
}

/// Where the blocks of a file lie: file, offset past magic and size, hash.
pub fn places(number: u32, blocks: &[Vec<u8>]) -> Vec<(u32, u64, Hash)> {
    let mut at = 0;
    let place = |block: &Vec<u8>| {
        let place = (number, at + 8, hash_of(block));
        at += 8 + block.len() as u64;
        place
    };
    blocks.iter().map(place).collect()
}

pub fn found(scan: &Scan) -> Vec<(u32, u64, Hash)> {
    scan.records
        .iter()
        .map(|r| (r.file_number, r.offset, r.hash))
        .collect()
}

pub fn words(scan: &Scan) -> Vec<String> {
    scan.damage.iter().map(ToString::to_string).collect()
}

/// That records lie apart and within their files, in order, and say what is in them.
pub fn assert_sound(scan: &Scan, folder: &Path) {
    let mut before: Option<&Record> = None;
    for record in &scan.records {
        let file = folder.join(format!("blk{:05}.dat", record.file_number));
        assert!(record.offset + u64::from(record.size) <= file.metadata().unwrap().len());
        assert_eq!(record.hash, sha256d(&[&record.header]));
        if let Some(before) = before.filter(|b| b.file_number == record.file_number) {
            assert!(before.offset + u64::from(before.size) + 8 <= record.offset);
        }
        assert!(before.is_none_or(|b| b.file_number <= record.file_number));
        before = Some(record);
    }
    assert_eq!(
        scan.bytes,
        scan.records.iter().map(|r| u64::from(r.size)).sum::<u64>()
    );
}

/// What may lie in a block file, likely and unlikely.
pub fn piece() -> impl Strategy<Value = Vec<u8>> {
    let blocks = chain(4, |height| 40 * height);
    let block = proptest::sample::select(blocks);
    let sizes = prop_oneof![
        Just(0u32),
        Just(81),
        Just(200),
        Just(4_000_000),
        any::<u32>()
    ];
    prop_oneof![
        4 => block.clone().prop_map(|b| framed(&b)),
        1 => (block.clone(), sizes).prop_map(|(b, size)| {
            [&MAGIC[..], &size.to_le_bytes(), &b].concat()
        }),
        1 => (block, any::<proptest::sample::Index>()).prop_map(|(b, cut)| {
            let data = framed(&b);
            data[..cut.index(data.len())].to_vec()
        }),
        1 => vec(any::<u8>(), 0..200),
        1 => (0usize..9000).prop_map(|n| vec![0; n]),
        1 => Just(MAGIC.to_vec()),
    ]
}

pub fn content() -> impl Strategy<Value = Vec<u8>> {
    vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}
