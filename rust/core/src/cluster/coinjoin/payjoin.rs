//! PayJoin (BIP 78), only ever suspected: payee and payer both bring inputs, and nothing tells.
//!
//! Definition. One or two outputs' worth of payment with more inputs than it takes: two outputs, two
//! to ten input scripts of one type, and the least input could have been left out whichever of the
//! outputs was the payment (the unnecessary input of UIH2). Ordinary wallets do that too, when they
//! tidy up: so it is named when names are asked for, and it gives links.
//!
//! Sources: BIP 78; Ghesmati, Fdhila and Weippl 2022, "Unnecessary Input Heuristics and PayJoin
//! Transactions".

use super::shape::Measures;
use super::{Kind, Limits, Transaction, Verdict};

const MOST_SCRIPTS: usize = 10;

pub(super) fn suspected(
    tx: &Transaction<'_>,
    measures: &Measures,
    limits: &Limits,
) -> Option<Verdict> {
    let first_type = tx.inputs.first()?.script_type;
    if !limits.name_negatives
        || tx.outputs.len() != 2
        || measures.outputs.len() != 2
        || !measures.is_known()
        || !(2..=MOST_SCRIPTS).contains(&measures.input_scripts)
        || !measures.pays_each_once()
        || tx.inputs.iter().any(|i| i.script_type != first_type)
    {
        return None;
    }
    let least = tx.inputs.iter().map(|i| i128::from(i.value_sat)).min()?;
    let greatest_out = i128::from(measures.outputs[1].0);
    let unnecessary = measures.paid_in - least >= greatest_out + measures.fee();
    unnecessary.then(|| Verdict::new(Kind::PayJoin, 1, 0.1, measures))
}
