//! Equal-output CoinJoins of no known software.
//!
//! Definition. n scripts get one same value above dust; at least n scripts are spent; there are n to
//! 2n + 1 outputs; each participant could pay its own way; and the participants are accounted for:
//! those with a change and those who bring just the equal value come to 80% of n or more. Half the
//! equal outputs and half the others are of the type that most inputs have. For n of 3
//! and 4 all have a change, but for one, or all bring just the equal value; the inputs must be found
//! to fall apart into n participants, and no script is paid twice or paid back; for greater n that must not be refuted. And half the participants bring just the equal
//! value, or changes show that makers earn or that everybody pays alike.
//!
//! Several levels at once: n of 5 or more, at least 10 input scripts, four values that three
//! outputs or more have, most of them not round, half the outputs or more among them, native segwit throughout.
//!
//! Sources: Goldfeder, Kalodner, Reisman and Narayanan 2017 (arXiv 1708.04748), who count
//! participants by the most frequent value and demand as many input addresses; Maurer et al. 2017
//! for who can have paid. That payouts have one change is why participants must be accounted for.

use super::evidence;
use super::joinmarket::participants_part;
use super::shape::{Measures, all_of};
use super::{Kind, Limits, Partition, Transaction, TypeCode, Verdict};
use crate::chain::script::ScriptType;

const NATIVE: [TypeCode; 2] = [ScriptType::P2wpkh as TypeCode, ScriptType::P2tr as TypeCode];
const MIN_SCRIPTS_LEVELS: usize = 10;
const MIN_LEVELS: usize = 4;
/// Among thousands of payments some values meet twice by accident.
const OF_A_LEVEL: usize = 3;
const ROUND_SAT: i64 = 10_000;

pub(super) fn mix(tx: &Transaction<'_>, measures: &Measures, limits: &Limits) -> Option<Verdict> {
    one_level(tx, measures, limits).or_else(|| several_levels(tx, measures, limits))
}

fn one_level(tx: &Transaction<'_>, measures: &Measures, limits: &Limits) -> Option<Verdict> {
    let n = measures.equal;
    let outputs = measures.outputs.len();
    if n < 3 || measures.input_scripts < n || outputs < n || outputs > 2 * n + 1 {
        return None;
    }
    let accounted = measures.accounted_for() + measures.unknown_inputs;
    if 5 * accounted < 4 * n
        || !is_mostly_of_one_type(tx, measures.value_sat)
        || !measures.each_could_pay(i128::from(measures.value_sat), limits.fee_percent)
    {
        return None;
    }
    if measures.is_known()
        && 2 * measures.near() < n
        && !evidence::everybody_pays(measures)
        && !evidence::makers_earn(measures)
    {
        return None;
    }
    let partition = if n < limits.min_equal {
        let once = measures.pays_each_once() && measures.returned == 0;
        let changes = measures.others + 1 >= n || measures.accounted_for() - measures.others >= n;
        if !once || outputs != tx.outputs.len() || !changes {
            return None;
        }
        participants_part(measures, limits)?
    } else if measures.others * 2 >= n {
        participants_part(measures, limits)?
    } else {
        Partition::NotTested
    };
    let certainty = if measures.is_known() { 0.9 } else { 0.45 };
    let score = certainty * (1.0 - 1.0 / (n as f64 - 1.0));
    Some(Verdict::new(Kind::EqualOutput, n, score, measures).with(|r| r.partition = partition))
}

/// Whether half the equal outputs or more, and half the others, are of the type that most inputs
/// have: participants take what they mix to their own wallets, a payout goes to anyone's.
fn is_mostly_of_one_type(tx: &Transaction<'_>, value_sat: i64) -> bool {
    let count = |code: TypeCode| tx.inputs.iter().filter(|i| i.script_type == code).count();
    let codes = 0..ScriptType::NAMES.len() as TypeCode;
    let Some(most) = codes
        .max_by_key(|&code| count(code))
        .filter(|&c| count(c) > 0)
    else {
        return true;
    };
    [true, false].into_iter().all(|equal| {
        let side = || {
            tx.outputs
                .iter()
                .filter(move |o| o.pays() && (o.value_sat == value_sat) == equal)
        };
        2 * side().filter(|o| o.script_type == most).count() >= side().count()
    })
}

fn several_levels(tx: &Transaction<'_>, measures: &Measures, limits: &Limits) -> Option<Verdict> {
    let outputs = measures.outputs.len();
    if measures.equal < limits.min_equal
        || measures.input_scripts < MIN_SCRIPTS_LEVELS
        || outputs > 2 * measures.input_scripts + 1
        || 2 * measures.repeated < outputs
        || outputs != tx.outputs.len()
        || !measures.pays_each_once()
        || measures.returned > 0
        || !all_of(tx.outputs.iter().map(|o| o.script_type), &NATIVE)
        || !all_of(tx.inputs.iter().map(|i| i.script_type), &NATIVE)
    {
        return None;
    }
    let levels = measures
        .outputs
        .chunk_by(|x, y| x.0 == y.0)
        .filter(|level| level.len() >= OF_A_LEVEL && level[0].0 > limits.dust_sat);
    let (mut repeats, mut round) = (0, 0);
    for level in levels {
        repeats += 1;
        round += usize::from(level[0].0 % ROUND_SAT == 0);
    }
    if repeats < MIN_LEVELS || 2 * round > repeats {
        return None;
    }
    let score = 0.6 * (1.0 - 1.0 / (measures.equal as f64 - 1.0));
    // one participant may take many of the outputs
    Some(
        Verdict::new(Kind::EqualOutputLevels, 2, score, measures)
            .with(|r| r.levels = u32::try_from(repeats).unwrap_or(u32::MAX)),
    )
}
