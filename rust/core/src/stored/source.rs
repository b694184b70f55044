//! A stored chain as what a walk reads.

use std::ops::Range;

use super::StoredChain;
use crate::trace::{ChainSource, TraceError};

impl ChainSource for StoredChain {
    fn tx_count(&self) -> i64 {
        self.tx_count()
    }

    fn txout_count(&self) -> i64 {
        self.txout_count()
    }

    fn height(&mut self, tx: i64) -> Result<i32, TraceError> {
        Ok(self.height(tx)?)
    }

    fn prevouts(&mut self, tx: i64, prevouts: &mut Vec<i64>) -> Result<(), TraceError> {
        Ok(self.prevouts(tx, prevouts)?)
    }

    fn outputs(&mut self, tx: i64) -> Result<Range<i64>, TraceError> {
        Ok(self.outputs(tx)?)
    }

    fn value_sat(&mut self, txout: i64) -> Result<i64, TraceError> {
        Ok(self.value_sat(txout)?)
    }

    fn script(&mut self, txout: i64) -> Result<i64, TraceError> {
        Ok(self.script(txout)?)
    }

    fn cluster(&mut self, script: i64) -> Result<i64, TraceError> {
        Ok(self.cluster(script)?)
    }

    fn maker(&mut self, txout: i64) -> Result<i64, TraceError> {
        Ok(self.maker(txout)?)
    }

    fn spender(&mut self, txout: i64) -> Result<i64, TraceError> {
        Ok(self.spender(txout)?)
    }

    fn is_unspendable(&mut self, txout: i64) -> Result<bool, TraceError> {
        Ok(self.is_unspendable(txout)?)
    }
}
