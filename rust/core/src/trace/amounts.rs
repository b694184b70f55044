//! Rules under which an output holds an amount of traced satoshis, mixed evenly with the others.

use super::flow::{Carrier, Cell, Outflow, Passage};
use super::share::share;

/// Amounts are all there is: nothing is kept of an output beyond how much is traced.
#[derive(Default)]
pub struct Amounts {
    lacking_sat: Vec<i64>,
    row_sat: Vec<i64>,
    remainders: Vec<(u64, u32)>,
}

impl Amounts {
    pub fn new() -> Amounts {
        Amounts::default()
    }

    /// One integer table with both margins exact: each row's amount is shared over what the columns
    /// still lack. The margins are the amounts that enter and leave.
    fn fill_table(&mut self, passage: &Passage<'_>, out: &mut Outflow) {
        let inputs_enter = passage.inputs_enter;
        let (rows, columns) = if inputs_enter {
            (passage.entering_sat, &out.leaving_sat[..])
        } else {
            (&out.leaving_sat[..], passage.entering_sat)
        };
        self.lacking_sat.clear();
        self.lacking_sat.extend_from_slice(columns);
        for (row, row_total) in rows.iter().enumerate() {
            if *row_total == 0 {
                continue;
            }
            share(
                *row_total,
                &self.lacking_sat,
                &mut self.remainders,
                &mut self.row_sat,
            );
            for (column, traced_sat) in self.row_sat.iter().enumerate() {
                if *traced_sat > 0 {
                    self.lacking_sat[column] -= traced_sat;
                    let (entering, leaving) = if inputs_enter {
                        (row, column)
                    } else {
                        (column, row)
                    };
                    out.cells.push(Cell {
                        entering,
                        leaving,
                        traced_sat: *traced_sat,
                    });
                }
            }
        }
    }
}

impl Carrier for Amounts {
    fn start(&mut self, _node: usize, _traced_sat: i64) {}

    #[inline]
    fn pass(&mut self, passage: &Passage<'_>, out: &mut Outflow) {
        share(
            passage.entering_sat.iter().sum(),
            passage.leaving_value_sat,
            &mut self.remainders,
            &mut out.leaving_sat,
        );
        if out.wants_cells {
            self.fill_table(passage, out);
        }
    }
}
