//! Bindings of the CoinJoin detectors, over a batch of transactions as flat arrays.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::chain::script::ScriptType;
use peelchain_core::cluster::coinjoin::{
    Input, Kind, Limits, Output, Protocol, Transaction, Verdict, judge,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

type Ids<'py> = PyReadonlyArray1<'py, i64>;
type Column<'py> = Bound<'py, PyArray1<i64>>;

/// The columns of the matrix of reasons, in order.
const REASONS: [&str; 17] = [
    "participants",
    "equal",
    "value_sat",
    "inputs",
    "input_scripts",
    "outputs",
    "others",
    "repeated",
    "unknown_inputs",
    "levels",
    "coordinator",
    "signed_single",
    "partition",
    "lineage",
    "parents_known",
    "parents",
    "protocol",
];

pub fn reasons(verdict: &Verdict) -> [i64; REASONS.len()] {
    let r = &verdict.reasons;
    [
        i64::from(verdict.participants_at_least),
        i64::from(r.equal),
        r.value_sat,
        i64::from(r.inputs),
        i64::from(r.input_scripts),
        i64::from(r.outputs),
        i64::from(r.others),
        i64::from(r.repeated),
        i64::from(r.unknown_inputs),
        i64::from(r.levels),
        i64::from(r.coordinator),
        i64::from(r.signed_single),
        r.partition as i64,
        r.lineage as i64,
        i64::from(r.parents_known),
        i64::from(r.parents),
        r.protocol as i64,
    ]
}

/// Where each transaction's rows begin and end; refused unless the bounds rise from 0 to `rows`.
fn ranges(name: &str, bounds: &[i64], rows: usize) -> PyResult<Vec<std::ops::Range<usize>>> {
    let rise = bounds.windows(2).all(|w| w[0] <= w[1]);
    if bounds.first() != Some(&0) || bounds.last() != Some(&(rows as i64)) || !rise {
        return Err(PyValueError::new_err(format!(
            "{name} does not rise from 0 to {rows}"
        )));
    }
    let ranges = bounds.windows(2).map(|w| w[0] as usize..w[1] as usize);
    Ok(ranges.collect())
}

fn same_length(name: &str, found: usize, expected: usize) -> PyResult<()> {
    if found == expected {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "{name} has {found} entries where {expected} are needed"
    )))
}

fn type_code(code: i64) -> i8 {
    i8::try_from(code).unwrap_or(-1)
}

#[pyfunction]
#[pyo3(signature = (first_input, first_output, input_value, input_script, input_type, input_prev,
    input_single, output_value, output_script, output_type, payloads, prior_kinds, coordinators, *,
    name_negatives))]
#[allow(clippy::too_many_arguments, clippy::type_complexity)]
fn judge_coinjoins<'py>(
    py: Python<'py>,
    first_input: Ids<'py>,
    first_output: Ids<'py>,
    input_value: Ids<'py>,
    input_script: Ids<'py>,
    input_type: Ids<'py>,
    input_prev: Ids<'py>,
    input_single: Ids<'py>,
    output_value: Ids<'py>,
    output_script: Ids<'py>,
    output_type: Ids<'py>,
    payloads: Vec<Option<Vec<u8>>>,
    prior_kinds: Ids<'py>,
    mut coordinators: Vec<i64>,
    name_negatives: bool,
) -> PyResult<(
    Column<'py>,
    Column<'py>,
    Bound<'py, PyArray1<f64>>,
    Column<'py>,
)> {
    let (value, script) = (input_value.as_slice()?, input_script.as_slice()?);
    let (kind, prev) = (input_type.as_slice()?, input_prev.as_slice()?);
    let single = input_single.as_slice()?;
    let (out_value, out_script) = (output_value.as_slice()?, output_script.as_slice()?);
    let out_type = output_type.as_slice()?;
    let prior = prior_kinds.as_slice()?;
    for (name, found) in [
        ("input_script", script.len()),
        ("input_type", kind.len()),
        ("input_prev", prev.len()),
        ("input_single", single.len()),
    ] {
        same_length(name, found, value.len())?;
    }
    same_length("output_script", out_script.len(), out_value.len())?;
    same_length("output_type", out_type.len(), out_value.len())?;
    let spends = ranges("first_input", first_input.as_slice()?, value.len())?;
    let pays = ranges("first_output", first_output.as_slice()?, out_value.len())?;
    same_length("first_output", pays.len(), spends.len())?;
    same_length("payloads", payloads.len(), spends.len())?;
    let count = spends.len() as i64;

    let outputs: Vec<Output> = (0..out_value.len())
        .map(|at| Output {
            value_sat: out_value[at],
            script: out_script[at],
            script_type: type_code(out_type[at]),
        })
        .collect();
    coordinators.sort_unstable();
    let limits = Limits {
        coordinators,
        name_negatives,
        ..Limits::default()
    };
    let found = py.detach(|| {
        let mut judged: Vec<Option<Kind>> = Vec::with_capacity(spends.len());
        let mut found: Vec<(i64, Verdict)> = Vec::new();
        for (tx, (spends, pays)) in spends.into_iter().zip(pays).enumerate() {
            let inputs: Vec<Input> = spends
                .map(|at| Input {
                    value_sat: value[at],
                    script: script[at],
                    script_type: type_code(kind[at]),
                    // a parent that comes later in the batch is not judged yet
                    prev_tx: if prev[at] >= tx as i64 && prev[at] < count {
                        -1
                    } else {
                        prev[at]
                    },
                    signs_single: single[at] != 0,
                })
                .collect();
            let known = |prev: i64| {
                let prev = usize::try_from(prev).ok()?;
                match judged.get(prev) {
                    Some(&kind) => kind,
                    None => Kind::of_code(type_code(*prior.get(prev - count as usize)?)),
                }
            };
            let verdict = judge(
                &Transaction {
                    inputs: &inputs,
                    outputs: &outputs[pays],
                    payload: payloads[tx].as_deref(),
                },
                &known,
                &limits,
            );
            judged.push(verdict.map(|v| v.kind));
            found.extend(verdict.map(|v| (tx as i64, v)));
        }
        found
    });
    let numbers: Vec<i64> = found.iter().flat_map(|(_, v)| reasons(v)).collect();
    Ok((
        found
            .iter()
            .map(|f| f.0)
            .collect::<Vec<_>>()
            .into_pyarray(py),
        found
            .iter()
            .map(|(_, v)| v.kind as i64)
            .collect::<Vec<_>>()
            .into_pyarray(py),
        found
            .iter()
            .map(|(_, v)| v.score)
            .collect::<Vec<_>>()
            .into_pyarray(py),
        numbers.into_pyarray(py),
    ))
}

/// The words for the codes, each list in the order of the codes: kinds with whether they are a mix and
/// whether they give links, columns of reasons, asset protocols, script types.
#[pyfunction]
#[allow(clippy::type_complexity)]
fn coinjoin_vocabulary() -> (
    Vec<(&'static str, bool, bool)>,
    Vec<&'static str>,
    Vec<&'static str>,
    Vec<&'static str>,
) {
    (
        Kind::ALL
            .iter()
            .map(|k| (k.name(), k.is_mix(), k.gives_links()))
            .collect(),
        REASONS.to_vec(),
        Protocol::NAMES.to_vec(),
        ScriptType::NAMES.to_vec(),
    )
}

/// The limits of the detectors by name, as numbers or lists of numbers.
#[pyfunction]
fn coinjoin_limits(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    // named one by one: a limit that is added and not told would not change a policy's name
    let Limits {
        dust_sat,
        min_equal,
        fee_percent,
        pools_sat,
        premix_excess_sat,
        min_wabisabi_inputs,
        wasabi_base_sat,
        coordinators: _,
        postage_sat,
        partition_steps,
        name_negatives: _,
    } = Limits::default();
    let told = PyDict::new(py);
    told.set_item("dust_sat", dust_sat)?;
    told.set_item("min_equal", min_equal)?;
    told.set_item("fee_percent", fee_percent)?;
    told.set_item("pools_sat", pools_sat)?;
    told.set_item("premix_excess_sat", premix_excess_sat)?;
    told.set_item("min_wabisabi_inputs", min_wabisabi_inputs)?;
    told.set_item("wasabi_base_sat", wasabi_base_sat)?;
    told.set_item("postage_sat", postage_sat)?;
    told.set_item("partition_steps", partition_steps)?;
    Ok(told)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(judge_coinjoins, module)?)?;
    module.add_function(wrap_pyfunction!(coinjoin_vocabulary, module)?)?;
    module.add_function(wrap_pyfunction!(coinjoin_limits, module)?)?;
    Ok(())
}
