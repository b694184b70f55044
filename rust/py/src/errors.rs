//! The one bridge from the core's errors to Python's.

use peelchain_core::CoreError;
use peelchain_core::cluster::ClusterError;
use peelchain_core::trace::TraceError;
use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError, PyValueError};
use pyo3::prelude::*;

/// The exception for a core error: a class of `peelchain.errors`, or OSError with its errno.
pub fn to_py(py: Python<'_>, error: CoreError) -> PyErr {
    let class = match &error {
        CoreError::Io { path, source } => {
            let arguments = (
                source.raw_os_error(),
                source.to_string(),
                path.display().to_string(),
            );
            return PyOSError::new_err(arguments);
        }
        CoreError::Stopped => return PyKeyboardInterrupt::new_err(()),
        CoreError::Source { .. } | CoreError::Malformed(_) => "SourceError",
        CoreError::Table { .. } => "StoreError",
        CoreError::Misuse(_) => "MisuseError",
    };
    named(py, class, error.to_string())
}

/// The exception for a trace that could not be carried out.
pub fn of_trace(py: Python<'_>, error: TraceError) -> PyErr {
    let class = match error {
        TraceError::Store(error) => return to_py(py, error),
        TraceError::Request(_) => "MisuseError",
        TraceError::Chain(_) | TraceError::Cancelled => "StoreError",
        TraceError::Conservation(_) => "ConservationError",
    };
    named(py, class, error.to_string())
}

/// The exception for arrays that a clustering kernel refused.
pub fn of_cluster(error: ClusterError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn named(py: Python<'_>, class: &str, message: String) -> PyErr {
    let made = py
        .import("peelchain.errors")
        .and_then(|module| module.getattr(class))
        .and_then(|class| class.call1((message,)));
    match made {
        Ok(value) => PyErr::from_value(value),
        Err(failed) => failed,
    }
}
