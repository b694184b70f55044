//! Counting interpretations over what is left when blocks are taken away one by one.
//!
//! The next block is always that of the greatest input left, so that each interpretation is one
//! path from the whole transaction to nothing. Forward, the paths to each remainder are counted;
//! then backward, how many ways lead on from it. A pair is linked as often as paths use a block
//! that has both.

use hashbrown::HashMap;

use super::sides::Side;
use super::{Bound, Linkage, Pulse, Question};

/// Counts kept at once: 16 bytes each, twice.
const MAX_COUNTS: usize = 1 << 22;
const STEPS_A_PULSE: u64 = 1 << 20;

pub enum Stop {
    GaveUp(Bound),
    Stopped,
}

impl From<Bound> for Stop {
    fn from(bound: Bound) -> Stop {
        Stop::GaveUp(bound)
    }
}

const OVERFLOW: Stop = Stop::GaveUp(Bound::Count);

/// Parts of inputs and outputs: a block, or what is left.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Parts {
    inputs: u32,
    outputs: u32,
}

/// A part of the inputs that some outputs fit, and where those lie in `Tables::by_sum`.
struct Fitting {
    inputs: u32,
    first: u32,
    end: u32,
}

struct Tables {
    inputs: Side,
    outputs: Side,
    /// Parts of the outputs in order of their sums.
    by_sum: Vec<u32>,
    /// By class of the greatest input.
    fitting: Vec<Vec<Fitting>>,
    binomials: Vec<Vec<u128>>,
    least_surplus: i64,
    most_surplus: i64,
    finest: bool,
}

struct Work<'a> {
    steps: u64,
    max_steps: u64,
    told: u64,
    pulse: Pulse<'a>,
    splits: HashMap<Parts, bool>,
}

impl Work<'_> {
    fn step(&mut self, steps: u64) -> Result<(), Stop> {
        self.steps += steps;
        if self.steps > self.max_steps {
            return Err(Bound::Steps.into());
        }
        if self.steps - self.told >= STEPS_A_PULSE {
            self.told = self.steps;
            if !(self.pulse)(self.steps) {
                return Err(Stop::Stopped);
            }
        }
        Ok(())
    }
}

/// Remainders and their counts, `width` for each: by number of parties.
struct States {
    width: usize,
    at: HashMap<Parts, u32>,
    parts: Vec<Parts>,
    before: Vec<u128>,
    after: Vec<u128>,
    /// Rows by number of inputs left.
    by_size: Vec<Vec<u32>>,
    /// Interpretations of fewer parties are not counted.
    parties_at_least: usize,
}

impl States {
    /// The parties that have to follow from a remainder on, at least.
    fn missing(&self, row: usize) -> usize {
        let paths = &self.before[row * self.width..(row + 1) * self.width];
        let most = paths.iter().rposition(|paths| *paths > 0).unwrap_or(0);
        self.parties_at_least.saturating_sub(most)
    }

    fn row(&mut self, parts: Parts, size: usize) -> Result<usize, Stop> {
        if let Some(row) = self.at.get(&parts) {
            return Ok(*row as usize);
        }
        let row = self.parts.len();
        if (row + 1) * self.width > MAX_COUNTS {
            return Err(Bound::States.into());
        }
        self.at.insert(parts, row as u32);
        self.parts.push(parts);
        self.before.resize((row + 1) * self.width, 0);
        self.by_size[size].push(row as u32);
        Ok(row)
    }
}

pub fn count(question: &Question<'_>, pulse: Pulse<'_>) -> Result<Linkage, Stop> {
    let tables = Tables::new(question)?;
    let mut work = Work {
        steps: 0,
        max_steps: question.max_steps,
        told: 0,
        pulse,
        splits: HashMap::new(),
    };
    let input_count = question.input_sat.len();
    let mut states = States {
        width: input_count.min(question.output_sat.len()) + 1,
        at: HashMap::new(),
        parts: Vec::new(),
        before: Vec::new(),
        after: Vec::new(),
        by_size: vec![Vec::new(); input_count + 1],
        parties_at_least: question.parties_at_least as usize,
    };
    let whole = Parts {
        inputs: tables.inputs.whole(),
        outputs: tables.outputs.whole(),
    };
    let start = states.row(whole, input_count)?;
    states.before[start * states.width] = 1;
    paths_to(&tables, &mut states, &mut work)?;
    let links = ways_on(&tables, &mut states, &mut work)?;
    let first = start * states.width;
    let mut by_parties = states.after[first..first + states.width].to_vec();
    // Of these only some were looked at.
    let few = by_parties.len().min(states.parties_at_least);
    by_parties[..few].fill(0);
    Ok(Linkage {
        by_parties,
        links: tables.for_each_pair(&links),
    })
}

/// Fills `States::before`: the paths from the whole transaction to each remainder.
fn paths_to(tables: &Tables, states: &mut States, work: &mut Work<'_>) -> Result<(), Stop> {
    let width = states.width;
    for size in (1..states.by_size.len()).rev() {
        // A block takes an input at least, so no row of this size is added any more.
        for row in std::mem::take(&mut states.by_size[size]) {
            let left = states.parts[row as usize];
            let missing = states.missing(row as usize);
            tables.blocks(left, missing, work, &mut |block, ways| {
                let rest = left.without(block);
                let size = usize::from(tables.inputs.sizes[rest.inputs as usize]);
                let to = states.row(rest, size)? * width;
                let from = row as usize * width;
                let party = usize::from(block.outputs != 0);
                for parties in 0..width - party {
                    let paths = states.before[from + parties];
                    if paths > 0 {
                        let more = paths.checked_mul(ways).ok_or(OVERFLOW)?;
                        let sum = &mut states.before[to + parties + party];
                        *sum = sum.checked_add(more).ok_or(OVERFLOW)?;
                    }
                }
                Ok(())
            })?;
            states.by_size[size].push(row);
        }
    }
    Ok(())
}

/// Fills `States::after`: the ways that lead on from each remainder; gives the links between
/// classes, over the interpretations of enough parties.
fn ways_on(tables: &Tables, states: &mut States, work: &mut Work<'_>) -> Result<Vec<u128>, Stop> {
    let width = states.width;
    let parties_at_least = states.parties_at_least;
    let output_classes = tables.outputs.counts.len();
    let mut links = vec![0u128; tables.inputs.counts.len() * output_classes];
    states.after = vec![0; states.before.len()];
    let nothing = Parts {
        inputs: 0,
        outputs: 0,
    };
    if let Some(end) = states.at.get(&nothing) {
        states.after[*end as usize * width] = 1;
    }
    let missing_from: Vec<usize> = (0..states.parts.len())
        .map(|row| states.missing(row))
        .collect();
    let (after, before) = (&mut states.after, &states.before);
    // Ways on with at least so many parties.
    let mut at_least = vec![0u128; width + 1];
    for rows in &states.by_size[1..] {
        for row in rows {
            let left = states.parts[*row as usize];
            let from = *row as usize * width;
            let missing = missing_from[*row as usize];
            tables.blocks(left, missing, work, &mut |block, ways| {
                let rest = left.without(block);
                let to = states.at[&rest] as usize * width;
                let party = usize::from(block.outputs != 0);
                for then in 0..width - party {
                    let on = after[to + then];
                    if on > 0 {
                        let more = ways.checked_mul(on).ok_or(OVERFLOW)?;
                        let sum = &mut after[from + then + party];
                        *sum = sum.checked_add(more).ok_or(OVERFLOW)?;
                    }
                }
                at_least[width] = 0;
                for then in (0..width).rev() {
                    at_least[then] = at_least[then + 1]
                        .checked_add(after[to + then])
                        .ok_or(OVERFLOW)?;
                }
                let mut enough = 0u128;
                for (parties, paths) in before[from..from + width].iter().enumerate() {
                    let missing = parties_at_least.saturating_sub(parties + party);
                    let product = paths
                        .checked_mul(at_least[missing.min(width)])
                        .ok_or(OVERFLOW)?;
                    enough = enough.checked_add(product).ok_or(OVERFLOW)?;
                }
                let enough = enough.checked_mul(ways).ok_or(OVERFLOW)?;
                if enough > 0 {
                    tables.add_links(block, enough, &mut links)?;
                }
                Ok(())
            })?;
        }
    }
    Ok(links)
}

impl Parts {
    fn without(self, block: Parts) -> Parts {
        Parts {
            inputs: self.inputs - block.inputs,
            outputs: self.outputs - block.outputs,
        }
    }
}

type Each<'a> = &'a mut dyn FnMut(Parts, u128) -> Result<(), Stop>;

impl Tables {
    fn new(question: &Question<'_>) -> Result<Tables, Stop> {
        let inputs = Side::new(question.input_sat, Bound::Inputs)?;
        let outputs = Side::new(question.output_sat, Bound::Outputs)?;
        let mut by_sum: Vec<u32> = (0..=outputs.whole()).collect();
        by_sum.sort_unstable_by_key(|part| (outputs.sums[*part as usize], *part));
        let (least_surplus, most_surplus) = (-question.most_gain_sat, question.most_loss_sat);
        let mut fitting: Vec<Vec<Fitting>> = Vec::new();
        fitting.resize_with(inputs.counts.len(), Vec::new);
        let place = |sum: i64| by_sum.partition_point(|part| outputs.sums[*part as usize] < sum);
        for part in 1..=inputs.whole() {
            let sum = inputs.sums[part as usize];
            let first = place(sum - most_surplus);
            let end = place(sum - least_surplus + 1);
            if first < end {
                fitting[inputs.first_class(part)].push(Fitting {
                    inputs: part,
                    first: first as u32,
                    end: end as u32,
                });
            }
        }
        let most = question.input_sat.len().max(question.output_sat.len());
        Ok(Tables {
            inputs,
            outputs,
            by_sum,
            fitting,
            binomials: binomials(most),
            least_surplus,
            most_surplus,
            finest: question.finest,
        })
    }

    /// Calls `each` with every block that the greatest input left can be in, and in how many ways
    /// alike inputs and outputs make it; only those behind which `missing` parties can follow, the
    /// block's own among them.
    fn blocks(
        &self,
        left: Parts,
        missing: usize,
        work: &mut Work<'_>,
        each: Each<'_>,
    ) -> Result<(), Stop> {
        let inputs_left = usize::from(self.inputs.sizes[left.inputs as usize]);
        let outputs_left = usize::from(self.outputs.sizes[left.outputs as usize]);
        let class = self.inputs.first_class(left.inputs);
        let beyond_inputs = !self.inputs.masks[left.inputs as usize];
        let beyond_outputs = !self.outputs.masks[left.outputs as usize];
        let fitting = &self.fitting[class];
        work.step(fitting.len() as u64)?;
        for some in fitting {
            let rest_inputs =
                inputs_left.saturating_sub(usize::from(self.inputs.sizes[some.inputs as usize]));
            if self.inputs.masks[some.inputs as usize] & beyond_inputs != 0
                || rest_inputs + 1 < missing
            {
                continue;
            }
            work.step(u64::from(some.end - some.first))?;
            for outputs in &self.by_sum[some.first as usize..some.end as usize] {
                if self.outputs.masks[*outputs as usize] & beyond_outputs != 0 {
                    continue;
                }
                let size = usize::from(self.outputs.sizes[*outputs as usize]);
                let rest = rest_inputs.min(outputs_left - size);
                if rest + usize::from(size > 0) < missing {
                    continue;
                }
                let block = Parts {
                    inputs: some.inputs,
                    outputs: *outputs,
                };
                let is_dead_end = block.inputs == left.inputs && block.outputs != left.outputs;
                if is_dead_end || self.finest && self.splits(block, work)? {
                    continue;
                }
                each(block, self.ways(left, block, class).ok_or(OVERFLOW)?)?;
            }
        }
        Ok(())
    }

    /// Whether a block is two that fit.
    fn splits(&self, block: Parts, work: &mut Work<'_>) -> Result<bool, Stop> {
        if let Some(known) = work.splits.get(&block) {
            return Ok(*known);
        }
        let surplus =
            self.inputs.sums[block.inputs as usize] - self.outputs.sums[block.outputs as usize];
        let beyond_inputs = !self.inputs.masks[block.inputs as usize];
        let beyond_outputs = !self.outputs.masks[block.outputs as usize];
        let fitting = &self.fitting[self.inputs.first_class(block.inputs)];
        let mut found = false;
        work.step(fitting.len() as u64)?;
        'search: for some in fitting {
            if some.inputs == block.inputs
                || self.inputs.masks[some.inputs as usize] & beyond_inputs != 0
            {
                continue;
            }
            work.step(u64::from(some.end - some.first))?;
            for outputs in &self.by_sum[some.first as usize..some.end as usize] {
                let own =
                    self.inputs.sums[some.inputs as usize] - self.outputs.sums[*outputs as usize];
                let rest = surplus - own;
                if self.outputs.masks[*outputs as usize] & beyond_outputs == 0
                    && (self.least_surplus..=self.most_surplus).contains(&rest)
                {
                    found = true;
                    break 'search;
                }
            }
        }
        work.splits.insert(block, found);
        Ok(found)
    }

    /// The ways to choose a block among what is left, one input of `class` being in it.
    fn ways(&self, left: Parts, block: Parts, class: usize) -> Option<u128> {
        let mut ways = 1u128;
        for (at, count) in self.inputs.counts.iter().enumerate() {
            if *count > 1 {
                let own = u32::from(at == class);
                let of = self.inputs.digit(left.inputs, at) - own;
                let chosen = self.inputs.digit(block.inputs, at) - own;
                ways = ways.checked_mul(self.binomials[of as usize][chosen as usize])?;
            }
        }
        for (at, count) in self.outputs.counts.iter().enumerate() {
            if *count > 1 {
                let of = self.outputs.digit(left.outputs, at);
                let chosen = self.outputs.digit(block.outputs, at);
                ways = ways.checked_mul(self.binomials[of as usize][chosen as usize])?;
            }
        }
        Some(ways)
    }

    fn add_links(&self, block: Parts, times: u128, links: &mut [u128]) -> Result<(), Stop> {
        let width = self.outputs.counts.len();
        for input in 0..self.inputs.counts.len() {
            let of_input = u128::from(self.inputs.digit(block.inputs, input));
            if of_input == 0 {
                continue;
            }
            for output in 0..width {
                let of_output = u128::from(self.outputs.digit(block.outputs, output));
                let more = times.checked_mul(of_input * of_output).ok_or(OVERFLOW)?;
                let sum = &mut links[input * width + output];
                *sum = sum.checked_add(more).ok_or(OVERFLOW)?;
            }
        }
        Ok(())
    }

    /// Links between classes, shared out over their values, which are alike.
    fn for_each_pair(&self, links: &[u128]) -> Vec<u128> {
        let width = self.outputs.counts.len();
        let mut pairs = Vec::new();
        for input in &self.inputs.class_of {
            for output in &self.outputs.class_of {
                let alike = self.inputs.counts[*input] * self.outputs.counts[*output];
                pairs.push(links[input * width + output] / u128::from(alike));
            }
        }
        pairs
    }
}

/// Binomial coefficients up to `most`, which is at most 128: the greatest has 127 bits.
fn binomials(most: usize) -> Vec<Vec<u128>> {
    let mut rows: Vec<Vec<u128>> = vec![vec![1]];
    for n in 1..=most {
        let above = &rows[n - 1];
        let row = (0..=n)
            .map(|k| above.get(k).copied().unwrap_or(0) + if k > 0 { above[k - 1] } else { 0 })
            .collect();
        rows.push(row);
    }
    rows
}
