//! What a power cut leaves, built from a recording.
//!
//! POSIX promises of a file what it had at its last sync, and of a folder the names it had at its
//! last sync; syncing a file does not keep its name. All else may have reached the disk or not.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, absolute};

use super::log::Operation;
use crate::error::{CoreError, Result};

/// What survives of that which was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Nothing: the least that POSIX promises.
    Nothing,
    /// Everything, as when the process alone dies.
    All,
    /// Of each folder's changes those before a moment of chance, as with a journal; of a file's
    /// content all, none, a beginning, or zeros.
    InOrder(u64),
    /// As before, but any of a folder's changes; a rename may keep both names, or lose both.
    AnyOrder(u64),
}

/// Builds in `target`, a new folder, what lay in `root` after a power cut that followed the first
/// `upto` operations. The recording has to begin with `root` empty; it leaves out the rest of the disk.
pub fn replay(
    operations: &[Operation<'_>],
    root: &Path,
    target: &Path,
    upto: usize,
    kept: Kept,
) -> Result<()> {
    cut(operations, root, upto, kept)?.build(ROOT, target)
}

fn cut(operations: &[Operation<'_>], root: &Path, upto: usize, kept: Kept) -> Result<Disk> {
    let Some(done) = operations.get(..upto) else {
        let count = operations.len();
        let why = format!("the log has {count} operations; cut after at most so many");
        return Err(CoreError::Misuse(why));
    };
    let root = absolute(root).map_err(|e| CoreError::io(root, e))?;
    let mut disk = Disk::new();
    for (number, operation) in done.iter().enumerate() {
        disk.apply(operation, &root).ok_or_else(|| {
            let begun = number + 1;
            CoreError::Misuse(format!(
                "operation {begun} {operation:?} does not fit those before it; record from an empty \
                 folder on"
            ))
        })?;
    }
    disk.settle(kept);
    Ok(disk)
}

const ROOT: usize = 0;

/// Files and folders by number; what has lost its last name stays, unreachable.
struct Disk {
    nodes: Vec<Node>,
    open: HashMap<u64, usize>,
}

enum Node {
    File { synced: Vec<u8>, since: Vec<u8> },
    Folder(Folder),
}

#[derive(Default)]
struct Folder {
    now: Names,
    synced: Names,
    since: Vec<Vec<Change>>,
}

type Names = BTreeMap<OsString, usize>;
/// A name and what it stands for from then on. Those of one operation happen together.
type Change = (OsString, Option<usize>);

impl Disk {
    fn new() -> Self {
        Self {
            nodes: vec![Node::Folder(Folder::default())],
            open: HashMap::new(),
        }
    }

    /// Nothing if the operation cannot follow those before it.
    fn apply(&mut self, operation: &Operation<'_>, root: &Path) -> Option<()> {
        match *operation {
            Operation::Write { file, bytes } => {
                if let Some(number) = self.open.get(&file) {
                    let Node::File { since, .. } = &mut self.nodes[*number] else {
                        return None;
                    };
                    since.extend_from_slice(bytes);
                }
            }
            Operation::SyncFile { file } => {
                if let Some(number) = self.open.get(&file) {
                    let Node::File { synced, since } = &mut self.nodes[*number] else {
                        return None;
                    };
                    synced.append(since);
                }
            }
            Operation::SyncDir { path } => {
                if let Ok(path) = path.strip_prefix(root) {
                    let folder = self.folder(path)?;
                    folder.synced = folder.now.clone();
                    folder.since.clear();
                }
            }
            Operation::Create { path, file } => {
                // a number that another process used stands for another file from here on
                self.open.remove(&file);
                let node = Node::File {
                    synced: Vec::new(),
                    since: Vec::new(),
                };
                if let Some(number) = self.add(path, root, node)? {
                    self.open.insert(file, number);
                }
            }
            Operation::MakeDir { path } => {
                self.add(path, root, Node::Folder(Folder::default()))?;
            }
            Operation::RemoveFile { path } | Operation::RemoveDir { path } => {
                if let Some((above, name)) = below(path, root) {
                    let folder = self.folder(above)?;
                    folder.now.get(name)?;
                    folder.change(vec![(name.to_owned(), None)]);
                }
            }
            Operation::Rename { from, to } => {
                if let (Some((above, old)), Some((aim, new))) = (below(from, root), below(to, root))
                {
                    let folder = self.folder(above)?;
                    let number = *folder.now.get(old)?;
                    if above != aim {
                        return None;
                    }
                    let change = vec![(new.to_owned(), Some(number)), (old.to_owned(), None)];
                    folder.change(change);
                }
            }
        }
        Some(())
    }

    /// The new node's number; nothing inside if it lies outside `root`.
    fn add(&mut self, path: &Path, root: &Path, node: Node) -> Option<Option<usize>> {
        let Some((above, name)) = below(path, root) else {
            return Some(None);
        };
        let number = self.nodes.len();
        let folder = self.folder(above)?;
        if folder.now.contains_key(name) {
            return None;
        }
        folder.change(vec![(name.to_owned(), Some(number))]);
        self.nodes.push(node);
        Some(Some(number))
    }

    /// The folder that now has a path, relative to the root.
    fn folder(&mut self, path: &Path) -> Option<&mut Folder> {
        let mut number = ROOT;
        for part in path.components() {
            let Node::Folder(folder) = &self.nodes[number] else {
                return None;
            };
            number = *folder.now.get(part.as_os_str())?;
        }
        match &mut self.nodes[number] {
            Node::Folder(folder) => Some(folder),
            Node::File { .. } => None,
        }
    }

    /// Has chance decide on what was not synced; after it `synced` is what there is.
    fn settle(&mut self, kept: Kept) {
        let mut chance = Chance(match kept {
            Kept::InOrder(seed) | Kept::AnyOrder(seed) => seed,
            Kept::Nothing | Kept::All => 0,
        });
        for node in &mut self.nodes {
            match (node, kept) {
                (_, Kept::Nothing) => {}
                (Node::File { synced, since }, Kept::All) => synced.append(since),
                (Node::File { synced, since }, _) => chance.content(synced, since),
                (Node::Folder(folder), Kept::All) => folder.synced = folder.now.clone(),
                (Node::Folder(folder), Kept::InOrder(_)) => {
                    let until = chance.up_to(folder.since.len());
                    for change in folder.since.drain(..until).flatten() {
                        set(&mut folder.synced, change);
                    }
                }
                (Node::Folder(folder), Kept::AnyOrder(_)) => {
                    for change in folder.since.drain(..).flatten() {
                        if chance.up_to(1) == 1 {
                            set(&mut folder.synced, change);
                        }
                    }
                }
            }
        }
    }

    fn build(&self, number: usize, target: &Path) -> Result<()> {
        match &self.nodes[number] {
            Node::File { synced, .. } => fs::write(target, synced),
            Node::Folder(_) => fs::create_dir(target),
        }
        .map_err(|e| CoreError::io(target, e))?;
        if let Node::Folder(folder) = &self.nodes[number] {
            for (name, inside) in &folder.synced {
                self.build(*inside, &target.join(name))?;
            }
        }
        Ok(())
    }
}

impl Folder {
    fn change(&mut self, changes: Vec<Change>) {
        for change in &changes {
            set(&mut self.now, change.clone());
        }
        self.since.push(changes);
    }
}

fn set(names: &mut Names, (name, number): Change) {
    match number {
        Some(number) => names.insert(name, number),
        None => names.remove(&name),
    };
}

/// The folder of a path, relative to the root, and its name there; nothing if it is not below it.
fn below<'a>(path: &'a Path, root: &Path) -> Option<(&'a Path, &'a OsStr)> {
    let inside = path.strip_prefix(root).ok()?;
    Some((inside.parent()?, inside.file_name()?))
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same seed, the same disk.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    }

    /// From 0 to `most`, both included.
    fn up_to(&mut self, most: usize) -> usize {
        (self.next() % (most as u64 + 1)) as usize
    }

    fn content(&mut self, synced: &mut Vec<u8>, since: &[u8]) {
        if since.is_empty() {
            return;
        }
        let beginning = self.up_to(since.len());
        let whole = synced.len() + since.len();
        match self.up_to(4) {
            0 => {}
            1 => synced.extend_from_slice(since),
            2 => synced.extend_from_slice(&since[..beginning]),
            // the length reached the disk, the content did not, or not all
            3 => synced.resize(whole, 0),
            _ => {
                synced.extend_from_slice(&since[..beginning]);
                synced.resize(whole, 0);
            }
        }
    }
}

#[cfg(test)]
mod tests;
