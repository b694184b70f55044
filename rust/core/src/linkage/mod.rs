//! Linkage of one transaction: how many ways its values allow to tell who paid whom.
//!
//! An *interpretation* splits the inputs into blocks, one a party, and gives each output to one of
//! them, such that no block pays out more than it brings in, but for `most_gain_sat`, and none
//! loses more than `most_loss_sat`. All outputs may go to one block of all inputs, so that there is
//! always one interpretation. A pair is *linked* in an interpretation that has both in one block.
//! Source: LaurentMT, Bitcoin Transactions & Privacy (Boltzmann), parts 1 and 2; Maurer, Neudecker
//! and Florian 2017, who look at the finest interpretations alone.
//!
//! Inputs of equal value are alike, and so are outputs: what is left of a transaction once some
//! blocks are taken away is a count of each value, and is counted once.

mod count;
mod sides;
#[cfg(test)]
mod tests;

use crate::{CoreError, Result};

/// The values of a transaction, all above 0, and what is asked of them.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub input_sat: &'a [i64],
    pub output_sat: &'a [i64],
    /// The most a block may pay out beyond what it brings in, as makers of a `JoinMarket` do.
    pub most_gain_sat: i64,
    /// The most a block may lose: its part of the fees.
    pub most_loss_sat: i64,
    /// Interpretations with fewer blocks that have outputs are not counted.
    pub parties_at_least: u32,
    /// Only blocks that cannot be split in two that fit as well.
    pub finest: bool,
    /// Looks at blocks before it gives up. A count of work, not of time: the same everywhere.
    pub max_steps: u64,
}

/// What was counted over all interpretations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linkage {
    /// By number of blocks that have outputs, from 0; none of fewer than were asked for.
    pub by_parties: Vec<u128>,
    /// For each input, for each output: the interpretations that link them.
    pub links: Vec<u128>,
}

/// Why a count was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Too many inputs, or too many sums of them.
    Inputs,
    /// Too many outputs, or too many sums of them.
    Outputs,
    /// Too many different remainders.
    States,
    /// `max_steps` were taken.
    Steps,
    /// More than 128 bits of interpretations.
    Count,
}

impl Bound {
    pub fn name(self) -> &'static str {
        match self {
            Bound::Inputs => "inputs",
            Bound::Outputs => "outputs",
            Bound::States => "states",
            Bound::Steps => "steps",
            Bound::Count => "count",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Exact(Linkage),
    GaveUp(Bound),
}

/// Told of steps taken now and then; `false` stops the count.
pub type Pulse<'a> = &'a mut dyn FnMut(u64) -> bool;

const MAX_MONEY_SAT: i64 = 2_100_000_000_000_000;

/// The linkage of a transaction, or which bound kept it from being counted.
pub fn linkage(question: &Question<'_>, pulse: Pulse<'_>) -> Result<Outcome> {
    check(question)?;
    match count::count(question, pulse) {
        Ok(linkage) => Ok(Outcome::Exact(linkage)),
        Err(count::Stop::GaveUp(bound)) => Ok(Outcome::GaveUp(bound)),
        Err(count::Stop::Stopped) => Err(CoreError::Stopped),
    }
}

fn check(question: &Question<'_>) -> Result<()> {
    for (what, values) in [
        ("inputs", question.input_sat),
        ("outputs", question.output_sat),
    ] {
        let mut sum = 0;
        for value in values {
            if !(1..=MAX_MONEY_SAT).contains(value) || sum + value > MAX_MONEY_SAT {
                return Err(CoreError::Misuse(format!(
                    "{what} of {value} sat; give values above 0 that add up to less than all money"
                )));
            }
            sum += value;
        }
    }
    for (what, sat) in [
        ("gain", question.most_gain_sat),
        ("loss", question.most_loss_sat),
    ] {
        if !(0..=MAX_MONEY_SAT).contains(&sat) {
            return Err(CoreError::Misuse(format!(
                "a {what} of at most {sat} sat makes no sense; give 0 or more"
            )));
        }
    }
    Ok(())
}
