//! Linkage of a transaction for Python: values in, counts of any size out.

use peelchain_core::linkage::{self as core, Outcome, Question};
use pyo3::prelude::*;

use crate::progress::Reporter;

/// Interpretations by parties and links by input and output; or what bound was met, and no counts.
type Counted = (Option<&'static str>, Vec<u128>, Vec<Vec<u128>>);

/// Counts of interpretations; see `_core.pyi`.
#[pyfunction]
#[pyo3(signature = (
    input_sat, output_sat, *, most_gain_sat, most_loss_sat, parties_at_least, finest, max_steps, progress
))]
#[allow(clippy::too_many_arguments, reason = "one keyword each in Python")]
fn linkage(
    py: Python<'_>,
    input_sat: Vec<i64>,
    output_sat: Vec<i64>,
    most_gain_sat: i64,
    most_loss_sat: i64,
    parties_at_least: u32,
    finest: bool,
    max_steps: u64,
    progress: Option<Py<PyAny>>,
) -> PyResult<Counted> {
    let question = Question {
        input_sat: &input_sat,
        output_sat: &output_sat,
        most_gain_sat,
        most_loss_sat,
        parties_at_least,
        finest,
        max_steps,
    };
    let mut reporter = Reporter::new(progress);
    let counted =
        py.detach(|| core::linkage(&question, &mut |steps| reporter.report(steps, max_steps)));
    Ok(match reporter.outcome(py, counted)? {
        Outcome::Exact(linkage) => {
            let rows = linkage.links.chunks(output_sat.len().max(1));
            (
                None,
                linkage.by_parties,
                rows.map(<[u128]>::to_vec).collect(),
            )
        }
        Outcome::GaveUp(bound) => (Some(bound.name()), Vec::new(), Vec::new()),
    })
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(linkage, module)?)
}
