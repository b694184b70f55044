//! Tracing by accounts for Python: numpy arrays in, numpy arrays out.

use std::collections::HashMap;

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use peelchain_core::trace::accounts::{
    self as core, AccountNetwork, AccountOutcome, AccountRequest, AccountRule, Accounts, Entry,
    FlatAccounts,
};
use peelchain_core::trace::{ChainSource, Direction, Limits, TraceError};
use pyo3::prelude::*;

use crate::errors::of_trace;
use crate::trace::{Source, flat, watched};

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
type OutTrace<'py> = (Vec<OutFlow<'py>>, Option<OutNetwork<'py>>, u64, u64, bool);
type OutApportioned = (Vec<Vec<i64>>, Vec<i64>, i64);
type InEntry = (i64, Option<Vec<(usize, i64)>>);

/// Accounts in memory, or two functions: the account of a script, the outputs of an account.
#[derive(FromPyObject)]
enum InAccounts<'py> {
    Flat((Ints<'py>, Ints<'py>, Ints<'py>)),
    Called((Py<PyAny>, Py<PyAny>)),
}

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
    chain: Source<'py>,
    accounts: InAccounts<'py>,
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
) -> PyResult<OutTrace<'py>> {
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
    let progress = progress.as_ref();
    let outcome = match (&chain, accounts) {
        (Source::Flat(arrays), InAccounts::Flat(owners)) => run(
            py,
            &mut flat(py, arrays)?,
            &mut owners_of(&owners)?,
            &request,
            progress,
        ),
        (Source::Stored(chain), InAccounts::Flat(owners)) => {
            let chain = &mut chain.try_borrow_mut()?.inner;
            run(py, chain, &mut owners_of(&owners)?, &request, progress)
        }
        (Source::Flat(arrays), InAccounts::Called(calls)) => {
            let mut called = CalledAccounts::new(calls);
            let outcome = run(py, &mut flat(py, arrays)?, &mut called, &request, progress);
            called.raised.map_or(outcome, Err)
        }
        (Source::Stored(chain), InAccounts::Called(calls)) => {
            let mut called = CalledAccounts::new(calls);
            let chain = &mut chain.try_borrow_mut()?.inner;
            let outcome = run(py, chain, &mut called, &request, progress);
            called.raised.map_or(outcome, Err)
        }
    }?;
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

/// Traces over any source, without the interpreter's lock.
fn run<C: ChainSource + Send, A: Accounts + Send>(
    py: Python<'_>,
    chain: &mut C,
    accounts: &mut A,
    request: &AccountRequest<'_>,
    progress: Option<&Py<PyAny>>,
) -> PyResult<AccountOutcome> {
    watched(py, progress, |pulse| {
        core::trace_accounts(chain, accounts, request, pulse)
    })
}

fn owners_of<'a>(arrays: &'a (Ints<'_>, Ints<'_>, Ints<'_>)) -> PyResult<FlatAccounts<'a>> {
    Ok(FlatAccounts {
        account_of_script: arrays.0.as_slice()?,
        first_output: arrays.1.as_slice()?,
        outputs: arrays.2.as_slice()?,
    })
}

/// Accounts that Python is asked for; what it raises is kept, and ends the walk.
struct CalledAccounts {
    account_of: Py<PyAny>,
    outputs_of: Py<PyAny>,
    known: HashMap<i64, i64>,
    counts: HashMap<i64, u64>,
    raised: Option<PyErr>,
}

impl CalledAccounts {
    fn new((account_of, outputs_of): (Py<PyAny>, Py<PyAny>)) -> CalledAccounts {
        CalledAccounts {
            account_of,
            outputs_of,
            known: HashMap::new(),
            counts: HashMap::new(),
            raised: None,
        }
    }

    fn keep<T>(&mut self, answer: PyResult<T>) -> Result<T, TraceError> {
        answer.map_err(|error| {
            self.raised = Some(error);
            TraceError::Cancelled
        })
    }
}

impl Accounts for CalledAccounts {
    fn account_of(&mut self, script: i64) -> Result<i64, TraceError> {
        if let Some(account) = self.known.get(&script) {
            return Ok(*account);
        }
        let answer = Python::attach(|py| self.account_of.call1(py, (script,))?.extract::<i64>(py));
        let account = self.keep(answer)?;
        self.known.insert(script, account);
        Ok(account)
    }

    fn output_count(&mut self, account: i64) -> Result<u64, TraceError> {
        if let Some(count) = self.counts.get(&account) {
            return Ok(*count);
        }
        let mut txouts = Vec::new();
        self.outputs(account, &mut txouts)?;
        self.counts.insert(account, txouts.len() as u64);
        Ok(txouts.len() as u64)
    }

    fn outputs(&mut self, account: i64, txouts: &mut Vec<i64>) -> Result<(), TraceError> {
        txouts.clear();
        let answer = Python::attach(|py| {
            let found = self.outputs_of.bind(py).call1((account,))?;
            let found: Ints<'_> = found.extract()?;
            txouts.extend_from_slice(found.as_slice()?);
            Ok(())
        });
        self.keep(answer)
    }
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
