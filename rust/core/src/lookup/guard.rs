//! Reading Parquet files that may be damaged: what the library says of them, panics included, in words.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;

use crate::error::{CoreError, Result};

thread_local! {
    /// Whether this thread is inside the Parquet library.
    static READING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `read` on a file of a table.
pub fn guarded<T>(
    table: &str,
    path: &Path,
    read: impl FnOnce() -> std::result::Result<T, String>,
) -> Result<T> {
    hush();
    READING.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(read));
    READING.set(false);
    let why = match outcome {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(why)) => why,
        Err(_) => "its pages contradict each other".into(),
    };
    let why = why.lines().next().unwrap_or_default();
    Err(CoreError::Table {
        table: table.into(),
        what: format!(
            "{} cannot be read ({why}); run 'peelchain chain verify' to see what is damaged, then \
             ingest into a new store",
            path.display()
        ),
    })
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
