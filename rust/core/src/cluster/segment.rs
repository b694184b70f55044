//! The columns of one segment that clustering reads, whole, each decoded by a thread of its own kind.

use std::path::PathBuf;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};

use super::coinjoin::{Output, TypeCode};
use crate::chain::script::ScriptType;
use crate::error::{CoreError, Result};
use crate::lookup::TableRows;

/// Where a segment's tables lie and what precedes it.
#[derive(Clone, Debug)]
pub struct Place {
    pub txs: PathBuf,
    pub txins: PathBuf,
    pub txouts: PathBuf,
    pub first_tx: u64,
    pub first_txout: u64,
    pub tx_count: u64,
    pub txin_count: u64,
    pub txout_count: u64,
}

/// The segments of a store, in chain order.
pub fn places(tables: &TableRows) -> Result<Vec<Place>> {
    let (txs, txins) = (tables.files("txs")?, tables.files("txins")?);
    let (mut first_tx, mut first_txout) = (0, 0);
    let mut found = Vec::new();
    for ((txs, txins), txouts) in txs.iter().zip(txins).zip(tables.files("txouts")?) {
        found.push(Place {
            txs: txs.0.clone(),
            txins: txins.0.clone(),
            txouts: txouts.0.clone(),
            first_tx,
            first_txout,
            tx_count: txs.1,
            txin_count: txins.1,
            txout_count: txouts.1,
        });
        first_tx += txs.1;
        first_txout += txouts.1;
    }
    Ok(found)
}

/// Inputs and outputs of each transaction, the outputs, and what inputs spend: -1 where that is not
/// known.
#[derive(Debug, Default)]
pub struct Columns {
    pub txin_count: Vec<i32>,
    pub txout_count: Vec<i32>,
    pub outputs: Vec<Output>,
    pub prev_txout: Vec<i64>,
}

impl Columns {
    /// Reads them, in two threads of about as much work. Raises what a damaged file gives.
    pub fn read(tables: &TableRows, place: &Place) -> Result<Self> {
        std::thread::scope(|scope| {
            let values = scope.spawn(|| read_values(tables, place));
            let mut columns = read_transactions(tables, place)?;
            let scripts = read_scripts(tables, place)?;
            let (values, types) = values
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            columns.outputs = scripts
                .into_iter()
                .zip(values.into_iter().zip(types))
                .map(|(script, (value_sat, script_type))| Output {
                    value_sat,
                    script,
                    script_type,
                })
                .collect();
            columns.check(place)?;
            Ok(columns)
        })
    }

    /// Refuses tables that do not fit one another.
    fn check(&self, place: &Place) -> Result<()> {
        let sum = |counts: &[i32]| counts.iter().map(|c| i64::from(*c)).sum::<i64>();
        let negative = |counts: &[i32]| counts.iter().any(|c| *c < 0);
        let fits = self.txin_count.len() as u64 == place.tx_count
            && !negative(&self.txin_count)
            && !negative(&self.txout_count)
            && sum(&self.txin_count) == self.prev_txout.len() as i64
            && sum(&self.txout_count) == self.outputs.len() as i64
            && self.outputs.len() as u64 == place.txout_count
            && self.prev_txout.len() as u64 == place.txin_count;
        if fits {
            return Ok(());
        }
        let what = "its inputs and outputs are not those of txins and txouts";
        Err(CoreError::damaged(
            "txs",
            &format!("{}: {what}", place.txs.display()),
        ))
    }
}

fn read_transactions(tables: &TableRows, place: &Place) -> Result<Columns> {
    let mut columns = Columns::default();
    let all = |_: &_| true;
    let names = ["txin_count", "txout_count"];
    tables.pass("txs", &place.txs, &names, all, |_, batch| {
        columns.txin_count.extend(int32s(batch, 0)?);
        columns.txout_count.extend(int32s(batch, 1)?);
        Ok(())
    })?;
    let prev = &mut columns.prev_txout;
    prev.reserve(place.txin_count as usize);
    tables.pass(
        "txins",
        &place.txins,
        &["prev_txout_id"],
        all,
        |_, batch| {
            let found = batch.column(0).as_primitive_opt::<Int64Type>();
            let found = found.ok_or("prev_txout_id is of another type")?;
            match found.nulls() {
                None => prev.extend_from_slice(found.values()),
                Some(_) => prev.extend(found.iter().map(|p| p.unwrap_or(-1))),
            }
            Ok(())
        },
    )?;
    Ok(columns)
}

fn read_values(tables: &TableRows, place: &Place) -> Result<(Vec<i64>, Vec<TypeCode>)> {
    let rows = place.txout_count as usize;
    let (mut values, mut types) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    let names = ["value_sat", "script_type"];
    tables.pass(
        "txouts",
        &place.txouts,
        &names,
        |_| true,
        |_, batch| {
            values.extend_from_slice(int64s(batch, 0)?);
            types.extend(script_types(batch.column(1))?);
            Ok(())
        },
    )?;
    Ok((values, types))
}

fn read_scripts(tables: &TableRows, place: &Place) -> Result<Vec<i64>> {
    let mut scripts = Vec::with_capacity(place.txout_count as usize);
    let names = ["script_id"];
    tables.pass(
        "txouts",
        &place.txouts,
        &names,
        |_| true,
        |_, batch| {
            scripts.extend_from_slice(int64s(batch, 0)?);
            Ok(())
        },
    )?;
    Ok(scripts)
}

impl Output {
    /// The columns of txouts that `outputs_of` reads.
    pub const COLUMNS: [&'static str; 3] = ["value_sat", "script_id", "script_type"];
}

/// The outputs in rows of `Output::COLUMNS`.
pub fn outputs_of(
    batch: &RecordBatch,
) -> std::result::Result<impl Iterator<Item = Output> + '_, String> {
    let values = int64s(batch, 0)?.iter();
    let scripts = int64s(batch, 1)?.iter();
    let types = script_types(batch.column(2))?;
    Ok(values
        .zip(scripts)
        .zip(types)
        .map(|((value, script), script_type)| Output {
            value_sat: *value,
            script: *script,
            script_type,
        }))
}

fn int64s(batch: &RecordBatch, column: usize) -> std::result::Result<&[i64], String> {
    let found = batch.column(column).as_primitive_opt::<Int64Type>();
    found
        .map(|c| &c.values()[..])
        .ok_or_else(|| "a column is of another type".into())
}

fn int32s(batch: &RecordBatch, column: usize) -> std::result::Result<&[i32], String> {
    let found = batch.column(column).as_primitive_opt::<Int32Type>();
    found
        .map(|c| &c.values()[..])
        .ok_or_else(|| "a column is of another type".into())
}

/// The discriminants of `ScriptType` that a column of names holds.
fn script_types(column: &ArrayRef) -> std::result::Result<Vec<TypeCode>, String> {
    let names = column.as_dictionary_opt::<Int8Type>();
    let names = names.ok_or("script_type is of another type")?;
    let meant = names.values().as_string_opt::<i32>();
    let codes: Vec<TypeCode> = meant
        .ok_or("script_type is of another type")?
        .iter()
        .map(|name| {
            let at = ScriptType::NAMES.iter().position(|n| Some(*n) == name);
            at.map(|code| code as TypeCode)
                .ok_or_else(|| format!("there is no script type {name:?}"))
        })
        .collect::<std::result::Result<_, _>>()?;
    names
        .keys()
        .values()
        .iter()
        .map(|key| codes.get(*key as usize).copied())
        .collect::<Option<_>>()
        .ok_or_else(|| "script_type names nothing".into())
}
