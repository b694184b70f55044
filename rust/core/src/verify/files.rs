//! The bytes of the files against the hashes taken when they were written.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use sha2::{Digest, Sha256};

use super::watch::{self, Meter, Task};
use super::{Checked, Findings, Progress, settled};
use crate::chain::hash::Hash;
use crate::error::Result;

const READ_BYTES: usize = 1 << 20;

/// That each file has the SHA-256 given for it. `progress` counts files.
pub fn verify_files(files: &[(PathBuf, Hash)], progress: &mut Progress) -> Result<Findings> {
    let stop = AtomicBool::new(false);
    let meter = Meter::new("files", files.len() as u64, &stop);
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let tasks = (0..workers.min(files.len()))
        .map(|_| -> Task<'_, Checked<Vec<(usize, String)>>> {
            Box::new(|| {
                let mut failures = Vec::new();
                let mut buffer = vec![0; READ_BYTES];
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some((path, wanted)) = files.get(place) else {
                        return Ok(failures);
                    };
                    match digest(path, &mut buffer, &meter)? {
                        Ok(found) if found == *wanted => {}
                        Ok(_) => failures.push((
                            place,
                            format!("{}: its content is not what was written", path.display()),
                        )),
                        Err(error) => failures
                            .push((place, format!("{}: {}", path.display(), in_words(&error)))),
                    }
                    meter.add(1)?;
                }
            })
        })
        .collect();
    let mut findings = Findings {
        checked: files.len() as u64,
        ..Findings::default()
    };
    let mut failures = Vec::new();
    for part in watch::in_parallel(tasks, &[&meter], progress) {
        match part {
            Ok(part) => failures.extend(part),
            Err(halt) => return settled(findings, Err(halt)),
        }
    }
    failures.sort_unstable();
    for (_, failure) in failures {
        findings.fail(|| failure);
    }
    Ok(findings)
}

fn digest(path: &Path, buffer: &mut [u8], meter: &Meter) -> Checked<io::Result<Hash>> {
    let mut hasher = Sha256::new();
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return Ok(Err(error)),
    };
    loop {
        meter.go_on()?;
        match file.read(buffer) {
            Ok(0) => return Ok(Ok(hasher.finalize().into())),
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Ok(Err(error)),
        }
    }
}

/// The system's own words, without its number.
pub fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.into(),
        None => text,
    }
}
