//! Rules under which every traced satoshi has a place on its output's line of satoshis.

use std::mem;

use super::flow::{Carrier, Cell, Claim, Outflow, Passage};
use super::line::{Label, Line, Run};
use super::seeds::Part;
use super::walk::Fate;

/// The order in which the entering satoshis take the leaving places.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    FirstIn,
    LastIn,
}

/// Lines of the nodes that value walks on from, passed on satoshi by satoshi.
pub struct Positions<L> {
    order: Order,
    slot_of_node: Vec<u32>,
    lines: Vec<Line<L>>,
    free_slots: Vec<u32>,
}

const NO_SLOT: u32 = u32::MAX;

impl<L: Label> Positions<L> {
    pub fn new(order: Order, nodes: usize) -> Positions<L> {
        Positions {
            order,
            slot_of_node: vec![NO_SLOT; nodes],
            lines: Vec::new(),
            free_slots: Vec::new(),
        }
    }

    fn keep(&mut self, node: usize, line: Line<L>) {
        let slot = match self.free_slots.pop() {
            Some(slot) => {
                self.lines[slot as usize] = line;
                slot
            }
            None => {
                self.lines.push(line);
                self.lines.len() as u32 - 1
            }
        };
        self.slot_of_node[node] = slot;
    }

    /// The line of a node, which is kept no longer: an output is spent once.
    fn take(&mut self, node: u32) -> Line<L> {
        let slot = mem::replace(&mut self.slot_of_node[node as usize], NO_SLOT);
        if slot == NO_SLOT {
            return Line::new();
        }
        self.free_slots.push(slot);
        mem::replace(&mut self.lines[slot as usize], Line::new())
    }

    /// Hands over what has come together for one leaving position.
    fn deliver(&mut self, passage: &Passage<'_>, column: usize, line: Line<L>, out: &mut Outflow) {
        if line.traced_sat() == 0 {
            return;
        }
        out.leaving_sat[column] = line.traced_sat();
        if passage.leaving_fates.get(column) == Some(&Fate::Walks) {
            self.keep(passage.first_leaving + column, line);
        } else if out.wants_claims {
            line.for_each(|run| {
                out.claims.push(Claim {
                    leaving: column,
                    claimant: run.label.claimant(),
                    traced_sat: run.end - run.start,
                });
            });
        }
    }
}

impl<L: Label> Carrier for Positions<L> {
    fn start(&mut self, node: usize, parts: &[Part]) {
        let mut line = Line::new();
        for part in parts {
            let start = line.traced_sat();
            line.push_last(Run {
                start,
                end: start + part.traced_sat,
                label: L::of(part.claimant),
            });
        }
        self.keep(node, line);
    }

    fn pass(&mut self, passage: &Passage<'_>, out: &mut Outflow) {
        let widths = passage.leaving_value_sat;
        out.leaving_sat.resize(widths.len(), 0);
        let whole_sat: i64 = widths.iter().sum();
        let mut column = 0;
        let mut column_start = 0;
        let mut gathered = Line::new();
        let rows = passage.entering_nodes.len();
        for row in 0..rows {
            let row = match self.order {
                Order::FirstIn => row,
                Order::LastIn => rows - 1 - row,
            };
            let mut line = self.take(passage.entering_nodes[row]);
            line.move_by(passage.entering_offset_sat[row]);
            if self.order == Order::LastIn {
                line.mirror(whole_sat);
            }
            while let Some((start, end)) = line.extent() {
                while column < widths.len() && start >= column_start + widths[column] {
                    let done = mem::replace(&mut gathered, Line::new());
                    self.deliver(passage, column, done, out);
                    column_start += widths[column];
                    column += 1;
                }
                let Some(width) = widths.get(column) else {
                    // Only lines of unequal length lead here; the caller's sums will tell.
                    return;
                };
                let column_end = column_start + width;
                let rest = if end > column_end {
                    line.split_off(column_end)
                } else {
                    Line::new()
                };
                if out.wants_cells {
                    out.cells.push(Cell {
                        entering: row,
                        leaving: column,
                        traced_sat: line.traced_sat(),
                    });
                }
                line.move_by(-column_start);
                gathered.append(line);
                line = rest;
            }
        }
        if column < widths.len() {
            self.deliver(passage, column, gathered, out);
        }
        if self.order == Order::LastIn || !passage.inputs_enter {
            out.cells.sort_by_key(|cell| {
                if passage.inputs_enter {
                    (cell.entering, cell.leaving)
                } else {
                    (cell.leaving, cell.entering)
                }
            });
        }
    }
}
