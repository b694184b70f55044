//! What a walk reads of the chain, wherever it lies: flat arrays in memory, or a store's files.

use std::ops::Range;

use super::TraceError;

/// The chain by dense ids, one column at a time: a walk touches few columns of most outputs.
///
/// Methods take `&mut self`, since a source that reads files keeps what it read. An id beyond the
/// chain is `TraceError::Chain`. Values are within the range of money.
pub trait ChainSource {
    fn tx_count(&self) -> i64;

    fn txout_count(&self) -> i64;

    /// Height of the block that holds the transaction.
    fn height(&mut self, tx: i64) -> Result<i32, TraceError>;

    /// Replaces `prevouts` by the `txout_id`s that a transaction spends, in order of its inputs;
    /// `COINBASE_INPUT` and `NOT_FETCHED` where there is none.
    fn prevouts(&mut self, tx: i64, prevouts: &mut Vec<i64>) -> Result<(), TraceError>;

    /// The `txout_id`s of a transaction's outputs.
    fn outputs(&mut self, tx: i64) -> Result<Range<i64>, TraceError>;

    fn value_sat(&mut self, txout: i64) -> Result<i64, TraceError>;

    /// The `script_id` an output pays.
    fn script(&mut self, txout: i64) -> Result<i64, TraceError>;

    /// The cluster of a script, by which `Request::boundary_clusters` are told; a source that knows
    /// none has each script alone.
    fn cluster(&mut self, script: i64) -> Result<i64, TraceError> {
        Ok(script)
    }

    /// The transaction that made an output.
    fn maker(&mut self, txout: i64) -> Result<i64, TraceError>;

    /// The transaction that spends an output, -1 for none, `SPENDER_NOT_FETCHED` where that is not
    /// known.
    fn spender(&mut self, txout: i64) -> Result<i64, TraceError>;

    /// Whether an output can never be spent, as in `peelchain.store.arrays.ChainArrays`.
    fn is_unspendable(&mut self, txout: i64) -> Result<bool, TraceError>;
}
