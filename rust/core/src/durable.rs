//! Durable writes. Every file of a store goes through here, so that one place decides what survives
//! a power cut: content is synced before its name, the name before whoever relies on it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{CoreError, Result};

/// What was written, as the manifest records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub sha256: [u8; 32],
    pub bytes: u64,
}

/// A new file that hashes what passes through it and syncs when finished.
pub struct DurableFile {
    path: PathBuf,
    file: BufWriter<File>,
    hasher: Sha256,
    bytes: u64,
}

impl DurableFile {
    /// Creates `path`, which must not exist yet.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::options()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(|e| CoreError::io(path, e))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(1 << 20, file),
            hasher: Sha256::new(),
            bytes: 0,
        })
    }

    /// Syncs the content, then the name.
    pub fn finish(mut self) -> Result<Written> {
        let path = self.path;
        self.file.flush().map_err(|e| CoreError::io(&path, e))?;
        self.file
            .get_ref()
            .sync_all()
            .map_err(|e| CoreError::io(&path, e))?;
        if let Some(parent) = path.parent() {
            sync_dir(parent)?;
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

/// Makes the names inside `dir` survive a power cut.
pub fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir)
        .and_then(|d| d.sync_all())
        .map_err(|e| CoreError::io(dir, e))
}

/// Replaces `path` by `content` in one step: a reader sees the old file or the new one, whole.
pub fn replace(path: &Path, content: &[u8]) -> Result<Written> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    match fs::remove_file(&temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            return Err(CoreError::io(&temporary, e));
        }
        _ => {}
    }
    let mut file = DurableFile::create(&temporary)?;
    file.write_all(content)
        .map_err(|e| CoreError::io(&temporary, e))?;
    let written = file.finish()?;
    fs::rename(&temporary, path).map_err(|e| CoreError::io(path, e))?;
    if let Some(parent) = path.parent() {
        sync_dir(parent)?;
    }
    Ok(written)
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
}
