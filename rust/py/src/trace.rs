//! Tracing for Python: numpy arrays in, numpy arrays out.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::trace::{self as core, Direction, Limits, Progress, Request, Rule, Terminal};
use pyo3::prelude::*;

use crate::errors::of_trace;

type Ints<'py> = PyReadonlyArray1<'py, i64>;
type OutInts<'py> = Bound<'py, PyArray1<i64>>;
type OutTerminals<'py> = (
    Bound<'py, PyArray1<u8>>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
);
type OutHops<'py> = (
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
);
type OutReached<'py> = (OutInts<'py>, Bound<'py, PyArray1<u8>>, OutInts<'py>);
type OutFlow<'py> = (&'static str, OutTerminals<'py>, OutHops<'py>, u64, u64);

/// Flows of the seeds; see `_core.pyi`.
#[pyfunction]
#[pyo3(signature = (
    chain, *, backward, rules, seed_txouts, seed_traced_sat, boundary_scripts, boundary_kinds,
    exempt_scripts, coinjoin_txs, max_hops, min_value_sat, min_height, max_height, hops, paths, progress
))]
#[allow(clippy::too_many_arguments, reason = "one keyword each in Python")]
fn trace<'py>(
    py: Python<'py>,
    chain: (
        PyReadonlyArray1<'py, i32>,
        Ints<'py>,
        Ints<'py>,
        Ints<'py>,
        Ints<'py>,
        Ints<'py>,
        Ints<'py>,
        Ints<'py>,
        PyReadonlyArray1<'py, bool>,
    ),
    backward: bool,
    rules: Vec<String>,
    seed_txouts: Ints<'py>,
    seed_traced_sat: Ints<'py>,
    boundary_scripts: Ints<'py>,
    boundary_kinds: PyReadonlyArray1<'py, u8>,
    exempt_scripts: Ints<'py>,
    coinjoin_txs: Ints<'py>,
    max_hops: Option<u32>,
    min_value_sat: Option<i64>,
    min_height: Option<i32>,
    max_height: Option<i32>,
    hops: bool,
    paths: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Vec<OutFlow<'py>>, OutReached<'py>)> {
    let view = core::Chain {
        tx_height: chain.0.as_slice()?,
        tx_first_txin: chain.1.as_slice()?,
        tx_first_txout: chain.2.as_slice()?,
        txin_prev_txout: chain.3.as_slice()?,
        txout_value: chain.4.as_slice()?,
        txout_script: chain.5.as_slice()?,
        txout_tx: chain.6.as_slice()?,
        txout_spender: chain.7.as_slice()?,
        txout_unspendable: chain.8.as_slice()?,
    };
    let rules = rules
        .iter()
        .map(|name| rule(py, name))
        .collect::<PyResult<Vec<_>>>()?;
    let request = Request {
        direction: if backward {
            Direction::Backward
        } else {
            Direction::Forward
        },
        rules: &rules,
        seed_txouts: seed_txouts.as_slice()?,
        seed_traced_sat: seed_traced_sat.as_slice()?,
        boundary_scripts: boundary_scripts.as_slice()?,
        boundary_kinds: boundary_kinds.as_slice()?,
        exempt_scripts: exempt_scripts.as_slice()?,
        coinjoin_txs: coinjoin_txs.as_slice()?,
        limits: Limits {
            max_hops,
            min_value_sat,
            min_height,
            max_height,
        },
        hops,
        paths,
    };
    let mut raised = None;
    let outcome = py.detach(|| {
        core::trace(
            &view,
            &request,
            &mut |at| match report(progress.as_ref(), at) {
                Ok(()) => true,
                Err(error) => {
                    raised = Some(error);
                    false
                }
            },
        )
    });
    if let Some(error) = raised {
        return Err(error);
    }
    let outcome = outcome.map_err(|error| of_trace(py, error))?;
    let flows = outcome.flows.into_iter().map(|flow| arrays(py, flow));
    let reached = outcome.reached;
    Ok((
        flows.collect(),
        (
            reached.txouts.into_pyarray(py),
            reached.types.into_pyarray(py),
            reached.via.into_pyarray(py),
        ),
    ))
}

/// Lets Python act on signals and tells `progress`; an error of either cancels.
fn report(progress: Option<&Py<PyAny>>, at: Progress) -> PyResult<()> {
    Python::attach(|py| {
        py.check_signals()?;
        if let Some(progress) = progress {
            progress.call1(py, (at.stage, at.done, at.total))?;
        }
        Ok(())
    })
}

fn rule(py: Python<'_>, name: &str) -> PyResult<Rule> {
    Rule::from_name(name).ok_or_else(|| {
        let known = Rule::ALL.map(Rule::name).join(", ");
        let message = format!("no tracing rule is called '{name}'; the rules are {known}");
        of_trace(py, core::TraceError::Request(message))
    })
}

fn arrays(py: Python<'_>, flow: core::Flow) -> OutFlow<'_> {
    let terminals = flow.terminals;
    let hops = flow.hops;
    (
        flow.rule.name(),
        (
            terminals.types.into_pyarray(py),
            terminals.txs.into_pyarray(py),
            terminals.txouts.into_pyarray(py),
            terminals.value_sat.into_pyarray(py),
            terminals.traced_sat.into_pyarray(py),
        ),
        (
            hops.from_txouts.into_pyarray(py),
            hops.txs.into_pyarray(py),
            hops.to_txouts.into_pyarray(py),
            hops.value_sat.into_pyarray(py),
            hops.traced_sat.into_pyarray(py),
        ),
        flow.visited_txs,
        flow.reached_txouts,
    )
}

#[pyfunction]
fn tracing_rules() -> Vec<&'static str> {
    Rule::ALL.map(Rule::name).to_vec()
}

#[pyfunction]
fn terminal_types() -> Vec<&'static str> {
    Terminal::NAMES.to_vec()
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(trace, module)?)?;
    module.add_function(wrap_pyfunction!(tracing_rules, module)?)?;
    module.add_function(wrap_pyfunction!(terminal_types, module)?)
}
