//! Rows of the fact tables, gathered from resolved blocks until there are enough for the file.

use super::columns::{self, Named};
use super::resolve::Resolved;
use super::script::ScriptType;

const STATES: [&str; 3] = ["spent", "coinbase", "not_fetched"];

/// Rows of one table.
pub trait Rows: Default + Send {
    const TABLE: &'static str;
    fn push(&mut self, block: &Resolved);
    /// Rows gathered.
    fn count(&self) -> usize;
    /// The columns, leaving none behind.
    fn take(&mut self) -> Vec<Named>;
}

#[derive(Default)]
pub struct BlockRows {
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

impl Rows for BlockRows {
    const TABLE: &'static str = "blocks";

    fn push(&mut self, resolved: &Resolved) {
        let (block, record) = (&resolved.prepared.block, &resolved.record);
        self.height.push(resolved.before.blocks as i32);
        self.block_hash.extend_from_slice(&record.hash);
        self.header.extend_from_slice(&record.header);
        self.time_utc.push(i64::from(block.time()));
        self.first_tx_id.push(resolved.before.txs);
        self.tx_count.push(block.txs.len() as i32);
        self.first_txout_id.push(resolved.before.txouts);
        self.txout_count.push(block.txouts.len() as i32);
        self.size_bytes.push(block.size() as i32);
        self.weight.push(block.weight() as i32);
        self.file_number.push(record.file_number as i32);
        self.file_offset.push(record.offset as i64);
    }

    fn count(&self) -> usize {
        self.height.len()
    }

    fn take(&mut self) -> Vec<Named> {
        vec![
            ("height", columns::ints32(&mut self.height)),
            ("block_hash", columns::fixed(&mut self.block_hash, 32)),
            ("header", columns::fixed(&mut self.header, 80)),
            ("time_utc", columns::times(&mut self.time_utc)),
            ("first_tx_id", columns::ints64(&mut self.first_tx_id)),
            ("tx_count", columns::ints32(&mut self.tx_count)),
            ("first_txout_id", columns::ints64(&mut self.first_txout_id)),
            ("txout_count", columns::ints32(&mut self.txout_count)),
            ("size_bytes", columns::ints32(&mut self.size_bytes)),
            ("weight", columns::ints32(&mut self.weight)),
            ("file_number", columns::ints32(&mut self.file_number)),
            ("file_offset", columns::ints64(&mut self.file_offset)),
        ]
    }
}

#[derive(Default)]
pub struct TxRows {
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

impl Rows for TxRows {
    const TABLE: &'static str = "txs";

    fn push(&mut self, resolved: &Resolved) {
        let before = resolved.before;
        for (index, tx) in resolved.prepared.block.txs.iter().enumerate() {
            self.tx_id.push(before.txs + index as i64);
            self.txid.extend_from_slice(&tx.txid);
            self.height.push(before.blocks as i32);
            self.tx_index.push(tx.index as i32);
            self.version.push(tx.version);
            self.locktime.push(i64::from(tx.locktime));
            self.size_bytes.push(tx.size as i32);
            self.weight.push(tx.weight as i32);
            self.fee_sat.push(resolved.fees[index]);
            self.first_txin.push(before.txins + tx.txins.start as i64);
            self.txin_count.push(tx.txins.len() as i32);
            self.first_txout_id
                .push(before.txouts + tx.txouts.start as i64);
            self.txout_count.push(tx.txouts.len() as i32);
        }
    }

    fn count(&self) -> usize {
        self.tx_id.len()
    }

    fn take(&mut self) -> Vec<Named> {
        vec![
            ("tx_id", columns::ints64(&mut self.tx_id)),
            ("txid", columns::fixed(&mut self.txid, 32)),
            ("height", columns::ints32(&mut self.height)),
            ("tx_index", columns::ints32(&mut self.tx_index)),
            ("version", columns::ints32(&mut self.version)),
            ("locktime", columns::ints64(&mut self.locktime)),
            ("size_bytes", columns::ints32(&mut self.size_bytes)),
            ("weight", columns::ints32(&mut self.weight)),
            ("fee_sat", columns::ints64(&mut self.fee_sat)),
            ("first_txin", columns::ints64(&mut self.first_txin)),
            ("txin_count", columns::ints32(&mut self.txin_count)),
            ("first_txout_id", columns::ints64(&mut self.first_txout_id)),
            ("txout_count", columns::ints32(&mut self.txout_count)),
        ]
    }
}

#[derive(Default)]
pub struct TxOutRows {
    txout_id: Vec<i64>,
    tx_id: Vec<i64>,
    vout: Vec<i32>,
    value_sat: Vec<i64>,
    script_id: Vec<i64>,
    script_type: Vec<i8>,
}

impl Rows for TxOutRows {
    const TABLE: &'static str = "txouts";

    fn push(&mut self, resolved: &Resolved) {
        let (prepared, before) = (&resolved.prepared, resolved.before);
        for (index, tx) in prepared.block.txs.iter().enumerate() {
            let tx_id = before.txs + index as i64;
            for vout in 0..tx.txouts.len() {
                self.tx_id.push(tx_id);
                self.vout.push(vout as i32);
            }
        }
        let txouts = &prepared.block.txouts;
        self.txout_id
            .extend(before.txouts..before.txouts + txouts.len() as i64);
        self.value_sat.extend(txouts.iter().map(|o| o.value_sat));
        self.script_id.extend_from_slice(&resolved.script_ids);
        self.script_type
            .extend(prepared.script_types.iter().map(|t| *t as i8));
    }

    fn count(&self) -> usize {
        self.txout_id.len()
    }

    fn take(&mut self) -> Vec<Named> {
        vec![
            ("txout_id", columns::ints64(&mut self.txout_id)),
            ("tx_id", columns::ints64(&mut self.tx_id)),
            ("vout", columns::ints32(&mut self.vout)),
            ("value_sat", columns::ints64(&mut self.value_sat)),
            ("script_id", columns::ints64(&mut self.script_id)),
            (
                "script_type",
                columns::names(&mut self.script_type, &ScriptType::NAMES),
            ),
        ]
    }
}

#[derive(Default)]
pub struct TxInRows {
    tx_id: Vec<i64>,
    vin: Vec<i32>,
    prev_txout_id: Vec<i64>,
    state: Vec<i8>,
    sequence: Vec<i64>,
    script_sig_bytes: Vec<i32>,
    witness_items: Vec<i32>,
    witness_bytes: Vec<i32>,
}

impl Rows for TxInRows {
    const TABLE: &'static str = "txins";

    fn push(&mut self, resolved: &Resolved) {
        let block = &resolved.prepared.block;
        for (index, tx) in block.txs.iter().enumerate() {
            let tx_id = resolved.before.txs + index as i64;
            for (vin, at) in tx.txins.clone().enumerate() {
                let (txin, prev) = (&block.txins[at], resolved.prev_txouts[at]);
                self.tx_id.push(tx_id);
                self.vin.push(vin as i32);
                self.prev_txout_id.push(prev);
                self.state.push(i8::from(prev < 0));
                self.sequence.push(i64::from(txin.sequence));
                self.script_sig_bytes.push(txin.script_sig_bytes as i32);
                let witness = |shape: u32| if tx.is_stripped() { -1 } else { shape as i32 };
                self.witness_items.push(witness(txin.witness_items));
                self.witness_bytes.push(witness(txin.witness_bytes));
            }
        }
    }

    fn count(&self) -> usize {
        self.tx_id.len()
    }

    fn take(&mut self) -> Vec<Named> {
        vec![
            ("tx_id", columns::ints64(&mut self.tx_id)),
            ("vin", columns::ints32(&mut self.vin)),
            (
                "prev_txout_id",
                columns::optional_ints64(&mut self.prev_txout_id),
            ),
            ("state", columns::names(&mut self.state, &STATES)),
            ("sequence", columns::ints64(&mut self.sequence)),
            (
                "script_sig_bytes",
                columns::ints32(&mut self.script_sig_bytes),
            ),
            (
                "witness_items",
                columns::optional_ints32(&mut self.witness_items),
            ),
            (
                "witness_bytes",
                columns::optional_ints32(&mut self.witness_bytes),
            ),
        ]
    }
}

#[derive(Default)]
pub struct ScriptRows {
    script_id: Vec<i64>,
    script_type: Vec<i8>,
    script_pubkey: Vec<u8>,
    script_pubkey_end: Vec<i32>,
    first_txout_id: Vec<i64>,
}

impl ScriptRows {
    /// Bytes of scripts gathered: a column of them ends before 2^31.
    pub fn bytes(&self) -> usize {
        self.script_pubkey.len()
    }
}

impl Rows for ScriptRows {
    const TABLE: &'static str = "scripts";

    fn push(&mut self, resolved: &Resolved) {
        let prepared = &resolved.prepared;
        for (number, &at) in resolved.first_uses.iter().enumerate() {
            let script = prepared.block.txouts[at as usize].script.clone();
            self.script_id.push(resolved.before.scripts + number as i64);
            self.script_type
                .push(prepared.script_types[at as usize] as i8);
            self.script_pubkey.extend_from_slice(&prepared.raw[script]);
            self.script_pubkey_end.push(self.script_pubkey.len() as i32);
            self.first_txout_id
                .push(resolved.before.txouts + i64::from(at));
        }
    }

    fn count(&self) -> usize {
        self.script_id.len()
    }

    fn take(&mut self) -> Vec<Named> {
        vec![
            ("script_id", columns::ints64(&mut self.script_id)),
            (
                "script_type",
                columns::names(&mut self.script_type, &ScriptType::NAMES),
            ),
            (
                "script_pubkey",
                columns::binaries(&mut self.script_pubkey, &mut self.script_pubkey_end),
            ),
            ("first_txout_id", columns::ints64(&mut self.first_txout_id)),
        ]
    }
}
