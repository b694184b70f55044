//! Rules under which an output holds an amount of traced satoshis, mixed evenly with the others.

use super::flow::{Carrier, Cell, Claim, Outflow, Passage};
use super::seeds::Part;
use super::share::share;
use super::walk::Fate;

/// How much of what enters goes to each leaving position.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// In proportion to the value.
    Even,
    /// Traced satoshis first, in order of vout.
    TracedFirst,
    /// Traced satoshis last, in order of vout.
    TracedLast,
    /// Traced satoshis first, from the highest output down.
    HighestFirst,
}

/// Amounts are all that these rules know; whose they are is kept beside, where it is asked.
pub struct Amounts {
    division: Division,
    owners: Option<Owners>,
    lacking_sat: Vec<i64>,
    row_sat: Vec<i64>,
    remainders: Vec<(u64, u32)>,
    order: Vec<u32>,
}

impl Amounts {
    pub fn new(division: Division, owners: Option<Owners>) -> Amounts {
        Amounts {
            division,
            owners,
            lacking_sat: Vec::new(),
            row_sat: Vec::new(),
            remainders: Vec::new(),
            order: Vec::new(),
        }
    }

    fn divide(&mut self, passage: &Passage<'_>, leaving_sat: &mut Vec<i64>) {
        let total: i64 = passage.entering_sat.iter().sum();
        let widths = passage.leaving_value_sat;
        match self.division {
            Division::Even => share(total, widths, &mut self.remainders, leaving_sat),
            Division::TracedFirst => {
                let mut left = total;
                leaving_sat.extend(widths.iter().map(|width| take(&mut left, *width)));
            }
            Division::TracedLast => {
                let mut clean = widths.iter().sum::<i64>() - total;
                leaving_sat.extend(widths.iter().map(|width| width - take(&mut clean, *width)));
            }
            Division::HighestFirst => {
                let nodes = passage.leaving_fates.len();
                self.order.clear();
                self.order.extend(0..widths.len() as u32);
                // Stable, so that of equal outputs the lower vout comes first; the fee stays last.
                self.order[..nodes].sort_by_key(|at| -widths[*at as usize]);
                leaving_sat.resize(widths.len(), 0);
                let mut left = total;
                for at in &self.order {
                    leaving_sat[*at as usize] = take(&mut left, widths[*at as usize]);
                }
            }
        }
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
            let cells = &mut out.cells;
            self.fill_row(*row_total, |column, traced_sat| {
                let (entering, leaving) = if inputs_enter {
                    (row, column)
                } else {
                    (column, row)
                };
                cells.push(Cell {
                    entering,
                    leaving,
                    traced_sat,
                });
            });
        }
    }

    /// Shares a row over what the columns lack, and calls `each` with the nonzero cells.
    fn fill_row(&mut self, row_sat: i64, mut each: impl FnMut(usize, i64)) {
        if row_sat == 0 {
            return;
        }
        share(
            row_sat,
            &self.lacking_sat,
            &mut self.remainders,
            &mut self.row_sat,
        );
        for (column, traced_sat) in self.row_sat.iter().enumerate() {
            if *traced_sat > 0 {
                self.lacking_sat[column] -= traced_sat;
                each(column, *traced_sat);
            }
        }
    }

    /// The same table with claimants for rows.
    fn pass_owners(&mut self, owners: &mut Owners, passage: &Passage<'_>, out: &mut Outflow) {
        let rows = owners.gather(passage.entering_nodes);
        self.lacking_sat.clear();
        self.lacking_sat.extend_from_slice(&out.leaving_sat);
        let mut leaving: Vec<Vec<Part>> = vec![Vec::new(); out.leaving_sat.len()];
        for part in rows {
            let claimant = part.claimant;
            self.fill_row(part.traced_sat, |column, traced_sat| {
                leaving[column].push(Part {
                    claimant,
                    traced_sat,
                });
            });
        }
        for (column, parts) in leaving.into_iter().enumerate() {
            if passage.leaving_fates.get(column) == Some(&Fate::Walks) {
                owners.keep(passage.first_leaving + column, parts);
            } else {
                out.claims.extend(parts.iter().map(|part| Claim {
                    leaving: column,
                    claimant: part.claimant,
                    traced_sat: part.traced_sat,
                }));
            }
        }
    }
}

/// As much of a width as is left.
fn take(left: &mut i64, width: i64) -> i64 {
    let taken = width.min(*left);
    *left -= taken;
    taken
}

impl Carrier for Amounts {
    fn start(&mut self, node: usize, parts: &[Part]) {
        if let Some(owners) = &mut self.owners {
            owners.keep(node, parts.to_vec());
        }
    }

    #[inline]
    fn pass(&mut self, passage: &Passage<'_>, out: &mut Outflow) {
        self.divide(passage, &mut out.leaving_sat);
        if out.wants_cells {
            self.fill_table(passage, out);
        }
        if let Some(mut owners) = self.owners.take() {
            self.pass_owners(&mut owners, passage, out);
            self.owners = Some(owners);
        }
    }
}

/// What each claimant has of the nodes that value walks on from.
pub struct Owners {
    parts_of_node: std::collections::HashMap<u32, Vec<Part>>,
}

impl Owners {
    pub fn new() -> Owners {
        Owners {
            parts_of_node: std::collections::HashMap::new(),
        }
    }

    fn keep(&mut self, node: usize, parts: Vec<Part>) {
        if !parts.is_empty() {
            self.parts_of_node.insert(node as u32, parts);
        }
    }

    /// All that each claimant has of some nodes, by claimant; the nodes are kept no longer.
    fn gather(&mut self, nodes: &[u32]) -> Vec<Part> {
        let mut all: Vec<Part> = Vec::new();
        for node in nodes {
            all.extend(self.parts_of_node.remove(node).unwrap_or_default());
        }
        merged(&mut all);
        all
    }
}

/// Sorts by claimant and adds up.
fn merged(parts: &mut Vec<Part>) {
    parts.sort_unstable_by_key(|part| part.claimant);
    parts.dedup_by(|later, kept| {
        let same = later.claimant == kept.claimant;
        if same {
            kept.traced_sat += later.traced_sat;
        }
        same
    });
}
