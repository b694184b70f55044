//! Whether the inputs fall apart into participants who each pay for what they take.
//!
//! A CoinJoin is several payments side by side: its inputs split into parts, each worth one equal
//! output and one change but for fees. Source: Maurer, Neudecker and Florian 2017, "Anonymous
//! CoinJoin Transactions with Arbitrary Values", whose sub-transactions these are. The search is
//! bounded; where it ends without an answer, that is said.

use super::shape::Measures;

/// More than the steps could ever deal out; it bounds the depth of the search.
const MOST_COINS: usize = 64;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i8)]
pub enum Partition {
    #[default]
    NotTested,
    Found,
    /// There is none: no CoinJoin of one change each.
    Refuted,
    /// Too many inputs to tell.
    Undecided,
}

/// Whether the input scripts can be dealt out to `equal` participants, each of whom takes the equal
/// value and one of the other outputs (the lowest go without), to within `tolerance` satoshis.
///
/// Not tested where an input is not known, or there are more other outputs than participants.
pub(super) fn search(measures: &Measures, tolerance: i128, steps: u32) -> Partition {
    if !measures.is_known() || measures.others > measures.equal || measures.equal < 2 {
        return Partition::NotTested;
    }
    if measures.funds.len() > MOST_COINS {
        return Partition::Undecided;
    }
    let mut coins: Vec<i128> = measures.funds.iter().map(|f| f.1).collect();
    coins.sort_unstable_by(|a, b| b.cmp(a));
    let mut changes: Vec<i128> = measures.other_values().map(i128::from).rev().collect();
    changes.resize(measures.equal, 0);
    let wanted = changes
        .iter()
        .map(|c| i128::from(measures.value_sat) + c)
        .collect();
    let mut search = Search {
        rest: suffix_sums(&coins),
        coins,
        wanted,
        tolerance,
        left: steps,
    };
    match search.deal(0) {
        Some(true) => Partition::Found,
        Some(false) => Partition::Refuted,
        None => Partition::Undecided,
    }
}

struct Search {
    /// Falling.
    coins: Vec<i128>,
    /// What the coins from each place on come to.
    rest: Vec<i128>,
    /// What each participant still lacks.
    wanted: Vec<i128>,
    tolerance: i128,
    left: u32,
}

impl Search {
    /// Deals out the coins from `at` on; None where the steps ran out before an answer.
    fn deal(&mut self, at: usize) -> Option<bool> {
        let lacking: i128 = self
            .wanted
            .iter()
            .map(|w| (w - self.tolerance).max(0))
            .sum();
        if lacking > self.rest[at] {
            return Some(false);
        }
        if at == self.coins.len() {
            return Some(true);
        }
        self.left = self.left.checked_sub(1)?;
        let coin = self.coins[at];
        for to in 0..self.wanted.len() {
            let want = self.wanted[to];
            // participants who lack the same are alike
            if coin > want + self.tolerance || self.wanted[..to].contains(&want) {
                continue;
            }
            self.wanted[to] -= coin;
            let found = self.deal(at + 1);
            self.wanted[to] = want;
            if found != Some(false) {
                return found;
            }
        }
        Some(false)
    }
}

fn suffix_sums(coins: &[i128]) -> Vec<i128> {
    let mut sums = vec![0; coins.len() + 1];
    for at in (0..coins.len()).rev() {
        sums[at] = sums[at + 1] + coins[at];
    }
    sums
}
