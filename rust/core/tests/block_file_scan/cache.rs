//! Files that are known from an earlier scan are not read again, and a cache changes nothing else.

use std::fs::{self, File};
use std::time::Duration;

use peelchain_core::CoreError;
use peelchain_core::chain::block_files::BlockFiles;
use peelchain_core::chain::hash::sha256;
use peelchain_core::chain::scan::Scan;
use peelchain_core::chain::scan_cache::KnownFiles;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::crafted::{
    Folder, KEY, assert_sound, chain, content, found, laid, limit, masked, words,
};

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
