//! A few files kept open, so that reading block after block does not open a file for each.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

const MOST_OPEN: usize = 16;

/// The files read last, by their number; any thread may ask.
#[derive(Debug, Default)]
pub struct OpenFiles {
    /// The one used last comes last.
    open: Mutex<Vec<(u32, Arc<File>)>>,
}

impl OpenFiles {
    /// The file of this number, opened at `path` unless it is open.
    pub fn get(&self, number: u32, path: &Path) -> io::Result<Arc<File>> {
        if let Some(file) = self.used(number) {
            return Ok(file);
        }
        // two threads may open the same file at once: both handles are good, the later one stays
        let file = Arc::new(File::open(path)?);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(n, _)| *n != number);
        if open.len() == MOST_OPEN {
            open.remove(0);
        }
        open.push((number, file.clone()));
        Ok(file)
    }

    /// Lets go of a file, as when it turned out not to be what it was.
    pub fn forget(&self, number: u32) {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|(n, _)| *n != number);
    }

    fn used(&self, number: u32) -> Option<Arc<File>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let place = open.iter().position(|(n, _)| *n == number)?;
        let entry = open.remove(place);
        let file = entry.1.clone();
        open.push(entry);
        Some(file)
    }
}
