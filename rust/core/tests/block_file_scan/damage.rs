//! Damage is told, hides nothing beside it, and the same whatever the threads.

use std::fs::{self, File};

use peelchain_core::CoreError;
use peelchain_core::chain::best_chain::best_chain;
use peelchain_core::chain::scan::{Scanning, scan};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::crafted::{
    Folder, KEY, MAGIC, assert_sound, chain, content, found, framed, hash_of, laid, limit, masked,
    mined, places, words,
};

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
}
