//! Look-ups made anew from the tables: the same entries that an ingest writes.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use hashbrown::HashMap;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::columns::ROWS_PER_BATCH;
use super::compact::Progress;
use super::hash::Hash;
use super::keys::{CHECK, StoreKey};
use super::script::is_unspendable;
use crate::bits::Bits;
use crate::error::{CoreError, Result};
use crate::runs::{RunBuilder, RunFiles, file_of};

/// A segment's tables, by name.
pub type Tables = HashMap<String, PathBuf>;

/// The look-ups of one segment, in `dir`. At most `bytes` are held for sorting.
pub fn segment(
    tables: &Tables,
    key: &StoreKey,
    dir: &Path,
    bytes: usize,
    progress: &mut Progress,
) -> Result<Vec<(&'static str, RunFiles)>> {
    let mut say = counted(progress);
    let mut runs = Vec::new();
    let mut txids = RunBuilder::<2>::new(file_of(dir, "txids"), bytes);
    for batch in rows(tables, "txs", &["tx_id", "txid"])? {
        let batch = batch?;
        let (ids, hashes) = (int64s(&batch, 0), batch.column(1).as_fixed_size_binary());
        for (id, txid) in ids.iter().zip(hashes.iter()) {
            let keyed = key.txid(&hash_of(txid)?);
            txids.push([keyed.key, keyed.with_id(*id)])?;
        }
        say(batch.num_rows())?;
    }
    runs.push(("txids", txids.finish(true, None)?));
    let mut scripts = RunBuilder::<2>::new(file_of(dir, "scripts"), bytes);
    for batch in rows(tables, "scripts", &["script_id", "script_pubkey"])? {
        let batch = batch?;
        let (ids, bytes) = (int64s(&batch, 0), batch.column(1).as_binary::<i32>());
        for (id, script) in ids.iter().zip(bytes.iter()) {
            let keyed = key.script(script.unwrap_or_default());
            scripts.push([keyed.key, keyed.with_id(*id)])?;
        }
        say(batch.num_rows())?;
    }
    runs.push(("scripts", scripts.finish(true, None)?));
    let mut receipts = RunBuilder::<2>::new(file_of(dir, "receipts"), bytes);
    for batch in rows(tables, "txouts", &["txout_id", "script_id"])? {
        let batch = batch?;
        for (id, script) in int64s(&batch, 0).iter().zip(int64s(&batch, 1)) {
            receipts.push([*script as u64, *id as u64])?;
        }
        say(batch.num_rows())?;
    }
    runs.push(("receipts", receipts.finish(false, None)?));
    let mut spenders = RunBuilder::<3>::new(file_of(dir, "spenders"), bytes);
    for batch in rows(tables, "txins", &["tx_id", "vin", "prev_txout_id"])? {
        let batch = batch?;
        let vins = batch
            .column(1)
            .as_primitive::<arrow_array::types::Int32Type>();
        let prevs = batch.column(2).as_primitive::<Int64Type>();
        for ((tx, vin), prev) in int64s(&batch, 0).iter().zip(vins.values()).zip(prevs) {
            if let Some(prev) = prev {
                spenders.push([prev as u64, *tx as u64, *vin as u64])?;
            }
        }
        say(batch.num_rows())?;
    }
    runs.push(("spenders", spenders.finish(false, None)?));
    Ok(runs)
}

/// The unspent outputs of the chain that these segments make, from genesis on, as one run in `dir`.
pub fn coins(
    segments: &[Tables],
    key: &StoreKey,
    dir: &Path,
    bytes: usize,
    progress: &mut Progress,
) -> Result<RunFiles> {
    let mut say = counted(progress);
    let mut spent = Bits::default();
    let mut dead = Bits::default();
    for tables in segments {
        for batch in rows(tables, "txins", &["prev_txout_id"])? {
            let batch = batch?;
            for prev in batch.column(0).as_primitive::<Int64Type>().iter().flatten() {
                spent.insert(prev as u64);
            }
            say(batch.num_rows())?;
        }
        for batch in rows(tables, "scripts", &["script_id", "script_pubkey"])? {
            let batch = batch?;
            let scripts = batch.column(1).as_binary::<i32>();
            for (id, script) in int64s(&batch, 0).iter().zip(scripts.iter()) {
                if is_unspendable(script.unwrap_or_default()) {
                    dead.insert(*id as u64);
                }
            }
            say(batch.num_rows())?;
        }
    }
    let mut coins = RunBuilder::<3>::new(file_of(dir, "coins"), bytes);
    for tables in segments {
        let mut txs = Txs::open(tables)?;
        for batch in rows(
            tables,
            "txouts",
            &["txout_id", "tx_id", "vout", "value_sat", "script_id"],
        )? {
            let batch = batch?;
            let vouts = batch
                .column(2)
                .as_primitive::<arrow_array::types::Int32Type>();
            let (ids, tx_ids) = (int64s(&batch, 0), int64s(&batch, 1));
            let (values, scripts) = (int64s(&batch, 3), int64s(&batch, 4));
            for at in 0..batch.num_rows() {
                // genesis pays nobody: its output is in no node's set
                if tx_ids[at] == 0
                    || spent.contains(ids[at] as u64)
                    || dead.contains(scripts[at] as u64)
                {
                    continue;
                }
                let keyed = key.outpoint(&txs.txid(tx_ids[at])?, vouts.value(at) as u32);
                coins.push([keyed.key, keyed.with_id(ids[at]), values[at] as u64])?;
            }
            say(batch.num_rows())?;
        }
    }
    // of BIP 30 duplicates the later took the older one's place
    coins.finish(true, Some(CHECK))
}

/// Adds rows up for `progress`; an error once that says to stop.
fn counted<'a>(progress: &'a mut Progress<'_>) -> impl FnMut(usize) -> Result<()> + 'a {
    let mut done = 0;
    move |rows| {
        done += rows as u64;
        if progress(done) {
            Ok(())
        } else {
            Err(CoreError::Stopped)
        }
    }
}

/// The txids of a segment, asked for in order.
struct Txs {
    rows: Rows,
    batch: Option<RecordBatch>,
}

impl Txs {
    fn open(tables: &Tables) -> Result<Self> {
        let mut rows = rows(tables, "txs", &["tx_id", "txid"])?;
        let batch = rows.next().transpose()?;
        Ok(Self { rows, batch })
    }

    fn txid(&mut self, tx_id: i64) -> Result<Hash> {
        loop {
            let Some(batch) = &self.batch else {
                return Err(CoreError::damaged(
                    "txs",
                    &format!("it has no transaction {tx_id}"),
                ));
            };
            let first = int64s(batch, 0).first().copied().unwrap_or_default();
            let at = usize::try_from(tx_id - first).unwrap_or(usize::MAX);
            if at < batch.num_rows() {
                return hash_of(Some(batch.column(1).as_fixed_size_binary().value(at)));
            }
            self.batch = self.rows.next().transpose()?;
        }
    }
}

fn hash_of(bytes: Option<&[u8]>) -> Result<Hash> {
    bytes
        .and_then(|b| b.try_into().ok())
        .ok_or_else(|| CoreError::damaged("txs", "a txid is missing"))
}

fn int64s(batch: &RecordBatch, column: usize) -> &[i64] {
    batch.column(column).as_primitive::<Int64Type>().values()
}

/// Batches of some columns of a table's file, in the order asked for.
struct Rows {
    table: String,
    columns: Vec<String>,
    reader: ParquetRecordBatchReader,
}

fn rows(tables: &Tables, table: &str, columns: &[&str]) -> Result<Rows> {
    let path = tables
        .get(table)
        .ok_or_else(|| CoreError::Misuse(format!("no file of table {table} was given")))?;
    let refused = |e: parquet::errors::ParquetError| {
        CoreError::damaged(table, &format!("{}: {e}", path.display()))
    };
    let file = File::open(path).map_err(|e| CoreError::io(path, e))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(refused)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    let reader = builder
        .with_projection(mask)
        .with_batch_size(ROWS_PER_BATCH)
        .build()
        .map_err(refused)?;
    Ok(Rows {
        table: table.into(),
        columns: columns.iter().map(|c| (*c).into()).collect(),
        reader,
    })
}

impl Iterator for Rows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.reader.next()? {
            Ok(batch) => batch,
            Err(e) => return Some(Err(CoreError::damaged(&self.table, &e.to_string()))),
        };
        let places: Option<Vec<usize>> = self
            .columns
            .iter()
            .map(|c| batch.schema().index_of(c).ok())
            .collect();
        Some(
            places
                .and_then(|p| batch.project(&p).ok())
                .ok_or_else(|| CoreError::damaged(&self.table, "a column is missing")),
        )
    }
}
