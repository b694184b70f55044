//! Blocks of the best chain, in order, to the fact tables of a segment: spends resolved to the outputs
//! they spend, scripts given dense ids by first appearance.

use std::hash::{Hash as StdHash, Hasher};
use std::path::Path;

use arrow_array::{Array, BinaryArray};
use arrow_schema::SchemaRef;
use hashbrown::HashMap;

use super::block::{Block, MAX_MONEY, TxIn};
use super::block_files::{BlockFiles, Record, hex};
use super::columns::{self, ROWS_PER_BATCH, TableFile, TableWritten};
use super::hash::{Hash, sha256};
use super::script::{ScriptType, is_unspendable, script_type};
use crate::error::{CoreError, Result};

pub const TABLES: [&str; 5] = ["blocks", "txs", "txouts", "txins", "scripts"];
const STATES: [&str; 3] = ["spent", "coinbase", "not_fetched"];

/// How many rows each dense id has reached.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub blocks: i64,
    pub txs: i64,
    pub txouts: i64,
    pub txins: i64,
    pub scripts: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct OutPoint {
    txid: Hash,
    vout: u32,
}

impl StdHash for OutPoint {
    // a txid is a hash already; the map's own seed keeps its buckets unpredictable
    fn hash<H: Hasher>(&self, state: &mut H) {
        let prefix = u64::from_le_bytes(self.txid[..8].try_into().expect("eight of 32"));
        state.write_u64(prefix ^ u64::from(self.vout).rotate_left(32));
    }
}

#[derive(Clone, Copy)]
struct Coin {
    txout_id: i64,
    value_sat: i64,
}

/// What is already in a store, for going on from it. Arrays as in the tables, whole chain.
pub struct Restored<'a> {
    pub counts: Counts,
    /// 32 bytes a transaction.
    pub txids: &'a [u8],
    pub first_txouts: &'a [i64],
    pub values: &'a [i64],
    pub script_ids: &'a [i64],
    /// Outputs that inputs spend; negative for coinbases.
    pub prev_txouts: &'a [i64],
    pub scripts: &'a BinaryArray,
}

/// The state that carries over from block to block: unspent outputs and known scripts.
pub struct Ingest {
    files: BlockFiles,
    halving_interval: u32,
    coins: HashMap<OutPoint, Coin>,
    scripts: HashMap<Hash, i64>,
    counts: Counts,
}

impl Ingest {
    /// `halving_interval` is the network's: blocks from one halving of the subsidy to the next.
    pub fn new(files: BlockFiles, halving_interval: u32) -> Self {
        Self {
            files,
            halving_interval,
            coins: HashMap::new(),
            scripts: HashMap::new(),
            counts: Counts::default(),
        }
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes up where a store ends.
    pub fn restore(&mut self, from: &Restored) {
        let mut spent = vec![false; from.values.len()];
        for &prev in from.prev_txouts {
            if prev >= 0 {
                spent[prev as usize] = true;
            }
        }
        self.scripts.reserve(from.scripts.len());
        for (id, script) in from.scripts.iter().enumerate() {
            let script = script.expect("script_pubkey is never null");
            self.scripts.insert(sha256(script), id as i64);
        }
        let dead: Vec<bool> = from
            .scripts
            .iter()
            .map(|s| is_unspendable(s.expect("script_pubkey is never null")))
            .collect();
        for (tx, &first) in from.first_txouts.iter().enumerate() {
            let end = from
                .first_txouts
                .get(tx + 1)
                .map_or(from.values.len(), |next| *next as usize);
            let txid: Hash = from.txids[32 * tx..32 * tx + 32]
                .try_into()
                .expect("32 bytes a transaction");
            for txout in first as usize..end {
                let vout = (txout - first as usize) as u32;
                // genesis pays nobody: its output is in no node's set
                if tx == 0 || spent[txout] || dead[from.script_ids[txout] as usize] {
                    // of BIP 30 duplicates the later took the older one's place, spent or not
                    self.coins.remove(&OutPoint { txid, vout });
                    continue;
                }
                let coin = Coin {
                    txout_id: txout as i64,
                    value_sat: from.values[txout],
                };
                self.coins.insert(OutPoint { txid, vout }, coin);
            }
        }
        self.counts = from.counts;
    }

    /// Writes the five fact tables of the blocks `records`, which follow what was ingested before, as
    /// files in `dir`. `progress` gets blocks and bytes done and says whether to go on. After an error
    /// the state is no longer that of any chain: drop it.
    pub fn segment(
        &mut self,
        records: &[Record],
        schemas: &HashMap<&'static str, SchemaRef>,
        dir: &Path,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Vec<TableWritten>> {
        let mut tables = Tables::create(schemas, dir)?;
        let mut raw = Vec::new();
        let mut block = Block::default();
        let mut bytes = 0;
        for (done, record) in records.iter().enumerate() {
            self.files.read(record, &mut raw)?;
            block
                .parse(&raw)
                .and_then(|()| block.check_commitments(&raw))
                .map_err(|what| self.files.refuse(record, &what))?;
            self.add(&block, &raw, record, &mut tables)
                .map_err(|what| self.files.refuse(record, &what))?;
            tables.flush(false)?;
            bytes += raw.len() as u64;
            if !progress(done as u64 + 1, bytes) {
                return Err(CoreError::Stopped);
            }
        }
        tables.finish()
    }

    fn add(
        &mut self,
        block: &Block,
        raw: &[u8],
        record: &Record,
        tables: &mut Tables,
    ) -> std::result::Result<(), String> {
        let height = self.counts.blocks as i32;
        let rows = &mut tables.blocks;
        rows.height.push(height);
        rows.block_hash.extend_from_slice(&record.hash);
        rows.header.extend_from_slice(&record.header);
        rows.time_utc.push(i64::from(block.time()));
        rows.first_tx_id.push(self.counts.txs);
        rows.tx_count.push(block.txs.len() as i32);
        rows.first_txout_id.push(self.counts.txouts);
        rows.txout_count.push(block.txouts.len() as i32);
        rows.size_bytes.push(raw.len() as i32);
        rows.weight.push(block.weight() as i32);
        rows.file_number.push(record.file_number as i32);
        rows.file_offset.push(record.offset as i64);
        let mut fees = 0i64;
        for (index, tx) in block.txs.iter().enumerate() {
            let tx_id = self.counts.txs;
            let mut sum_in = 0i64;
            for (vin, txin) in block.txins[tx.txins.clone()].iter().enumerate() {
                let (prev, value) = self.spend(txin, index, vin)?;
                sum_in = in_range(sum_in + value, index)?;
                tables.txins.push(tx_id, vin, prev, txin);
            }
            let mut sum_out = 0i64;
            for (vout, txout) in block.txouts[tx.txouts.clone()].iter().enumerate() {
                let script = &raw[txout.script.clone()];
                let kind = script_type(script);
                let txout_id = self.counts.txouts;
                let script_id = self.script_id(script, kind, txout_id, tables);
                sum_out = in_range(sum_out + txout.value_sat, index)?;
                let rows = &mut tables.txouts;
                rows.txout_id.push(txout_id);
                rows.tx_id.push(tx_id);
                rows.vout.push(vout as i32);
                rows.value_sat.push(txout.value_sat);
                rows.script_id.push(script_id);
                rows.script_type.push(kind as i8);
                if height > 0 && !is_unspendable(script) {
                    // a BIP 30 duplicate takes the older coin's place, as in Bitcoin Core
                    self.coins.insert(
                        OutPoint {
                            txid: tx.txid,
                            vout: vout as u32,
                        },
                        Coin {
                            txout_id,
                            value_sat: txout.value_sat,
                        },
                    );
                }
                self.counts.txouts += 1;
            }
            let fee = if index == 0 { 0 } else { sum_in - sum_out };
            if fee < 0 {
                return Err(format!(
                    "transaction {index} pays out {} satoshis more than it takes in",
                    -fee
                ));
            }
            fees = in_range(fees + fee, index)?;
            let rows = &mut tables.txs;
            rows.tx_id.push(tx_id);
            rows.txid.extend_from_slice(&tx.txid);
            rows.height.push(height);
            rows.tx_index.push(index as i32);
            rows.version.push(tx.version);
            rows.locktime.push(i64::from(tx.locktime));
            rows.size_bytes.push(tx.span.len() as i32);
            rows.weight.push(tx.weight as i32);
            rows.fee_sat.push(fee);
            rows.first_txin.push(self.counts.txins);
            rows.txin_count.push(tx.txins.len() as i32);
            rows.first_txout_id
                .push(self.counts.txouts - tx.txouts.len() as i64);
            rows.txout_count.push(tx.txouts.len() as i32);
            self.counts.txins += tx.txins.len() as i64;
            self.counts.txs += 1;
        }
        let claimed: i64 = block.txouts[block.txs[0].txouts.clone()]
            .iter()
            .map(|o| o.value_sat)
            .sum();
        let most = subsidy(height, self.halving_interval) + fees;
        if claimed > most {
            return Err(format!(
                "its coinbase claims {claimed} satoshis, subsidy and fees are {most}"
            ));
        }
        self.counts.blocks += 1;
        Ok(())
    }

    fn spend(
        &mut self,
        txin: &TxIn,
        index: usize,
        vin: usize,
    ) -> std::result::Result<(i64, i64), String> {
        match (index == 0, txin.is_coinbase()) {
            (true, true) => return Ok((-1, 0)),
            (false, false) => {}
            _ => {
                return Err(format!(
                    "transaction {index} is a coinbase where none may be"
                ));
            }
        }
        let outpoint = OutPoint {
            txid: txin.prev_txid,
            vout: txin.prev_vout,
        };
        let Some(coin) = self.coins.remove(&outpoint) else {
            let mut txid = txin.prev_txid;
            txid.reverse();
            return Err(format!(
                "input {vin} of transaction {index} spends {}:{}, which is no unspent output of the chain before it",
                hex(&txid),
                txin.prev_vout
            ));
        };
        Ok((coin.txout_id, coin.value_sat))
    }

    fn script_id(
        &mut self,
        script: &[u8],
        kind: ScriptType,
        txout_id: i64,
        tables: &mut Tables,
    ) -> i64 {
        let next = self.counts.scripts;
        let id = *self.scripts.entry(sha256(script)).or_insert(next);
        if id == next {
            self.counts.scripts += 1;
            let rows = &mut tables.scripts;
            rows.script_id.push(id);
            rows.script_type.push(kind as i8);
            rows.script_pubkey.extend_from_slice(script);
            rows.script_pubkey_end.push(rows.script_pubkey.len() as i32);
            rows.first_txout_id.push(txout_id);
        }
        id
    }
}

/// Satoshis a block of this height may create, fees apart.
fn subsidy(height: i32, halving_interval: u32) -> i64 {
    let halvings = height as u32 / halving_interval;
    if halvings >= 63 {
        0
    } else {
        5_000_000_000 >> halvings
    }
}

/// Bitcoin Core's MoneyRange, held to every sum on its way, so that none can overflow.
fn in_range(sum: i64, index: usize) -> std::result::Result<i64, String> {
    if sum > MAX_MONEY {
        return Err(format!(
            "the amounts of transaction {index} add up to more than can exist"
        ));
    }
    Ok(sum)
}

#[derive(Default)]
struct BlockRows {
    height: Vec<i32>,
    block_hash: Vec<u8>,
    header: Vec<u8>,
    time_utc: Vec<i64>,
    first_tx_id: Vec<i64>,
    tx_count: Vec<i32>,
    first_txout_id: Vec<i64>,
    txout_count: Vec<i32>,
    size_bytes: Vec<i32>,
    weight: Vec<i32>,
    file_number: Vec<i32>,
    file_offset: Vec<i64>,
}

#[derive(Default)]
struct TxRows {
    tx_id: Vec<i64>,
    txid: Vec<u8>,
    height: Vec<i32>,
    tx_index: Vec<i32>,
    version: Vec<i32>,
    locktime: Vec<i64>,
    size_bytes: Vec<i32>,
    weight: Vec<i32>,
    fee_sat: Vec<i64>,
    first_txin: Vec<i64>,
    txin_count: Vec<i32>,
    first_txout_id: Vec<i64>,
    txout_count: Vec<i32>,
}

#[derive(Default)]
struct TxOutRows {
    txout_id: Vec<i64>,
    tx_id: Vec<i64>,
    vout: Vec<i32>,
    value_sat: Vec<i64>,
    script_id: Vec<i64>,
    script_type: Vec<i8>,
}

#[derive(Default)]
struct TxInRows {
    tx_id: Vec<i64>,
    vin: Vec<i32>,
    prev_txout_id: Vec<i64>,
    state: Vec<i8>,
    sequence: Vec<i64>,
    script_sig_bytes: Vec<i32>,
    witness_items: Vec<i32>,
    witness_bytes: Vec<i32>,
}

impl TxInRows {
    fn push(&mut self, tx_id: i64, vin: usize, prev: i64, txin: &TxIn) {
        self.tx_id.push(tx_id);
        self.vin.push(vin as i32);
        self.prev_txout_id.push(prev);
        self.state.push(i8::from(prev < 0));
        self.sequence.push(i64::from(txin.sequence));
        self.script_sig_bytes.push(txin.script_sig_bytes as i32);
        self.witness_items.push(txin.witness_items as i32);
        self.witness_bytes.push(txin.witness_bytes as i32);
    }
}

#[derive(Default)]
struct ScriptRows {
    script_id: Vec<i64>,
    script_type: Vec<i8>,
    script_pubkey: Vec<u8>,
    script_pubkey_end: Vec<i32>,
    first_txout_id: Vec<i64>,
}

/// The rows gathered and the files they go to, in the order of `TABLES`.
struct Tables {
    blocks: BlockRows,
    txs: TxRows,
    txouts: TxOutRows,
    txins: TxInRows,
    scripts: ScriptRows,
    files: Vec<TableFile>,
}

impl Tables {
    fn create(schemas: &HashMap<&'static str, SchemaRef>, dir: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for table in TABLES {
            let schema = schemas.get(table).ok_or_else(|| CoreError::Table {
                table: table.into(),
                what: "no schema was given".into(),
            })?;
            files.push(TableFile::create(table, schema.clone(), dir)?);
        }
        Ok(Self {
            blocks: BlockRows::default(),
            txs: TxRows::default(),
            txouts: TxOutRows::default(),
            txins: TxInRows::default(),
            scripts: ScriptRows::default(),
            files,
        })
    }

    fn flush(&mut self, all: bool) -> Result<()> {
        let enough = |rows: usize| rows >= ROWS_PER_BATCH || (all && rows > 0);
        let scripts_large = self.scripts.script_pubkey.len() >= 1 << 28;
        if enough(self.blocks.height.len()) {
            let rows = &mut self.blocks;
            self.files[0].append(vec![
                ("height", columns::ints32(&mut rows.height)),
                ("block_hash", columns::fixed(&mut rows.block_hash, 32)),
                ("header", columns::fixed(&mut rows.header, 80)),
                ("time_utc", columns::times(&mut rows.time_utc)),
                ("first_tx_id", columns::ints64(&mut rows.first_tx_id)),
                ("tx_count", columns::ints32(&mut rows.tx_count)),
                ("first_txout_id", columns::ints64(&mut rows.first_txout_id)),
                ("txout_count", columns::ints32(&mut rows.txout_count)),
                ("size_bytes", columns::ints32(&mut rows.size_bytes)),
                ("weight", columns::ints32(&mut rows.weight)),
                ("file_number", columns::ints32(&mut rows.file_number)),
                ("file_offset", columns::ints64(&mut rows.file_offset)),
            ])?;
        }
        if enough(self.txs.tx_id.len()) {
            let rows = &mut self.txs;
            self.files[1].append(vec![
                ("tx_id", columns::ints64(&mut rows.tx_id)),
                ("txid", columns::fixed(&mut rows.txid, 32)),
                ("height", columns::ints32(&mut rows.height)),
                ("tx_index", columns::ints32(&mut rows.tx_index)),
                ("version", columns::ints32(&mut rows.version)),
                ("locktime", columns::ints64(&mut rows.locktime)),
                ("size_bytes", columns::ints32(&mut rows.size_bytes)),
                ("weight", columns::ints32(&mut rows.weight)),
                ("fee_sat", columns::ints64(&mut rows.fee_sat)),
                ("first_txin", columns::ints64(&mut rows.first_txin)),
                ("txin_count", columns::ints32(&mut rows.txin_count)),
                ("first_txout_id", columns::ints64(&mut rows.first_txout_id)),
                ("txout_count", columns::ints32(&mut rows.txout_count)),
            ])?;
        }
        if enough(self.txouts.txout_id.len()) {
            let rows = &mut self.txouts;
            self.files[2].append(vec![
                ("txout_id", columns::ints64(&mut rows.txout_id)),
                ("tx_id", columns::ints64(&mut rows.tx_id)),
                ("vout", columns::ints32(&mut rows.vout)),
                ("value_sat", columns::ints64(&mut rows.value_sat)),
                ("script_id", columns::ints64(&mut rows.script_id)),
                (
                    "script_type",
                    columns::names(&mut rows.script_type, &ScriptType::NAMES),
                ),
            ])?;
        }
        if enough(self.txins.tx_id.len()) {
            let rows = &mut self.txins;
            self.files[3].append(vec![
                ("tx_id", columns::ints64(&mut rows.tx_id)),
                ("vin", columns::ints32(&mut rows.vin)),
                (
                    "prev_txout_id",
                    columns::optional_ints64(&mut rows.prev_txout_id),
                ),
                ("state", columns::names(&mut rows.state, &STATES)),
                ("sequence", columns::ints64(&mut rows.sequence)),
                (
                    "script_sig_bytes",
                    columns::ints32(&mut rows.script_sig_bytes),
                ),
                ("witness_items", columns::ints32(&mut rows.witness_items)),
                ("witness_bytes", columns::ints32(&mut rows.witness_bytes)),
            ])?;
        }
        if enough(self.scripts.script_id.len()) || scripts_large {
            let rows = &mut self.scripts;
            self.files[4].append(vec![
                ("script_id", columns::ints64(&mut rows.script_id)),
                (
                    "script_type",
                    columns::names(&mut rows.script_type, &ScriptType::NAMES),
                ),
                (
                    "script_pubkey",
                    columns::binaries(&mut rows.script_pubkey, &mut rows.script_pubkey_end),
                ),
                ("first_txout_id", columns::ints64(&mut rows.first_txout_id)),
            ])?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<TableWritten>> {
        self.flush(true)?;
        self.files.into_iter().map(TableFile::finish).collect()
    }
}
