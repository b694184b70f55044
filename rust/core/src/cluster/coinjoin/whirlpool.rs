//! Whirlpool (Samourai Wallet): mixes of a pool, and the Tx0 that makes coins for them.
//!
//! Mix. 5 to 10 inputs and as many outputs, all outputs worth the pool's value (0.001, 0.01, 0.05 or
//! 0.5 BTC), inputs and half the outputs or more P2WPKH (some mix to another wallet), no script twice. Inputs hold the pool's value, or up to 0.0011 BTC
//! more where they come from a Tx0; one at least does, since somebody pays the miner. Lineage: each
//! parent is a mix, or a Tx0 where the input holds more. `Confirmed` where all are known to be,
//! `Undetermined` where one is not known, `Broken` where one is known to be something else.
//!
//! Tx0. One OP_RETURN of 60 to 80 bytes that no asset protocol claims; outputs worth the pool's value
//! and up to 0.0011 BTC more, all the same, P2WPKH; a pool's fee, 1% to 5.5% of its value (5% or 3.5%,
//! less discounts); and at most four outputs other than premix. Where two premix outputs or more are
//! equal the fee may be missing, for there were full discounts. A Tx0 is one party's: it is no mix,
//! and its inputs are linked.
//!
//! Sources: Stütz et al. 2022 (arXiv 2109.10229), section 3; Schnoering and Vazirgiannis 2023 (arXiv
//! 2311.12491); the Dumplings scanner for 5 to 10 participants; Samourai's Tx0 documentation.

use super::asset_protocol::{self, Protocol};
use super::shape::{Measures, all_of};
use super::{Kind, Limits, Lineage, Transaction, TypeCode, Verdict};
use crate::chain::script::ScriptType;

const P2WPKH: TypeCode = ScriptType::P2wpkh as TypeCode;
const PARTICIPANTS: std::ops::RangeInclusive<usize> = 5..=10;
/// OP_RETURN, a push opcode of one or two bytes, and 60 to 80 bytes of data.
const PAYLOAD: std::ops::RangeInclusive<usize> = 62..=83;
const MOST_OTHERS: usize = 4;

pub(super) fn mix(
    tx: &Transaction<'_>,
    measures: &Measures,
    known: &dyn Fn(i64) -> Option<Kind>,
    limits: &Limits,
) -> Option<Verdict> {
    let pool = measures.value_sat;
    let n = tx.outputs.len();
    if !PARTICIPANTS.contains(&n)
        || measures.equal != n
        || tx.inputs.len() != n
        || measures.input_scripts != n
        || measures.returned > 0
        || limits.pools_sat.binary_search(&pool).is_err()
        || 2 * tx
            .outputs
            .iter()
            .filter(|o| o.script_type == P2WPKH)
            .count()
            < n
        || !all_of(tx.inputs.iter().map(|i| i.script_type), &[P2WPKH])
    {
        return None;
    }
    let excess = |value: i64| value - pool;
    let values = || tx.inputs.iter().map(|i| i.value_sat).filter(|&v| v >= 0);
    let fresh = values().filter(|&v| excess(v) > 0).count();
    if values().any(|v| !(0..=limits.premix_excess_sat).contains(&excess(v)))
        || (measures.is_known() && fresh == 0)
    {
        return None;
    }
    let (mut found, mut broken) = (0, false);
    for input in tx.inputs.iter().filter(|i| i.prev_tx >= 0) {
        found += 1;
        broken |= match known(input.prev_tx) {
            Some(Kind::WhirlpoolTx0) => input.value_sat == pool,
            Some(Kind::WhirlpoolMix) => input.value_sat > pool,
            _ => true,
        };
    }
    let lineage = match (broken, found == n) {
        (true, _) => Lineage::Broken,
        (false, true) => Lineage::Confirmed,
        (false, false) => Lineage::Undetermined,
    };
    let score = match (lineage, measures.is_known()) {
        (Lineage::Confirmed, _) => 1.0,
        (Lineage::Broken, true) => 0.7,
        (_, true) => 0.95,
        (_, false) => 0.6,
    };
    Some(
        Verdict::new(Kind::WhirlpoolMix, n, score, measures).with(|r| {
            r.lineage = lineage;
            r.parents = n as u32;
            r.parents_known = found as u32;
        }),
    )
}

pub(super) fn tx0(tx: &Transaction<'_>, measures: &Measures, limits: &Limits) -> Option<Verdict> {
    if measures.outputs.len() + 1 != tx.outputs.len()
        || tx
            .payload
            .is_some_and(|p| !PAYLOAD.contains(&p.len()) || asset_protocol::of(p) != Protocol::None)
    {
        return None;
    }
    let (premix, value, pool) = measures
        .outputs
        .chunk_by(|x, y| x.0 == y.0)
        .filter_map(|level| Some((level.len(), level[0].0, pool_of(level[0].0, limits)?)))
        .filter(|&(count, value, pool)| {
            let rest = measures.outputs.len() - count;
            rest <= MOST_OTHERS && (count > 1 || pays_fee(measures, value, pool))
        })
        .max()?;
    let of_type = |o: &&super::Output| o.value_sat == value && o.script_type == P2WPKH;
    if tx.outputs.iter().filter(of_type).count() != premix || !measures.pays_each_once() {
        return None;
    }
    let score = match (pays_fee(measures, value, pool), premix > 1) {
        (true, true) => 0.95,
        (true, false) => 0.8,
        (false, _) => 0.6,
    };
    let mut verdict = Verdict::new(Kind::WhirlpoolTx0, 1, score, measures);
    verdict.reasons.equal = premix as u32;
    verdict.reasons.value_sat = value;
    verdict.reasons.others = (measures.outputs.len() - premix) as u32;
    Some(verdict)
}

/// The pool for which an output of that value is premix.
fn pool_of(value: i64, limits: &Limits) -> Option<i64> {
    let mut pools = limits.pools_sat.iter().copied();
    pools.find(|&pool| value > pool && value - pool <= limits.premix_excess_sat)
}

fn pays_fee(measures: &Measures, premix: i64, pool: i64) -> bool {
    measures
        .outputs
        .iter()
        .any(|o| o.0 != premix && o.0 >= pool / 100 && o.0 <= pool / 1000 * 55)
}
