//! Wasabi Wallet 1.x: ZeroLink rounds of a central coordinator, all native segwit.
//!
//! Definition. P2WPKH throughout, no script paid twice, n equal outputs of the base denomination
//! (0.1 BTC, 0.05 in most rounds of 2018 and 0.01 to 0.02 in some; here 0.01 to 0.12), at least n input scripts and another
//! output, the coordinator's fee if nothing else. 1.1 mixes multiples 2^i of the base as well (each
//! within 0.025%, since fees are taken of each level); 1.0 only the base. Paying a script known to be a
//! coordinator's, with three equal outputs, suffices in any case.
//!
//! Without that script, n is 5 or more; each participant could pay its own way; participants with a
//! change or with just the base denomination come to a third of n or more, to half where the
//! denomination is round, to 80% where it is below 0.04 BTC; and the counts are not a JoinMarket's, unless n is past what
//! JoinMarket makes or more changes show an owner who paid for the round than one who earned by it.
//!
//! Sources: Ficsor and Ontivero, ZeroLink; Stütz et al. 2022 (arXiv 2109.10229); Schnoering and
//! Vazirgiannis 2023 (arXiv 2311.12491); Dumplings for the coordinators' addresses and for 0.1 +-
//! 0.02 BTC from 2020 on.

use super::joinmarket;
use super::shape::{Measures, all_of};
use super::{Kind, Limits, Transaction, TypeCode, Verdict};
use crate::chain::script::ScriptType;

const P2WPKH: [TypeCode; 1] = [ScriptType::P2wpkh as TypeCode];
/// The base of some rounds of August 2018.
const EARLY_SAT: i64 = 1_000_000;
const MIN_EQUAL: usize = 5;
/// More participants than a JoinMarket taker asks for.
const PAST_JOINMARKET: usize = 20;
const ROUND_SAT: i64 = 100_000;
const MOST_LEVELS: u32 = 12;

pub(super) fn round(tx: &Transaction<'_>, measures: &Measures, limits: &Limits) -> Option<Verdict> {
    if measures.equal < 3 || measures.input_scripts < measures.equal || measures.others == 0 {
        return None;
    }
    let is_coordinated = tx
        .outputs
        .iter()
        .any(|o| limits.coordinators.binary_search(&o.script).is_ok());
    let levels = levels(measures);
    if !is_coordinated && !has_shape(tx, measures, levels, limits) {
        return None;
    }
    let kind = if levels > 0 {
        Kind::Wasabi11
    } else {
        Kind::Wasabi10
    };
    let certainty = match (is_coordinated, measures.is_known()) {
        (true, _) => 1.0,
        (false, true) => 0.95,
        (false, false) => 0.6,
    };
    // on the higher levels one participant may hold several
    let score = certainty * (1.0 - 1.0 / (measures.equal as f64 - 1.0));
    Some(
        Verdict::new(kind, measures.equal, score, measures).with(|r| {
            r.levels = levels.count_ones();
            r.coordinator = is_coordinated;
        }),
    )
}

fn has_shape(tx: &Transaction<'_>, measures: &Measures, levels: u32, limits: &Limits) -> bool {
    let n = measures.equal;
    let (low, high) = (EARLY_SAT, limits.wasabi_base_sat.1);
    let value = measures.value_sat;
    if n < MIN_EQUAL
        || !(low..=high).contains(&value)
        || measures.outputs.len() != tx.outputs.len()
        || measures.outputs.len() > 2 * measures.input_scripts + 1
        || !measures.pays_each_once()
        || !all_of(tx.outputs.iter().map(|o| o.script_type), &P2WPKH)
        || !all_of(tx.inputs.iter().map(|i| i.script_type), &P2WPKH)
    {
        return false;
    }
    let accounted = measures.accounted_for() + measures.unknown_inputs;
    let is_early = value < limits.wasabi_base_sat.0;
    let enough = match (is_early, value % ROUND_SAT == 0) {
        (true, _) => 5 * accounted >= 4 * n && everybody_pays(measures),
        (false, true) => 2 * accounted >= n,
        (false, false) => 3 * accounted >= n,
    };
    if !enough {
        return false;
    }
    let back = (0..=MOST_LEVELS)
        .filter(|&i| i == 0 || levels & (1 << i) != 0)
        .map(|i| i128::from(value) << i)
        .sum();
    measures.each_could_pay(back, limits.fee_percent)
        && (!joinmarket::has_shape(measures) || n > PAST_JOINMARKET || everybody_pays(measures))
}

/// The levels above the first that two outputs or more have: bit i for 2^i times the base.
fn levels(measures: &Measures) -> u32 {
    let base = i128::from(measures.value_sat);
    let mut found = 0;
    for level in measures.outputs.chunk_by(|x, y| x.0 == y.0) {
        for i in 1..=MOST_LEVELS {
            let of = base << i;
            if level.len() > 1 && 4000 * (i128::from(level[0].0) - of).abs() <= of {
                found |= 1 << i;
            }
        }
    }
    found
}

/// Whether those who pay for the round outnumber those who would earn by it, as makers do.
fn everybody_pays(measures: &Measures) -> bool {
    let fees = measures.fees();
    fees.paid > fees.earned
}
