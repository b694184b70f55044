//! Wasabi Wallet 1.x: ZeroLink rounds of a central coordinator, all native segwit.
//!
//! Definition. P2WPKH throughout, no script paid twice, n equal outputs of the base denomination
//! (0.1 BTC, 0.05 in most rounds of 2018 and 0.01 to 0.02 in some; here 0.01 to 0.12), at least n input scripts and another
//! output, the coordinator's fee if nothing else. 1.1 mixes multiples 2^i of the base as well (each
//! within 0.025%, since fees are taken of each level); 1.0 only the base. Paying a script known to be a
//! coordinator's, with three equal outputs, suffices in any case.
//!
//! Without that script, n is 5 or more; each participant could pay its own way; participants with a
//! change or with just the base denomination (a coin within 2% of it) come to three quarters of n or
//! more. And it is seen that everybody pays alike, or a coordinator's fee is among the
//! outputs (0.003% for each of 8 participants or more); or the base is no multiple of 0.001 BTC and 0.04
//! BTC or more, and a quarter of n bring just the base, or there are higher levels and n is 8 or
//! more. The counts are not a JoinMarket's, unless everybody pays alike, n is past 20, or
//! there is such a fee and nothing speaks for makers who earn.
//!
//! Sources: Ficsor and Ontivero, ZeroLink; Stütz et al. 2022 (arXiv 2109.10229); Schnoering and
//! Vazirgiannis 2023 (arXiv 2311.12491); Dumplings for the coordinators' addresses and for 0.1 +-
//! 0.02 BTC from 2020 on.

use super::shape::{Measures, all_of};
use super::{Kind, Limits, Transaction, TypeCode, Verdict};
use super::{evidence, joinmarket};
use crate::chain::script::ScriptType;

const P2WPKH: [TypeCode; 1] = [ScriptType::P2wpkh as TypeCode];
/// The base of some rounds of August 2018.
const EARLY_SAT: i64 = 1_000_000;
const MIN_EQUAL: usize = 5;
/// More participants than a JoinMarket taker asks for.
const PAST_JOINMARKET: usize = 20;
/// Equal outputs beside which higher levels are no accident.
const PAST_PAYOUT: usize = 8;
const ROUND_SAT: i64 = 100_000;
const MOST_LEVELS: u32 = 12;

pub(super) fn round(tx: &Transaction<'_>, found: &Measures, limits: &Limits) -> Option<Verdict> {
    if found.equal < 3 || found.input_scripts < 3 {
        return None;
    }
    let measures = &at_the_base(found, limits);
    if measures.equal < 3 || measures.input_scripts < measures.equal || measures.others == 0 {
        return None;
    }
    let is_coordinated = tx
        .outputs
        .iter()
        .any(|o| limits.coordinators.binary_search(&o.script).is_ok());
    let levels = levels(measures);
    if !is_coordinated && !has_shape(tx, measures, &levels, limits) {
        return None;
    }
    let kind = if levels.is_empty() {
        Kind::Wasabi10
    } else {
        Kind::Wasabi11
    };
    let certainty = match (is_coordinated, measures.is_known()) {
        (true, _) => 1.0,
        (false, true) => 0.95,
        (false, false) => 0.6,
    };
    let score = certainty * (1.0 - 1.0 / (measures.equal as f64 - 1.0));
    // on the higher levels one participant may hold several
    Some(
        Verdict::new(kind, measures.equal, score, measures).with(|r| {
            r.levels = u32::try_from(levels.len()).unwrap_or(u32::MAX);
            r.coordinator = is_coordinated;
        }),
    )
}

fn has_shape(
    tx: &Transaction<'_>,
    measures: &Measures,
    levels: &[(i128, usize)],
    limits: &Limits,
) -> bool {
    let n = measures.equal;
    let (low, high) = (EARLY_SAT, limits.wasabi_base_sat.1);
    let value = measures.value_sat;
    let higher: usize = levels.iter().map(|level| level.1).sum();
    if n < MIN_EQUAL
        || !(low..=high).contains(&value)
        || measures.outputs.len() != tx.outputs.len()
        || measures.others > higher + measures.input_scripts + 1
        || !measures.pays_each_once()
        || !all_of(tx.outputs.iter().map(|o| o.script_type), &P2WPKH)
        || !all_of(tx.inputs.iter().map(|i| i.script_type), &P2WPKH)
    {
        return false;
    }
    let accounted = measures.accounted_for() + measures.unknown_inputs;
    let alike = evidence::everybody_pays(measures);
    let pays = alike || evidence::pays_by_head(measures);
    let remixes = 4 * (measures.near() + measures.unknown_inputs) >= n;
    let is_plain = value >= limits.wasabi_base_sat.0 && value % ROUND_SAT != 0;
    let enough = 4 * accounted >= 3 * n
        && (pays || (is_plain && (remixes || (!levels.is_empty() && n >= PAST_PAYOUT))));
    let back = i128::from(value) + levels.iter().map(|level| level.0).sum::<i128>();
    enough
        && measures.each_could_pay(back, limits.fee_percent)
        && (alike
            || n > PAST_JOINMARKET
            || !joinmarket::has_shape(measures)
            || (pays && !evidence::makers_earn(measures)))
}

/// The measures with the base denomination as the equal value: where half the most frequent value is
/// paid three times or more too, that is a higher level, and so on down.
fn at_the_base(found: &Measures, limits: &Limits) -> Measures {
    let mut base = (found.equal, found.value_sat);
    while let Some(half) = found
        .outputs
        .chunk_by(|x, y| x.0 == y.0)
        .filter(|level| level.len() >= 3 && level[0].0 > limits.dust_sat)
        .find(|level| is_level(base.1, level[0].0, 1))
    {
        base = (half.chunk_by(|x, y| x.1 == y.1).count(), half[0].0);
    }
    found.with_equal(base.0, base.1)
}

fn is_level(value: i64, base: i64, i: u32) -> bool {
    let of = i128::from(base) << i;
    4000 * (i128::from(value) - of).abs() <= of
}

/// The levels above the base that two outputs or more have: value and outputs.
fn levels(measures: &Measures) -> Vec<(i128, usize)> {
    measures
        .outputs
        .chunk_by(|x, y| x.0 == y.0)
        .filter(|level| {
            level.len() > 1
                && (1..=MOST_LEVELS).any(|i| is_level(level[0].0, measures.value_sat, i))
        })
        .map(|level| (i128::from(level[0].0), level.len()))
        .collect()
}
