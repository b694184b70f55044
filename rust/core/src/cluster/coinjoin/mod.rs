//! Transactions that several parties sign, and those that only look so: one small module a
//! detector, each with its published definition. `docs/methods/coinjoins.md` has the figures.
//!
//! `judge` reads one transaction and what is known of its parents; it needs no chain, no height and
//! no date. Values of inputs that are not known are -1. Nothing here overflows on any i64.

mod asset_protocol;
mod equal_output;
mod evidence;
mod joinmarket;
mod lookalikes;
mod partition;
mod payjoin;
mod psbt_trade;
mod shape;
mod stonewall;
#[cfg(test)]
mod tests;
mod verdict;
mod wasabi1;
mod wasabi2;
mod whirlpool;

pub use asset_protocol::Protocol;
pub use partition::Partition;
pub use verdict::{Kind, Lineage, Reasons, Verdict};

use crate::chain::script::ScriptType;
use shape::Measures;

/// The code of a script's type: `ScriptType as i8`, or -1 where the script is not known.
pub type TypeCode = i8;

/// A spent output; -1 where a part is not known. `signs_single` says that its witness is seen to
/// hold a signature with SIGHASH_SINGLE | ANYONECANPAY.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    pub value_sat: i64,
    pub script: i64,
    pub script_type: TypeCode,
    pub prev_tx: i64,
    pub signs_single: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub value_sat: i64,
    pub script: i64,
    pub script_type: TypeCode,
}

impl Output {
    /// Whether it carries money to somebody: not an OP_RETURN.
    fn pays(&self) -> bool {
        self.script_type != ScriptType::OpReturn as TypeCode
    }
}

/// One transaction other than a coinbase. `script` is any dense number, equal for equal scripts on
/// both sides; `payload` the script_pubkey of the first OP_RETURN output, None where there is none
/// or it is not known.
#[derive(Clone, Copy, Debug)]
pub struct Transaction<'a> {
    pub inputs: &'a [Input],
    pub outputs: &'a [Output],
    pub payload: Option<&'a [u8]>,
}

/// What the detectors ask. Values are satoshis, parts are percent.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Values up to this one are dust and do not count as equal (BlockSci's 2,730 sat).
    pub dust_sat: i64,
    /// Equal outputs from which on an equal-output CoinJoin is asserted without a partition.
    pub min_equal: usize,
    /// What fees may come to, of the equal value.
    pub fee_percent: i64,
    /// Whirlpool's pools, rising.
    pub pools_sat: Vec<i64>,
    /// The most that a premix output holds above its pool's value (Stütz et al. 2022).
    pub premix_excess_sat: i64,
    /// Inputs that a WabiSabi round has at least.
    pub min_wabisabi_inputs: usize,
    /// The base denomination of a Wasabi 1 round lies between these.
    pub wasabi_base_sat: (i64, i64),
    /// Scripts to which Wasabi 1 coordinators took their fee, rising.
    pub coordinators: Vec<i64>,
    /// The most that an output carrying an asset holds (ordinals, runes).
    pub postage_sat: i64,
    /// Steps that the search for a partition may take.
    pub partition_steps: u32,
    /// Whether to name also what gives links as any payment does: payouts, consolidations and
    /// suspected PayJoins. A whole chain is clustered without.
    pub name_negatives: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dust_sat: 2_730,
            min_equal: 5,
            fee_percent: 5,
            pools_sat: vec![100_000, 1_000_000, 5_000_000, 50_000_000],
            premix_excess_sat: 110_000,
            min_wabisabi_inputs: 10,
            wasabi_base_sat: (4_000_000, 12_000_000),
            coordinators: Vec::new(),
            postage_sat: 20_000,
            partition_steps: 20_000,
            name_negatives: false,
        }
    }
}

/// Whether any rule could say anything of a transaction with so many inputs and these outputs.
///
/// Reads the outputs only; false for the mass of payments. False means that `judge` gives None.
pub fn may_matter(input_count: usize, outputs: &[Output], limits: &Limits) -> bool {
    const FEW: usize = 8;
    if limits.name_negatives {
        return input_count > 0 && !outputs.is_empty();
    }
    if outputs.len() < 3 || input_count == 0 {
        return false;
    }
    if outputs.iter().any(|o| !o.pays()) {
        return true;
    }
    if input_count == 1 {
        return false;
    }
    if outputs.len() > FEW {
        return true;
    }
    let carries_asset = |v: i64| v > 0 && v <= limits.postage_sat;
    outputs.iter().enumerate().any(|(at, o)| {
        carries_asset(o.value_sat)
            || outputs[at + 1..]
                .iter()
                .any(|other| other.value_sat == o.value_sat)
    })
}

/// What the transaction is, by its shape; None where no rule has anything to say.
///
/// `known` gives the verdict on a parent by its `prev_tx`, None where the parent was judged to be
/// nothing; it is not asked where `prev_tx` is -1, a parent that is missing. Chain order guarantees
/// parents first. The first rule that holds decides, the strictest being first.
///
/// Kinds for which `Kind::gives_links` holds change nothing in a clustering but for the Tx0, which
/// is a boundary.
pub fn judge(
    tx: &Transaction<'_>,
    known: &dyn Fn(i64) -> Option<Kind>,
    limits: &Limits,
) -> Option<Verdict> {
    if !may_matter(tx.inputs.len(), tx.outputs, limits) {
        return None;
    }
    let measures = Measures::of(tx, limits);
    whirlpool::mix(tx, &measures, known, limits)
        .or_else(|| whirlpool::tx0(tx, &measures, limits))
        .or_else(|| wasabi2::round(tx, &measures, limits))
        .or_else(|| asset_protocol::transfer(tx, &measures, false))
        .or_else(|| stonewall::lookalike(tx, &measures, limits))
        .or_else(|| psbt_trade::trade(tx, &measures, limits))
        .or_else(|| asset_protocol::transfer(tx, &measures, true))
        .or_else(|| wasabi1::round(tx, &measures, limits))
        .or_else(|| joinmarket::round(tx, &measures, limits))
        .or_else(|| equal_output::mix(tx, &measures, limits))
        .or_else(|| lookalikes::named(tx, &measures, limits))
        .or_else(|| payjoin::suspected(tx, &measures, limits))
}
