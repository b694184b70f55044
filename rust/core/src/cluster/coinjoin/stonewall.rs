//! Stonewall and two-party CoinJoins: the same shape, from one wallet or from two (StonewallX2).
//!
//! Definition. Four outputs, two of them equal above dust, all to different scripts; inputs of two
//! scripts or more that fall apart into two sets, each worth one equal output and one of the others to
//! within the miner's fee and half a percent. One in two is a guess, so it is no mix and gives no link
//! either. Change that goes back to a script that is spent tells whose it is, not that there is one
//! party.
//!
//! Sources: Samourai's documentation of Stonewall and StonewallX2; Maurer et al. 2017 for the partition.

use super::partition::{self, Partition};
use super::shape::Measures;
use super::{Kind, Limits, Transaction, Verdict};

pub(super) fn lookalike(
    tx: &Transaction<'_>,
    measures: &Measures,
    limits: &Limits,
) -> Option<Verdict> {
    if tx.outputs.len() != 4
        || measures.outputs.len() != 4
        || measures.equal != 2
        || measures.others != 2
        || measures.input_scripts < 2
        || !measures.pays_each_once()
    {
        return None;
    }
    let tolerance = measures.fee() + i128::from(measures.value_sat) / 200;
    let found = partition::search(measures, tolerance, limits.partition_steps);
    (found == Partition::Found)
        .then(|| Verdict::new(Kind::Stonewall, 1, 0.5, measures).with(|r| r.partition = found))
}
