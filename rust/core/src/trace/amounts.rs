//! Rules under which an output holds an amount of traced satoshis, mixed evenly with the others.

use super::flow::{Carrier, Cell, Passage};
use super::share::share;

/// Traced satoshis of each node, passed on by proportion.
pub struct Amounts {
    traced_sat: Vec<i64>,
    entering_sat: Vec<i64>,
    leaving_sat: Vec<i64>,
    lacking_sat: Vec<i64>,
    row_sat: Vec<i64>,
    remainders: Vec<(u64, u32)>,
}

impl Amounts {
    pub fn new(nodes: usize) -> Amounts {
        Amounts {
            traced_sat: vec![0; nodes],
            entering_sat: Vec::new(),
            leaving_sat: Vec::new(),
            lacking_sat: Vec::new(),
            row_sat: Vec::new(),
            remainders: Vec::new(),
        }
    }

    /// One integer table with both margins exact: each row's amount is shared over what the columns
    /// still lack. The margins are the amounts that enter and leave.
    fn fill_table(&mut self, inputs_enter: bool, cells: &mut Vec<Cell>) {
        let (rows, columns) = if inputs_enter {
            (&self.entering_sat, &self.leaving_sat)
        } else {
            (&self.leaving_sat, &self.entering_sat)
        };
        self.lacking_sat.clone_from(columns);
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
                    cells.push(Cell {
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
    fn start(&mut self, node: usize, traced_sat: i64) {
        self.traced_sat[node] = traced_sat;
    }

    fn traced_sat(&self, node: usize) -> i64 {
        self.traced_sat[node]
    }

    fn pass(&mut self, passage: &Passage<'_>, cells: Option<&mut Vec<Cell>>) -> i64 {
        self.entering_sat.clear();
        let traced_sat = &self.traced_sat;
        self.entering_sat
            .extend(passage.entering.iter().map(|e| traced_sat[e.node as usize]));
        let total = self.entering_sat.iter().sum();
        share(
            total,
            passage.leaving_value_sat,
            &mut self.remainders,
            &mut self.leaving_sat,
        );
        let nodes = passage.leaving_nodes.len();
        self.traced_sat[passage.leaving_nodes.clone()].copy_from_slice(&self.leaving_sat[..nodes]);
        if let Some(cells) = cells {
            self.fill_table(passage.inputs_enter, cells);
        }
        self.leaving_sat.get(nodes).copied().unwrap_or(0)
    }
}
