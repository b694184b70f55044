//! How much money there can be, and how much of it a block may make.

/// Bitcoin Core's MAX_MONEY, in satoshis.
pub const MAX_MONEY: i64 = 21_000_000 * 100_000_000;

const FIRST_SUBSIDY: i64 = 50 * 100_000_000;
const HALVINGS: i64 = 64;

/// Satoshis a block of this height may create, fees apart. Source: Bitcoin Core, GetBlockSubsidy.
pub fn subsidy(height: i64, halving_interval: u32) -> i64 {
    let halvings = height / i64::from(halving_interval.max(1));
    if halvings >= HALVINGS {
        return 0;
    }
    FIRST_SUBSIDY >> halvings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subsidy_is_halved_until_nothing_is_left() {
        let at = |height| subsidy(height, 210_000);
        assert_eq!(at(0), 5_000_000_000);
        assert_eq!(at(209_999), 5_000_000_000);
        assert_eq!(at(210_000), 2_500_000_000);
        assert_eq!(at(840_000), 312_500_000);
        assert_eq!(at(32 * 210_000), 1);
        assert_eq!(at(33 * 210_000), 0);
        // a shift by so many bits would be none, or a panic
        assert_eq!(at(64 * 210_000), 0);
        assert_eq!(subsidy(i64::MAX, 1), 0);
    }
}
