use std::collections::BTreeSet;

use super::*;

/// Names and contents; a folder's name ends in a slash.
type State = BTreeMap<String, Vec<u8>>;

fn read(disk: &Disk, number: usize, name: &str, into: &mut State) {
    match &disk.nodes[number] {
        Node::File { synced, .. } => {
            into.insert(name.to_owned(), synced.clone());
        }
        Node::Folder(folder) => {
            if number != ROOT {
                into.insert(format!("{name}/"), Vec::new());
            }
            for (inside, number) in &folder.synced {
                let inside = Path::new(name).join(inside);
                read(disk, *number, inside.to_str().unwrap(), into);
            }
        }
    }
}

fn after(operations: &[Operation<'_>], upto: usize, kept: Kept) -> State {
    let disk = cut(operations, Path::new("/d"), upto, kept).unwrap();
    let mut found = State::new();
    read(&disk, ROOT, "", &mut found);
    found
}

/// Every state that chance leads to.
fn states(operations: &[Operation<'_>], kept: fn(u64) -> Kept) -> BTreeSet<State> {
    (0..300)
        .map(|seed| after(operations, operations.len(), kept(seed)))
        .collect()
}

fn of(files: &[(&str, &str)]) -> State {
    files
        .iter()
        .map(|(name, content)| ((*name).to_owned(), content.as_bytes().to_vec()))
        .collect()
}

fn create(path: &str, file: u64) -> Operation<'_> {
    let path = Path::new(path);
    Operation::Create { path, file }
}

fn write(file: u64, text: &str) -> Operation<'_> {
    let bytes = text.as_bytes();
    Operation::Write { file, bytes }
}

fn sync(file: u64) -> Operation<'static> {
    Operation::SyncFile { file }
}

fn sync_dir(path: &str) -> Operation<'_> {
    let path = Path::new(path);
    Operation::SyncDir { path }
}

fn make_dir(path: &str) -> Operation<'_> {
    let path = Path::new(path);
    Operation::MakeDir { path }
}

fn remove(path: &str) -> Operation<'_> {
    let path = Path::new(path);
    Operation::RemoveFile { path }
}

fn rename<'a>(from: &'a str, to: &'a str) -> Operation<'a> {
    let (from, to) = (Path::new(from), Path::new(to));
    Operation::Rename { from, to }
}

const MODES: [fn(u64) -> Kept; 2] = [Kept::InOrder, Kept::AnyOrder];

#[test]
fn content_lasts_from_its_last_sync_and_names_from_that_of_their_folder() {
    let done = [
        create("/d/a", 1),
        write(1, "abc"),
        sync(1),
        write(1, "de"),
        sync_dir("/d"),
        sync(1),
    ];
    let least = |upto| after(&done, upto, Kept::Nothing);
    assert_eq!(least(4), of(&[]), "a file's sync does not keep its name");
    assert_eq!(least(5), of(&[("a", "abc")]));
    assert_eq!(least(6), of(&[("a", "abcde")]));
    assert_eq!(after(&done, 4, Kept::All), of(&[("a", "abcde")]));
    assert_eq!(after(&done, 2, Kept::All), of(&[("a", "abc")]));
}

#[test]
fn unsynced_content_is_there_or_not_or_begun_or_zeros() {
    let done = [
        create("/d/a", 1),
        write(1, "x"),
        sync(1),
        write(1, "yz"),
        sync_dir("/d"),
    ];
    let wanted = ["x", "xy", "xyz", "x\0\0", "xy\0"].map(|text| of(&[("a", text)]));
    for kept in MODES {
        assert_eq!(states(&done, kept), BTreeSet::from(wanted.clone()));
    }
}

#[test]
fn a_rename_over_a_name_leaves_the_old_file_or_the_new_one() {
    let done = [
        create("/d/m", 1),
        write(1, "old"),
        sync(1),
        create("/d/m.new", 2),
        write(2, "new"),
        sync(2),
        sync_dir("/d"),
        rename("/d/m.new", "/d/m"),
    ];
    let before = of(&[("m", "old"), ("m.new", "new")]);
    let renamed = of(&[("m", "new")]);
    assert_eq!(after(&done, done.len(), Kept::Nothing), before);
    assert_eq!(after(&done, done.len(), Kept::All), renamed);
    let journal = BTreeSet::from([before, renamed]);
    assert_eq!(states(&done, Kept::InOrder), journal);
    let mut torn = journal;
    torn.insert(of(&[("m", "old")]));
    torn.insert(of(&[("m", "new"), ("m.new", "new")]));
    assert_eq!(states(&done, Kept::AnyOrder), torn);
    let synced: Vec<_> = done.into_iter().chain([sync_dir("/d")]).collect();
    for kept in MODES {
        assert_eq!(states(&synced, kept), BTreeSet::from([of(&[("m", "new")])]));
    }
}

#[test]
fn names_come_and_go_in_order_or_in_any() {
    let done = [
        create("/d/old", 1),
        sync_dir("/d"),
        create("/d/a", 2),
        create("/d/b", 3),
        remove("/d/old"),
    ];
    let journal = [
        of(&[("old", "")]),
        of(&[("a", ""), ("old", "")]),
        of(&[("a", ""), ("b", ""), ("old", "")]),
        of(&[("a", ""), ("b", "")]),
    ];
    assert_eq!(states(&done, Kept::InOrder), BTreeSet::from(journal));
    assert_eq!(states(&done, Kept::AnyOrder).len(), 8);
}

#[test]
fn what_lies_in_a_folder_goes_with_its_name() {
    let done = [
        make_dir("/d/s"),
        create("/d/s/a", 1),
        write(1, "x"),
        sync(1),
        sync_dir("/d/s"),
        sync_dir("/d"),
    ];
    assert_eq!(after(&done, 5, Kept::Nothing), of(&[]));
    let whole = of(&[("s/", ""), ("s/a", "x")]);
    assert_eq!(after(&done, 6, Kept::Nothing), whole);
    for kept in MODES {
        assert_eq!(
            states(&done[..5], kept),
            BTreeSet::from([of(&[]), whole.clone()])
        );
    }
}

#[test]
fn one_folder_may_be_ahead_of_another() {
    let done = [
        make_dir("/d/s"),
        make_dir("/d/t"),
        sync_dir("/d"),
        create("/d/s/a", 1),
        create("/d/t/b", 2),
    ];
    let late = of(&[("s/", ""), ("t/", ""), ("t/b", "")]);
    assert!(states(&done, Kept::InOrder).contains(&late));
}

#[test]
fn a_file_removed_and_made_again_is_another() {
    let done = [
        create("/d/a", 1),
        write(1, "x"),
        sync(1),
        sync_dir("/d"),
        remove("/d/a"),
        create("/d/a", 1),
        write(1, "y"),
        sync(1),
    ];
    assert_eq!(after(&done, 8, Kept::Nothing), of(&[("a", "x")]));
    assert_eq!(after(&done, 8, Kept::All), of(&[("a", "y")]));
    let three = [of(&[("a", "x")]), of(&[]), of(&[("a", "y")])];
    assert_eq!(states(&done, Kept::InOrder), BTreeSet::from(three));
}

#[test]
fn the_same_seed_is_the_same_disk_and_the_rest_of_the_disk_is_left_out() {
    let done = [
        make_dir("/d"),
        create("/elsewhere/a", 1),
        write(1, "x"),
        sync_dir("/elsewhere"),
        create("/d/a", 2),
        write(2, "a longer text to be cut"),
    ];
    for seed in 0..20 {
        let once = after(&done, 6, Kept::AnyOrder(seed));
        assert_eq!(once, after(&done, 6, Kept::AnyOrder(seed)));
    }
    assert_eq!(after(&done, 4, Kept::All), of(&[]));
}

#[test]
fn the_disk_is_built_in_a_new_folder() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("disk");
    let done = [make_dir("/d/s"), create("/d/s/a", 1), write(1, "x")];
    let build = || replay(&done, Path::new("/d"), &target, 3, Kept::All);
    build().unwrap();
    assert_eq!(fs::read(target.join("s/a")).unwrap(), b"x");
    assert!(build().is_err(), "it is never built over another");
}

#[test]
fn a_log_that_begins_too_late_is_refused() {
    let all = |operations: &[Operation<'_>], upto| {
        cut(operations, Path::new("/d"), upto, Kept::All).map(|_| ())
    };
    for operation in [
        remove("/d/a"),
        rename("/d/a", "/d/b"),
        create("/d/s/a", 1),
        sync_dir("/d/s"),
    ] {
        let refused = all(&[operation], 1).unwrap_err().to_string();
        assert!(refused.contains("from an empty folder"), "{refused}");
    }
    assert!(all(&[make_dir("/d/s")], 2).is_err());
}
