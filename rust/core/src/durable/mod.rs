//! Durable writes. Every change of a store's folder goes through here, so that one place decides what
//! survives a power cut: content is synced before its name, the name before whoever relies on it.
//!
//! Nothing is synced for what nobody relies on: parts set aside while sorting, and removals. A file
//! is removed only once the manifest that no longer names it is durable; one that a power cut brings
//! back is named by nobody, and the next writer removes it again.

mod log;
mod replay;
mod trial;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::error::{CoreError, Result};
pub use log::{Operation, Recording};
pub use replay::{Kept, replay};
use trial::carry_out;

/// What was written, as the manifest records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub sha256: [u8; 32],
    pub bytes: u64,
}

/// A new file that hashes what passes through it and syncs when finished.
pub struct DurableFile {
    path: PathBuf,
    file: BufWriter<Appended>,
    hasher: Sha256,
    bytes: u64,
}

impl DurableFile {
    /// Creates `path`, which must not exist yet.
    pub fn create(path: &Path) -> Result<Self> {
        let file = Appended::create(path).map_err(|e| CoreError::io(path, e))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(1 << 20, file),
            hasher: Sha256::new(),
            bytes: 0,
        })
    }

    /// Ends the content and syncs it if asked; whoever relies on the name syncs its folder.
    pub fn close(mut self, sync: bool) -> Result<Written> {
        let path = self.path;
        self.file.flush().map_err(|e| CoreError::io(&path, e))?;
        if sync {
            self.file
                .get_ref()
                .sync()
                .map_err(|e| CoreError::io(&path, e))?;
        }
        Ok(Written {
            sha256: self.hasher.finalize().into(),
            bytes: self.bytes,
        })
    }
}

impl Write for DurableFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.file.write(buf)?;
        self.hasher.update(&buf[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file that only grows; each write of it is one operation.
struct Appended {
    file: File,
    number: u64,
}

impl Appended {
    fn create(path: &Path) -> io::Result<Self> {
        static FILES: AtomicU64 = AtomicU64::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let create = || File::options().write(true).create_new(true).open(path);
        let file = carry_out(&Operation::Create { path, file: number }, create)?;
        Ok(Self { file, number })
    }

    fn sync(&self) -> io::Result<()> {
        let file = self.number;
        carry_out(&Operation::SyncFile { file }, || self.file.sync_all())
    }
}

impl Write for Appended {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.number;
        carry_out(&Operation::Write { file, bytes }, || {
            self.file.write_all(bytes)
        })?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes the names inside `dir` survive a power cut.
pub fn sync_dir(dir: &Path) -> Result<()> {
    let sync = || File::open(dir).and_then(|d| d.sync_all());
    carry_out(&Operation::SyncDir { path: dir }, sync).map_err(|e| CoreError::io(dir, e))
}

/// Replaces `path` by `content` in one step: a reader sees the old file or the new one, whole.
pub fn replace(path: &Path, content: &[u8]) -> Result<Written> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    remove_file(&temporary)?;
    let mut file = DurableFile::create(&temporary)?;
    file.write_all(content)
        .map_err(|e| CoreError::io(&temporary, e))?;
    // the new content has to be there before the old one's name is taken
    let written = file.close(true)?;
    let operation = Operation::Rename {
        from: &temporary,
        to: path,
    };
    carry_out(&operation, || fs::rename(&temporary, path)).map_err(|e| CoreError::io(path, e))?;
    sync_dir(folder_of(path))?;
    Ok(written)
}

/// Makes a folder, and those above it that are missing; the names it makes survive a power cut.
pub fn make_dirs(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = folder_of(path);
    make_dirs(parent)?;
    carry_out(&Operation::MakeDir { path }, || fs::create_dir(path))
        .map_err(|e| CoreError::io(path, e))?;
    sync_dir(parent)
}

/// Makes an empty file if none is there. Its name is not synced: it is for locks, which end with the
/// system.
pub fn make_lock(path: &Path) -> Result<()> {
    match Appended::create(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(CoreError::io(path, e)),
        _ => Ok(()),
    }
}

/// Removes a file, if it is there.
pub fn remove_file(path: &Path) -> Result<()> {
    let removed = carry_out(&Operation::RemoveFile { path }, || fs::remove_file(path));
    unless_missing(path, removed)
}

/// Removes an empty folder, if it is there.
pub fn remove_dir(path: &Path) -> Result<()> {
    let removed = carry_out(&Operation::RemoveDir { path }, || fs::remove_dir(path));
    unless_missing(path, removed)
}

/// Removes a folder and all in it, if it is there. A link is removed, never followed.
pub fn remove_tree(path: &Path) -> Result<()> {
    let entries = match fs::read_dir(path) {
        Err(e) => return unless_missing(path, Err(e)),
        Ok(entries) => entries,
    };
    for entry in entries {
        let entry = entry.map_err(|e| CoreError::io(path, e))?;
        let kind = entry.file_type().map_err(|e| CoreError::io(path, e))?;
        if kind.is_dir() {
            remove_tree(&entry.path())?;
        } else {
            remove_file(&entry.path())?;
        }
    }
    remove_dir(path)
}

fn unless_missing(path: &Path, done: io::Result<()>) -> Result<()> {
    match done {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(CoreError::io(path, e)),
        _ => Ok(()),
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replace_leaves_no_temporary_and_hashes_the_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("manifest.json");
        replace(&path, b"old").unwrap();
        let written = replace(&path, b"abc").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"abc");
        assert_eq!(written.bytes, 3);
        assert_eq!(written.sha256[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn create_refuses_to_overwrite() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        replace(&path, b"x").unwrap();
        assert!(DurableFile::create(&path).is_err());
    }

    #[test]
    fn folders_are_made_and_removed_whole() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("a");
        make_dirs(&top.join("b/c")).unwrap();
        make_dirs(&top.join("b/c")).unwrap();
        replace(&top.join("b/f"), b"x").unwrap();
        make_lock(&top.join("b/f")).unwrap();
        assert_eq!(fs::read(top.join("b/f")).unwrap(), b"x");
        assert!(make_dirs(&top.join("b/f/d")).is_err());
        std::os::unix::fs::symlink(dir.path(), top.join("b/link")).unwrap();
        fs::write(dir.path().join("kept"), b"").unwrap();
        remove_tree(&top).unwrap();
        remove_tree(&top).unwrap();
        assert!(!top.exists());
        assert!(dir.path().join("kept").exists());
    }
}
