//! Tracing by the books of accounts: scope account.
//!
//! The scripts of one cluster are one account. Its books hold, in chain order, what it was paid by
//! others and what it paid to others and as fees; outputs to itself change nothing. `reach` writes
//! the books that value from the seeds can get into, and no rule has a say in it; `flow` then reads
//! them under one rule. Backward the same books are read from their end, payments becoming
//! receipts.

mod books;
mod flow;
mod journal;
mod ledger;
mod network;
mod opening;
mod owners;
mod reach;
mod seeds;
#[cfg(test)]
mod tests;
mod transaction;

pub use flow::{AccountFlow, Claims, Ends, Holdings, Payments};
pub use ledger::{Apportioned, Entry, apportion};
pub use network::AccountNetwork;
pub use owners::{Accounts, FlatAccounts};

use super::{ChainSource, Direction, Limits, Pulse, TraceError};

/// How the value an account holds goes out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRule {
    /// What came first goes out first. Source: Devaynes v Noble, Clayton's case (1816) 1 Mer 572.
    Fifo,
    /// What came last goes out first.
    Lifo,
    /// Each payment carries the proportion of the balance at its time (rolling charge). Source:
    /// Barlow Clowes International Ltd v Vaughan [1992] 4 All ER 22, "the North American solution".
    Pool,
    /// What is not traced goes out first, and no later receipt restores what went (lowest
    /// intermediate balance). Source: Re Hallett's Estate (1880) 13 Ch D 696; James Roscoe (Bolton)
    /// Ltd v Winder [1915] 1 Ch 62.
    Libr,
}

impl AccountRule {
    pub const ALL: [AccountRule; 4] = [
        AccountRule::Fifo,
        AccountRule::Lifo,
        AccountRule::Pool,
        AccountRule::Libr,
    ];

    pub fn name(self) -> &'static str {
        match self {
            AccountRule::Fifo => "account_fifo",
            AccountRule::Lifo => "account_lifo",
            AccountRule::Pool => "account_pool",
            AccountRule::Libr => "account_libr",
        }
    }

    pub fn from_name(name: &str) -> Option<AccountRule> {
        AccountRule::ALL
            .into_iter()
            .find(|rule| rule.name() == name)
    }

    /// Whether the books can be read from their end under it: what goes out first under `Libr`
    /// depends on what is traced, which backward is only known at the end.
    pub fn runs_backward(self) -> bool {
        self != AccountRule::Libr
    }
}

/// What to trace. Id slices are sorted and without duplicates, except the seeds' (any order).
#[derive(Clone, Copy, Debug)]
pub struct AccountRequest<'a> {
    pub direction: Direction,
    pub rules: &'a [AccountRule],
    /// An output may stand here once for each claimant.
    pub seed_txouts: &'a [i64],
    /// Satoshis traced of each seed: at least 1, for one output at most its value together.
    pub seed_traced_sat: &'a [i64],
    /// The claimant of each seed, counted from 0, where there are several.
    pub seed_claimants: Option<&'a [i64]>,
    pub boundary_scripts: &'a [i64],
    /// `Terminal::Service` or `Terminal::Mixer` for each of `boundary_scripts`.
    pub boundary_kinds: &'a [u8],
    pub exempt_scripts: &'a [i64],
    pub coinjoin_txs: &'a [i64],
    pub target_scripts: &'a [i64],
    pub target_txouts: &'a [i64],
    /// `max_hops` counts accounts from the nearest seed's.
    pub limits: Limits,
    /// An account paid by more outputs than this is not gone into.
    pub max_account_outputs: Option<u64>,
    /// After so many transactions walked through, the walk stops.
    pub max_txs: Option<u64>,
    pub payments: bool,
    pub network: bool,
}

/// The outcome under each rule asked, in that order.
#[derive(Clone, Debug)]
pub struct AccountOutcome {
    pub flows: Vec<AccountFlow>,
    pub network: Option<AccountNetwork>,
    pub walked_txs: u64,
    /// Books opened; those of one account that are opened again count again.
    pub books: u64,
    pub partial: bool,
}

/// The flows of the seeds through the books of accounts.
///
/// Amounts are checked on every run: in each payment, of each claimant, and over the whole.
pub fn trace_accounts<C: ChainSource, A: Accounts>(
    chain: &mut C,
    accounts: &mut A,
    request: &AccountRequest<'_>,
    pulse: Pulse<'_>,
) -> Result<AccountOutcome, TraceError> {
    if request.direction == Direction::Backward
        && let Some(rule) = request.rules.iter().find(|rule| !rule.runs_backward())
    {
        let backward = AccountRule::ALL
            .into_iter()
            .filter(|rule| rule.runs_backward())
            .map(AccountRule::name);
        return Err(TraceError::Request(format!(
            "{} depends on what is traced, so it runs forward only; backward use {}",
            rule.name(),
            backward.collect::<Vec<_>>().join(", ")
        )));
    }
    let journal = reach::reach(chain, accounts, request, pulse)?;
    let flows = request
        .rules
        .iter()
        .map(|rule| flow::flow(&journal, request, *rule, pulse))
        .collect::<Result<Vec<AccountFlow>, TraceError>>()?;
    let network = request.network.then(|| network::network(&journal));
    Ok(AccountOutcome {
        flows,
        network,
        walked_txs: journal.walked_txs,
        books: journal.slot_accounts.len() as u64,
        partial: journal.partial,
    })
}
