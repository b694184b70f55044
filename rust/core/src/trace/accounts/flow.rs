//! The seeds' satoshis in the books under one rule, checked, as columns.

use super::books::{Balances, Books, Lines, Mixing, Parcels, PaysFrom, add_runs};
use super::journal::{Journal, Origin};
use super::{AccountRequest, AccountRule};
use crate::trace::{Direction, NO_TERMINAL, Pace, Progress, Pulse, TraceError};

/// Where traced value leaves the accounts; rows by (transaction, output with the fee last, type).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Codes of `Terminal`.
    pub types: Vec<u8>,
    /// The transaction that made the output, or paid the fee.
    pub txs: Vec<i64>,
    /// -1 for a fee.
    pub txouts: Vec<i64>,
    /// The account that handed it on, -1 for a seed that ends where it is.
    pub accounts: Vec<i64>,
    pub value_sat: Vec<i64>,
    pub traced_sat: Vec<i64>,
}

/// What accounts hold of the traced value; rows by (account, transaction).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    pub accounts: Vec<i64>,
    /// `Terminal::Unspent`, or `Terminal::Cut` where the account goes on beyond the walk.
    pub types: Vec<u8>,
    /// The transaction that was not walked through, -1 for none.
    pub txs: Vec<i64>,
    pub balance_sat: Vec<i64>,
    pub traced_sat: Vec<i64>,
}

/// Each movement of traced value out of an account's books, in the order of the walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payments {
    pub accounts: Vec<i64>,
    pub txs: Vec<i64>,
    /// -1 for the fee.
    pub txouts: Vec<i64>,
    /// The account it goes on to, -1 where it ends.
    pub to_accounts: Vec<i64>,
    /// Code of `Terminal`, `NO_TERMINAL` where it goes on.
    pub types: Vec<u8>,
    pub value_sat: Vec<i64>,
    pub traced_sat: Vec<i64>,
}

/// The rows of `Ends` and then of `Holdings` by claimant; empty unless claimants were named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Row of `Ends`, or of `Holdings` counted on from there.
    pub rows: Vec<i64>,
    pub claimants: Vec<i64>,
    pub traced_sat: Vec<i64>,
}

/// The outcome under one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFlow {
    pub rule: AccountRule,
    pub ends: Ends,
    pub holdings: Holdings,
    pub payments: Payments,
    pub claims: Claims,
}

const PULSE_EVERY: usize = 1 << 14;

/// The flow of the journal's seeds under `rule`.
pub fn flow(
    journal: &Journal,
    request: &AccountRequest<'_>,
    rule: AccountRule,
    pulse: Pulse<'_>,
) -> Result<AccountFlow, TraceError> {
    let mirrored = request.direction == Direction::Backward;
    let claimants = journal.claimants.len();
    let rows = match rule {
        AccountRule::Fifo => run(journal, Lines::new(PaysFrom::First, mirrored), rule, pulse),
        AccountRule::Lifo => run(journal, Lines::new(PaysFrom::Last, mirrored), rule, pulse),
        AccountRule::Pool => run(journal, Balances::new(Mixing::Pool, claimants), rule, pulse),
        AccountRule::Libr => run(
            journal,
            Balances::new(Mixing::OwnFirst, claimants),
            rule,
            pulse,
        ),
    }?;
    columns(journal, request, rule, rows)
}

/// Traced satoshis of each claimant, flat: by position, and by slot at its end.
struct Rows {
    positions_sat: Vec<i64>,
    held_sat: Vec<i64>,
}

fn run<B: Books>(
    journal: &Journal,
    mut books: B,
    rule: AccountRule,
    pulse: Pulse<'_>,
) -> Result<Rows, TraceError> {
    let claimants = journal.claimants.len();
    let mut rows = Rows {
        positions_sat: vec![0; journal.positions.len() * claimants],
        held_sat: vec![0; journal.slot_accounts.len() * claimants],
    };
    let mut parcels = Parcels::default();
    let mut widths_sat = Vec::new();
    let mut seed_runs = Vec::new();
    for turn in 0..journal.turn_count() {
        if turn % PULSE_EVERY == 0 {
            let progress = Progress {
                stage: rule.name(),
                done: turn as u64,
                total: Some(journal.turn_count() as u64),
            };
            if pulse(progress) == Pace::Abort {
                return Err(TraceError::Cancelled);
            }
        }
        parcels.clear();
        let mut first_position = None;
        for (payment, positions) in journal.payments(turn) {
            let first_parcel = parcels.len();
            first_position.get_or_insert(positions.start);
            widths_sat.clear();
            let paid = &journal.positions[positions.clone()];
            widths_sat.extend(paid.iter().map(|position| position.value_sat));
            books.pay(payment.slot, &widths_sat, payment.rest_sat, &mut parcels);
            let held = payment.slot * claimants;
            for (at, position) in positions.enumerate() {
                let sums = &mut rows.positions_sat[position * claimants..][..claimants];
                add_runs(parcels.runs(first_parcel + at).iter(), sums);
                let traced_sat: i64 = sums.iter().sum();
                if traced_sat > widths_sat[at] {
                    return Err(TraceError::Conservation(format!(
                        "{traced_sat} traced sat leave by {} sat in tx {}",
                        widths_sat[at], journal.positions[position].tx
                    )));
                }
                for (claimant, sat) in sums.iter().enumerate() {
                    rows.held_sat[held + claimant] -= sat;
                }
            }
            let over = &rows.held_sat[held..held + claimants];
            if over.iter().any(|sat| *sat < 0) || over.iter().sum::<i64>() > payment.rest_sat {
                return Err(TraceError::Conservation(format!(
                    "account {} hands on other traced satoshis than it holds",
                    journal.slot_accounts[payment.slot]
                )));
            }
        }
        for value_sat in journal.openings_sat(turn) {
            books.open(*value_sat);
        }
        for receipt in journal.receipts(turn) {
            let runs = match receipt.origin {
                Origin::Clean => &[][..],
                Origin::Position(position) => {
                    parcels.runs(position - first_position.unwrap_or_default())
                }
                Origin::Seed(seed) => {
                    let seed = &journal.seeds[seed];
                    books.seed_runs(seed.value_sat, &seed.claims, &mut seed_runs);
                    &seed_runs[..]
                }
            };
            books.receive(receipt.slot, receipt.value_sat, runs);
            let held = receipt.slot * claimants;
            add_runs(runs.iter(), &mut rows.held_sat[held..held + claimants]);
        }
    }
    let mut sums = vec![0; claimants];
    for slot in 0..journal.slot_accounts.len() {
        sums.fill(0);
        books.add_held(slot, &mut sums);
        if sums != rows.held_sat[slot * claimants..][..claimants] {
            return Err(TraceError::Conservation(format!(
                "under {} the books of account {} hold other satoshis than went in and out",
                rule.name(),
                journal.slot_accounts[slot]
            )));
        }
    }
    Ok(rows)
}

/// Traced satoshis that came to rest, one row of `Ends` or of `Holdings`.
struct Row {
    made_in: i64,
    /// `i64::MAX` for a fee, which sorts last in its transaction.
    txout: i64,
    end: u8,
    account: i64,
    value_sat: i64,
    claims_sat: Vec<i64>,
}

fn columns(
    journal: &Journal,
    request: &AccountRequest<'_>,
    rule: AccountRule,
    rows: Rows,
) -> Result<AccountFlow, TraceError> {
    let claimants = journal.claimants.len();
    let mut payments = Payments::default();
    let mut ends = Vec::new();
    for turn in 0..journal.turn_count() {
        for (payment, positions) in journal.payments(turn) {
            let account = journal.slot_accounts[payment.slot];
            for at in positions {
                let claims_sat = &rows.positions_sat[at * claimants..][..claimants];
                let traced_sat: i64 = claims_sat.iter().sum();
                if traced_sat == 0 {
                    continue;
                }
                let position = journal.positions[at];
                if request.payments {
                    payments.accounts.push(account);
                    payments.txs.push(position.tx);
                    payments.txouts.push(position.txout);
                    payments.to_accounts.push(position.to_account);
                    payments.types.push(position.end);
                    payments.value_sat.push(position.value_sat);
                    payments.traced_sat.push(traced_sat);
                }
                if position.end != NO_TERMINAL {
                    let is_fee = position.txout < 0;
                    ends.push(Row {
                        made_in: position.made_in,
                        txout: if is_fee { i64::MAX } else { position.txout },
                        end: position.end,
                        account,
                        value_sat: position.value_sat,
                        claims_sat: claims_sat.to_vec(),
                    });
                }
            }
        }
    }
    for rest in &journal.rests {
        let seed = &journal.seeds[rest.seed];
        let mut claims_sat = vec![0; claimants];
        for (claimant, sat) in &seed.claims {
            claims_sat[*claimant] += sat;
        }
        ends.push(Row {
            made_in: rest.made_in,
            txout: seed.txout,
            end: rest.end,
            account: -1,
            value_sat: seed.value_sat,
            claims_sat,
        });
    }
    ends.sort_unstable_by_key(|row| (row.made_in, row.txout, row.end, row.account));
    let mut held: Vec<Row> = Vec::new();
    for holding in &journal.holdings {
        let claims_sat = rows.held_sat[holding.slot * claimants..][..claimants].to_vec();
        if claims_sat.iter().any(|sat| *sat > 0) {
            held.push(Row {
                made_in: holding.tx,
                txout: -1,
                end: holding.end,
                account: journal.slot_accounts[holding.slot],
                value_sat: holding.balance_sat,
                claims_sat,
            });
        }
    }
    // What is held at the tip comes after what the account had been cut at.
    held.sort_unstable_by_key(|row| (row.account, row.made_in < 0, row.made_in));
    check_whole(journal, rule, ends.iter().chain(&held))?;
    Ok(AccountFlow {
        rule,
        claims: claims(journal, request, ends.iter().chain(&held)),
        ends: end_columns(&ends),
        holdings: holding_columns(&held),
        payments,
    })
}

fn check_whole<'a>(
    journal: &Journal,
    rule: AccountRule,
    rows: impl Iterator<Item = &'a Row>,
) -> Result<(), TraceError> {
    let mut left_sat = vec![0i128; journal.claimants.len()];
    for seed in &journal.seeds {
        for (claimant, sat) in &seed.claims {
            left_sat[*claimant] += i128::from(*sat);
        }
    }
    for row in rows {
        for (left, sat) in left_sat.iter_mut().zip(&row.claims_sat) {
            *left -= i128::from(*sat);
        }
    }
    match left_sat.iter().position(|left| *left != 0) {
        None => Ok(()),
        Some(claimant) => Err(TraceError::Conservation(format!(
            "under {} {} sat of claimant {} came to no end",
            rule.name(),
            left_sat[claimant],
            journal.claimants[claimant]
        ))),
    }
}

fn claims<'a>(
    journal: &Journal,
    request: &AccountRequest<'_>,
    rows: impl Iterator<Item = &'a Row>,
) -> Claims {
    let mut claims = Claims::default();
    if request.seed_claimants.is_none() {
        return claims;
    }
    for (at, row) in rows.enumerate() {
        for (claimant, sat) in row.claims_sat.iter().enumerate() {
            if *sat > 0 {
                claims.rows.push(at as i64);
                claims.claimants.push(journal.claimants[claimant]);
                claims.traced_sat.push(*sat);
            }
        }
    }
    claims
}

fn end_columns(rows: &[Row]) -> Ends {
    let mut ends = Ends::default();
    for row in rows {
        ends.types.push(row.end);
        ends.txs.push(row.made_in);
        ends.txouts
            .push(if row.txout == i64::MAX { -1 } else { row.txout });
        ends.accounts.push(row.account);
        ends.value_sat.push(row.value_sat);
        ends.traced_sat.push(row.claims_sat.iter().sum());
    }
    ends
}

fn holding_columns(rows: &[Row]) -> Holdings {
    let mut holdings = Holdings::default();
    for row in rows {
        holdings.accounts.push(row.account);
        holdings.types.push(row.end);
        holdings.txs.push(row.made_in);
        holdings.balance_sat.push(row.value_sat);
        holdings.traced_sat.push(row.claims_sat.iter().sum());
    }
    holdings
}
