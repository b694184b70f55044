//! The chain as borrowed flat arrays, every access checked: a damaged store gives an error.

use std::ops::Range;

use super::{ChainSource, TraceError};

/// No output of any chain that is read holds more: the bound of Dogecoin's consensus, 10^10 coins. Each
/// chain's own bound is held at ingest.
pub const MAX_MONEY_SAT: i64 = 1_000_000_000_000_000_000;
/// `txin_prev_txout` of a coinbase's input.
pub const COINBASE_INPUT: i64 = -1;
/// `txin_prev_txout` of an input whose prevout a partial store has not fetched.
pub const NOT_FETCHED: i64 = -2;
/// `txout_spender` of an output whose spender, if there is one, a partial store has not fetched.
pub const SPENDER_NOT_FETCHED: i64 = -2;

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

    #[inline]
    fn of_txout<T: Copy>(&self, column: &[T], txout: i64) -> Result<T, TraceError> {
        // A negative id becomes one beyond any array.
        column
            .get(txout as usize)
            .copied()
            .ok_or_else(|| no_txout(txout, self.txout_value.len()))
    }

    #[inline]
    fn rows(first: &[i64], tx: i64) -> Option<Range<i64>> {
        let tx = usize::try_from(tx).ok()?;
        let (start, end) = (*first.get(tx)?, *first.get(tx + 1)?);
        (0 <= start && start <= end).then_some(start..end)
    }
}

impl ChainSource for Chain<'_> {
    fn tx_count(&self) -> i64 {
        self.tx_height.len() as i64
    }

    fn txout_count(&self) -> i64 {
        self.txout_value.len() as i64
    }

    #[inline]
    fn height(&mut self, tx: i64) -> Result<i32, TraceError> {
        self.tx_height
            .get(tx as usize)
            .copied()
            .ok_or_else(|| no_tx(tx, self.tx_height.len()))
    }

    #[inline]
    fn prevouts(&mut self, tx: i64, prevouts: &mut Vec<i64>) -> Result<(), TraceError> {
        let rows = Chain::rows(self.tx_first_txin, tx)
            .and_then(|rows| {
                self.txin_prev_txout
                    .get(rows.start as usize..rows.end as usize)
            })
            .ok_or_else(|| outside(tx, "inputs", "txins"))?;
        prevouts.clear();
        prevouts.extend_from_slice(rows);
        Ok(())
    }

    #[inline]
    fn outputs(&mut self, tx: i64) -> Result<Range<i64>, TraceError> {
        Chain::rows(self.tx_first_txout, tx)
            .filter(|rows| rows.end <= self.txout_value.len() as i64)
            .ok_or_else(|| outside(tx, "outputs", "txouts"))
    }

    #[inline]
    fn value_sat(&mut self, txout: i64) -> Result<i64, TraceError> {
        let value_sat = self.of_txout(self.txout_value, txout)?;
        if (0..=MAX_MONEY_SAT).contains(&value_sat) {
            Ok(value_sat)
        } else {
            Err(no_money(txout, value_sat))
        }
    }

    #[inline]
    fn script(&mut self, txout: i64) -> Result<i64, TraceError> {
        self.of_txout(self.txout_script, txout)
    }

    #[inline]
    fn maker(&mut self, txout: i64) -> Result<i64, TraceError> {
        self.of_txout(self.txout_tx, txout)
    }

    #[inline]
    fn spender(&mut self, txout: i64) -> Result<i64, TraceError> {
        self.of_txout(self.txout_spender, txout)
    }

    #[inline]
    fn is_unspendable(&mut self, txout: i64) -> Result<bool, TraceError> {
        self.of_txout(self.txout_unspendable, txout)
    }
}

#[cold]
fn no_txout(txout: i64, count: usize) -> TraceError {
    TraceError::Chain(format!("txout {txout} is not among {count}"))
}

#[cold]
fn no_tx(tx: i64, count: usize) -> TraceError {
    TraceError::Chain(format!("tx {tx} is not among {count}"))
}

#[cold]
fn outside(tx: i64, what: &str, table: &str) -> TraceError {
    TraceError::Chain(format!("the {what} of tx {tx} lie outside {table}"))
}

#[cold]
fn no_money(txout: i64, value_sat: i64) -> TraceError {
    TraceError::Chain(format!(
        "txout {txout} of {value_sat} sat exceeds all money"
    ))
}
