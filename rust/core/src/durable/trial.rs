//! Power cuts, full disks and kills on trial, switched on by the environment:
//!
//! - `PEELCHAIN_RECORD_WRITES=FOLDER` records every operation with its bytes, for `replay`;
//! - `PEELCHAIN_FAIL_WRITE=N`: from operation N on (the first is 1) the disk is full;
//! - `PEELCHAIN_KILL_WRITE=N`: the process dies in place of operation N.
//!
//! Off, it costs one relaxed load an operation.

use std::env;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::log::{Operation, Recorder};

const RECORD: &str = "PEELCHAIN_RECORD_WRITES";
const FAIL: &str = "PEELCHAIN_FAIL_WRITE";
const KILL: &str = "PEELCHAIN_KILL_WRITE";
/// ENOSPC, which is the same number on every Unix.
const NO_SPACE: i32 = 28;

static OFF: AtomicBool = AtomicBool::new(false);
static TRIAL: OnceLock<Option<Mutex<Trial>>> = OnceLock::new();

/// Carries out an operation, unless a trial has it fail.
pub fn carry_out<T>(
    operation: &Operation<'_>,
    act: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    if OFF.load(Ordering::Relaxed) {
        return act();
    }
    match TRIAL.get_or_init(Trial::from_environment) {
        None => {
            OFF.store(true, Ordering::Relaxed);
            act()
        }
        // held over the act, so that what is recorded has the order of what was done
        Some(trial) => trial
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .carry_out(operation, act),
    }
}

#[derive(Default)]
struct Trial {
    done: u64,
    fail_from: Option<u64>,
    kill_at: Option<u64>,
    /// A device that cannot do as asked says so at the first operation.
    recorder: Option<Result<Recorder, String>>,
}

impl Trial {
    fn from_environment() -> Option<Mutex<Self>> {
        let number = |name: &str| -> Option<Result<u64, String>> {
            let text = env::var_os(name)?;
            let parsed = text.to_str().and_then(|t| t.parse().ok());
            Some(parsed.ok_or_else(|| format!("{name} is no number; give that of an operation")))
        };
        let mut trial = Self::default();
        match (number(FAIL).transpose(), number(KILL).transpose()) {
            (Ok(fail), Ok(kill)) => (trial.fail_from, trial.kill_at) = (fail, kill),
            (Err(e), _) | (_, Err(e)) => trial.recorder = Some(Err(e)),
        }
        if let (None, Some(folder)) = (&trial.recorder, env::var_os(RECORD)) {
            let made = Recorder::open(Path::new(&folder));
            trial.recorder = Some(made.map_err(|e| format!("{RECORD}: {e}; name a folder")));
        }
        let on = trial.fail_from.is_some() || trial.kill_at.is_some() || trial.recorder.is_some();
        on.then(|| Mutex::new(trial))
    }

    fn carry_out<T>(
        &mut self,
        operation: &Operation<'_>,
        act: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        if let Some(Err(why)) = &self.recorder {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why.clone()));
        }
        // those that the system refuses do not count, as they are not recorded
        let number = self.done + 1;
        if self.kill_at == Some(number) {
            // no handler and no destructor runs, as with a kill
            std::process::abort();
        }
        if self.fail_from.is_some_and(|from| number >= from) && operation.takes_room() {
            return Err(io::Error::from_raw_os_error(NO_SPACE));
        }
        let done = act()?;
        self.done = number;
        if let Some(Ok(recorder)) = &mut self.recorder {
            recorder.record(operation)?;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_takes_nothing_more_but_lets_go() {
        let mut trial = Trial {
            fail_from: Some(2),
            ..Trial::default()
        };
        let path = Path::new("f");
        let make = Operation::MakeDir { path };
        let remove = Operation::RemoveFile { path };
        assert!(trial.carry_out(&make, || Ok(())).is_ok());
        let refused = trial.carry_out(&make, || Ok(())).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
        assert!(trial.carry_out(&remove, || Ok(())).is_ok());
        assert!(trial.carry_out(&make, || Ok(())).is_err());
    }
}
