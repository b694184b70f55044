//! The blocks folder: files of at most 128 MiB, obfuscated as a node does, written by a second thread.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::block::MAGIC;
use crate::random::mix;

/// Bitcoin Core's MAX_BLOCKFILE_SIZE.
const FILE_MOST: u64 = 128 << 20;
const IN_FLIGHT: usize = 4;
pub const MARKER: &str = "generated.json";

#[derive(Debug)]
pub enum Error {
    Io(PathBuf, io::Error),
    /// what, and the remedy
    Misuse(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Io(path, error) => write!(
                f,
                "{}: {error}; what is in the folder is not whole: remove it and run again",
                path.display()
            ),
            Error::Misuse(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {}

pub type Result<T> = std::result::Result<T, Error>;

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |error| Error::Io(path, error)
}

/// A block in two pieces: header with coinbase, and the other transactions.
#[derive(Default)]
pub struct Frame {
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

/// One block file: its number, bytes, and the height of its first block.
pub struct FileMade {
    pub number: u32,
    pub bytes: u64,
    pub first_height: u32,
}

/// Where a block's frame begins.
#[derive(Clone, Copy, Default)]
pub struct Place {
    pub file: u32,
    pub offset: u64,
}

/// A folder being written.
pub struct Folder {
    dir: PathBuf,
    full: SyncSender<Frame>,
    empty: Receiver<Frame>,
    writer: JoinHandle<Result<()>>,
    pub files: Vec<FileMade>,
    pub bytes: u64,
}

impl Folder {
    /// Makes the folder, which must be new or empty.
    pub fn create(dir: &Path, seed: u64, plain: bool) -> Result<Self> {
        fs::create_dir_all(dir).map_err(at(dir))?;
        if fs::read_dir(dir).map_err(at(dir))?.next().is_some() {
            let state = match dir.join(MARKER).exists() {
                true => "holds a whole chain already",
                false => "is not empty",
            };
            return Err(Error::Misuse(format!(
                "{} {state}; give a folder that does not exist yet, or remove it",
                dir.display()
            )));
        }
        let key = match plain {
            true => 0,
            false => mix(seed ^ 0x786f72) | 1,
        };
        if !plain {
            let path = dir.join("xor.dat");
            fs::write(&path, key.to_le_bytes()).map_err(at(&path))?;
        }
        let (full, frames) = sync_channel(IN_FLIGHT);
        let (done, empty) = sync_channel(2 * IN_FLIGHT);
        let path = dir.to_owned();
        let writer = std::thread::spawn(move || write_frames(&path, key, &frames, &done));
        Ok(Folder {
            dir: dir.to_owned(),
            full,
            empty,
            writer,
            files: Vec::new(),
            bytes: 0,
        })
    }

    /// A frame to fill, its memory used before.
    pub fn frame(&self) -> Frame {
        let mut frame = self.empty.try_recv().unwrap_or_default();
        frame.head.clear();
        frame.body.clear();
        frame
    }

    /// Hands a block to the writer; gives its place. None once the writer has failed: `finish` says why.
    pub fn push(&mut self, frame: Frame, height: u32) -> Option<Place> {
        let bytes = 8 + (frame.head.len() + frame.body.len()) as u64;
        if self.files.last().is_none_or(|f| !fits(f.bytes, bytes)) {
            self.files.push(FileMade {
                number: self.files.len() as u32,
                bytes: 0,
                first_height: height,
            });
        }
        let file = self.files.last_mut()?;
        let place = Place {
            file: file.number,
            offset: file.bytes,
        };
        file.bytes += bytes;
        self.bytes += bytes;
        self.full.send(frame).ok()?;
        Some(place)
    }

    /// Waits for the writer, then writes the marker: the folder is whole.
    pub fn finish(self, marker: &str) -> Result<()> {
        drop(self.full);
        self.writer.join().expect("the writer does not panic")?;
        let path = self.dir.join(MARKER);
        fs::write(&path, marker).map_err(at(&path))
    }
}

fn fits(before: u64, bytes: u64) -> bool {
    before + bytes <= FILE_MOST
}

fn write_frames(
    dir: &Path,
    key: u64,
    frames: &Receiver<Frame>,
    done: &SyncSender<Frame>,
) -> Result<()> {
    let mut number = 0u32;
    let mut open: Option<(PathBuf, File)> = None;
    let mut offset = 0;
    for mut frame in frames {
        let bytes = (frame.head.len() + frame.body.len()) as u64;
        if open.is_some() && !fits(offset, 8 + bytes) {
            open = None;
            number += 1;
        }
        let (path, file) = match &mut open {
            Some(open) => open,
            None => {
                let path = dir.join(format!("blk{number:05}.dat"));
                let file = File::create_new(&path).map_err(at(&path))?;
                offset = 0;
                open.insert((path, file))
            }
        };
        let mut start = [0; 8];
        start[..4].copy_from_slice(&MAGIC);
        start[4..].copy_from_slice(&(bytes as u32).to_le_bytes());
        for part in [&mut start[..], &mut frame.head, &mut frame.body] {
            obfuscate(key, offset, part);
            file.write_all(part).map_err(at(path))?;
            offset += part.len() as u64;
        }
        // the builder may be gone already
        let _ = done.try_send(frame);
    }
    Ok(())
}

/// XORs with the key, which repeats every eight bytes from the file's beginning.
fn obfuscate(key: u64, offset: u64, bytes: &mut [u8]) {
    let turned = key.rotate_right(8 * (offset % 8) as u32);
    let mut chunks = bytes.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes((&*chunk).try_into().expect("eight bytes")) ^ turned;
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(turned.to_le_bytes()) {
        *byte ^= key;
    }
}
