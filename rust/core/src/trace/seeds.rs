//! The outputs a trace starts from, and whose claim on them each satoshi is.

use std::collections::HashMap;
use std::ops::Range;

use super::{ChainSource, Request, TraceError};

/// Satoshis of a seed that one claimant names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub claimant: u32,
    pub traced_sat: i64,
}

/// Each output named once, in the order first named, with all that is traced of it.
pub struct Seeds {
    pub txouts: Vec<i64>,
    pub traced_sat: Vec<i64>,
    /// Of each seed in turn the parts by claimant, rising.
    parts: Vec<Part>,
    first_part: Vec<usize>,
}

impl Seeds {
    /// The seeds of a request. Refuses amounts that the outputs do not hold.
    pub fn new<S: ChainSource>(chain: &mut S, request: &Request<'_>) -> Result<Seeds, TraceError> {
        let rows = request.seed_txouts.len();
        if rows != request.seed_traced_sat.len() {
            return Err(TraceError::Request(format!(
                "{rows} seeds but {} amounts; give one amount for each seed",
                request.seed_traced_sat.len()
            )));
        }
        let claimants = request.seed_claimants.unwrap_or(&[]);
        if request.seed_claimants.is_some() && claimants.len() != rows {
            return Err(TraceError::Request(format!(
                "{rows} seeds but {} claimants; give one claimant for each seed",
                claimants.len()
            )));
        }
        let mut named: Vec<Named> = Vec::with_capacity(rows);
        let mut seed_of: HashMap<i64, u32> = HashMap::with_capacity(rows);
        let mut txouts = Vec::with_capacity(rows);
        for (row, txout) in request.seed_txouts.iter().enumerate() {
            let claimant = claimants.get(row).copied().unwrap_or(0);
            let claimant = u32::try_from(claimant)
                .ok()
                .filter(|claimant| *claimant < u32::MAX)
                .ok_or_else(|| {
                    TraceError::Request(format!(
                        "claimant {claimant} of seed txout {txout} is no index; count them from 0"
                    ))
                })?;
            let seed = *seed_of.entry(*txout).or_insert_with(|| {
                txouts.push(*txout);
                txouts.len() as u32 - 1
            });
            let part = Part {
                claimant,
                traced_sat: request.seed_traced_sat[row],
            };
            named.push(Named { seed, part });
        }
        named.sort_by_key(|named| (named.seed, named.part.claimant));
        let mut seeds = Seeds {
            traced_sat: vec![0; txouts.len()],
            txouts,
            parts: Vec::with_capacity(rows),
            first_part: Vec::new(),
        };
        seeds.take_parts(&named)?;
        for (txout, traced_sat) in seeds.txouts.iter().zip(&seeds.traced_sat) {
            check_amount(chain, *txout, *traced_sat)?;
        }
        Ok(seeds)
    }

    fn take_parts(&mut self, named: &[Named]) -> Result<(), TraceError> {
        for (row, Named { seed, part }) in named.iter().enumerate() {
            let txout = self.txouts[*seed as usize];
            let before = row.checked_sub(1).map(|row| &named[row]);
            if before.is_some_and(|b| b.seed == *seed && b.part.claimant == part.claimant) {
                return Err(TraceError::Request(format!(
                    "seed txout {txout} is given twice; give each output once, with its whole amount"
                )));
            }
            while self.first_part.len() <= *seed as usize {
                self.first_part.push(self.parts.len());
            }
            if part.traced_sat < 1 {
                // The value is not read yet: the check of the sum names it.
                self.traced_sat[*seed as usize] = part.traced_sat;
                return Ok(());
            }
            let sum = &mut self.traced_sat[*seed as usize];
            *sum = sum.saturating_add(part.traced_sat);
            self.parts.push(*part);
        }
        Ok(())
    }

    /// The parts of a seed, its first satoshis those of the first claimant.
    pub fn parts(&self, seed: usize) -> &[Part] {
        &self.parts[self.part_rows(seed)]
    }

    fn part_rows(&self, seed: usize) -> Range<usize> {
        let end = self.first_part.get(seed + 1).copied();
        self.first_part[seed]..end.unwrap_or(self.parts.len())
    }
}

struct Named {
    seed: u32,
    part: Part,
}

fn check_amount<S: ChainSource>(
    chain: &mut S,
    txout: i64,
    traced_sat: i64,
) -> Result<(), TraceError> {
    let count = chain.txout_count();
    if !(0..count).contains(&txout) {
        return Err(TraceError::Request(format!(
            "seed txout {txout} is not in the chain of {count} outputs"
        )));
    }
    let value_sat = chain.value_sat(txout)?;
    if value_sat == 0 {
        return Err(TraceError::Request(format!(
            "seed txout {txout} has no value, there is nothing to trace; leave the output out"
        )));
    }
    if (1..=value_sat).contains(&traced_sat) {
        return Ok(());
    }
    Err(TraceError::Request(format!(
        "seed txout {txout} has {value_sat} sat but {traced_sat} sat are to be traced; \
         give 1 to {value_sat}, or leave the output out"
    )))
}
