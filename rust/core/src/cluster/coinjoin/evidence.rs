//! What changes say of who paid for a round: nobody's change answers a coin by accident.
//!
//! A participant with coins worth v, an equal output of d and a change of c paid v - d - c. In JoinMarket
//! makers are paid, up to some tenths of a percent, and the taker alone pays; in ZeroLink everybody
//! pays, those with one coin the same. In a payout changes and coins have nothing to do with each
//! other. Sources: JoinMarket's and ZeroLink's documentation; the tests are measured on the sets of
//! `docs/methods/coinjoins.md`.

use super::shape::Measures;

/// More coins than this are not taken two at a time.
const MOST_COINS: usize = 400;
const MOST_DIFFERENCES: usize = 100_000;
/// Of makers, those who bring one or two coins.
const MAKERS_SEEN: f64 = 0.6;
/// With more coins for each participant their owners bring more than two, so silence says little.
const COINS_TO_TELL: usize = 3;
/// Below so many participants a payout has the same counts too often to be given the benefit.
const FEW: usize = 5;

/// Whether changes speak for makers who earn: twice the logarithm of how much likelier so many
/// answers by one or two coins are if they are makers', than by accident, is positive. The accident
/// is judged by how many sums of coins lie about, within 15% of the equal value. The worst change
/// may be the taker's.
pub(super) fn makers_earn(measures: &Measures) -> bool {
    let coins = coins(measures);
    let value = measures.value_sat as f64;
    let (earned, about) = (value / 1_000.0 + 500.0, 0.15 * value);
    let mut sums = coins.clone();
    if coins.len() <= MOST_COINS {
        for (at, coin) in coins.iter().enumerate() {
            sums.extend(coins[..at].iter().map(|other| coin + other));
        }
        sums.sort_unstable();
    }
    let count = |from: f64, to: f64| {
        let below = sums.partition_point(|&s| (s as f64) < from);
        let up_to = sums.partition_point(|&s| (s as f64) <= to);
        up_to - below
    };
    let mut weights: Vec<f64> = measures
        .other_values()
        .map(|change| {
            let back = value + change as f64;
            let answers = count(back - earned, back);
            let around = count(back - about, back + about) - answers;
            let density = (around as f64).max(0.5) / (2.0 * about - earned);
            let accident = 1.0 - (-density * earned).exp();
            let maker = accident + (1.0 - accident) * MAKERS_SEEN;
            if answers > 0 {
                (maker / accident).ln()
            } else {
                ((1.0 - maker) / (1.0 - accident)).ln()
            }
        })
        .collect();
    weights.sort_unstable_by(f64::total_cmp);
    let spared = usize::from(weights.len() > 1);
    let needed = if measures.equal >= FEW && coins.len() > COINS_TO_TELL * measures.equal {
        -1.5
    } else {
        0.0
    };
    weights.iter().skip(spared).sum::<f64>() > needed
}

/// How many changes show, by one coin, an owner who paid the same sum as the others.
pub(super) fn paid_alike(measures: &Measures) -> usize {
    let mut coins = coins(measures);
    coins.dedup();
    let value = i128::from(measures.value_sat);
    let most = 12 * value / 1000;
    let mut paid: Vec<i128> = Vec::new();
    for change in measures.other_values() {
        let back = value + i128::from(change);
        let from = coins.partition_point(|&c| c <= back);
        let payers = coins[from..].iter().take_while(|&&c| c <= back + most);
        paid.extend(payers.map(|c| c - back));
        if paid.len() > MOST_DIFFERENCES {
            return 0;
        }
    }
    paid.sort_unstable();
    paid.chunk_by(|x, y| x == y)
        .map(<[i128]>::len)
        .max()
        .unwrap_or(0)
}

/// Whether the owners of changes paid alike: two of them, and a quarter of all.
pub(super) fn everybody_pays(measures: &Measures) -> bool {
    let alike = paid_alike(measures);
    alike >= 2 && 4 * alike >= measures.others
}

/// Whether an output is worth what a ZeroLink coordinator takes: 0.003% of the base for each of n
/// participants from each of them, within 0.7 to 1.3 times. It says something from 8 on.
pub(super) fn pays_by_head(measures: &Measures) -> bool {
    let n = measures.equal as i128;
    let fee = n * n * i128::from(measures.value_sat) * 3;
    let range = fee * 7 / 10..=fee * 13 / 10;
    n >= 8
        && measures
            .other_values()
            .any(|v| range.contains(&(i128::from(v) * 100_000)))
}

/// What each input script brings, rising.
fn coins(measures: &Measures) -> Vec<i128> {
    let mut coins: Vec<i128> = measures.funds.iter().map(|f| f.1).collect();
    coins.sort_unstable();
    coins
}
