//! Tracing for Python: numpy arrays in, numpy arrays out.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::trace::{
    self as core, Direction, Limits, Outcome, Pace, Progress, Pulse, Request, Rule, Terminal,
    TraceError,
};
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::errors::of_trace;
use crate::stored::StoredChain;

type Ints<'py> = PyReadonlyArray1<'py, i64>;
type OutInts<'py> = Bound<'py, PyArray1<i64>>;
type OutBytes<'py> = Bound<'py, PyArray1<u8>>;
pub(crate) type Flat<'py> = (
    PyReadonlyArray1<'py, i32>,
    Ints<'py>,
    Ints<'py>,
    Ints<'py>,
    Ints<'py>,
    Ints<'py>,
    Ints<'py>,
    Ints<'py>,
    PyReadonlyArray1<'py, bool>,
);
/// The chain in memory, or in a store's files.
#[derive(FromPyObject)]
pub(crate) enum Source<'py> {
    Flat(Flat<'py>),
    Stored(Bound<'py, StoredChain>),
}
type OutTerminals<'py> = (
    OutBytes<'py>,
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
type OutReached<'py> = (OutInts<'py>, OutBytes<'py>, OutInts<'py>);
type OutGraph<'py> = (
    usize,
    OutInts<'py>,
    OutInts<'py>,
    OutBytes<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
);
type OutFlow<'py> = (
    &'static str,
    OutTerminals<'py>,
    Vec<i128>,
    OutHops<'py>,
    Option<(OutInts<'py>, OutTerminals<'py>)>,
);
type OutTrace<'py> = (
    Vec<OutFlow<'py>>,
    OutReached<'py>,
    Option<OutGraph<'py>>,
    (u64, Vec<i128>),
    bool,
    u64,
    u64,
);

/// Flows of the seeds; see `_core.pyi`.
#[pyfunction]
#[pyo3(signature = (
    chain, *, backward, rules, seed_txouts, seed_traced_sat, seed_claimants, boundary_scripts,
    boundary_kinds, boundary_clusters, boundary_cluster_kinds, exempt_scripts, coinjoin_txs, target_scripts, target_txouts, max_hops,
    min_value_sat, min_height, max_height, max_txs, hops, paths, graph, progress
))]
#[allow(clippy::too_many_arguments, reason = "one keyword each in Python")]
fn trace<'py>(
    py: Python<'py>,
    chain: Source<'py>,
    backward: bool,
    rules: Vec<String>,
    seed_txouts: Ints<'py>,
    seed_traced_sat: Ints<'py>,
    seed_claimants: Option<Ints<'py>>,
    boundary_scripts: Ints<'py>,
    boundary_kinds: PyReadonlyArray1<'py, u8>,
    boundary_clusters: Ints<'py>,
    boundary_cluster_kinds: PyReadonlyArray1<'py, u8>,
    exempt_scripts: Ints<'py>,
    coinjoin_txs: Ints<'py>,
    target_scripts: Ints<'py>,
    target_txouts: Ints<'py>,
    max_hops: Option<u32>,
    min_value_sat: Option<i64>,
    min_height: Option<i32>,
    max_height: Option<i32>,
    max_txs: Option<u64>,
    hops: bool,
    paths: bool,
    graph: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<OutTrace<'py>> {
    let rules = rules
        .iter()
        .map(|name| rule(py, name))
        .collect::<PyResult<Vec<_>>>()?;
    let seed_claimants = seed_claimants.as_ref();
    let request = Request {
        direction: if backward {
            Direction::Backward
        } else {
            Direction::Forward
        },
        rules: &rules,
        seed_txouts: seed_txouts.as_slice()?,
        seed_traced_sat: seed_traced_sat.as_slice()?,
        seed_claimants: seed_claimants.map(|c| c.as_slice()).transpose()?,
        boundary_scripts: boundary_scripts.as_slice()?,
        boundary_kinds: boundary_kinds.as_slice()?,
        boundary_clusters: boundary_clusters.as_slice()?,
        boundary_cluster_kinds: boundary_cluster_kinds.as_slice()?,
        exempt_scripts: exempt_scripts.as_slice()?,
        coinjoin_txs: coinjoin_txs.as_slice()?,
        target_scripts: target_scripts.as_slice()?,
        target_txouts: target_txouts.as_slice()?,
        limits: Limits {
            max_hops,
            min_value_sat,
            min_height,
            max_height,
        },
        max_txs,
        hops,
        paths,
        graph,
    };
    let progress = progress.as_ref();
    let outcome = match &chain {
        Source::Flat(arrays) => {
            let source = &mut flat(py, arrays)?;
            watched(py, progress, |pulse| core::trace(source, &request, pulse))?
        }
        Source::Stored(chain) => {
            let source = &mut chain.try_borrow_mut()?.inner;
            watched(py, progress, |pulse| core::trace(source, &request, pulse))?
        }
    };
    Ok(answer(py, outcome))
}

pub(crate) fn flat<'a>(py: Python<'_>, chain: &'a Flat<'_>) -> PyResult<core::Chain<'a>> {
    let flat = core::Chain {
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
    flat.check_lengths().map_err(|error| of_trace(py, error))?;
    Ok(flat)
}

/// Runs a walk without the interpreter's lock; what `progress` raises ends it and is raised on.
pub(crate) fn watched<T: Send>(
    py: Python<'_>,
    progress: Option<&Py<PyAny>>,
    walk: impl FnOnce(Pulse<'_>) -> Result<T, TraceError> + Send,
) -> PyResult<T> {
    let mut raised = None;
    let outcome = py.detach(|| {
        walk(&mut |at| {
            report(progress, at).unwrap_or_else(|error| {
                raised = Some(error);
                Pace::Abort
            })
        })
    });
    match raised {
        Some(error) => Err(error),
        None => outcome.map_err(|error| of_trace(py, error)),
    }
}

/// Lets Python act on signals and tells `progress`, which returns False to stop and keep what was
/// found; an error of either aborts.
fn report(progress: Option<&Py<PyAny>>, at: Progress) -> PyResult<Pace> {
    Python::attach(|py| {
        py.check_signals()?;
        let Some(progress) = progress else {
            return Ok(Pace::GoOn);
        };
        let answer = progress.call1(py, (at.stage, at.done, at.total))?;
        Ok(if answer.bind(py).is(&*PyBool::new(py, false)) {
            Pace::StopAndKeep
        } else {
            Pace::GoOn
        })
    })
}

fn rule(py: Python<'_>, name: &str) -> PyResult<Rule> {
    Rule::from_name(name).ok_or_else(|| {
        let known = Rule::ALL.map(Rule::name).join(", ");
        let message = format!("no tracing rule is called '{name}'; the rules are {known}");
        of_trace(py, TraceError::Request(message))
    })
}

fn answer(py: Python<'_>, outcome: Outcome) -> OutTrace<'_> {
    let flows = outcome.flows.into_iter().map(|flow| arrays(py, flow));
    let reached = outcome.reached;
    let poison = outcome.poison;
    (
        flows.collect(),
        (
            reached.txouts.into_pyarray(py),
            reached.types.into_pyarray(py),
            reached.via.into_pyarray(py),
        ),
        outcome.graph.map(|graph| graph_arrays(py, graph)),
        (poison.txouts, poison.totals_sat.to_vec()),
        outcome.partial,
        outcome.visited_txs,
        outcome.reached_txouts,
    )
}

fn arrays(py: Python<'_>, flow: core::Flow) -> OutFlow<'_> {
    let hops = flow.hops;
    let claims = flow.claims.map(|claims| {
        let terminals = terminal_arrays(py, claims.terminals);
        (claims.claimants.into_pyarray(py), terminals)
    });
    (
        flow.rule.name(),
        terminal_arrays(py, flow.terminals),
        flow.totals_sat.to_vec(),
        (
            hops.from_txouts.into_pyarray(py),
            hops.txs.into_pyarray(py),
            hops.to_txouts.into_pyarray(py),
            hops.value_sat.into_pyarray(py),
            hops.traced_sat.into_pyarray(py),
        ),
        claims,
    )
}

fn terminal_arrays(py: Python<'_>, terminals: core::Terminals) -> OutTerminals<'_> {
    (
        terminals.types.into_pyarray(py),
        terminals.txs.into_pyarray(py),
        terminals.txouts.into_pyarray(py),
        terminals.value_sat.into_pyarray(py),
        terminals.traced_sat.into_pyarray(py),
    )
}

fn graph_arrays(py: Python<'_>, graph: core::Graph) -> OutGraph<'_> {
    (
        graph.seed_count,
        graph.node_txouts.into_pyarray(py),
        graph.node_value_sat.into_pyarray(py),
        graph.node_types.into_pyarray(py),
        graph.visit_txs.into_pyarray(py),
        graph.visit_fee_sat.into_pyarray(py),
        graph.first_entering.into_pyarray(py),
        graph.entering.into_pyarray(py),
        graph.first_leaving.into_pyarray(py),
    )
}

#[pyfunction]
#[pyo3(signature = (*, backward = false))]
fn tracing_rules(backward: bool) -> Vec<&'static str> {
    let rules = Rule::ALL.into_iter();
    rules
        .filter(|rule| !backward || rule.runs_backward())
        .map(Rule::name)
        .collect()
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
