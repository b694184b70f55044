//! Inputs that spend outputs made long before, until their values are read.

use super::rows::Opened;
use super::watch::Meter;
use super::{Checked, Halt, Table};

const SLOT_BITS: u32 = 24;

/// A transaction's amounts as far as they are known.
#[derive(Debug, Clone, Copy)]
pub struct Owed {
    pub tx_id: i64,
    pub sum_in: i64,
    pub sum_out: i64,
    pub fee: i64,
}

/// Inputs without their values, and the transactions they belong to.
pub struct Waiting {
    /// txout_id above, place in `owed` below.
    txins: Vec<u64>,
    owed: Vec<Owed>,
    most: usize,
}

impl Waiting {
    pub fn new(most: usize) -> Self {
        Self {
            txins: Vec::new(),
            owed: Vec::new(),
            // each transaction has at least one input, so that their places fit as well
            most: most.clamp(1, (1 << SLOT_BITS) - 1),
        }
    }

    pub fn is_full(&self) -> bool {
        self.txins.len() >= self.most
    }

    /// An input of the transaction that `owe` will name next. Its txout_id has at most 40 bits.
    pub fn push(&mut self, txout: i64) {
        let slot = self.owed.len() as u64;
        self.txins.push((txout as u64) << SLOT_BITS | slot);
    }

    pub fn owe(&mut self, owed: Owed) {
        self.owed.push(owed);
    }

    /// Reads the values in the order of the table, gives each transaction whole, and is empty again.
    pub fn settle(
        &mut self,
        txouts: &Table,
        meter: &Meter,
        mut whole: impl FnMut(&Owed),
    ) -> Checked<()> {
        self.txins.sort_unstable();
        let mut wanted = self.txins.iter().copied().peekable();
        let mut first = 0u64;
        for stored in &txouts.files {
            let Some(next) = wanted.peek().map(|packed| packed >> SLOT_BITS) else {
                break;
            };
            if next >= first.saturating_add(stored.rows) {
                first = first.saturating_add(stored.rows);
                continue;
            }
            let opened = Opened::new(txouts, stored)?;
            for (group, rows) in opened.row_groups().enumerate() {
                let end = first.saturating_add(rows);
                if wanted
                    .peek()
                    .is_none_or(|packed| packed >> SLOT_BITS >= end)
                {
                    first = end;
                    continue;
                }
                let mut reader = opened.reader(&["value_sat"], Some(group))?;
                while let Some(batch) = reader.next()? {
                    meter.go_on()?;
                    let values = batch.ints64("value_sat")?;
                    let end = first + values.len() as u64;
                    while let Some(packed) = wanted.next_if(|p| p >> SLOT_BITS < end) {
                        let value = values[((packed >> SLOT_BITS) - first) as usize];
                        let slot = (packed & ((1 << SLOT_BITS) - 1)) as usize;
                        if let Some(owed) = self.owed.get_mut(slot) {
                            owed.sum_in = owed.sum_in.saturating_add(value);
                        }
                    }
                    first = end;
                }
                if first != end {
                    return Err(changed());
                }
            }
        }
        if wanted.next().is_some() {
            return Err(changed());
        }
        self.owed.iter().for_each(&mut whole);
        self.txins.clear();
        self.owed.clear();
        Ok(())
    }
}

fn changed() -> Halt {
    Halt::Broken("table txouts changed while it was read; run verify again".into())
}
