//! The structure of txouts and scripts: each output belongs to its transaction, scripts are numbered
//! by first use, and their types are those of their bytes.

use arrow_array::BinaryArray;

use super::columns::{Batch, Follows, Ints32, Ints64, Sound};
use super::rows::{Cursor, Rows};
use super::watch::Meter;
use super::{Checked, Findings, Tables, settled};
use crate::chain::script::{ScriptType, script_type};
use crate::error::Result;

struct TxoutColumns {
    txout_id: Ints64,
    tx_id: Ints64,
    vout: Ints32,
    script_id: Ints64,
    script_type: Vec<u8>,
}

fn txout_columns(batch: &Batch) -> Checked<TxoutColumns> {
    Ok(TxoutColumns {
        txout_id: batch.ints64("txout_id")?,
        tx_id: batch.ints64("tx_id")?,
        vout: batch.ints32("vout")?,
        script_id: batch.ints64("script_id")?,
        script_type: batch.names("script_type", &ScriptType::NAMES)?,
    })
}

struct ScriptColumns {
    script_id: Ints64,
    script_type: Vec<u8>,
    script_pubkey: BinaryArray,
    first_txout_id: Ints64,
}

fn script_columns(batch: &Batch) -> Checked<ScriptColumns> {
    Ok(ScriptColumns {
        script_id: batch.ints64("script_id")?,
        script_type: batch.names("script_type", &ScriptType::NAMES)?,
        script_pubkey: batch.binary("script_pubkey")?,
        first_txout_id: batch.ints64("first_txout_id")?,
    })
}

/// The type of each script so far, half a byte each: 1.5 billion of them are to fit in memory.
#[derive(Default)]
struct Types {
    pairs: Vec<u8>,
    len: usize,
}

impl Types {
    fn push(&mut self, kind: u8) {
        if self.len % 2 == 0 {
            self.pairs.push(kind);
        } else {
            self.pairs[self.len / 2] |= kind << 4;
        }
        self.len += 1;
    }

    #[inline]
    fn get(&self, id: usize) -> u8 {
        self.pairs[id / 2] >> (4 * (id % 2)) & 0xf
    }
}

/// Txouts against their transactions and scripts.
pub fn check(tables: &Tables, meter: &Meter) -> Result<Findings> {
    let mut findings = Findings::default();
    let mut txout_id = Follows::new("txouts.txout_id");
    let mut tx_id = Follows::new("txouts.tx_id");
    let mut vout = Follows::new("txouts.vout");
    let mut out_type = Sound::new("txouts.script_type", "is not the type of its script");
    let mut own_id = Follows::new("scripts.script_id");
    let mut own_type = Sound::new("scripts.script_type", "is not the type of its bytes");
    let mut first_use = Follows::new("scripts.first_txout_id");
    let mut unnumbered = None;
    let mut walk = || -> Checked<()> {
        let mut txs = Cursor::new(Rows::some(&tables.txs, vec!["txout_count"]), |batch| {
            batch.ints32("txout_count")
        });
        let mut txouts = Cursor::new(Rows::whole(&tables.txouts, meter), txout_columns);
        let mut scripts = Cursor::new(Rows::whole(&tables.scripts, meter), script_columns);
        let mut types = Types::default();
        let (mut tx, mut count, mut at) = (-1i64, 0, 0);
        let mut row = 0u64;
        while let Some((txout, i)) = txouts.next()? {
            if at == count {
                // where counts do not add up, the walk through txs says so
                let Some((counts, j)) = txs.next()? else {
                    return Ok(());
                };
                tx += 1;
                (at, count) = (0, counts[j]);
                if count <= 0 {
                    return Ok(());
                }
            }
            txout_id.check(row, txout.txout_id[i], row as i64);
            tx_id.check(row, txout.tx_id[i], tx);
            vout.check(row, i64::from(txout.vout[i]), i64::from(at));
            at += 1;
            let id = txout.script_id[i];
            let known = types.len as u64;
            if id == known as i64
                && let Some((script, j)) = scripts.next()?
            {
                own_id.check(known, script.script_id[j], id);
                first_use.check(known, script.first_txout_id[j], row as i64);
                let kind = script_type(script.script_pubkey.value(j)) as u8;
                own_type.check(known, script.script_type[j] == kind);
                types.push(kind);
            } else if id < 0 || id >= known as i64 {
                // no number after this one can be told right or wrong
                unnumbered = Some((row, id, known));
                return Ok(());
            }
            out_type.check(row, txout.script_type[i] == types.get(id as usize));
            row += 1;
        }
        let used = types.len as u64;
        while let Some((script, j)) = scripts.next()? {
            let known = types.len as u64;
            own_id.check(known, script.script_id[j], known as i64);
            types.push(0);
        }
        if used < types.len as u64 {
            let unused = types.len as u64 - used;
            findings.fail(|| {
                format!("scripts.first_txout_id: no output carries the last {unused} scripts")
            });
        }
        Ok(())
    };
    let end = walk();
    for fault in [&txout_id, &tx_id, &vout] {
        fault.tell(&mut findings);
    }
    if let Some((row, id, known)) = unnumbered {
        findings.fail(|| {
            format!(
                "txouts.script_id does not follow from the tables before it: row {row} has {id}, \
                 after {known} scripts of {} numbered by first use",
                tables.scripts.rows
            )
        });
    }
    for fault in [&own_id, &first_use] {
        fault.tell(&mut findings);
    }
    for fault in [&out_type, &own_type] {
        fault.tell(&mut findings);
    }
    settled(findings, end)
}
