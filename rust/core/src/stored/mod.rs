//! The chain as a store's files have it, for walks over chains that do not fit in memory.
//!
//! A walk goes through a chain in its order, and what lies near each other in the chain lies on one
//! page of a column: so pages are decoded whole and kept while they are in use, and memory is bounded
//! by what they may take, however long the chain.

mod cache;
mod clusters;
mod columns;
mod numbers;
mod source;

use std::ops::Range;
use std::sync::Arc;

use arrow_array::Array;
use arrow_array::cast::AsArray;

use crate::chain::script::is_unspendable;
use crate::error::{CoreError, Result};
use crate::lookup::{Lookups, TableRows};
use crate::trace::MAX_MONEY_SAT;

use cache::Cache;
pub use clusters::StoredClusters;
use columns::{Column, Columns, Values};
use numbers::Numbers;

const HEIGHT: usize = 0;
const FIRST_TXIN: usize = 1;
const FIRST_TXOUT: usize = 2;
const PREVOUT: usize = 3;
const STATE: usize = 4;
const VALUE: usize = 5;
const SCRIPT: usize = 6;
const MAKER: usize = 7;
const KIND: usize = 8;
const DEAD_SCRIPT: usize = 9;
const FIRST_TX: usize = 10;
const FIRST_TXOUT_OF_BLOCK: usize = 11;
const COLUMNS: [Column; 12] = [
    column("txs", "height", Values::Int32),
    column("txs", "first_txin", Values::Int64),
    column("txs", "first_txout_id", Values::Int64),
    column("txins", "prev_txout_id", Values::Int64OrNull),
    column("txins", "state", Values::Bytes(state)),
    column("txouts", "value_sat", Values::Int64),
    column("txouts", "script_id", Values::Int64),
    column("txouts", "tx_id", Values::Int64),
    column("txouts", "script_type", Values::Bytes(kind)),
    column("scripts", "script_pubkey", Values::Bytes(dead_script)),
    column("blocks", "first_tx_id", Values::Int64),
    column("blocks", "first_txout_id", Values::Int64),
];
/// What spends each output: not of a table, but of a look-up.
const SPENDER: usize = COLUMNS.len();

const fn column(table: &'static str, name: &'static str, values: Values) -> Column {
    Column {
        table,
        name,
        values,
    }
}

/// Kinds of script by what the type says of spending them: some, none, or only the bytes tell.
const SPENDABLE: i64 = 0;
const NEVER: i64 = 1;
const BY_BYTES: i64 = 2;

/// All other types are short and begin otherwise.
fn kind(name: &[u8]) -> i64 {
    match name {
        b"op_return" => NEVER,
        b"nonstandard" => BY_BYTES,
        _ => SPENDABLE,
    }
}

fn dead_script(script: &[u8]) -> i64 {
    i64::from(is_unspendable(script))
}

/// What stands for a prevout of which the chain does not tell.
fn state(name: &[u8]) -> i64 {
    match name {
        b"not_fetched" => crate::trace::NOT_FETCHED,
        _ => crate::trace::COINBASE_INPUT,
    }
}

/// Outputs whose spenders are read together.
const SPENDERS: u64 = 1 << 12;
/// Look-ups of one output's spender among those until reading them all costs less.
const FEW: u8 = 16;
/// Groups of outputs of which it is known how many were looked up.
const GROUPS: usize = 1 << 10;

/// The best chain of a store by dense ids. Ids beyond the chain, and tables that contradict each
/// other, are `CoreError::Table`.
pub struct StoredChain {
    rows: Arc<TableRows>,
    lookups: Arc<Lookups>,
    columns: Columns,
    cache: Cache,
    tx_count: i64,
    txin_count: i64,
    txout_count: i64,
    script_count: i64,
    clusters: Option<StoredClusters>,
    /// The output whose spender was told last, and that.
    last_spender: (i64, i64),
    /// Of a block its outputs, its coinbase, and that one's outputs.
    last_block: Option<(Range<i64>, i64, Range<i64>)>,
    /// Of some groups of outputs, how many spenders were looked up one by one.
    looked_up: Vec<(u64, u8)>,
}

impl StoredChain {
    /// From the tables and look-ups of one generation of a store; of pages, `cache_bytes` are kept.
    pub fn new(rows: Arc<TableRows>, lookups: Arc<Lookups>, cache_bytes: usize) -> Result<Self> {
        let columns = Columns::new(&rows, &COLUMNS)?;
        let count = |column| columns.rows(column) as i64;
        Ok(Self {
            tx_count: count(HEIGHT),
            txin_count: count(PREVOUT),
            txout_count: count(VALUE),
            script_count: count(DEAD_SCRIPT),
            cache: Cache::new(COLUMNS.len() + 1, cache_bytes),
            columns,
            rows,
            lookups,
            last_spender: (-1, -1),
            last_block: None,
            clusters: None,
            looked_up: vec![(u64::MAX, 0); GROUPS],
        })
    }

    /// Has a walk ask these clusters whose a script is.
    pub fn set_clusters(&mut self, clusters: StoredClusters) {
        self.clusters = Some(clusters);
    }

    /// The cluster of a script: itself where no clusters were given.
    pub fn cluster(&mut self, script: i64) -> Result<i64> {
        match &mut self.clusters {
            Some(clusters) => clusters.cluster_of(script),
            None => Ok(script),
        }
    }

    pub fn tx_count(&self) -> i64 {
        self.tx_count
    }

    pub fn txout_count(&self) -> i64 {
        self.txout_count
    }

    /// Pages that were read from files so far.
    pub fn pages_read(&self) -> u64 {
        self.columns.pages_read()
    }

    /// Height of the block that holds a transaction.
    pub fn height(&mut self, tx: i64) -> Result<i32> {
        self.check_tx(tx)?;
        let height = self.number(HEIGHT, tx)?;
        i32::try_from(height).map_err(|_| CoreError::damaged("txs", "a height is out of range"))
    }

    /// Replaces `prevouts` by what a transaction spends; see `ChainSource`.
    pub fn prevouts(&mut self, tx: i64, prevouts: &mut Vec<i64>) -> Result<()> {
        prevouts.clear();
        for txin in self.txins(tx)? {
            let mut prevout = self.number(PREVOUT, txin)?;
            if prevout < 0 {
                prevout = self.number(STATE, txin)?;
            } else if prevout >= self.txout_count {
                return Err(beyond("txins", "prev_txout_id", prevout));
            }
            prevouts.push(prevout);
        }
        Ok(())
    }

    /// The rows of a transaction's inputs.
    pub fn txins(&mut self, tx: i64) -> Result<Range<i64>> {
        self.bounds(FIRST_TXIN, tx, self.txin_count)
    }

    /// The outputs of a transaction.
    pub fn outputs(&mut self, tx: i64) -> Result<Range<i64>> {
        self.bounds(FIRST_TXOUT, tx, self.txout_count)
    }

    pub fn value_sat(&mut self, txout: i64) -> Result<i64> {
        self.check_txout(txout)?;
        let value = self.number(VALUE, txout)?;
        if (0..=MAX_MONEY_SAT).contains(&value) {
            return Ok(value);
        }
        let what = format!("txout {txout} of {value} sat exceeds all money");
        Err(CoreError::damaged("txouts", &what))
    }

    pub fn script(&mut self, txout: i64) -> Result<i64> {
        self.check_txout(txout)?;
        let script = self.number(SCRIPT, txout)?;
        if (0..self.script_count).contains(&script) {
            return Ok(script);
        }
        Err(beyond("txouts", "script_id", script))
    }

    /// The transaction that made an output.
    pub fn maker(&mut self, txout: i64) -> Result<i64> {
        self.check_txout(txout)?;
        let maker = self.number(MAKER, txout)?;
        if (0..self.tx_count).contains(&maker) {
            return Ok(maker);
        }
        Err(beyond("txouts", "tx_id", maker))
    }

    /// The transaction that spends an output, -1 for none.
    pub fn spender(&mut self, txout: i64) -> Result<i64> {
        self.check_txout(txout)?;
        if self.last_spender.0 == txout {
            return Ok(self.last_spender.1);
        }
        let spender = self.find_spender(txout as u64)?;
        if spender >= self.tx_count {
            return Err(beyond("spenders", "tx_id", spender));
        }
        self.last_spender = (txout, spender);
        Ok(spender)
    }

    /// Whether an output can never be spent; see `peelchain.store.arrays.ChainArrays`.
    pub fn is_unspendable(&mut self, txout: i64) -> Result<bool> {
        // most outputs were spent: that is known at less cost than what their scripts say
        if self.spender(txout)? >= 0 {
            return Ok(false);
        }
        let by_script = match self.number(KIND, txout)? {
            SPENDABLE => false,
            NEVER => true,
            _ => {
                let script = self.script(txout)?;
                self.number(DEAD_SCRIPT, script)? == 1
            }
        };
        Ok(by_script || self.is_dead(txout)?)
    }

    /// The outputs that pay any of these scripts, rising and each once.
    pub fn outputs_of_scripts(&self, scripts: &[i64]) -> Result<Vec<i64>> {
        let mut wanted = scripts.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut found = Vec::new();
        for script in wanted {
            if (0..self.script_count).contains(&script) {
                let receipts = self.lookups.receipts(script as u64)?;
                found.extend(receipts.into_iter().map(|txout| txout as i64));
            }
        }
        found.sort_unstable();
        if found.first().is_some_and(|t| *t < 0) || found.last() >= Some(&self.txout_count) {
            return Err(beyond("receipts", "txout_id", found[found.len() - 1]));
        }
        Ok(found)
    }

    /// The first transaction at this height or above.
    pub fn first_tx_from(&mut self, height: i64) -> Result<i64> {
        if height <= 0 {
            return Ok(0);
        }
        if height >= self.columns.rows(FIRST_TX) as i64 {
            return Ok(self.tx_count);
        }
        self.number(FIRST_TX, height)
    }

    /// Whether no node keeps an unspent output though its script could be spent: genesis's, and what
    /// a BIP 30 duplicate overwrote. Only a coinbase's can be such.
    fn is_dead(&mut self, txout: i64) -> Result<bool> {
        let (coinbase, made) = self.coinbase_before(txout)?;
        if txout >= made.end {
            return Ok(false);
        }
        if coinbase == 0 {
            return Ok(true);
        }
        let txid = self.txid(coinbase)?;
        for twin in self.lookups.tx_ids(&txid)? {
            let twin = twin as i64;
            if twin <= coinbase {
                continue;
            }
            let height = i64::from(self.height(twin)?);
            if self.first_tx_from(height)? == twin && self.txid(twin)? == txid {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The coinbase of the block that an output is in, and that coinbase's outputs. What blocks
    /// begin with fits in memory, so that outputs need no look at who made them.
    fn coinbase_before(&mut self, txout: i64) -> Result<(i64, Range<i64>)> {
        if let Some((outputs, coinbase, made)) = &self.last_block
            && outputs.contains(&txout)
        {
            return Ok((*coinbase, made.clone()));
        }
        let (mut low, mut high) = (0, self.columns.rows(FIRST_TX) as i64);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.number(FIRST_TXOUT_OF_BLOCK, middle)? <= txout {
                low = middle;
            } else {
                high = middle;
            }
        }
        let start = self.number(FIRST_TXOUT_OF_BLOCK, low)?;
        let end = if high < self.columns.rows(FIRST_TX) as i64 {
            self.number(FIRST_TXOUT_OF_BLOCK, high)?
        } else {
            self.txout_count
        };
        let coinbase = self.number(FIRST_TX, low)?;
        let made = self.outputs(coinbase)?;
        if made.start != start || !(start..end).contains(&txout) {
            let what = format!("the outputs of block {low} are {start} to {end}, not {made:?}");
            return Err(CoreError::damaged("blocks", &what));
        }
        self.last_block = Some((start..end, coinbase, made.clone()));
        Ok((coinbase, made))
    }

    fn txid(&self, tx: i64) -> Result<[u8; 32]> {
        let found = self.rows.fetch("txs", &[tx as u64], &["txid"])?;
        let txids = found.column(0).as_fixed_size_binary_opt();
        let txid = txids
            .filter(|t| t.len() == 1)
            .map(|t| t.value(0).try_into());
        match txid {
            Some(Ok(txid)) => Ok(txid),
            _ => Err(CoreError::damaged("txs", "a txid is not 32 bytes")),
        }
    }

    fn find_spender(&mut self, txout: u64) -> Result<i64> {
        if let Some(spender) = self.cache.get(SPENDER, txout) {
            return Ok(spender);
        }
        let group = txout / SPENDERS;
        let known = &mut self.looked_up[group as usize % GROUPS];
        if known.0 != group {
            *known = (group, 0);
        }
        known.1 += 1;
        if known.1 < FEW {
            let found = self.lookups.spender(txout)?;
            return Ok(found.map_or(-1, |spender| spender.tx_id as i64));
        }
        *known = (u64::MAX, 0);
        let first = group * SPENDERS;
        let count = SPENDERS.min(self.txout_count as u64 - first);
        let spenders = self.lookups.spending_txs(first, count as usize)?;
        self.cache
            .insert(SPENDER, first, count, Numbers::of(&spenders));
        Ok(spenders[(txout - first) as usize])
    }

    /// The rows of another table that are a transaction's: from its first to the next one's.
    fn bounds(&mut self, column: usize, tx: i64, count: i64) -> Result<Range<i64>> {
        self.check_tx(tx)?;
        let start = self.number(column, tx)?;
        let end = if tx + 1 < self.tx_count {
            self.number(column, tx + 1)?
        } else {
            count
        };
        if 0 <= start && start <= end && end <= count {
            return Ok(start..end);
        }
        let Column { name, .. } = COLUMNS[column];
        let what = format!("{name} of tx {tx} leads to rows {start} to {end} of {count}");
        Err(CoreError::damaged("txs", &what))
    }

    #[inline]
    fn number(&mut self, column: usize, row: i64) -> Result<i64> {
        if let Some(number) = self.cache.get(column, row as u64) {
            return Ok(number);
        }
        self.read(column, row as u64)
    }

    #[cold]
    fn read(&mut self, column: usize, row: u64) -> Result<i64> {
        let page = self.columns.page(column, row)?;
        let number = page.numbers.get((row - page.first) as usize);
        self.cache
            .insert(column, page.first, page.count, page.numbers);
        number.ok_or_else(|| CoreError::damaged(COLUMNS[column].table, "a page is too short"))
    }

    fn check_tx(&self, tx: i64) -> Result<()> {
        if (0..self.tx_count).contains(&tx) {
            return Ok(());
        }
        Err(CoreError::Table {
            table: "txs".into(),
            what: format!("tx {tx} is not among {}", self.tx_count),
        })
    }

    fn check_txout(&self, txout: i64) -> Result<()> {
        if (0..self.txout_count).contains(&txout) {
            return Ok(());
        }
        Err(CoreError::Table {
            table: "txouts".into(),
            what: format!("txout {txout} is not among {}", self.txout_count),
        })
    }
}

fn beyond(table: &str, column: &str, id: i64) -> CoreError {
    CoreError::damaged(
        table,
        &format!("{column} names row {id}, which is not there"),
    )
}
