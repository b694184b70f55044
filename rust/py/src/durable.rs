//! Bindings of durable writes.

use std::path::{Path, PathBuf};

use peelchain_core::durable::{self, Kept, Recording};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::to_py;

/// Replaces a file in one durable step; gives SHA-256 and size.
#[pyfunction]
fn replace_file<'py>(
    py: Python<'py>,
    path: PathBuf,
    content: &[u8],
) -> PyResult<(Bound<'py, PyBytes>, u64)> {
    let written = py
        .detach(|| durable::replace(&path, content))
        .map_err(|e| to_py(py, e))?;
    Ok((PyBytes::new(py, &written.sha256), written.bytes))
}

fn on_disk(
    py: Python<'_>,
    path: &Path,
    act: fn(&Path) -> peelchain_core::Result<()>,
) -> PyResult<()> {
    py.detach(|| act(path)).map_err(|e| to_py(py, e))
}

/// Makes the names in a directory survive a power cut.
#[pyfunction]
fn sync_dir(py: Python<'_>, path: PathBuf) -> PyResult<()> {
    on_disk(py, &path, durable::sync_dir)
}

/// Makes a folder and those above it that are missing, their names durable.
#[pyfunction]
fn make_dirs(py: Python<'_>, path: PathBuf) -> PyResult<()> {
    on_disk(py, &path, durable::make_dirs)
}

/// Makes an empty file for locks if none is there; its name is not durable.
#[pyfunction]
fn make_lock(py: Python<'_>, path: PathBuf) -> PyResult<()> {
    on_disk(py, &path, durable::make_lock)
}

/// Removes a file, if it is there.
#[pyfunction]
fn remove_file(py: Python<'_>, path: PathBuf) -> PyResult<()> {
    on_disk(py, &path, durable::remove_file)
}

/// Removes an empty folder, if it is there.
#[pyfunction]
fn remove_dir(py: Python<'_>, path: PathBuf) -> PyResult<()> {
    on_disk(py, &path, durable::remove_dir)
}

/// Removes a folder and all in it, if it is there.
#[pyfunction]
fn remove_tree(py: Python<'_>, path: PathBuf) -> PyResult<()> {
    on_disk(py, &path, durable::remove_tree)
}

/// The operations that `PEELCHAIN_RECORD_WRITES` recorded in a folder: kind and path of each.
#[pyfunction]
fn recorded_writes(
    py: Python<'_>,
    folder: PathBuf,
) -> PyResult<Vec<(&'static str, Option<PathBuf>)>> {
    let recording = Recording::read(&folder).map_err(|e| to_py(py, e))?;
    let operations = recording.operations().map_err(|e| to_py(py, e))?;
    Ok(operations
        .iter()
        .map(|done| (done.kind(), done.path().map(Path::to_owned)))
        .collect())
}

/// Builds in `target` what a power cut after `upto` operations leaves of `root`.
#[pyfunction]
#[pyo3(signature = (folder, root, target, *, upto, kept="nothing", seed=0))]
fn replay_writes(
    py: Python<'_>,
    folder: PathBuf,
    root: PathBuf,
    target: PathBuf,
    upto: usize,
    kept: &str,
    seed: u64,
) -> PyResult<()> {
    let kept = match kept {
        "nothing" => Kept::Nothing,
        "all" => Kept::All,
        "in_order" => Kept::InOrder(seed),
        "any_order" => Kept::AnyOrder(seed),
        other => {
            return Err(PyValueError::new_err(format!(
                "{other:?} keeps nothing known"
            )));
        }
    };
    py.detach(|| {
        let recording = Recording::read(&folder)?;
        durable::replay(&recording.operations()?, &root, &target, upto, kept)
    })
    .map_err(|e| to_py(py, e))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(replace_file, module)?)?;
    module.add_function(wrap_pyfunction!(sync_dir, module)?)?;
    module.add_function(wrap_pyfunction!(make_dirs, module)?)?;
    module.add_function(wrap_pyfunction!(make_lock, module)?)?;
    module.add_function(wrap_pyfunction!(remove_file, module)?)?;
    module.add_function(wrap_pyfunction!(remove_dir, module)?)?;
    module.add_function(wrap_pyfunction!(remove_tree, module)?)?;
    module.add_function(wrap_pyfunction!(recorded_writes, module)?)?;
    module.add_function(wrap_pyfunction!(replay_writes, module)?)?;
    Ok(())
}
