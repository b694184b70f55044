//! The amounts: no output spent twice, fees that are inputs less outputs, no coinbase beyond subsidy
//! and fees.
//!
//! Values by txout_id for the whole chain would take 30 GB. Most inputs spend what was made not long
//! before, so the values of the last outputs are kept in a ring; inputs that reach further back wait
//! until there are many of them, and then all take their values in one reading of the column.

use std::collections::BTreeMap;

use arrow_array::FixedSizeBinaryArray;
use arrow_buffer::NullBuffer;

use super::columns::{Batch, Ints32, Ints64};
use super::rows::{Cursor, Opened, Rows};
use super::settle::{Owed, Waiting};
use super::watch::Meter;
use super::{Checked, Findings, Halt, SHOWN, Table, Tables, settled, shown};
use crate::bits::Bits;
use crate::chain::rules::Rules;
use crate::error::Result;

const METER_TXS: u64 = 1 << 12;

/// How much memory the amounts may take. Neither changes what is found.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Outputs, the last ones, whose values are held: 8 bytes each.
    pub recent_txouts: usize,
    /// Inputs that may wait for older values: 8 bytes each, and 32 for each of their transactions.
    pub waiting_txins: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            recent_txouts: 1 << 27,
            waiting_txins: 15_000_000,
        }
    }
}

struct TxColumns {
    height: Ints32,
    tx_index: Ints32,
    fee_sat: Ints64,
    txin_count: Ints32,
    txout_count: Ints32,
}

fn tx_columns(batch: &Batch) -> Checked<TxColumns> {
    Ok(TxColumns {
        height: batch.ints32("height")?,
        tx_index: batch.ints32("tx_index")?,
        fee_sat: batch.ints64("fee_sat")?,
        txin_count: batch.ints32("txin_count")?,
        txout_count: batch.ints32("txout_count")?,
    })
}

fn prev_columns(batch: &Batch) -> Checked<(Ints64, Option<NullBuffer>)> {
    batch.optional_ints64("prev_txout_id")
}

fn value_columns(batch: &Batch) -> Checked<Ints64> {
    batch.ints64("value_sat")
}

/// The values of the last outputs.
struct Recent {
    values: Vec<i64>,
    mask: usize,
    next: i64,
}

impl Recent {
    fn new(wanted: usize, txouts: u64) -> Self {
        let all = usize::try_from(txouts).unwrap_or(usize::MAX);
        let len = wanted.min(all).clamp(1, 1 << 40).next_power_of_two();
        Self {
            values: vec![0; len],
            mask: len - 1,
            next: 0,
        }
    }

    #[inline]
    fn push(&mut self, value: i64) {
        self.values[self.next as usize & self.mask] = value;
        self.next += 1;
    }

    /// The value of an output made before; none when it is no longer held.
    #[inline]
    fn get(&self, txout: i64) -> Option<i64> {
        let held = self.next - txout <= self.values.len() as i64;
        held.then(|| self.values[txout as usize & self.mask])
    }
}

/// A transaction whose amounts do not fit.
struct Wrong {
    sum_in: i64,
    sum_out: i64,
    fee: i64,
    /// Height of its block and the most it may claim.
    coinbase: Option<(i64, i64)>,
}

/// The first of them in chain order, and how many there are.
#[derive(Default)]
struct Wrongs {
    first: BTreeMap<i64, Wrong>,
    count: u64,
}

impl Wrongs {
    fn add(&mut self, tx_id: i64, wrong: Wrong) {
        self.count += 1;
        self.first.insert(tx_id, wrong);
        if self.first.len() > SHOWN {
            self.first.pop_last();
        }
    }

    fn compare(&mut self, owed: &Owed, rules: &Rules) {
        let adds_up = owed.sum_in.checked_sub(owed.sum_out) == Some(owed.fee);
        let possible = (0..=rules.max_money).contains(&owed.sum_in);
        // with a fee of at least 0 the sum of outputs is possible as well
        if !(adds_up && possible && owed.fee >= 0) {
            let wrong = Wrong {
                sum_in: owed.sum_in,
                sum_out: owed.sum_out,
                fee: owed.fee,
                coinbase: None,
            };
            self.add(owed.tx_id, wrong);
        }
    }
}

/// The coinbase of the block whose transactions pass.
struct Coinbase {
    tx_id: i64,
    height: i64,
    sum_out: i64,
    fee: i64,
    block_fees: i64,
}

impl Coinbase {
    fn compare(&self, rules: &Rules, wrongs: &mut Wrongs) {
        let most = rules.subsidy(self.height).saturating_add(self.block_fees);
        if self.sum_out > most || self.fee != 0 {
            let wrong = Wrong {
                sum_in: 0,
                sum_out: self.sum_out,
                fee: self.fee,
                coinbase: Some((self.height, most)),
            };
            wrongs.add(self.tx_id, wrong);
        }
    }
}

#[derive(Default)]
struct Found {
    txs: u64,
    impossible: u64,
    spent_again: u64,
    wrongs: Wrongs,
}

/// Each transaction's amounts. Counts transactions.
pub fn check(tables: &Tables, limits: Limits, meter: &Meter) -> Result<Findings> {
    let mut found = Found::default();
    let end = walk(tables, limits, meter, &mut found);
    let mut findings = Findings {
        checked: found.txs,
        ..Findings::default()
    };
    if found.impossible > 0 {
        findings.fail(|| format!("{} outputs have amounts that cannot be", found.impossible));
    }
    if found.spent_again > 0 {
        findings.fail(|| format!("{} outputs are spent more than once", found.spent_again));
    }
    for (tx_id, wrong) in &found.wrongs.first {
        let name = match txid(&tables.txs, *tx_id) {
            Ok(Some(txid)) => txid,
            _ => format!("with tx_id {tx_id}"),
        };
        findings.fail(|| in_words(&name, wrong));
    }
    findings.more += found.wrongs.count - found.wrongs.first.len() as u64;
    settled(findings, end)
}

fn in_words(name: &str, wrong: &Wrong) -> String {
    let Wrong {
        sum_in,
        sum_out,
        fee,
        coinbase,
    } = wrong;
    match coinbase {
        Some((height, most)) => format!(
            "transaction {name}: the coinbase at height {height} claims {sum_out} sat and states a \
             fee of {fee}, subsidy and fees are {most}"
        ),
        None => format!(
            "transaction {name}: takes in {sum_in} sat, pays out {sum_out}, states a fee of {fee}"
        ),
    }
}

fn walk(tables: &Tables, limits: Limits, meter: &Meter, found: &mut Found) -> Checked<()> {
    let rules = &*tables.rules;
    let columns = vec!["height", "tx_index", "fee_sat", "txin_count", "txout_count"];
    let mut txs = Cursor::new(Rows::some(&tables.txs, columns), tx_columns);
    let mut prevs = Cursor::new(
        Rows::some(&tables.txins, vec!["prev_txout_id"]),
        prev_columns,
    );
    let mut values = Cursor::new(Rows::some(&tables.txouts, vec!["value_sat"]), value_columns);
    let mut recent = Recent::new(limits.recent_txouts, tables.txouts.rows);
    let mut spent = no_ids(tables.txouts.rows)?;
    let mut waiting = Waiting::new(limits.waiting_txins);
    let mut coinbase: Option<Coinbase> = None;
    let mut tx_id = 0i64;
    while let Some((tx, i)) = txs.next()? {
        if waiting.is_full() {
            waiting.settle(&tables.txouts, meter, |owed| {
                found.wrongs.compare(owed, rules);
            })?;
        }
        let (mut sum_in, mut sum_out) = (0i64, 0i64);
        let mut waits = false;
        for _ in 0..tx.txin_count[i] {
            let Some(((prev, known), at)) = prevs.next()? else {
                return Err(fewer("txins"));
            };
            if known.as_ref().is_some_and(|known| known.is_null(at)) {
                continue;
            }
            let prev = prev[at];
            if prev < 0 || prev >= recent.next {
                return Err(Halt::Broken(format!(
                    "txins.prev_txout_id: an input of tx_id {tx_id} spends {prev}, which was not \
                     made before it"
                )));
            }
            found.spent_again += u64::from(!spent.insert(prev as u64));
            match recent.get(prev) {
                Some(value) => sum_in = sum_in.saturating_add(value),
                None => {
                    waiting.push(prev);
                    waits = true;
                }
            }
        }
        for _ in 0..tx.txout_count[i] {
            let Some((column, at)) = values.next()? else {
                return Err(fewer("txouts"));
            };
            let value = column[at];
            found.impossible += u64::from(!(0..=rules.max_money).contains(&value));
            sum_out = sum_out.saturating_add(value);
            recent.push(value);
        }
        let fee = tx.fee_sat[i];
        if tx.tx_index[i] == 0 {
            if let Some(last) = coinbase.take() {
                last.compare(rules, &mut found.wrongs);
            }
            coinbase = Some(Coinbase {
                tx_id,
                height: i64::from(tx.height[i]),
                sum_out,
                fee,
                block_fees: 0,
            });
        } else {
            if let Some(coinbase) = &mut coinbase {
                coinbase.block_fees = coinbase.block_fees.saturating_add(fee);
            }
            let owed = Owed {
                tx_id,
                sum_in,
                sum_out,
                fee,
            };
            if waits {
                waiting.owe(owed);
            } else {
                found.wrongs.compare(&owed, rules);
            }
        }
        found.txs += 1;
        tx_id += 1;
        if found.txs % METER_TXS == 0 {
            meter.add(METER_TXS)?;
        }
    }
    if let Some(last) = coinbase {
        last.compare(rules, &mut found.wrongs);
    }
    waiting.settle(&tables.txouts, meter, |owed| {
        found.wrongs.compare(owed, rules);
    })
}

fn fewer(table: &str) -> Halt {
    Halt::Broken(format!("{table} has fewer rows than txs counts"))
}

/// An empty set with room for the ids of so many outputs.
fn no_ids(txouts: u64) -> Checked<Bits> {
    // ids are of 40 bits where they are packed
    if txouts >= 1 << 40 {
        return Err(Halt::Broken(format!(
            "txouts has {txouts} rows, more than ids can number"
        )));
    }
    Ok(Bits::below(txouts))
}

/// A transaction's txid as it is shown.
fn txid(txs: &Table, tx_id: i64) -> Checked<Option<String>> {
    let mut left = tx_id as u64;
    for stored in &txs.files {
        if left >= stored.rows {
            left -= stored.rows;
            continue;
        }
        let opened = Opened::new(txs, stored)?;
        for (group, rows) in opened.row_groups().enumerate() {
            if left >= rows {
                left -= rows;
                continue;
            }
            let mut reader = opened.reader(&["txid"], Some(group))?;
            while let Some(batch) = reader.next()? {
                if left < batch.len() as u64 {
                    let txids: FixedSizeBinaryArray = batch.fixed("txid")?;
                    let txid = txids.value(left as usize);
                    return Ok(Some(shown(txid)));
                }
                left -= batch.len() as u64;
            }
            return Ok(None);
        }
    }
    Ok(None)
}
