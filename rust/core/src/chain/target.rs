//! Compact targets and the work they stand for.

pub use ruint::aliases::U256;
use ruint::aliases::U512;

use super::hash::Hash;

/// The target that compact `bits` stand for; none when negative, zero or over 256 bits.
pub fn target(bits: u32) -> Option<U256> {
    let exponent = (bits >> 24) as usize;
    let mantissa = bits & 0x007f_ffff;
    if bits & 0x0080_0000 != 0 || mantissa == 0 || exponent > 34 {
        return None;
    }
    let value = if exponent <= 3 {
        U512::from(mantissa >> (8 * (3 - exponent)))
    } else {
        U512::from(mantissa) << (8 * (exponent - 3))
    };
    if value.is_zero() || value > U512::from(U256::MAX) {
        return None;
    }
    Some(value.to())
}

/// The expected hashes that a header with this target stands for: 2^256 / (target + 1).
pub fn work(target: U256) -> U256 {
    if target == U256::MAX {
        return U256::from(1);
    }
    (!target / (target + U256::from(1))) + U256::from(1)
}

/// The proof of work of one header after another. Headers that follow each other mostly share their
/// target, so that the last is kept.
#[derive(Debug)]
pub struct ProofOfWork {
    limit: U256,
    bits: u32,
    own: Option<(U256, U256)>,
    /// Whether the hash given is what must meet the target.
    by_hash: bool,
}

impl ProofOfWork {
    /// `limit` is the network's easiest target.
    pub fn new(limit: U256) -> Self {
        Self {
            limit,
            bits: 0,
            own: None,
            by_hash: true,
        }
    }

    /// For headers that were proven before, where their own hash does not show it.
    pub fn judged(limit: U256) -> Self {
        Self {
            by_hash: false,
            ..Self::new(limit)
        }
    }

    /// The work a header proves; none when its target is impossible or its hash does not meet it.
    pub fn proven(&mut self, bits: u32, hash: &Hash) -> Option<U256> {
        if bits != self.bits {
            self.bits = bits;
            self.own = target(bits)
                .filter(|t| *t <= self.limit)
                .map(|t| (t, work(t)));
        }
        self.own
            .filter(|(target, _)| !self.by_hash || U256::from_le_bytes(*hash) <= *target)
            .map(|(_, work)| work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_as_bitcoin_core_reads_them() {
        assert_eq!(target(0x1d00_ffff), Some(U256::from(0xffff) << 208));
        assert_eq!(target(0x207f_ffff), Some(U256::from(0x7f_ffff) << 232));
        for impossible in [
            0x0000_0000,
            0x0180_0001,
            0x2300_0001,
            0x2200_ffff,
            0x0100_0001,
        ] {
            assert_eq!(target(impossible), None, "{impossible:08x}");
        }
        assert_eq!(
            work(target(0x1d00_ffff).unwrap()),
            U256::from(0x1_0001_0001u64)
        );
        assert_eq!(work(target(0x207f_ffff).unwrap()), U256::from(2));
    }
}
