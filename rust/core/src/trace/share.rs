//! Exact division of an amount in proportion to weights.

/// Shares of `total` in proportion to `weights`, by largest remainder, ties to the lower position.
///
/// `0 <= total <= sum of weights`, all weights >= 0. The shares sum to `total` and none exceeds its
/// weight. Source: the Hamilton method of apportionment.
pub fn share(total: i64, weights: &[i64], scratch: &mut Vec<(u64, u32)>, shares: &mut Vec<i64>) {
    shares.clear();
    let whole: i64 = weights.iter().sum();
    debug_assert!(0 <= total && total <= whole);
    if total == 0 {
        shares.resize(weights.len(), 0);
        return;
    }
    if total == whole {
        shares.extend_from_slice(weights);
        return;
    }
    scratch.clear();
    let mut left = total;
    // Division in 64 bits is several times faster, and most products fit.
    if (total as u64).checked_mul(whole as u64).is_some() {
        for (position, weight) in weights.iter().enumerate() {
            let product = total as u64 * *weight as u64;
            let quotient = (product / whole as u64) as i64;
            left -= quotient;
            shares.push(quotient);
            scratch.push((product % whole as u64, position as u32));
        }
    } else {
        for (position, weight) in weights.iter().enumerate() {
            let product = total as u128 * *weight as u128;
            let quotient = (product / whole as u128) as i64;
            left -= quotient;
            shares.push(quotient);
            scratch.push(((product % whole as u128) as u64, position as u32));
        }
    }
    let left = left as usize;
    if left == 0 {
        return;
    }
    // The order is total, so the first `left` are the same set however they were found.
    if left < scratch.len() {
        scratch.select_nth_unstable_by(left - 1, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    }
    for (_, position) in &scratch[..left] {
        shares[*position as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::MAX_MONEY_SAT;
    use proptest::prelude::*;

    fn shares_of(total: i64, weights: &[i64]) -> Vec<i64> {
        let (mut scratch, mut shares) = (Vec::new(), Vec::new());
        share(total, weights, &mut scratch, &mut shares);
        shares
    }

    #[test]
    fn ties_go_to_the_lower_position() {
        assert_eq!(shares_of(2, &[1, 1, 1]), [1, 1, 0]);
        assert_eq!(shares_of(1, &[5, 5]), [1, 0]);
    }

    #[test]
    fn the_largest_remainder_comes_before_position() {
        // 7 * 3 / 10 = 2.1, 7 * 7 / 10 = 4.9
        assert_eq!(shares_of(7, &[3, 7]), [2, 5]);
    }

    #[test]
    fn positions_of_no_weight_get_nothing() {
        assert_eq!(shares_of(1, &[0, 1, 0, 1]), [0, 1, 0, 0]);
        assert_eq!(shares_of(0, &[0, 0]), [0, 0]);
    }

    #[test]
    fn all_the_money_does_not_overflow() {
        let half = MAX_MONEY_SAT / 2;
        // One satoshi short: by 1/2, a little less than 1/2, and almost nothing.
        assert_eq!(
            shares_of(MAX_MONEY_SAT - 1, &[half, half - 1, 1]),
            [half - 1, half - 1, 1]
        );
    }

    proptest! {
        #[test]
        fn shares_are_exact_and_within_their_weights(
            weights in prop::collection::vec(prop_oneof![0i64..20, 0i64..70_000_000_000_000], 1..30),
            part in 0.0f64..=1.0,
        ) {
            let whole: i64 = weights.iter().sum();
            let total = ((whole as f64 * part) as i64).min(whole);
            let shares = shares_of(total, &weights);
            prop_assert_eq!(shares.iter().sum::<i64>(), total);
            for (share, weight) in shares.iter().zip(&weights) {
                prop_assert!(0 <= *share && share <= weight);
                let exact = total as i128 * *weight as i128;
                prop_assert!((*share as i128 * whole as i128 - exact).abs() < (whole as i128).max(1));
            }
        }
    }
}
