//! How much money there can be, and how much of it a block may make.

/// Bitcoin Core's MAX_MONEY, in satoshis.
pub const MAX_MONEY: i64 = 21_000_000 * 100_000_000;

const FIRST_SUBSIDY: i64 = 50 * 100_000_000;
const HALVINGS: i64 = 64;

/// First heights and the satoshis a block from there on may create, fees apart, where that halves each
/// `interval` blocks. Source: Bitcoin Core, GetBlockSubsidy.
pub fn halvings(interval: i64) -> Vec<(i64, i64)> {
    (0..HALVINGS)
        .map(|n| (n * interval, FIRST_SUBSIDY >> n))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subsidy_is_halved_until_nothing_is_left() {
        let steps = halvings(210_000);
        let at = |height| steps.iter().rev().find(|s| s.0 <= height).unwrap().1;
        assert_eq!(at(0), 5_000_000_000);
        assert_eq!(at(209_999), 5_000_000_000);
        assert_eq!(at(210_000), 2_500_000_000);
        assert_eq!(at(840_000), 312_500_000);
        assert_eq!(at(32 * 210_000), 1);
        assert_eq!(at(33 * 210_000), 0);
        assert_eq!(at(i64::MAX), 0);
    }
}
