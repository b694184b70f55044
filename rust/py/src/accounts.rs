//! Tracing by accounts for Python: numpy arrays in, numpy arrays out.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::trace::accounts::{
    self as core, AccountNetwork, AccountRequest, AccountRule, Entry, FlatAccounts,
};
use peelchain_core::trace::{Direction, Limits, Pace, TraceError};
use pyo3::prelude::*;

use crate::errors::of_trace;
use crate::trace::{Flat, flat, report};

type Ints<'py> = PyReadonlyArray1<'py, i64>;
type OutInts<'py> = Bound<'py, PyArray1<i64>>;
type OutCodes<'py> = Bound<'py, PyArray1<u8>>;
type OutEnds<'py> = (
    OutCodes<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
);
type OutHoldings<'py> = (
    OutInts<'py>,
    OutCodes<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
);
type OutPayments<'py> = (
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutInts<'py>,
    OutCodes<'py>,
    OutInts<'py>,
    OutInts<'py>,
);
type OutClaims<'py> = (OutInts<'py>, OutInts<'py>, OutInts<'py>);
type OutFlow<'py> = (
    &'static str,
    OutEnds<'py>,
    OutHoldings<'py>,
    OutPayments<'py>,
    OutClaims<'py>,
);
type OutNetwork<'py> = (
    i64,
    (OutInts<'py>, OutInts<'py>, OutInts<'py>, OutInts<'py>),
    (OutInts<'py>, OutInts<'py>),
    (
        OutInts<'py>,
        OutInts<'py>,
        OutCodes<'py>,
        OutInts<'py>,
        OutInts<'py>,
        OutInts<'py>,
    ),
);
type OutApportioned = (Vec<Vec<i64>>, Vec<i64>, i64);
type InEntry = (i64, Option<Vec<(usize, i64)>>);

/// Flows of the seeds through accounts; see `_core.pyi`.
#[pyfunction]
#[pyo3(signature = (
    chain, accounts, *, backward, rules, seed_txouts, seed_traced_sat, seed_claimants,
    boundary_scripts, boundary_kinds, exempt_scripts, coinjoin_txs, target_scripts, target_txouts,
    max_hops, min_value_sat, min_height, max_height, max_account_outputs, max_txs, payments, network,
    progress
))]
#[allow(clippy::too_many_arguments, reason = "one keyword each in Python")]
fn trace_accounts<'py>(
    py: Python<'py>,
    chain: Flat<'py>,
    accounts: (Ints<'py>, Ints<'py>, Ints<'py>),
    backward: bool,
    rules: Vec<String>,
    seed_txouts: Ints<'py>,
    seed_traced_sat: Ints<'py>,
    seed_claimants: Option<Ints<'py>>,
    boundary_scripts: Ints<'py>,
    boundary_kinds: PyReadonlyArray1<'py, u8>,
    exempt_scripts: Ints<'py>,
    coinjoin_txs: Ints<'py>,
    target_scripts: Ints<'py>,
    target_txouts: Ints<'py>,
    max_hops: Option<u32>,
    min_value_sat: Option<i64>,
    min_height: Option<i32>,
    max_height: Option<i32>,
    max_account_outputs: Option<u64>,
    max_txs: Option<u64>,
    payments: bool,
    network: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Vec<OutFlow<'py>>, Option<OutNetwork<'py>>, u64, u64, bool)> {
    let mut view = flat(py, &chain)?;
    let mut owners = FlatAccounts {
        account_of_script: accounts.0.as_slice()?,
        first_output: accounts.1.as_slice()?,
        outputs: accounts.2.as_slice()?,
    };
    let rules = rules
        .iter()
        .map(|name| rule(py, name))
        .collect::<PyResult<Vec<_>>>()?;
    let request = AccountRequest {
        direction: if backward {
            Direction::Backward
        } else {
            Direction::Forward
        },
        rules: &rules,
        seed_txouts: seed_txouts.as_slice()?,
        seed_traced_sat: seed_traced_sat.as_slice()?,
        seed_claimants: seed_claimants
            .as_ref()
            .map(|claimants| claimants.as_slice())
            .transpose()?,
        boundary_scripts: boundary_scripts.as_slice()?,
        boundary_kinds: boundary_kinds.as_slice()?,
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
        max_account_outputs,
        max_txs,
        payments,
        network,
    };
    let mut raised = None;
    let outcome = py.detach(|| {
        core::trace_accounts(&mut view, &mut owners, &request, &mut |at| {
            report(progress.as_ref(), at).unwrap_or_else(|error| {
                raised = Some(error);
                Pace::Abort
            })
        })
    });
    if let Some(error) = raised {
        return Err(error);
    }
    let outcome = outcome.map_err(|error| of_trace(py, error))?;
    Ok((
        outcome
            .flows
            .into_iter()
            .map(|flow| columns(py, flow))
            .collect(),
        outcome.network.map(|network| network_columns(py, network)),
        outcome.walked_txs,
        outcome.books,
        outcome.partial,
    ))
}

fn rule(py: Python<'_>, name: &str) -> PyResult<AccountRule> {
    AccountRule::from_name(name).ok_or_else(|| {
        let known = AccountRule::ALL.map(AccountRule::name).join(", ");
        let message = format!("no account rule is called '{name}'; the rules are {known}");
        of_trace(py, TraceError::Request(message))
    })
}

fn columns(py: Python<'_>, flow: core::AccountFlow) -> OutFlow<'_> {
    let core::AccountFlow {
        rule,
        ends,
        holdings,
        payments,
        claims,
    } = flow;
    (
        rule.name(),
        (
            ends.types.into_pyarray(py),
            ends.txs.into_pyarray(py),
            ends.txouts.into_pyarray(py),
            ends.accounts.into_pyarray(py),
            ends.value_sat.into_pyarray(py),
            ends.traced_sat.into_pyarray(py),
        ),
        (
            holdings.accounts.into_pyarray(py),
            holdings.types.into_pyarray(py),
            holdings.txs.into_pyarray(py),
            holdings.balance_sat.into_pyarray(py),
            holdings.traced_sat.into_pyarray(py),
        ),
        (
            payments.accounts.into_pyarray(py),
            payments.txs.into_pyarray(py),
            payments.txouts.into_pyarray(py),
            payments.to_accounts.into_pyarray(py),
            payments.types.into_pyarray(py),
            payments.value_sat.into_pyarray(py),
            payments.traced_sat.into_pyarray(py),
        ),
        (
            claims.rows.into_pyarray(py),
            claims.claimants.into_pyarray(py),
            claims.traced_sat.into_pyarray(py),
        ),
    )
}

fn network_columns(py: Python<'_>, network: AccountNetwork) -> OutNetwork<'_> {
    (
        network.nodes,
        (
            network.tails.into_pyarray(py),
            network.heads.into_pyarray(py),
            network.capacities_sat.into_pyarray(py),
            network.arc_txouts.into_pyarray(py),
        ),
        (
            network.seed_nodes.into_pyarray(py),
            network.seed_sat.into_pyarray(py),
        ),
        (
            network.end_nodes.into_pyarray(py),
            network.end_capacities_sat.into_pyarray(py),
            network.end_types.into_pyarray(py),
            network.end_txs.into_pyarray(py),
            network.end_txouts.into_pyarray(py),
            network.end_accounts.into_pyarray(py),
        ),
    )
}

/// Whose the payments of a list of entries are; see `_core.pyi`.
#[pyfunction]
fn apportion_ledger(
    py: Python<'_>,
    entries: Vec<InEntry>,
    claimants: usize,
    rule: &str,
) -> PyResult<OutApportioned> {
    let rule = self::rule(py, rule)?;
    let entries: Vec<Entry> = entries
        .into_iter()
        .map(|(value_sat, claims)| match claims {
            Some(claims) => Entry::Receipt { value_sat, claims },
            None => Entry::Payment {
                widths_sat: vec![value_sat],
            },
        })
        .collect();
    let found = py
        .detach(|| core::apportion(&entries, claimants, rule))
        .map_err(|error| of_trace(py, error))?;
    Ok((found.paid_sat, found.held_sat, found.balance_sat))
}

#[pyfunction]
fn account_rules() -> Vec<&'static str> {
    AccountRule::ALL.map(AccountRule::name).to_vec()
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(trace_accounts, module)?)?;
    module.add_function(wrap_pyfunction!(apportion_ledger, module)?)?;
    module.add_function(wrap_pyfunction!(account_rules, module)?)
}
