//! Block files as nodes, disks and attackers leave them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use peelchain_core::CoreError;
use peelchain_core::chain::best_chain::best_chain;
use peelchain_core::chain::block_files::{BlockFiles, HEADER_BYTES, Record};
use peelchain_core::chain::hash::{Hash, sha256, sha256d};
use peelchain_core::chain::scan::{Scan, Scanning, scan};
use peelchain_core::chain::scan_cache::{self, KnownFiles};
use peelchain_core::chain::target::U256;
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

const MAGIC: [u8; 4] = [0xfa, 0xbf, 0xb5, 0xda];
const KEY: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
const BITS: u32 = 0x207f_ffff;

fn limit() -> U256 {
    U256::from(0x7f_ffff) << 232
}

/// A mined block of one coinbase whose script has so many bytes.
fn mined(before: Hash, tag: u32, script_bytes: usize) -> Vec<u8> {
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

fn hash_of(block: &[u8]) -> Hash {
    sha256d(&[&block[..HEADER_BYTES]])
}

/// A chain from a first block of its own.
fn chain(blocks: usize, script_bytes: impl Fn(usize) -> usize) -> Vec<Vec<u8>> {
    let mut chain: Vec<Vec<u8>> = Vec::new();
    for height in 0..blocks {
        let before = chain.last().map_or([0; 32], |b| hash_of(b));
        chain.push(mined(before, height as u32, script_bytes(height)));
    }
    chain
}

fn framed(block: &[u8]) -> Vec<u8> {
    [&MAGIC[..], &(block.len() as u32).to_le_bytes(), block].concat()
}

fn laid(blocks: &[Vec<u8>]) -> Vec<u8> {
    blocks.iter().flat_map(|b| framed(b)).collect()
}

fn masked(data: &[u8], key: &[u8; 8]) -> Vec<u8> {
    data.iter()
        .zip(key.iter().cycle())
        .map(|(b, k)| b ^ k)
        .collect()
}

struct Folder {
    dir: TempDir,
    key: [u8; 8],
    writes: u64,
}

impl Folder {
    fn new(key: [u8; 8]) -> Self {
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

    fn path(&self, number: u32) -> PathBuf {
        self.dir.path().join(format!("blk{number:05}.dat"))
    }

    /// Writes a file, masked, at a time of its own however fast one write follows another.
    fn write(&mut self, number: u32, data: &[u8]) {
        self.write_raw(number, &masked(data, &self.key));
    }

    fn write_raw(&mut self, number: u32, data: &[u8]) {
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

    fn files(&self) -> BlockFiles {
        BlockFiles::open(self.dir.path(), MAGIC).unwrap()
    }

    fn scan(&self) -> Scan {
        self.scan_with(2, None).unwrap()
    }

    fn scan_with(&self, threads: usize, cache: Option<&[u8]>) -> Result<Scan, CoreError> {
        let files = self.files();
        let how = Scanning {
            pow_limit: limit(),
            threads,
            known: cache.and_then(|c| KnownFiles::from_bytes(c, &files, limit())),
        };
        scan(&files, &how, &mut |_, _| true)
    }

    fn cache_of(&self, scan: &Scan) -> Vec<u8> {
        scan_cache::to_bytes(&self.files(), limit(), &scan.settled, scan.records.iter())
    }
}

/// Where the blocks of a file lie: file, offset past magic and size, hash.
fn places(number: u32, blocks: &[Vec<u8>]) -> Vec<(u32, u64, Hash)> {
    let mut at = 0;
    let place = |block: &Vec<u8>| {
        let place = (number, at + 8, hash_of(block));
        at += 8 + block.len() as u64;
        place
    };
    blocks.iter().map(place).collect()
}

fn found(scan: &Scan) -> Vec<(u32, u64, Hash)> {
    scan.records
        .iter()
        .map(|r| (r.file_number, r.offset, r.hash))
        .collect()
}

fn words(scan: &Scan) -> Vec<String> {
    scan.damage.iter().map(ToString::to_string).collect()
}

/// That records lie apart and within their files, in order, and say what is in them.
fn assert_sound(scan: &Scan, folder: &Path) {
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

#[test]
fn a_byte_damaged_anywhere_hides_no_other_block() {
    let blocks = chain(12, |height| 20 * height % 70);
    let data = laid(&blocks[4..9]);
    for key in [[0; 8], KEY] {
        let mut folder = Folder::new(key);
        folder.write(0, &laid(&blocks[..4]));
        folder.write(2, &laid(&blocks[9..]));
        for position in 0..data.len() {
            let mut damaged = data.clone();
            damaged[position] ^= [0x01, 0x10, 0x80, 0xff][position % 4];
            folder.write(1, &damaged);
            let scan = folder.scan();
            let found = found(&scan);
            let all = [
                places(0, &blocks[..4]),
                places(1, &blocks[4..9]),
                places(2, &blocks[9..]),
            ]
            .concat();
            for (i, place) in all.iter().enumerate() {
                let start = place.1 as usize - 8;
                let own = place.0 == 1 && (start..start + 8 + blocks[i].len()).contains(&position);
                assert!(
                    own || found.contains(place),
                    "byte {position}, block {i}: {scan:?}"
                );
            }
            // a block that is not as it was is told of, or found as another, or left to the ingest
            assert!(
                found.len() + scan.damage.len() >= all.len(),
                "byte {position}"
            );
            assert!(scan.damage.len() <= 1, "byte {position}: {scan:?}");
            assert!(scan.left_out.is_empty());
        }
    }
}

#[test]
fn a_damaged_size_hides_no_block_however_large() {
    let small = chain(3, |_| 5);
    for script_bytes in [(1 << 20) - 120, (1 << 20) - 70, 1 << 20, 3_900_000] {
        let large = mined(hash_of(&small[2]), 3, script_bytes);
        let after = mined(hash_of(&large), 4, 9);
        let mut folder = Folder::new(KEY);
        folder.write(0, &laid(&small));
        let blocks = [large.clone(), after.clone()];
        for size in [0, 81, 3_999_999, u32::MAX] {
            let mut data = laid(&blocks);
            data[4..8].copy_from_slice(&size.to_le_bytes());
            folder.write(1, &data);
            folder.write(2, &[]);
            let scan = folder.scan();
            assert!(found(&scan).contains(&places(1, &blocks)[1]), "{scan:?}");
            assert_eq!((scan.records.len(), scan.damage.len()), (4, 1), "{scan:?}");
        }
    }
}

#[test]
fn holes_and_lost_files_are_told_and_what_is_around_them_found() {
    let blocks = chain(40, |_| 30);
    let mut folder = Folder::new(KEY);
    let file = |n: usize| &blocks[8 * n..8 * n + 8];
    for number in [0, 1, 4] {
        folder.write(number, &laid(file(number as usize)));
    }
    // zeros from the middle of a block to the middle of a later one
    let mut holed = masked(&laid(file(1)), &KEY);
    let size = framed(&file(1)[0]).len();
    holed[2 * size + 100..4 * size + 20].fill(0);
    folder.write_raw(1, &holed);
    let scan = folder.scan();
    let told = words(&scan);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains(&format!("blk00001.dat, offset {}: block ", 2 * size + 8)),
        "{told:?}"
    );
    assert!(
        told[1].contains("blk00002.dat: this file and those up to "),
        "{told:?}"
    );
    assert!(
        told[1].contains("blk00003.dat are missing; restore"),
        "{told:?}"
    );
    let there = found(&scan);
    for (i, place) in places(1, file(1)).iter().enumerate() {
        assert_eq!(there.contains(place), !(2..=4).contains(&i));
    }
    assert_eq!(there.len(), 21);
    // the blocks before the hole are a chain, those after it join nothing
    let best = best_chain(&scan.records, &hash_of(&blocks[0]), limit()).unwrap();
    assert_eq!((best.records.len(), best.unconnected.len()), (10, 11));

    // all of a file gone, but its name
    std::os::unix::fs::symlink("nowhere", folder.path(2)).unwrap();
    folder.write_raw(3, &vec![0; 3_000_000]);
    let told = words(&folder.scan());
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[1].contains("blk00002.dat: No such file"), "{told:?}");
    assert!(
        told[2].contains("blk00003.dat: the file holds no block; restore"),
        "{told:?}"
    );
}

#[test]
fn another_network_or_key_is_refused_at_once() {
    let blocks = chain(6, |_| 30);
    let mut folder = Folder::new(KEY);
    folder.write(0, &laid(&blocks[..3]));
    folder.write(1, &laid(&blocks[3..]));
    let refused = |folder: &Folder| folder.scan_with(1, None).unwrap_err().to_string();
    let mut other = KEY;
    other[6] ^= 4;
    for (key, what) in [
        ([0; 8], "not this network's magic"),
        (KEY.map(|b| !b), "not this network's magic"),
        (other, "and no block is in the rest of the file"),
    ] {
        fs::write(folder.dir.path().join("xor.dat"), key).unwrap();
        let said = refused(&folder);
        assert!(said.contains("blk00000.dat, offset "), "{said}");
        assert!(said.contains(what), "{said}");
        assert!(said.contains("xor.dat"), "{said}");
    }
    // but one damaged file later on is no other network
    fs::write(folder.dir.path().join("xor.dat"), KEY).unwrap();
    let mut data = laid(&blocks[3..]);
    data[2] ^= 1;
    folder.write(1, &data);
    assert_eq!(
        (folder.scan().records.len(), folder.scan().damage.len()),
        (5, 1)
    );
}

#[test]
fn a_file_of_nothing_but_damage_is_left_at_a_bound() {
    let blocks = chain(2, |_| 30);
    let mut folder = Folder::new(KEY);
    folder.write(0, &laid(&blocks));
    // sizes that cannot be, before headers that are proven
    let broken = [&MAGIC[..], &[81, 0, 0, 0], &blocks[1][..80], &[7; 50]].concat();
    folder.write(1, &broken.repeat(500));
    folder.write(2, &[]);
    let scan = folder.scan();
    assert_eq!(scan.records.len(), 2);
    assert_eq!(scan.damage.len(), 65);
    assert!(words(&scan)[64].contains("the rest of the file is left out"));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let blocks = chain(90, |height| height);
    let mut folder = Folder::new(KEY);
    for (number, part) in blocks.chunks(7).enumerate() {
        let mut data = laid(part);
        if number % 3 == 2 {
            data[300] ^= 0x55;
            data.truncate(data.len() - 11);
        }
        folder.write(number as u32, &data);
    }
    let one = folder.scan_with(1, None).unwrap();
    assert!(one.damage.len() >= 4);
    for threads in [0, 2, 3, 50] {
        assert_eq!(folder.scan_with(threads, None).unwrap(), one);
    }
}

#[test]
fn a_scan_stops_when_told() {
    let blocks = chain(9, |_| 1);
    let mut folder = Folder::new(KEY);
    for (number, part) in blocks.chunks(1).enumerate() {
        folder.write(number as u32, &laid(part));
    }
    for last in 1..=9 {
        let mut calls = 0;
        let how = Scanning {
            pow_limit: limit(),
            threads: 2,
            known: None,
        };
        let stopped = scan(&folder.files(), &how, &mut |done, of| {
            assert!(done <= of);
            calls += 1;
            calls < last
        });
        assert!(matches!(stopped, Err(CoreError::Stopped)));
        assert_eq!(calls, last);
    }
}

#[test]
fn blocks_of_many_files_are_read_from_many_threads() {
    let blocks = chain(60, |height| 10 * height);
    let mut folder = Folder::new(KEY);
    for (number, part) in blocks.chunks(2).enumerate() {
        folder.write(number as u32, &laid(part));
    }
    let scan = folder.scan();
    let files = folder.files();
    files.will_read(&scan.records);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (scan, blocks, files) = (&scan, &blocks, &files);
            scope.spawn(move || {
                let mut raw = Vec::new();
                for round in 0..240 {
                    let i = (round * (2 * thread + 1) + thread) % 60;
                    files.read(&scan.records[i], &mut raw).unwrap();
                    assert_eq!(raw, blocks[i]);
                }
            });
        }
    });
    // a file that shrank since is an error that says so, and no stale bytes
    File::options()
        .write(true)
        .open(folder.path(5))
        .unwrap()
        .set_len(50)
        .unwrap();
    let mut raw = Vec::new();
    let said = files
        .read(&scan.records[10], &mut raw)
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("blk00005.dat, offset 8: the file ends inside"),
        "{said}"
    );
    assert!(raw.is_empty());
}

#[test]
fn a_known_file_is_not_read_again_until_it_changes() {
    let blocks = chain(30, |height| height);
    let mut folder = Folder::new(KEY);
    for (number, part) in blocks.chunks(10).enumerate() {
        folder.write(number as u32, &laid(part));
    }
    let full = folder.scan();
    assert_eq!((full.files_read, full.settled.len()), (3, 2));
    let cache = folder.cache_of(&full);
    let again = folder.scan_with(2, Some(&cache)).unwrap();
    assert_eq!(again.files_read, 1);
    assert_eq!(found(&again), found(&full));
    assert_eq!(folder.cache_of(&again), cache);
    // the same size, other bytes, and then the old time of writing again
    let time = folder.path(1).metadata().unwrap().modified().unwrap();
    let mut data = laid(&blocks[10..20]);
    data[0] ^= 1;
    for back in [false, true] {
        // ctime moves on with the clock's tick
        std::thread::sleep(Duration::from_millis(20));
        folder.write(1, &data);
        if back {
            File::options()
                .write(true)
                .open(folder.path(1))
                .unwrap()
                .set_modified(time)
                .unwrap();
        }
        let seen = folder.scan_with(2, Some(&cache)).unwrap();
        assert_eq!((seen.files_read, seen.damage.len()), (2, 1), "{back}");
    }
    // what is damaged is told each time
    let damaged = folder.scan();
    let seen = folder
        .scan_with(2, Some(&folder.cache_of(&damaged)))
        .unwrap();
    assert_eq!((seen.files_read, words(&seen)), (2, words(&damaged)));
}

#[test]
fn a_cache_that_is_damaged_or_of_other_files_is_ignored() {
    let blocks = chain(8, |_| 3);
    let mut folder = Folder::new(KEY);
    folder.write(0, &laid(&blocks[..6]));
    folder.write(1, &laid(&blocks[6..]));
    let files = folder.files();
    let cache = folder.cache_of(&folder.scan());
    assert!(KnownFiles::from_bytes(&cache, &files, limit()).is_some());
    for position in 0..cache.len() {
        let mut damaged = cache.clone();
        damaged[position] ^= 0x20;
        assert!(
            KnownFiles::from_bytes(&damaged, &files, limit()).is_none(),
            "{position}"
        );
        assert!(KnownFiles::from_bytes(&cache[..position], &files, limit()).is_none());
    }
    let others = BlockFiles::open(folder.dir.path(), [1, 2, 3, 4]).unwrap();
    assert!(KnownFiles::from_bytes(&cache, &others, limit()).is_none());
    assert!(KnownFiles::from_bytes(&cache, &files, limit() >> 1).is_none());
    fs::write(folder.dir.path().join("xor.dat"), [9; 8]).unwrap();
    assert!(KnownFiles::from_bytes(&cache, &folder.files(), limit()).is_none());
}

/// What may lie in a block file, likely and unlikely.
fn piece() -> impl Strategy<Value = Vec<u8>> {
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

fn content() -> impl Strategy<Value = Vec<u8>> {
    vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}

#[derive(Debug, Clone)]
enum Change {
    Append(u32, Vec<u8>),
    Truncate(u32, proptest::sample::Index),
    Flip(u32, proptest::sample::Index),
    Rewrite(u32, Vec<u8>),
    Remove(u32),
}

fn change() -> impl Strategy<Value = Change> {
    let number = 0u32..5;
    prop_oneof![
        (number.clone(), content()).prop_map(|(n, data)| Change::Append(n, data)),
        (number.clone(), any::<proptest::sample::Index>())
            .prop_map(|(n, i)| Change::Truncate(n, i)),
        (number.clone(), any::<proptest::sample::Index>()).prop_map(|(n, i)| Change::Flip(n, i)),
        (number, content()).prop_map(|(n, data)| Change::Rewrite(n, data)),
        (1u32..5).prop_map(Change::Remove),
    ]
}

impl Folder {
    fn change(&mut self, change: &Change) {
        let (Change::Append(number, _)
        | Change::Truncate(number, _)
        | Change::Flip(number, _)
        | Change::Rewrite(number, _)
        | Change::Remove(number)) = *change;
        let mut data = fs::read(self.path(number)).unwrap_or_default();
        match change {
            Change::Append(_, more) => {
                let mut whole = masked(&data, &self.key);
                whole.extend(more);
                data = masked(&whole, &self.key);
            }
            Change::Truncate(_, at) => data.truncate(at.index(data.len() + 1)),
            Change::Flip(_, at) if !data.is_empty() => {
                let at = at.index(data.len());
                data[at] ^= 0x40;
            }
            Change::Flip(..) => {}
            Change::Rewrite(_, all) => data = masked(all, &self.key),
            Change::Remove(_) => {
                let _ = fs::remove_file(self.path(number));
                return;
            }
        }
        self.write_raw(number, &data);
    }
}

/// Equal but for how many files were read, and for those settled whose change a cache cannot hide.
fn assert_same(one: Result<Scan, CoreError>, other: Result<Scan, CoreError>) {
    match (one, other) {
        (Ok(mut one), Ok(mut other)) => {
            one.files_read = 0;
            other.files_read = 0;
            assert_eq!(one, other);
        }
        (one, other) => assert_eq!(one.unwrap_err().to_string(), other.unwrap_err().to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_scanned_in_bounds(
        files in vec(content(), 1..4),
        key in prop_oneof![Just([0; 8]), Just(KEY), any::<[u8; 8]>()],
        raw_zeros in 0usize..500,
    ) {
        let mut folder = Folder::new(key);
        for (number, data) in files.iter().enumerate() {
            let raw = [masked(data, &key), vec![0; raw_zeros]].concat();
            folder.write_raw(number as u32, &raw);
        }
        if let Ok(scan) = folder.scan_with(2, None) {
            assert_sound(&scan, folder.dir.path());
            prop_assert!(scan.damage.len() <= 65 * files.len());
            prop_assert!(scan.left_out.len() <= 1);
        }
    }

    #[test]
    fn a_cache_changes_nothing_whatever_was_written_since(
        first in vec(content(), 1..4),
        changes in vec(vec(change(), 0..4), 1..4),
    ) {
        let mut folder = Folder::new(KEY);
        let genesis = laid(&chain(1, |_| 0));
        for (number, data) in first.iter().enumerate() {
            folder.write(number as u32, &[&genesis[..], data].concat());
        }
        let mut cache = None;
        for changes in changes {
            for change in &changes {
                folder.change(change);
            }
            let full = folder.scan_with(2, None);
            let known = folder.scan_with(2, cache.as_deref());
            if let Ok(scan) = &known {
                assert_sound(scan, folder.dir.path());
                cache = Some(folder.cache_of(scan));
            }
            assert_same(known, full);
        }
    }

    #[test]
    fn a_forged_cache_is_a_hint_in_bounds(
        edits in vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<proptest::sample::Index>(),
        keep in any::<bool>(),
    ) {
        let blocks = chain(8, |_| 3);
        let mut folder = Folder::new(KEY);
        folder.write(0, &laid(&blocks[..6]));
        folder.write(1, &laid(&blocks[6..]));
        let cache = folder.cache_of(&folder.scan());
        let mut forged = cache[..cache.len() - 32].to_vec();
        for (at, byte) in edits {
            let at = at.index(forged.len());
            forged[at] = byte;
        }
        if !keep {
            forged.truncate(cut.index(forged.len()));
        }
        let checksum = sha256(&forged);
        forged.extend(checksum);
        let scan = folder.scan_with(1, Some(&forged)).unwrap();
        assert_sound(&scan, folder.dir.path());
        prop_assert!(scan.records.len() <= 8);
    }
}
