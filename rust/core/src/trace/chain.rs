//! The chain as borrowed flat arrays, every access checked: a damaged store gives an error.

use std::ops::Range;

use super::TraceError;

/// No sum of a transaction's inputs or outputs may exceed this. Source: consensus, `MoneyRange`.
pub const MAX_MONEY_SAT: i64 = 2_100_000_000_000_000;
/// `txin_prev_txout` of a coinbase's input.
pub const COINBASE_INPUT: i64 = -1;
/// `txin_prev_txout` of an input whose prevout a partial store has not fetched.
pub const NOT_FETCHED: i64 = -2;

/// Arrays indexed by the dense ids, as in `peelchain.store.arrays.ChainArrays`.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a> {
    pub tx_height: &'a [i32],
    pub tx_first_txin: &'a [i64],
    pub tx_first_txout: &'a [i64],
    pub txin_prev_txout: &'a [i64],
    pub txout_value: &'a [i64],
    pub txout_script: &'a [i64],
    pub txout_tx: &'a [i64],
    pub txout_spender: &'a [i64],
    pub txout_unspendable: &'a [bool],
}

impl<'a> Chain<'a> {
    /// Refuses arrays whose lengths do not fit together.
    pub fn check_lengths(&self) -> Result<(), TraceError> {
        let txs = self.tx_height.len();
        let txouts = self.txout_value.len();
        let fits = self.tx_first_txin.len() == txs + 1
            && self.tx_first_txout.len() == txs + 1
            && self.txout_script.len() == txouts
            && self.txout_tx.len() == txouts
            && self.txout_spender.len() == txouts
            && self.txout_unspendable.len() == txouts;
        if fits {
            Ok(())
        } else {
            Err(TraceError::Chain(format!(
                "the arrays of {txs} transactions and {txouts} outputs differ in length"
            )))
        }
    }

    /// A `txout_id` as an index.
    pub fn txout(&self, id: i64) -> Result<usize, TraceError> {
        usize::try_from(id)
            .ok()
            .filter(|index| *index < self.txout_value.len())
            .ok_or_else(|| {
                TraceError::Chain(format!(
                    "txout {id} is not among {}",
                    self.txout_value.len()
                ))
            })
    }

    /// The transaction behind a stored `tx_id`, as an index.
    pub fn tx(&self, id: i64) -> Result<usize, TraceError> {
        usize::try_from(id)
            .ok()
            .filter(|index| *index < self.tx_height.len())
            .ok_or_else(|| {
                TraceError::Chain(format!("tx {id} is not among {}", self.tx_height.len()))
            })
    }

    /// The prevouts of a transaction in the order of its inputs.
    pub fn prevouts(&self, tx: usize) -> Result<&'a [i64], TraceError> {
        let rows = bounds(self.tx_first_txin, tx);
        rows.and_then(|rows| self.txin_prev_txout.get(rows))
            .ok_or_else(|| TraceError::Chain(format!("the inputs of tx {tx} lie outside txins")))
    }

    /// The `txout_id`s of a transaction's outputs.
    pub fn outputs(&self, tx: usize) -> Result<Range<usize>, TraceError> {
        bounds(self.tx_first_txout, tx)
            .filter(|rows| rows.end <= self.txout_value.len())
            .ok_or_else(|| TraceError::Chain(format!("the outputs of tx {tx} lie outside txouts")))
    }

    /// `sum` and the value of one more output, within the range of money.
    pub fn add_value(&self, sum: i64, txout: usize) -> Result<i64, TraceError> {
        let value = self.txout_value[txout];
        if (0..=MAX_MONEY_SAT).contains(&value) && sum + value <= MAX_MONEY_SAT {
            Ok(sum + value)
        } else {
            Err(TraceError::Chain(format!(
                "txout {txout} of {value} sat exceeds all money"
            )))
        }
    }
}

fn bounds(first: &[i64], tx: usize) -> Option<Range<usize>> {
    let start = usize::try_from(*first.get(tx)?).ok()?;
    let end = usize::try_from(*first.get(tx + 1)?).ok()?;
    (start <= end).then_some(start..end)
}
