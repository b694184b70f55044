//! JoinMarket: a taker joins makers, each with one equal output and a change.
//!
//! Definition. n equal outputs to n scripts and n changes, or n - 1 where the taker sweeps: no other
//! value repeats, no script is paid twice or paid back. Inputs, equal outputs and changes are of one
//! address type, but for what the taker pays away and what one participant differs in. Each
//! participant pays its own way, and the inputs fall apart accordingly: for n of 3 and 4 such a
//! partition must be found, for greater n it must not be refuted. Changes speak for makers who earn:
//! they are answered by one or two coins, worth the equal value and the change less 0.1% and 500 sat
//! at most, oftener than by accident; and not for everybody paying alike.
//!
//! Sources: Möser and Böhme 2017, "The price of anonymity"; Schnoering and Vazirgiannis 2023 (arXiv
//! 2311.12491), section on JoinMarket; JoinMarket's own documentation of maker and taker.

use super::evidence;
use super::partition::{self, Partition};
use super::shape::Measures;
use super::{Kind, Limits, Transaction, TypeCode, Verdict};
use crate::chain::script::ScriptType;

const TYPES: [TypeCode; 4] = [
    ScriptType::P2pkh as TypeCode,
    ScriptType::P2sh as TypeCode,
    ScriptType::P2wpkh as TypeCode,
    ScriptType::P2tr as TypeCode,
];

pub(super) fn round(tx: &Transaction<'_>, measures: &Measures, limits: &Limits) -> Option<Verdict> {
    if !has_shape(measures) || measures.outputs.len() != tx.outputs.len() {
        return None;
    }
    is_of_one_type(tx, measures.value_sat).then_some(())?;
    if !measures.each_could_pay(i128::from(measures.value_sat), limits.fee_percent) {
        return None;
    }
    if measures.is_known()
        && (!evidence::makers_earn(measures) || evidence::everybody_pays(measures))
    {
        return None;
    }
    let partition = participants_part(measures, limits)?;
    let certainty = if measures.is_known() { 1.0 } else { 0.5 };
    let score = certainty * (1.0 - 1.0 / (measures.equal as f64 - 1.0));
    Some(
        Verdict::new(Kind::JoinMarket, measures.equal, score, measures)
            .with(|r| r.partition = partition),
    )
}

/// Whether outputs and scripts are counted as in a JoinMarket transaction.
pub(super) fn has_shape(measures: &Measures) -> bool {
    let n = measures.equal;
    n >= 3
        && (measures.others == n || measures.others + 1 == n)
        && measures.repeated == n
        && measures.outputs.len() == n + measures.others
        && measures.pays_each_once()
        && measures.returned == 0
        && measures.input_scripts >= n
}

/// How the inputs fall apart; None where that speaks against n participants: for few of them it
/// must be found, to within what they pay each other, for many it must not be refuted.
pub(super) fn participants_part(measures: &Measures, limits: &Limits) -> Option<Partition> {
    let value = i128::from(measures.value_sat);
    let fee = measures.fee();
    if measures.equal < limits.min_equal {
        // fees between participants are some tenths of a percent at most
        let found = partition::search(measures, fee + value / 200, limits.partition_steps);
        return (found == Partition::Found).then_some(found);
    }
    let most = fee + value * i128::from(limits.fee_percent) / 100;
    let found = partition::search(measures, most, limits.partition_steps);
    (found != Partition::Refuted).then_some(found)
}

fn is_of_one_type(tx: &Transaction<'_>, value_sat: i64) -> bool {
    let of = |code: TypeCode, equal: bool| {
        tx.outputs
            .iter()
            .filter(|o| (o.value_sat == value_sat) == equal && o.script_type == code)
            .count()
    };
    let equal = tx
        .outputs
        .iter()
        .filter(|o| o.value_sat == value_sat)
        .count();
    let changes = tx.outputs.len() - equal;
    let known = tx.inputs.iter().filter(|i| i.script_type >= 0).count();
    TYPES.into_iter().any(|code| {
        let spent = tx.inputs.iter().filter(|i| i.script_type == code).count();
        of(code, true) + 1 >= equal && of(code, false) + 1 >= changes && 5 * spent >= 3 * known
    })
}
