//! The structure of blocks and txs: dense ids, bounds that add up, sizes within what a block can be.

use super::columns::{Batch, Follows, Ints32, Ints64, Sound};
use super::rows::{Cursor, Rows};
use super::watch::Meter;
use super::{Checked, Findings, Tables, settled};
use crate::chain::block::compact_size_len;
use crate::chain::rules::Rules;
use crate::error::Result;

/// Consensus limit on a block's weight (BIP 141), and so on its bytes.
const MAX_BLOCK_WEIGHT: i32 = 4_000_000;
/// The least bytes of a transaction, an input and an output.
const MIN_TX_BYTES: i32 = 60;
const MIN_TXIN_BYTES: i32 = 41;
const MIN_TXOUT_BYTES: i32 = 9;
pub const MAX_TXS: i32 = MAX_BLOCK_WEIGHT / MIN_TX_BYTES;
pub const MAX_TXINS: i32 = MAX_BLOCK_WEIGHT / MIN_TXIN_BYTES;
pub const MAX_TXOUTS: i32 = MAX_BLOCK_WEIGHT / MIN_TXOUT_BYTES;

const HEADER_BYTES: i64 = 80;

struct BlockColumns {
    height: Ints32,
    first_tx_id: Ints64,
    tx_count: Ints32,
    first_txout_id: Ints64,
    txout_count: Ints32,
    size_bytes: Ints32,
    weight: Ints32,
    file_number: Ints32,
    file_offset: Ints64,
}

fn block_columns(batch: &Batch) -> Checked<BlockColumns> {
    Ok(BlockColumns {
        height: batch.ints32("height")?,
        first_tx_id: batch.ints64("first_tx_id")?,
        tx_count: batch.ints32("tx_count")?,
        first_txout_id: batch.ints64("first_txout_id")?,
        txout_count: batch.ints32("txout_count")?,
        size_bytes: batch.ints32("size_bytes")?,
        weight: batch.ints32("weight")?,
        file_number: batch.ints32("file_number")?,
        file_offset: batch.ints64("file_offset")?,
    })
}

struct TxColumns {
    tx_id: Ints64,
    height: Ints32,
    tx_index: Ints32,
    locktime: Ints64,
    size_bytes: Ints32,
    weight: Ints32,
    first_txin: Ints64,
    txin_count: Ints32,
    first_txout_id: Ints64,
    txout_count: Ints32,
}

fn tx_columns(batch: &Batch) -> Checked<TxColumns> {
    Ok(TxColumns {
        tx_id: batch.ints64("tx_id")?,
        height: batch.ints32("height")?,
        tx_index: batch.ints32("tx_index")?,
        locktime: batch.ints64("locktime")?,
        size_bytes: batch.ints32("size_bytes")?,
        weight: batch.ints32("weight")?,
        first_txin: batch.ints64("first_txin")?,
        txin_count: batch.ints32("txin_count")?,
        first_txout_id: batch.ints64("first_txout_id")?,
        txout_count: batch.ints32("txout_count")?,
    })
}

/// A block while its transactions pass.
#[derive(Default)]
struct Open {
    height: i64,
    left: i32,
    txouts: i64,
    size: i64,
    weight: i64,
    stated: Stated,
}

/// What the block's own row says of its transactions.
#[derive(Default)]
struct Stated {
    txouts: i64,
    size: i64,
    weight: i64,
}

struct Faults {
    height: Follows,
    first_tx: Follows,
    first_txout_of_block: Follows,
    txouts_of_block: Follows,
    size_of_block: Follows,
    weight_of_block: Follows,
    txs_of_block: Sound,
    place: Sound,
    tx_id: Follows,
    height_of_tx: Follows,
    tx_index: Follows,
    first_txin: Follows,
    first_txout: Follows,
    txins_of_tx: Sound,
    txouts_of_tx: Sound,
    locktime: Sound,
    size_of_tx: Sound,
}

/// Blocks and txs against each other and against the rows of the other tables.
pub fn check(tables: &Tables, meter: &Meter) -> Result<Findings> {
    let mut findings = Findings::default();
    let mut faults = Faults {
        height: Follows::new("blocks.height"),
        first_tx: Follows::new("blocks.first_tx_id"),
        first_txout_of_block: Follows::new("blocks.first_txout_id"),
        txouts_of_block: Follows::new("blocks.txout_count"),
        size_of_block: Follows::new("blocks.size_bytes"),
        weight_of_block: Follows::new("blocks.weight"),
        txs_of_block: Sound::new("blocks.tx_count", "counts what no block can hold"),
        place: Sound::new("blocks.file_offset", "is no place in a block file"),
        tx_id: Follows::new("txs.tx_id"),
        height_of_tx: Follows::new("txs.height"),
        tx_index: Follows::new("txs.tx_index"),
        first_txin: Follows::new("txs.first_txin"),
        first_txout: Follows::new("txs.first_txout_id"),
        txins_of_tx: Sound::new("txs.txin_count", "counts what no block can hold"),
        txouts_of_tx: Sound::new("txs.txout_count", "counts what no block can hold"),
        locktime: Sound::new("txs.locktime", "is not from 0 to 2^32 - 1"),
        size_of_tx: Sound::new("txs.size_bytes", "does not fit its weight"),
    };
    let end = walk(tables, meter, &mut faults, &mut findings);
    for fault in [
        &faults.height,
        &faults.first_tx,
        &faults.first_txout_of_block,
        &faults.txouts_of_block,
        &faults.size_of_block,
        &faults.weight_of_block,
    ] {
        fault.tell(&mut findings);
    }
    faults.txs_of_block.tell(&mut findings);
    faults.place.tell(&mut findings);
    for fault in [
        &faults.tx_id,
        &faults.height_of_tx,
        &faults.tx_index,
        &faults.first_txin,
        &faults.first_txout,
    ] {
        fault.tell(&mut findings);
    }
    for fault in [
        &faults.txins_of_tx,
        &faults.txouts_of_tx,
        &faults.locktime,
        &faults.size_of_tx,
    ] {
        fault.tell(&mut findings);
    }
    settled(findings, end)
}

fn walk(
    tables: &Tables,
    meter: &Meter,
    faults: &mut Faults,
    findings: &mut Findings,
) -> Checked<()> {
    let mut blocks = Cursor::new(Rows::whole(&tables.blocks, meter), block_columns);
    let mut txs = Cursor::new(Rows::whole(&tables.txs, meter), tx_columns);
    let mut block = Open::default();
    let mut heights = 0i64;
    let (mut next_txin, mut next_txout, mut first_tx) = (0i64, 0i64, 0i64);
    let mut tx_id = 0i64;
    while let Some((tx, i)) = txs.next()? {
        let row = tx_id as u64;
        if block.left == 0 {
            if heights > 0 {
                close(&block, &tables.rules, faults);
            }
            let Some((rows, at)) = blocks.next()? else {
                let txs = tables.txs.rows;
                findings.fail(|| {
                    format!(
                        "blocks.tx_count: the counts add up to {tx_id}, less than the {txs} rows of txs"
                    )
                });
                return Ok(());
            };
            first_tx = tx_id;
            block = open(rows, at, heights, faults, tx_id, next_txout);
            heights += 1;
            if block.left == 0 {
                // every later row would be told wrong for this one
                return Ok(());
            }
        }
        block.left -= 1;
        faults.tx_id.check(row, tx.tx_id[i], tx_id);
        let height = i64::from(tx.height[i]);
        faults.height_of_tx.check(row, height, block.height);
        let index = i64::from(tx.tx_index[i]);
        // of a canonical order the headers' check settles which is where
        if !tables.rules.canonical_order || tx_id == first_tx {
            faults.tx_index.check(row, index, tx_id - first_tx);
        }
        faults.first_txin.check(row, tx.first_txin[i], next_txin);
        let first = tx.first_txout_id[i];
        faults.first_txout.check(row, first, next_txout);
        let (txins, txouts) = (tx.txin_count[i], tx.txout_count[i]);
        let fits = (1..=MAX_TXINS).contains(&txins);
        faults.txins_of_tx.check(row, fits);
        let fits = (1..=MAX_TXOUTS).contains(&txouts);
        faults.txouts_of_tx.check(row, fits);
        let locktime = tx.locktime[i];
        let fits = (0..=i64::from(u32::MAX)).contains(&locktime);
        faults.locktime.check(row, fits);
        let (size, weight) = (i64::from(tx.size_bytes[i]), i64::from(tx.weight[i]));
        let fits = size >= i64::from(MIN_TX_BYTES) && size <= weight && weight <= 4 * size;
        faults.size_of_tx.check(row, fits);
        // counts are at most 2^31 and rows fewer than 2^40: no overflow
        next_txin += i64::from(txins);
        next_txout += i64::from(txouts);
        block.txouts += i64::from(txouts);
        block.size += size;
        block.weight += weight;
        tx_id += 1;
    }
    if heights > 0 {
        close(&block, &tables.rules, faults);
    }
    let mut further = block.left > 0;
    while let Some((rows, at)) = blocks.next()? {
        further = true;
        open(rows, at, heights, faults, tx_id, next_txout);
        heights += 1;
    }
    if further {
        findings.fail(|| {
            format!("blocks.tx_count: the counts add up to more than the {tx_id} rows of txs")
        });
    }
    for (column, sum, table) in [
        ("txs.txin_count", next_txin, &tables.txins),
        ("txs.txout_count", next_txout, &tables.txouts),
    ] {
        if u64::try_from(sum) != Ok(table.rows) {
            findings.fail(|| {
                let (rows, name) = (table.rows, table.name);
                format!("{column}: the counts add up to {sum}, {name} has {rows} rows")
            });
        }
    }
    Ok(())
}

/// Begins a block at its row; one with an impossible count of transactions has none left.
fn open(
    rows: &BlockColumns,
    at: usize,
    height: i64,
    faults: &mut Faults,
    tx_id: i64,
    txout_id: i64,
) -> Open {
    let row = height as u64;
    let have = i64::from(rows.height[at]);
    faults.height.check(row, have, height);
    faults.first_tx.check(row, rows.first_tx_id[at], tx_id);
    let first = rows.first_txout_id[at];
    faults.first_txout_of_block.check(row, first, txout_id);
    let fits = (1..=MAX_TXS).contains(&rows.tx_count[at]);
    faults.txs_of_block.check(row, fits);
    let is_place = rows.file_number[at] >= 0 && rows.file_offset[at] >= 0;
    faults.place.check(row, is_place);
    let count = if fits { rows.tx_count[at] } else { 0 };
    let overhead = HEADER_BYTES + compact_size_len(count as usize) as i64;
    Open {
        height,
        left: count,
        txouts: 0,
        size: overhead,
        weight: 4 * overhead,
        stated: Stated {
            txouts: i64::from(rows.txout_count[at]),
            size: i64::from(rows.size_bytes[at]),
            weight: i64::from(rows.weight[at]),
        },
    }
}

/// Compares a block's row with the sums over its transactions.
fn close(block: &Open, rules: &Rules, faults: &mut Faults) {
    let (row, stated) = (block.height as u64, &block.stated);
    // elsewhere a block has more than its transactions, which no table holds
    let size = if rules.is_plain() {
        block.size
    } else {
        block.size.max(stated.size)
    };
    faults
        .txouts_of_block
        .check(row, stated.txouts, block.txouts);
    faults.size_of_block.check(row, stated.size, size);
    faults
        .weight_of_block
        .check(row, stated.weight, block.weight);
}
