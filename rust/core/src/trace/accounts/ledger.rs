//! One account's books given as a list: a custodian's own.

use super::AccountRule;
use super::books::{Balances, Books, Lines, Mixing, Parcels, PaysFrom, add_runs};
use crate::trace::{MAX_MONEY_SAT, TraceError};

/// One line of the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// (claimant, satoshis), which are the first of the receipt.
    Receipt {
        value_sat: i64,
        claims: Vec<(usize, i64)>,
    },
    /// One transaction: what is paid to each payee.
    Payment { widths_sat: Vec<i64> },
}

/// Whose the payments are, and what is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apportioned {
    /// Satoshis by claimant of each width of each payment in turn.
    pub paid_sat: Vec<Vec<i64>>,
    pub held_sat: Vec<i64>,
    pub balance_sat: i64,
}

/// The entries under a rule. Refuses one that pays more than there is, or claims more than came in.
pub fn apportion(
    entries: &[Entry],
    claimants: usize,
    rule: AccountRule,
) -> Result<Apportioned, TraceError> {
    match rule {
        AccountRule::Fifo => run(entries, claimants, Lines::new(PaysFrom::First, false)),
        AccountRule::Lifo => run(entries, claimants, Lines::new(PaysFrom::Last, false)),
        AccountRule::Pool => run(entries, claimants, Balances::new(Mixing::Pool, claimants)),
        AccountRule::Libr => run(
            entries,
            claimants,
            Balances::new(Mixing::OwnFirst, claimants),
        ),
    }
}

fn run<B: Books>(
    entries: &[Entry],
    claimants: usize,
    mut books: B,
) -> Result<Apportioned, TraceError> {
    let mut found = Apportioned::default();
    let mut left_sat = vec![0i128; claimants];
    let mut runs = Vec::new();
    let mut parcels = Parcels::default();
    books.open(0);
    for (row, entry) in entries.iter().enumerate() {
        match entry {
            Entry::Receipt { value_sat, claims } => {
                check_receipt(row, *value_sat, claims, claimants, found.balance_sat)?;
                found.balance_sat += value_sat;
                books.seed_runs(*value_sat, claims, &mut runs);
                books.receive(0, *value_sat, &runs);
                for (claimant, sat) in claims {
                    left_sat[*claimant] += i128::from(*sat);
                }
            }
            Entry::Payment { widths_sat } => {
                found.balance_sat = rest_of(row, widths_sat, found.balance_sat)?;
                parcels.clear();
                books.pay(0, widths_sat, found.balance_sat, &mut parcels);
                for parcel in 0..parcels.len() {
                    let mut sums = vec![0; claimants];
                    add_runs(parcels.runs(parcel).iter(), &mut sums);
                    for (left, sat) in left_sat.iter_mut().zip(&sums) {
                        *left -= i128::from(*sat);
                    }
                    found.paid_sat.push(sums);
                }
            }
        }
    }
    found.held_sat = vec![0; claimants];
    books.add_held(0, &mut found.held_sat);
    let held = found.held_sat.iter().map(|sat| i128::from(*sat));
    if held.eq(left_sat) {
        return Ok(found);
    }
    Err(TraceError::Conservation(
        "the claims paid and held are not those received".to_string(),
    ))
}

fn check_receipt(
    row: usize,
    value_sat: i64,
    claims: &[(usize, i64)],
    claimants: usize,
    balance_sat: i64,
) -> Result<(), TraceError> {
    if !(1..=MAX_MONEY_SAT - balance_sat).contains(&value_sat) {
        return Err(TraceError::Request(format!(
            "entry {row}: a receipt of {value_sat} sat on a balance of {balance_sat} sat; give 1 sat \
             to all money"
        )));
    }
    let mut left_sat = value_sat;
    for (claimant, sat) in claims {
        if *claimant >= claimants || !(1..=left_sat).contains(sat) {
            return Err(TraceError::Request(format!(
                "entry {row}: {sat} sat of claimant {claimant} are not within the {value_sat} sat \
                 received"
            )));
        }
        left_sat -= sat;
    }
    Ok(())
}

fn rest_of(row: usize, widths_sat: &[i64], balance_sat: i64) -> Result<i64, TraceError> {
    let mut rest_sat = balance_sat;
    for width in widths_sat {
        if !(0..=rest_sat).contains(width) {
            return Err(TraceError::Request(format!(
                "entry {row} pays {width} sat of {rest_sat} sat; put what was received before first"
            )));
        }
        rest_sat -= width;
    }
    Ok(rest_sat)
}
