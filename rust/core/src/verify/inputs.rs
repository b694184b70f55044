//! The structure of txins: each belongs to its transaction and spends what was made before it.

use arrow_buffer::NullBuffer;

use super::columns::{Batch, Follows, Ints32, Ints64, Sound};
use super::rows::{Cursor, Rows};
use super::watch::Meter;
use super::{Checked, Findings, Tables, settled};
use crate::error::Result;

const STATES: [&str; 2] = ["spent", "coinbase"];

struct TxColumns {
    tx_index: Ints32,
    txin_count: Ints32,
    first_txout_id: Ints64,
}

fn tx_columns(batch: &Batch) -> Checked<TxColumns> {
    Ok(TxColumns {
        tx_index: batch.ints32("tx_index")?,
        txin_count: batch.ints32("txin_count")?,
        first_txout_id: batch.ints64("first_txout_id")?,
    })
}

struct TxinColumns {
    tx_id: Ints64,
    vin: Ints32,
    prev: Ints64,
    known: Option<NullBuffer>,
    state: Vec<u8>,
    sequence: Ints64,
    script_sig_bytes: Ints32,
    witness_items: Ints32,
    witness_bytes: Ints32,
}

fn txin_columns(batch: &Batch) -> Checked<TxinColumns> {
    let (prev, known) = batch.optional_ints64("prev_txout_id")?;
    Ok(TxinColumns {
        tx_id: batch.ints64("tx_id")?,
        vin: batch.ints32("vin")?,
        prev,
        known,
        state: batch.names("state", &STATES)?,
        sequence: batch.ints64("sequence")?,
        script_sig_bytes: batch.ints32("script_sig_bytes")?,
        witness_items: batch.ints32_or_0("witness_items")?,
        witness_bytes: batch.ints32_or_0("witness_bytes")?,
    })
}

/// Txins against the transactions they belong to.
pub fn check(tables: &Tables, meter: &Meter) -> Result<Findings> {
    let mut findings = Findings::default();
    let mut tx_id = Follows::new("txins.tx_id");
    let mut vin = Follows::new("txins.vin");
    let mut state = Sound::new("txins.state", "does not fit its prev_txout_id");
    let mut sequence = Sound::new("txins.sequence", "is not from 0 to 2^32 - 1");
    let mut lengths = Sound::new(
        "txins.script_sig_bytes, witness_items, witness_bytes",
        "is no length",
    );
    let mut unsound = 0u64;
    let mut walk = || -> Checked<()> {
        let columns = vec!["tx_index", "txin_count", "first_txout_id"];
        let mut txs = Cursor::new(Rows::some(&tables.txs, columns), tx_columns);
        let mut txins = Cursor::new(Rows::whole(&tables.txins, meter), txin_columns);
        let (mut tx, mut count, mut at, mut limit, mut coinbase) = (-1i64, 0, 0, 0i64, false);
        let mut row = 0u64;
        while let Some((txin, i)) = txins.next()? {
            if at == count {
                // where counts do not add up, the walk through txs says so
                let Some((columns, j)) = txs.next()? else {
                    return Ok(());
                };
                tx += 1;
                (at, count) = (0, columns.txin_count[j]);
                limit = columns.first_txout_id[j];
                coinbase = columns.tx_index[j] == 0;
                if count <= 0 {
                    return Ok(());
                }
            }
            tx_id.check(row, txin.tx_id[i], tx);
            vin.check(row, i64::from(txin.vin[i]), i64::from(at));
            let prev = txin.prev[i];
            let known = txin.known.as_ref().is_none_or(|known| known.is_valid(i));
            let sound = if coinbase {
                !known
            } else {
                known && prev >= 0 && prev < limit
            };
            unsound += u64::from(!sound);
            state.check(row, txin.state[i] == u8::from(!known));
            let numbers = (0..=i64::from(u32::MAX)).contains(&txin.sequence[i]);
            sequence.check(row, numbers);
            let least = txin.script_sig_bytes[i]
                .min(txin.witness_items[i])
                .min(txin.witness_bytes[i]);
            lengths.check(row, least >= 0);
            at += 1;
            row += 1;
        }
        Ok(())
    };
    let end = walk();
    tx_id.tell(&mut findings);
    vin.tell(&mut findings);
    if unsound > 0 {
        findings.fail(|| {
            format!("txins.prev_txout_id: {unsound} inputs spend nothing that was made before them")
        });
    }
    for fault in [&state, &sequence, &lengths] {
        fault.tell(&mut findings);
    }
    settled(findings, end)
}
