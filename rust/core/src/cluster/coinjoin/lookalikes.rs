//! What is taken for a CoinJoin elsewhere and is one party's: named, where names are asked for.
//!
//! Batch payout: three equal outputs or more that no detector took, or ten outputs or more. An
//! exchange pays so; the inputs are its own. Consolidation: five inputs or more into one output, ten
//! or more into two.
//!
//! Source: Bitcoin Optech's pages on payment batching and consolidation.

use super::shape::Measures;
use super::{Kind, Limits, Transaction, Verdict};

pub(super) fn named(tx: &Transaction<'_>, measures: &Measures, limits: &Limits) -> Option<Verdict> {
    if !limits.name_negatives {
        return None;
    }
    let outputs = measures.outputs.len();
    let kind = if measures.equal >= 3 || outputs >= 10 {
        Kind::BatchPayout
    } else if (outputs == 1 && tx.inputs.len() >= 5) || (outputs == 2 && tx.inputs.len() >= 10) {
        Kind::Consolidation
    } else {
        return None;
    };
    Some(Verdict::new(kind, 1, 0.5, measures))
}
