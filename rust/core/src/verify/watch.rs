//! Checks on threads of their own, while the caller's thread reports how far they are.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::{Checked, Halt, Progress};

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How far one kind of work is, and whether it is to stop.
pub struct Meter<'a> {
    what: &'static str,
    done: AtomicU64,
    of: u64,
    stop: &'a AtomicBool,
}

impl<'a> Meter<'a> {
    pub fn new(what: &'static str, of: u64, stop: &'a AtomicBool) -> Self {
        Self {
            what,
            done: AtomicU64::new(0),
            of,
            stop,
        }
    }

    /// Takes note of steps done; halts when the user asked to.
    pub fn add(&self, steps: u64) -> Checked<()> {
        self.done.fetch_add(steps, Ordering::Relaxed);
        self.go_on()
    }

    /// Halts when the user asked to.
    pub fn go_on(&self) -> Checked<()> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Halt::Stopped);
        }
        Ok(())
    }
}

pub type Task<'t, T> = Box<dyn FnOnce() -> T + Send + 't>;

/// The tasks' results in their order. `progress` is called from this thread for each meter, as the
/// interpreter sees a wish to stop only there; all the meters share one.
pub fn in_parallel<T: Send>(
    tasks: Vec<Task<'_, T>>,
    meters: &[&Meter],
    progress: &mut Progress,
) -> Vec<T> {
    thread::scope(|scope| {
        let (ended, ends) = channel::<()>();
        let threads: Vec<_> = tasks
            .into_iter()
            .map(|task| {
                let ended = ended.clone();
                scope.spawn(move || {
                    // dropped at the end, in whatever way the task ends
                    let _ended = ended;
                    task()
                })
            })
            .collect();
        drop(ended);
        while let Err(RecvTimeoutError::Timeout) = ends.recv_timeout(LOOK_EVERY) {
            for meter in meters {
                let done = meter.done.load(Ordering::Relaxed).min(meter.of);
                // once stopped nobody is told any more
                if meter.go_on().is_ok() && !progress(meter.what, done, meter.of) {
                    meter.stop.store(true, Ordering::Relaxed);
                }
            }
        }
        threads
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}
