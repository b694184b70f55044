//! Where traced value rests, as columns.

use super::Terminal;

/// One end of the flow.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub terminal: Terminal,
    /// The transaction that made the output, or paid the fee.
    pub tx: i64,
    /// -1 for a fee.
    pub txout: i64,
    pub value_sat: i64,
    pub traced_sat: i64,
}

impl Row {
    /// This end with another amount.
    pub fn of(self, traced_sat: i64) -> Row {
        Row { traced_sat, ..self }
    }
}

/// Where traced value rests; rows by (tx, txout with the fee last, type), none of zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terminals {
    /// Codes of `Terminal`.
    pub types: Vec<u8>,
    pub txs: Vec<i64>,
    /// -1 for a fee.
    pub txouts: Vec<i64>,
    pub value_sat: Vec<i64>,
    pub traced_sat: Vec<i64>,
}

impl Terminals {
    #[inline]
    pub fn push(&mut self, row: Row) {
        self.types.push(row.terminal as u8);
        self.txs.push(row.tx);
        self.txouts.push(row.txout);
        self.value_sat.push(row.value_sat);
        self.traced_sat.push(row.traced_sat);
    }

    /// The key of a row: as unsigned, the -1 of a fee comes after every output.
    fn key(&self, row: usize) -> (i64, u64, u8) {
        (self.txs[row], self.txouts[row] as u64, self.types[row])
    }

    fn last_key(&self) -> Option<(i64, u64, u8)> {
        Some(self.key(self.types.len().checked_sub(1)?))
    }

    /// Adds a row, or its amount to the last row.
    fn add(&mut self, row: (u8, i64, i64, i64, i64), to_last: bool) {
        let (code, tx, txout, value_sat, traced_sat) = row;
        match self.traced_sat.last_mut() {
            Some(last) if to_last => *last += traced_sat,
            _ => {
                self.types.push(code);
                self.txs.push(tx);
                self.txouts.push(txout);
                self.value_sat.push(value_sat);
                self.traced_sat.push(traced_sat);
            }
        }
    }

    fn row(&self, row: usize) -> (u8, i64, i64, i64, i64) {
        (
            self.types[row],
            self.txs[row],
            self.txouts[row],
            self.value_sat[row],
            self.traced_sat[row],
        )
    }

    /// Brings the rows into their order. Forward they nearly are.
    pub fn sort(&mut self) {
        let rows = self.types.len();
        if (1..rows).all(|row| self.key(row - 1) <= self.key(row)) {
            return;
        }
        let mut order: Vec<u32> = (0..rows as u32).collect();
        order.sort_by_key(|row| self.key(*row as usize));
        reorder(&mut self.types, &order);
        reorder(&mut self.txs, &order);
        reorder(&mut self.txouts, &order);
        reorder(&mut self.value_sat, &order);
        reorder(&mut self.traced_sat, &order);
    }

    /// Traced satoshis by code of `Terminal`.
    pub fn totals_sat(&self) -> [i128; Terminal::NAMES.len()] {
        let mut totals_sat = [0; Terminal::NAMES.len()];
        for (code, traced_sat) in self.types.iter().zip(&self.traced_sat) {
            totals_sat[*code as usize] += i128::from(*traced_sat);
        }
        totals_sat
    }
}

/// Whose the traced value is; rows in the order of the terminals, then by claimant, none of zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    pub claimants: Vec<i64>,
    pub terminals: Terminals,
}

impl Claims {
    pub fn push(&mut self, claimant: u32, row: Row) {
        self.claimants.push(i64::from(claimant));
        self.terminals.push(row);
    }

    /// Brings the rows into their order, those of one claimant at one terminal as one.
    pub fn sort(&mut self) {
        let all = &self.terminals;
        let mut order: Vec<u32> = (0..self.claimants.len() as u32).collect();
        order.sort_by_key(|row| (all.key(*row as usize), self.claimants[*row as usize]));
        let mut sorted = Claims::default();
        for row in order {
            let row = row as usize;
            let is_last = sorted.claimants.last() == Some(&self.claimants[row])
                && sorted.terminals.last_key() == Some(all.key(row));
            if !is_last {
                sorted.claimants.push(self.claimants[row]);
            }
            sorted.terminals.add(all.row(row), is_last);
        }
        *self = sorted;
    }

    /// The terminals of all claimants together.
    pub fn sum_up(&self) -> Terminals {
        let mut terminals = Terminals::default();
        for row in 0..self.claimants.len() {
            let is_last = terminals.last_key() == Some(self.terminals.key(row));
            terminals.add(self.terminals.row(row), is_last);
        }
        terminals
    }
}

fn reorder<T: Copy>(column: &mut Vec<T>, order: &[u32]) {
    *column = order.iter().map(|row| column[*row as usize]).collect();
}
