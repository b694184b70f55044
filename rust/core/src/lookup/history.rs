//! What a script received and spent: sums over everything, rows of the latest.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Int64Type, TimestampMillisecondType};
use hashbrown::HashMap;

use super::{Lookups, Spender, TableRows};
use crate::error::{CoreError, Result};

/// Receipts whose values are read at once.
const CHUNK: usize = 1 << 16;

/// The history of a script. Times are in milliseconds since 1970, by the blocks' own clocks.
#[derive(Debug, Clone)]
pub struct History {
    pub receipt_count: u64,
    pub spend_count: u64,
    pub received_sat: i64,
    pub sent_sat: i64,
    pub heights: (u64, u64),
    pub times: (i64, i64),
    /// The latest in chain order.
    pub receipts: Vec<Receipt>,
    /// The latest in order of the spending input.
    pub spends: Vec<Spend>,
}

/// An output that paid the script, and where it was spent.
#[derive(Debug, Clone, Copy)]
pub struct Receipt {
    pub txout_id: u64,
    pub value_sat: i64,
    pub spender: Option<Spender>,
}

/// An input that spent an output of the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spend {
    pub tx_id: u64,
    pub vin: u64,
    pub txout_id: u64,
    pub value_sat: i64,
}

impl Lookups {
    /// The history of a script, with at most `limit` rows of each kind.
    pub fn history(&self, rows: &TableRows, script_id: u64, limit: usize) -> Result<History> {
        let all = self.receipts(script_id)?;
        let mut blocks = Blocks::new(rows, &self.blocks)?;
        let mut seen = Seen::default();
        let (mut received, mut sent, mut spend_count) = (0i128, 0i128, 0);
        let mut receipts = Vec::new();
        // the least of the latest on top
        let mut spends = BinaryHeap::new();
        for (number, chunk) in all.chunks(CHUNK).enumerate() {
            let values = values(rows, script_id, chunk)?;
            for (at, (&txout_id, value_sat)) in chunk.iter().zip(values).enumerate() {
                let spender = self.spender(txout_id)?;
                received += i128::from(value_sat);
                seen.add(blocks.of(txout_id, |block| block.first_txout_id)?);
                if let Some(Spender { tx_id, vin }) = spender {
                    sent += i128::from(value_sat);
                    spend_count += 1;
                    seen.add(blocks.of(tx_id, |block| block.first_tx_id)?);
                    spends.push(Reverse(Spend {
                        tx_id,
                        vin,
                        txout_id,
                        value_sat,
                    }));
                    if spends.len() > limit {
                        spends.pop();
                    }
                }
                if number * CHUNK + at + limit >= all.len() {
                    receipts.push(Receipt {
                        txout_id,
                        value_sat,
                        spender,
                    });
                }
            }
        }
        let Some((heights, times)) = seen.0 else {
            return Err(damaged(&format!("script {script_id} has no receipt")));
        };
        let sum = |total: i128| i64::try_from(total).map_err(|_| damaged("amounts overflow"));
        // greatest first while reversed
        let spends = spends.into_sorted_vec().into_iter().rev();
        Ok(History {
            receipt_count: all.len() as u64,
            spend_count,
            received_sat: sum(received)?,
            sent_sat: sum(sent)?,
            heights,
            times,
            receipts,
            spends: spends.map(|Reverse(spend)| spend).collect(),
        })
    }
}

/// The values of outputs, which must pay the script.
fn values(rows: &TableRows, script_id: u64, txout_ids: &[u64]) -> Result<Vec<i64>> {
    let batch = rows.fetch("txouts", txout_ids, &["value_sat", "script_id"])?;
    if numbers::<Int64Type>(&batch, 1)?
        .iter()
        .any(|id| *id as u64 != script_id)
    {
        return Err(damaged(&format!(
            "receipts of script {script_id} pay others"
        )));
    }
    Ok(numbers::<Int64Type>(&batch, 0)?.to_vec())
}

/// The least and the greatest height and time.
#[derive(Default)]
struct Seen(Option<((u64, u64), (i64, i64))>);

impl Seen {
    fn add(&mut self, (height, time): (u64, i64)) {
        let (heights, times) = self.0.get_or_insert(((height, height), (time, time)));
        *heights = (heights.0.min(height), heights.1.max(height));
        *times = (times.0.min(time), times.1.max(time));
    }
}

/// The blocks of segments, by file, once read: some thirty megabytes for the whole chain.
pub type KnownBlocks = HashMap<PathBuf, Arc<[Block]>>;

/// In which block a transaction or an output is: of each segment, read when first asked.
struct Blocks<'a> {
    rows: &'a TableRows,
    known: &'a Mutex<KnownBlocks>,
    segments: Vec<Segment<'a>>,
    /// Where a block above the tip would begin.
    end: Block,
}

struct Segment<'a> {
    path: &'a PathBuf,
    count: usize,
    first: Block,
    read: Option<Arc<[Block]>>,
}

#[derive(Clone, Copy)]
pub struct Block {
    height: u64,
    first_tx_id: u64,
    first_txout_id: u64,
    time: i64,
}

impl<'a> Blocks<'a> {
    fn new(rows: &'a TableRows, known: &'a Mutex<KnownBlocks>) -> Result<Self> {
        let mut segments = Vec::new();
        let (txs, txouts) = (rows.files("txs")?, rows.files("txouts")?);
        let mut end = Block {
            height: 0,
            first_tx_id: 0,
            first_txout_id: 0,
            time: 0,
        };
        for (((path, count), txs), txouts) in rows.files("blocks")?.iter().zip(txs).zip(txouts) {
            segments.push(Segment {
                path,
                count: *count as usize,
                first: end,
                read: None,
            });
            end.height += count;
            end.first_tx_id += txs.1;
            end.first_txout_id += txouts.1;
        }
        Ok(Self {
            rows,
            known,
            segments,
            end,
        })
    }

    /// Height and time of the block that holds an id, whose first such id `first` tells.
    fn of(&mut self, id: u64, first: impl Fn(&Block) -> u64) -> Result<(u64, i64)> {
        if id >= first(&self.end) {
            return Err(damaged(&format!("no block has row {id}")));
        }
        let within = self.segments.partition_point(|s| first(&s.first) <= id);
        let segment = within.checked_sub(1).map(|at| &mut self.segments[at]);
        let segment = segment.ok_or_else(|| damaged("there are no blocks"))?;
        let blocks = match &segment.read {
            Some(blocks) => blocks,
            None => segment.read.insert(read(self.rows, segment, self.known)?),
        };
        let at = blocks.partition_point(|block| first(block) <= id);
        let block = at.checked_sub(1).map(|at| blocks[at]);
        let block = block.ok_or_else(|| damaged(&format!("no block has row {id}")))?;
        Ok((block.height, block.time))
    }
}

fn read(rows: &TableRows, segment: &Segment, known: &Mutex<KnownBlocks>) -> Result<Arc<[Block]>> {
    let known = || known.lock().expect("nobody panics with the lock");
    if let Some(blocks) = known().get(segment.path) {
        return Ok(blocks.clone());
    }
    let columns = ["first_tx_id", "first_txout_id", "time_utc"];
    let all: Vec<usize> = (0..segment.count).collect();
    let mut blocks = Vec::with_capacity(segment.count);
    for batch in rows.of_file("blocks", segment.path, &all, &columns)? {
        let tx_ids = numbers::<Int64Type>(&batch, 0)?;
        let txout_ids = numbers::<Int64Type>(&batch, 1)?;
        let times = numbers::<TimestampMillisecondType>(&batch, 2)?;
        for ((tx, txout), time) in tx_ids.iter().zip(txout_ids).zip(times) {
            blocks.push(Block {
                height: segment.first.height + blocks.len() as u64,
                first_tx_id: *tx as u64,
                first_txout_id: *txout as u64,
                time: *time,
            });
        }
    }
    let blocks: Arc<[Block]> = blocks.into();
    known().insert(segment.path.clone(), blocks.clone());
    Ok(blocks)
}

fn numbers<T: ArrowPrimitiveType>(batch: &RecordBatch, column: usize) -> Result<&[T::Native]> {
    let column = batch.column(column);
    let numbers = column.as_primitive_opt::<T>();
    let numbers = numbers.ok_or_else(|| damaged(&format!("a type is {}", column.data_type())))?;
    Ok(numbers.values())
}

fn damaged(what: &str) -> CoreError {
    CoreError::Table {
        table: "txouts".into(),
        what: format!(
            "{what}: a look-up or a table is damaged; 'peelchain chain verify' tells which, \
             'peelchain chain reindex' makes look-ups anew"
        ),
    }
}
