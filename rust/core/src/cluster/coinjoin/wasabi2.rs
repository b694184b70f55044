//! Wasabi Wallet 2: WabiSabi rounds, whose amounts are arbitrary and whose outputs are mostly of
//! standard denominations.
//!
//! Definition. At least 10 inputs (rounds of the first coordinator had 50 and more, later ones some
//! 20), P2WPKH and P2TR throughout; inputs and outputs each in falling order of value; more than 80%
//! of the outputs worth a standard denomination: a power of 2 or 3, twice a power of 3, or 1, 2 or 5
//! times a power of 10, from 5,000 sat to 1,343.75 BTC. Four different denominations at least, and a
//! quarter of the outputs of no decimal one, since payouts of round sums have those. Scripts differ,
//! but for one in ten.
//!
//! A client brings at most 10 inputs, so there are inputs / 10 participants or more.
//!
//! Sources: Wasabi's denomination rule (`AmountDecomposer`) and the Dumplings scanner, which asks for
//! 20 inputs, both orders and 80%.

use super::shape::{Measures, all_of};
use super::{Kind, Limits, Transaction, TypeCode, Verdict};
use crate::chain::script::ScriptType;

const NATIVE: [TypeCode; 2] = [ScriptType::P2wpkh as TypeCode, ScriptType::P2tr as TypeCode];
const LEAST_SAT: i64 = 5_000;
const MOST_SAT: i64 = 134_375_000_000;
const INPUTS_PER_CLIENT: usize = 10;
const MIN_DENOMINATIONS: usize = 4;

pub(super) fn round(tx: &Transaction<'_>, measures: &Measures, limits: &Limits) -> Option<Verdict> {
    let outputs = tx.outputs.len();
    if tx.inputs.len() < limits.min_wabisabi_inputs
        || 10 * measures.input_scripts < 9 * tx.inputs.len()
        || outputs != measures.outputs.len()
        || 10 * measures.output_scripts < 9 * outputs
        || !all_of(tx.outputs.iter().map(|o| o.script_type), &NATIVE)
        || !all_of(tx.inputs.iter().map(|i| i.script_type), &NATIVE)
        || !falls(tx.outputs.iter().map(|o| o.value_sat))
        || !falls(tx.inputs.iter().map(|i| i.value_sat).filter(|&v| v >= 0))
    {
        return None;
    }
    let (mut standard, mut uncommon, mut denominations) = (0, 0, 0);
    for level in measures.outputs.chunk_by(|x, y| x.0 == y.0) {
        let value = level[0].0;
        let decimal = is_decimal(value);
        if (LEAST_SAT..=MOST_SAT).contains(&value) && (decimal || is_binary_or_ternary(value)) {
            standard += level.len();
            denominations += 1;
            uncommon += if decimal { 0 } else { level.len() };
        }
    }
    if 10 * standard <= 8 * outputs || 4 * uncommon < outputs || denominations < MIN_DENOMINATIONS {
        return None;
    }
    let participants = measures.input_scripts.div_ceil(INPUTS_PER_CLIENT).max(2);
    let certainty = if measures.is_known() { 1.0 } else { 0.8 };
    let score = certainty * (1.0 - 1.0 / tx.inputs.len() as f64);
    Some(
        Verdict::new(Kind::Wasabi2, participants, score, measures)
            .with(|r| r.levels = u32::try_from(denominations).unwrap_or(u32::MAX)),
    )
}

fn falls(values: impl Iterator<Item = i64>) -> bool {
    values.is_sorted_by(|a, b| a >= b)
}

/// 1, 2 or 5 times a power of 10.
fn is_decimal(mut value: i64) -> bool {
    while value > 0 && value % 10 == 0 {
        value /= 10;
    }
    matches!(value, 1 | 2 | 5)
}

/// A power of 2, a power of 3, or twice one.
fn is_binary_or_ternary(value: i64) -> bool {
    if value <= 0 {
        return false;
    }
    if value & (value - 1) == 0 {
        return true;
    }
    let mut odd = if value % 2 == 0 { value / 2 } else { value };
    while odd % 3 == 0 {
        odd /= 3;
    }
    odd == 1
}
