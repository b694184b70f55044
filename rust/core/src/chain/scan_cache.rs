//! What a scan found, kept for the next one, so that files that look the same are not read again.
//! A hint, no more: blocks are checked in full when they are ingested.

use std::fs::Metadata;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;

use super::block_files::{BlockFiles, HEADER_BYTES, Record};
use super::hash::{sha256, sha256d};
use super::target::{ProofOfWork, U256};

const FORMAT: &[u8; 12] = b"peelscan\x01\0\0\0";
const FILE_BYTES: usize = 4 + 8 + 8 + 8 + 4;
const RECORD_BYTES: usize = 8 + 4 + HEADER_BYTES;

/// What tells whether a file was written since. Size and times: a block put in place of another of its
/// size changes the times, a file brought back with its old time of writing still changes its other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    pub file_number: u32,
    size: u64,
    mtime_ns: i64,
    ctime_ns: i64,
}

impl Fingerprint {
    pub(super) fn of(file_number: u32, of: &Metadata) -> Self {
        let ns = |seconds: i64, ns: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(ns);
        Self {
            file_number,
            size: of.len(),
            mtime_ns: ns(of.mtime(), of.mtime_nsec()),
            ctime_ns: ns(of.ctime(), of.ctime_nsec()),
        }
    }
}

/// The files that an earlier scan settled, as bytes with an index.
#[derive(Debug, Clone)]
pub struct KnownFiles<'a> {
    bytes: &'a [u8],
    most_bytes: u32,
    /// Whether the hash of a header shows its work; else what the scan found is believed.
    by_hash: bool,
    /// By file number, with where the records lie.
    files: Vec<(Fingerprint, Range<usize>)>,
}

/// The cache of a scan: `records` of the settled files, in any order.
pub fn to_bytes<'r>(
    files: &BlockFiles,
    pow_limit: U256,
    settled: &[Fingerprint],
    records: impl Iterator<Item = &'r Record>,
) -> Vec<u8> {
    let mut kept: Vec<&Record> = records
        .filter(|r| {
            settled
                .binary_search_by_key(&r.file_number, |f| f.file_number)
                .is_ok()
        })
        .collect();
    kept.sort_unstable_by_key(|r| (r.file_number, r.offset));
    let mut bytes =
        Vec::with_capacity(128 + settled.len() * FILE_BYTES + kept.len() * RECORD_BYTES);
    bytes.extend(chain_of(files, pow_limit));
    bytes.extend((settled.len() as u32).to_le_bytes());
    let mut rest = &kept[..];
    for file in settled {
        let count = rest.partition_point(|r| r.file_number == file.file_number);
        let (own, after) = rest.split_at(count);
        rest = after;
        bytes.extend(file.file_number.to_le_bytes());
        bytes.extend(file.size.to_le_bytes());
        bytes.extend(file.mtime_ns.to_le_bytes());
        bytes.extend(file.ctime_ns.to_le_bytes());
        bytes.extend((count as u32).to_le_bytes());
        for record in own {
            bytes.extend(record.offset.to_le_bytes());
            bytes.extend(record.size.to_le_bytes());
            bytes.extend(record.header);
        }
    }
    let checksum = sha256(&bytes);
    bytes.extend(checksum);
    bytes
}

/// Format, network, key and limit: what is found under others says nothing here.
fn chain_of(files: &BlockFiles, pow_limit: U256) -> Vec<u8> {
    let mut bytes = FORMAT.to_vec();
    bytes.extend(files.magic);
    bytes.extend(files.key);
    bytes.extend(pow_limit.to_le_bytes::<32>());
    bytes.extend(files.rules.tag());
    bytes
}

impl<'a> KnownFiles<'a> {
    /// None when the bytes are damaged, or not the cache of these files.
    pub fn from_bytes(bytes: &'a [u8], files: &BlockFiles, pow_limit: U256) -> Option<Self> {
        let (content, checksum) = bytes.split_last_chunk::<32>()?;
        let expected = chain_of(files, pow_limit);
        if !content.starts_with(&expected) || sha256(content) != *checksum {
            return None;
        }
        let mut at = expected.len();
        let count = u32::from_le_bytes(take(content, &mut at)?);
        let mut known: Vec<(Fingerprint, Range<usize>)> = Vec::new();
        for _ in 0..count {
            let file = Fingerprint {
                file_number: u32::from_le_bytes(take(content, &mut at)?),
                size: u64::from_le_bytes(take(content, &mut at)?),
                mtime_ns: i64::from_le_bytes(take(content, &mut at)?),
                ctime_ns: i64::from_le_bytes(take(content, &mut at)?),
            };
            let records = u32::from_le_bytes(take(content, &mut at)?) as usize;
            let end = at.checked_add(records.checked_mul(RECORD_BYTES)?)?;
            let ascending = known
                .last()
                .is_none_or(|(before, _)| before.file_number < file.file_number);
            if end > content.len() || !ascending {
                return None;
            }
            known.push((file, at..end));
            at = end;
        }
        (at == content.len()).then_some(Self {
            bytes,
            most_bytes: files.rules.max_block_bytes,
            by_hash: files.rules.block_hash_proves(),
            files: known,
        })
    }

    /// The records of a file that looks as it did; none when it does not, or when they cannot be.
    pub(super) fn records(&self, file: &Fingerprint, pow_limit: U256) -> Option<Vec<Record>> {
        let place = self
            .files
            .binary_search_by_key(&file.file_number, |(known, _)| known.file_number)
            .ok()?;
        let (known, range) = &self.files[place];
        if known != file {
            return None;
        }
        let mut proof = if self.by_hash {
            ProofOfWork::new(pow_limit)
        } else {
            ProofOfWork::judged(pow_limit)
        };
        let mut records = Vec::with_capacity(range.len() / RECORD_BYTES);
        let mut end = 0u64;
        for raw in self.bytes[range.clone()].chunks_exact(RECORD_BYTES) {
            let mut at = 0;
            let offset = u64::from_le_bytes(take(raw, &mut at)?);
            let size = u32::from_le_bytes(take(raw, &mut at)?);
            let header: [u8; HEADER_BYTES] = take(raw, &mut at)?;
            let record = Record {
                file_number: file.file_number,
                offset,
                size,
                hash: sha256d(&[&header]),
                header,
            };
            let begins_after = offset >= end.checked_add(8)?;
            end = offset.checked_add(u64::from(size))?;
            let fits = (HEADER_BYTES as u32 + 1..=self.most_bytes).contains(&size)
                && begins_after
                && end <= file.size;
            if !fits || proof.proven(record.bits(), &record.hash).is_none() {
                return None;
            }
            records.push(record);
        }
        Some(records)
    }
}

fn take<const N: usize>(bytes: &[u8], at: &mut usize) -> Option<[u8; N]> {
    let taken = bytes.get(*at..)?.first_chunk::<N>()?;
    *at += N;
    Some(*taken)
}
