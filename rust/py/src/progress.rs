//! Long work reporting to Python while the GIL is released.

use std::time::{Duration, Instant};

use peelchain_core::CoreError;
use pyo3::call::PyCallArgs;
use pyo3::prelude::*;

use crate::errors::to_py;

const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Calls back into Python now and then, so that signals are seen and a bar moves.
pub struct Reporter {
    callback: Option<Py<PyAny>>,
    last: Instant,
    raised: Option<PyErr>,
}

impl Reporter {
    pub fn new(callback: Option<Py<PyAny>>) -> Self {
        Self {
            callback,
            last: Instant::now(),
            raised: None,
        }
    }

    /// Tells steps done and in all, unless it did a moment ago; false when Python wishes to stop.
    pub fn report(&mut self, done: u64, of: u64) -> bool {
        if self.last.elapsed() < PROGRESS_EVERY {
            return true;
        }
        self.last = Instant::now();
        self.tell((done, of))
    }

    /// Calls back at once; false when Python wishes to stop.
    pub fn tell(&mut self, step: impl for<'py> PyCallArgs<'py>) -> bool {
        let outcome = Python::attach(|py| {
            py.check_signals()?;
            if let Some(callback) = &self.callback {
                callback.call1(py, step)?;
            }
            Ok(())
        });
        match outcome {
            Ok(()) => true,
            Err(error) => {
                self.raised = Some(error);
                false
            }
        }
    }

    pub fn outcome<T>(self, py: Python<'_>, result: Result<T, CoreError>) -> PyResult<T> {
        match (result, self.raised) {
            (Err(CoreError::Stopped), Some(error)) => Err(error),
            (Err(error), _) => Err(to_py(py, error)),
            (Ok(value), _) => Ok(value),
        }
    }
}
