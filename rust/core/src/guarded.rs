//! Reading Parquet files that may be damaged: what the library says of them, panics included, in words.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Whether this thread is inside the Parquet library.
    static READING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `read`; why it failed in one line, if it did.
pub fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    hush();
    READING.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(read));
    READING.set(false);
    let why = outcome.unwrap_or_else(|_| Err("its pages contradict each other".into()));
    why.map_err(|why| why.lines().next().unwrap_or_default().into())
}

/// Keeps the panics of a damaged file off stderr: `guarded` tells them in its own words.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !READING.get() {
                usual(info);
            }
        }));
    });
}
