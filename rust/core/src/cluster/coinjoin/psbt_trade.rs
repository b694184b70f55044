//! Trades in one transaction: a seller signs its input and its price, a buyer adds the rest (ordinals,
//! runes and the like on PSBT markets). Strangers sign together, so it gives no link; it is no mix.
//!
//! Definition. Either some inputs, but not all, are seen to sign with SIGHASH_SINGLE |
//! ANYONECANPAY; or, by shape: an input that carries an asset (at most 20,000 sat) is answered at
//! its own index, as SIGHASH_SINGLE requires, by an output worth more, other scripts bring what
//! that takes, and an output of at most 20,000 sat carries the asset on. Three outputs or more.
//!
//! Sources: BIP 174 (PSBT) and BIP 143 (SIGHASH_SINGLE); the shape is that of the market
//! transactions in the sets of `docs/methods/coinjoins.md`.

use super::shape::Measures;
use super::{Kind, Limits, Transaction, Verdict};

pub(super) fn trade(tx: &Transaction<'_>, measures: &Measures, limits: &Limits) -> Option<Verdict> {
    if measures.input_scripts < 2 {
        return None;
    }
    let single = tx.inputs.iter().filter(|i| i.signs_single).count();
    let signed = single > 0 && single < tx.inputs.len();
    if !signed && (tx.outputs.len() < 3 || !sells(tx, measures, limits)) {
        return None;
    }
    let score = if signed { 1.0 } else { 0.7 };
    Some(Verdict::new(Kind::PsbtTrade, 2, score, measures).with(|r| r.signed_single = signed))
}

/// Whether an asset is sold, by the shape of the transaction.
fn sells(tx: &Transaction<'_>, measures: &Measures, limits: &Limits) -> bool {
    let is_postage = |value: i64| value > 0 && value <= limits.postage_sat;
    // what the seller's own script brings is little beside the price
    let own = |script: i64| {
        let at = measures.funds.binary_search_by_key(&script, |f| f.0);
        at.map_or(0, |at| measures.funds[at].1)
    };
    tx.outputs.iter().any(|o| is_postage(o.value_sat))
        && tx.inputs.iter().zip(tx.outputs).any(|(input, price)| {
            let paid = i128::from(price.value_sat);
            is_postage(input.value_sat)
                && input.script >= 0
                && price.pays()
                && price.value_sat > input.value_sat
                && own(input.script) < paid
                && measures.paid_in - own(input.script) > paid
        })
}
