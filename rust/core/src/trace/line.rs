//! The traced runs on an output's line of satoshis, cut and joined without copying the longer part.

use std::collections::VecDeque;

/// Whose satoshis a run is made of: runs of one label join where they touch.
pub trait Label: Copy + PartialEq {
    fn of(claimant: u32) -> Self;
    fn claimant(self) -> u32;
}

/// One claimant has no need of labels.
impl Label for () {
    fn of(_claimant: u32) -> Self {}

    fn claimant(self) -> u32 {
        0
    }
}

impl Label for u32 {
    fn of(claimant: u32) -> Self {
        claimant
    }

    fn claimant(self) -> u32 {
        self
    }
}

/// Half-open run of traced satoshis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<L> {
    pub start: i64,
    pub end: i64,
    pub label: L,
}

impl<L> Run<L> {
    fn sat(&self) -> i64 {
        self.end - self.start
    }
}

/// Disjoint ascending runs.
///
/// A position rule may break an output's runs into as many as there are outputs upstream, and a
/// peel chain hands nearly all of them on at every step: hence a line is cut and joined at a cost
/// of its shorter part.
#[derive(Default)]
pub struct Line<L> {
    traced_sat: i64,
    runs: Runs<L>,
}

#[derive(Default)]
enum Runs<L> {
    #[default]
    None,
    One(Run<L>),
    /// Two and more.
    Many(Box<Many<L>>),
}

/// Runs as stored at x lie at `shift + x`, or at `shift - x` and in reverse where `flipped`.
struct Many<L> {
    runs: VecDeque<Run<L>>,
    shift: i64,
    flipped: bool,
}

impl<L: Label> Many<L> {
    /// Between where a run lies and as it is stored: the same both ways but for the shift's sign.
    fn placed(&self, run: Run<L>) -> Run<L> {
        let (start, end) = if self.flipped {
            (self.shift - run.end, self.shift - run.start)
        } else {
            (self.shift + run.start, self.shift + run.end)
        };
        Run { start, end, ..run }
    }

    fn stored(&self, run: Run<L>) -> Run<L> {
        let (start, end) = if self.flipped {
            (self.shift - run.end, self.shift - run.start)
        } else {
            (run.start - self.shift, run.end - self.shift)
        };
        Run { start, end, ..run }
    }

    fn first(&self) -> Option<Run<L>> {
        let run = if self.flipped {
            self.runs.back()
        } else {
            self.runs.front()
        };
        run.map(|run| self.placed(*run))
    }

    fn last(&self) -> Option<Run<L>> {
        let run = if self.flipped {
            self.runs.front()
        } else {
            self.runs.back()
        };
        run.map(|run| self.placed(*run))
    }

    fn pop_first(&mut self) -> Option<Run<L>> {
        let run = if self.flipped {
            self.runs.pop_back()
        } else {
            self.runs.pop_front()
        };
        run.map(|run| self.placed(run))
    }

    fn pop_last(&mut self) -> Option<Run<L>> {
        let run = if self.flipped {
            self.runs.pop_front()
        } else {
            self.runs.pop_back()
        };
        run.map(|run| self.placed(run))
    }

    fn push_first(&mut self, run: Run<L>) {
        let run = self.stored(run);
        if self.flipped {
            self.runs.push_back(run);
        } else {
            self.runs.push_front(run);
        }
    }

    fn push_last(&mut self, run: Run<L>) {
        let run = self.stored(run);
        if self.flipped {
            self.runs.push_front(run);
        } else {
            self.runs.push_back(run);
        }
    }

    /// How many runs start before a place.
    fn starting_before(&self, at: i64) -> usize {
        if self.flipped {
            let after = self.runs.partition_point(|run| self.shift - run.end >= at);
            self.runs.len() - after
        } else {
            self.runs.partition_point(|run| self.shift + run.start < at)
        }
    }
}

impl<L: Label> Line<L> {
    pub fn new() -> Line<L> {
        Line {
            traced_sat: 0,
            runs: Runs::None,
        }
    }

    pub fn of_run(run: Run<L>) -> Line<L> {
        Line {
            traced_sat: run.sat(),
            runs: Runs::One(run),
        }
    }

    pub fn traced_sat(&self) -> i64 {
        self.traced_sat
    }

    /// Where the first run starts and the last one ends.
    #[inline]
    pub fn extent(&self) -> Option<(i64, i64)> {
        match &self.runs {
            Runs::None => None,
            Runs::One(run) => Some((run.start, run.end)),
            Runs::Many(many) => Some((many.first()?.start, many.last()?.end)),
        }
    }

    /// Calls `each` with every run, in no order.
    pub fn for_each(&self, mut each: impl FnMut(Run<L>)) {
        match &self.runs {
            Runs::None => {}
            Runs::One(run) => each(*run),
            Runs::Many(many) => many.runs.iter().for_each(|run| each(many.placed(*run))),
        }
    }

    #[inline]
    pub fn move_by(&mut self, by_sat: i64) {
        match &mut self.runs {
            Runs::None => {}
            Runs::One(run) => {
                run.start += by_sat;
                run.end += by_sat;
            }
            Runs::Many(many) => many.shift += by_sat,
        }
    }

    /// Has what lay at p lie at `whole_sat - p`.
    pub fn mirror(&mut self, whole_sat: i64) {
        match &mut self.runs {
            Runs::None => {}
            Runs::One(run) => {
                (run.start, run.end) = (whole_sat - run.end, whole_sat - run.start);
            }
            Runs::Many(many) => {
                many.shift = whole_sat - many.shift;
                many.flipped = !many.flipped;
            }
        }
    }

    /// Adds a run after all others, joined to the last where they touch.
    pub fn push_last(&mut self, run: Run<L>) {
        self.append(Line::of_run(run));
    }

    /// Adds a line whose runs all come after these.
    pub fn append(&mut self, other: Line<L>) {
        let traced_sat = self.traced_sat + other.traced_sat;
        let runs = std::mem::take(&mut self.runs);
        self.runs = match (runs, other.runs) {
            (Runs::None, runs) | (runs, Runs::None) => runs,
            (Runs::One(before), Runs::One(after)) => match joined(before, after) {
                Some(run) => Runs::One(run),
                None => Runs::Many(Box::new(Many {
                    runs: VecDeque::from([before, after]),
                    shift: 0,
                    flipped: false,
                })),
            },
            (Runs::One(before), Runs::Many(mut after)) => {
                prepend_run(&mut after, before);
                settled(after)
            }
            (Runs::Many(mut before), Runs::One(after)) => {
                append_run(&mut before, after);
                settled(before)
            }
            (Runs::Many(mut before), Runs::Many(mut after)) => {
                if before.runs.len() < after.runs.len() {
                    while let Some(run) = before.pop_last() {
                        prepend_run(&mut after, run);
                    }
                    settled(after)
                } else {
                    while let Some(run) = after.pop_first() {
                        append_run(&mut before, run);
                    }
                    settled(before)
                }
            }
        };
        self.traced_sat = traced_sat;
    }

    /// Keeps what lies before a place and gives the rest.
    pub fn split_off(&mut self, at: i64) -> Line<L> {
        match std::mem::take(&mut self.runs) {
            Runs::None => Line::new(),
            Runs::One(run) => {
                let (before, after) = cut(run, at);
                *self = before.map_or_else(Line::new, Line::of_run);
                after.map_or_else(Line::new, Line::of_run)
            }
            Runs::Many(many) => self.split_many(many, at),
        }
    }

    fn split_many(&mut self, mut many: Box<Many<L>>, at: i64) -> Line<L> {
        let whole_sat = self.traced_sat;
        let mut shorter = Line::new();
        let before = many.starting_before(at);
        let takes_first = before <= many.runs.len() / 2;
        let mut taken = Vec::with_capacity(before.min(many.runs.len() - before) + 1);
        if takes_first {
            for _ in 0..before {
                taken.extend(many.pop_first());
            }
            if let Some(run) = taken.pop() {
                let (first, rest) = cut(run, at);
                taken.extend(first);
                rest.into_iter().for_each(|run| many.push_first(run));
            }
        } else {
            for _ in before..many.runs.len() {
                taken.extend(many.pop_last());
            }
            if let Some(run) = many.pop_last() {
                let (first, rest) = cut(run, at);
                taken.extend(rest);
                first.into_iter().for_each(|run| many.push_last(run));
            }
            taken.reverse();
        }
        taken.into_iter().for_each(|run| shorter.push_last(run));
        let longer = Line {
            traced_sat: whole_sat - shorter.traced_sat,
            runs: settled(many),
        };
        if takes_first {
            *self = shorter;
            longer
        } else {
            *self = longer;
            shorter
        }
    }
}

/// The parts of a run before and after a place.
fn cut<L: Label>(run: Run<L>, at: i64) -> (Option<Run<L>>, Option<Run<L>>) {
    if run.end <= at {
        (Some(run), None)
    } else if run.start >= at {
        (None, Some(run))
    } else {
        (Some(Run { end: at, ..run }), Some(Run { start: at, ..run }))
    }
}

fn joined<L: Label>(before: Run<L>, after: Run<L>) -> Option<Run<L>> {
    (before.end == after.start && before.label == after.label).then_some(Run {
        end: after.end,
        ..before
    })
}

fn append_run<L: Label>(many: &mut Many<L>, run: Run<L>) {
    match many.last().and_then(|last| joined(last, run)) {
        Some(run) => {
            many.pop_last();
            many.push_last(run);
        }
        None => many.push_last(run),
    }
}

fn prepend_run<L: Label>(many: &mut Many<L>, run: Run<L>) {
    match many.first().and_then(|first| joined(run, first)) {
        Some(run) => {
            many.pop_first();
            many.push_first(run);
        }
        None => many.push_first(run),
    }
}

/// The runs in the shape that their number asks for.
fn settled<L: Label>(mut many: Box<Many<L>>) -> Runs<L> {
    match many.runs.len() {
        0 => Runs::None,
        1 => many.pop_first().map_or(Runs::None, Runs::One),
        length => {
            // A line that has shrunk much gives its room back.
            if many.runs.capacity() > 64 && many.runs.capacity() / 4 > length {
                many.runs.shrink_to(2 * length);
            }
            Runs::Many(many)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The labels of the satoshis of a line, `None` where untraced.
    fn cells(line: &Line<u32>, whole: i64) -> Vec<Option<u32>> {
        let mut cells = vec![None; whole as usize];
        line.for_each(|run| {
            for at in run.start..run.end {
                assert!(cells[at as usize].replace(run.label).is_none());
            }
        });
        let count = cells.iter().flatten().count() as i64;
        assert_eq!(line.traced_sat(), count);
        let first = cells.iter().position(Option::is_some);
        let last = cells.iter().rposition(Option::is_some);
        let extent = first.zip(last).map(|(a, b)| (a as i64, b as i64 + 1));
        assert_eq!(line.extent(), extent);
        if let Runs::Many(many) = &line.runs {
            let placed: Vec<_> = if many.flipped {
                many.runs.iter().rev().map(|r| many.placed(*r)).collect()
            } else {
                many.runs.iter().map(|r| many.placed(*r)).collect()
            };
            assert!(placed.len() > 1);
            for pair in placed.windows(2) {
                assert!(pair[0].end <= pair[1].start && joined(pair[0], pair[1]).is_none());
            }
        }
        cells
    }

    fn line_of(cells: &[Option<u32>]) -> Line<u32> {
        let mut line = Line::new();
        for (at, cell) in cells.iter().enumerate() {
            if let Some(label) = *cell {
                let start = at as i64;
                line.push_last(Run {
                    start,
                    end: start + 1,
                    label,
                });
            }
        }
        line
    }

    proptest! {
        #[test]
        fn a_line_is_its_satoshis(
            start in prop::collection::vec(prop::option::of(0u32..2), 0..60),
            steps in prop::collection::vec((0usize..3, 0usize..61), 0..12),
        ) {
            let whole = start.len();
            let mut expected = start.clone();
            let mut line = line_of(&start);
            for (what, at) in steps {
                let at = at.min(whole);
                match what {
                    0 => {
                        line.mirror(whole as i64);
                        expected.reverse();
                    }
                    1 => {
                        // Cut and put together the other way round.
                        let mut after = line.split_off(at as i64);
                        prop_assert_eq!(cells(&line, at as i64), &expected[..at]);
                        after.move_by(-(at as i64));
                        prop_assert_eq!(cells(&after, (whole - at) as i64), &expected[at..]);
                        line.move_by((whole - at) as i64);
                        after.append(line);
                        line = after;
                        expected.rotate_left(at);
                    }
                    _ => {
                        let after = line.split_off(at as i64);
                        line.append(after);
                    }
                }
                prop_assert_eq!(cells(&line, whole as i64), expected.clone());
            }
        }
    }
}
