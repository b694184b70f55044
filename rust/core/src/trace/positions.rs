//! Rules under which every traced satoshi has a place on its output's line of satoshis.

use super::flow::{Carrier, Cell, Outflow, Passage};

/// Half-open run of traced satoshis, counted from an output's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    start: i64,
    end: i64,
}

/// Disjoint ascending runs of each node, passed on by the identity of the two lines.
pub struct Positions {
    /// Runs of all nodes in order of node; those of one node end where the next one's start.
    runs: Vec<Run>,
    first_run: Vec<usize>,
}

impl Positions {
    pub fn new(nodes: usize) -> Positions {
        Positions {
            runs: Vec::new(),
            first_run: Vec::with_capacity(nodes + 1),
        }
    }

    fn runs_of(&self, node: usize) -> std::ops::Range<usize> {
        let end = self
            .first_run
            .get(node + 1)
            .copied()
            .unwrap_or(self.runs.len());
        self.first_run[node]..end
    }

    /// Starts the runs of each node up to and with `node`.
    fn open(&mut self, node: usize) {
        while self.first_run.len() <= node {
            self.first_run.push(self.runs.len());
        }
    }

    /// Adds a run to the last node opened, joined to its last run where they touch.
    fn push_run(&mut self, node: usize, run: Run) {
        self.open(node);
        let has_run = self.runs.len() > self.first_run[node];
        match self.runs.last_mut() {
            Some(last) if has_run && last.end == run.start => last.end = run.end,
            _ => self.runs.push(run),
        }
    }
}

impl Carrier for Positions {
    fn start(&mut self, node: usize, traced_sat: i64) {
        self.push_run(
            node,
            Run {
                start: 0,
                end: traced_sat,
            },
        );
    }

    fn pass(&mut self, passage: &Passage<'_>, out: &mut Outflow) {
        let widths = passage.leaving_value_sat;
        let nodes = passage.leaving_fates.len();
        let first_node = passage.first_leaving;
        out.leaving_sat.resize(widths.len(), 0);
        let mut column = 0;
        let mut column_start = 0;
        for (row, node) in passage.entering_nodes.iter().enumerate() {
            let offset_sat = passage.entering_offset_sat[row];
            for at in self.runs_of(*node as usize) {
                let run = self.runs[at];
                let mut start = offset_sat + run.start;
                let end = offset_sat + run.end;
                while start < end {
                    while column < widths.len() && start >= column_start + widths[column] {
                        column_start += widths[column];
                        column += 1;
                    }
                    let Some(width) = widths.get(column) else {
                        // Only lines of unequal length lead here; the caller's sums will tell.
                        return;
                    };
                    let stop = end.min(column_start + width);
                    if column < nodes {
                        let run = Run {
                            start: start - column_start,
                            end: stop - column_start,
                        };
                        self.push_run(first_node + column, run);
                    }
                    out.leaving_sat[column] += stop - start;
                    if out.wants_cells {
                        push_cell(
                            &mut out.cells,
                            Cell {
                                entering: row,
                                leaving: column,
                                traced_sat: stop - start,
                            },
                        );
                    }
                    start = stop;
                }
            }
        }
        if nodes > 0 {
            self.open(first_node + nodes - 1);
        }
    }
}

/// Both ends of a cell only grow along the line, so pieces of one cell come one after another.
fn push_cell(cells: &mut Vec<Cell>, cell: Cell) {
    match cells.last_mut() {
        Some(last) if last.entering == cell.entering && last.leaving == cell.leaving => {
            last.traced_sat += cell.traced_sat;
        }
        _ => cells.push(cell),
    }
}
