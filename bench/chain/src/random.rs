//! Pseudo-random numbers in integers alone, so that every machine draws the same.

/// The finaliser of splitmix64: a bijection of 64 bits (Steele, Lea, Flood 2014).
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// 32 bytes that stand for item `index` of stream `key`; two items of a stream differ in the first
/// eight bytes.
pub fn bytes_of(key: u64, index: u64) -> [u8; 32] {
    let first = mix(key.wrapping_add(index.wrapping_mul(GOLDEN)));
    let mut bytes = [0; 32];
    let mut word = first;
    for chunk in bytes.chunks_exact_mut(8) {
        chunk.copy_from_slice(&word.to_le_bytes());
        word = mix(word.wrapping_add(GOLDEN));
    }
    bytes
}

/// xoshiro256++ (Blackman, Vigna 2019).
pub struct Rng([u64; 4]);

impl Rng {
    pub fn new(seed: u64) -> Self {
        let word = |n: u64| mix(seed.wrapping_add(n.wrapping_mul(GOLDEN)));
        Rng([word(1), word(2), word(3), word(4)])
    }

    #[inline]
    pub fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number below `bound`, which is not zero. The bias is below bound / 2^64.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    #[inline]
    pub fn permille(&mut self, share: u32) -> bool {
        self.below(1000) < u64::from(share)
    }

    #[inline]
    pub fn fill(&mut self, bytes: &mut [u8]) {
        let mut chunks = bytes.chunks_exact_mut(8);
        for chunk in &mut chunks {
            chunk.copy_from_slice(&self.next().to_le_bytes());
        }
        let rest = chunks.into_remainder();
        let last = self.next().to_le_bytes();
        rest.copy_from_slice(&last[..rest.len()]);
    }

    /// A number in `low << octave .. low << (octave + 1)`.
    #[inline]
    pub fn in_octave(&mut self, low: u64, octave: u32) -> u64 {
        let start = low << octave;
        start + self.below(start)
    }
}

/// Draws a place of a list of shares of 1000.
pub struct Wheel([u8; 1000]);

impl Wheel {
    /// The shares add up to 1000.
    pub fn new(permille: &[u32]) -> Self {
        assert_eq!(
            permille.iter().sum::<u32>(),
            1000,
            "{permille:?} do not add up to 1000"
        );
        let mut slots = [0; 1000];
        let mut start = 0;
        for (place, &share) in permille.iter().enumerate() {
            slots[start..start + share as usize].fill(place as u8);
            start += share as usize;
        }
        Wheel(slots)
    }

    #[inline]
    pub fn draw(&self, rng: &mut Rng) -> usize {
        usize::from(self.0[rng.below(1000) as usize])
    }
}

/// A pseudo-random order of all numbers below `size`, each once, in constant memory: a Feistel network
/// that is walked until it falls inside.
pub struct Order {
    size: u64,
    half_bits: u32,
    key: u64,
}

impl Order {
    pub fn new(key: u64, size: u64) -> Self {
        let bits = 64 - size.max(2).saturating_sub(1).leading_zeros();
        Order {
            size,
            half_bits: bits.div_ceil(2),
            key,
        }
    }

    /// The number at `place`, which is below `size`.
    pub fn at(&self, place: u64) -> u64 {
        let mask = (1 << self.half_bits) - 1;
        let mut number = place;
        loop {
            let (mut left, mut right) = (number >> self.half_bits, number & mask);
            for round in 0..4 {
                let turned = mix(self.key ^ (right | round << 60)) & mask;
                (left, right) = (right, left ^ turned);
            }
            number = left << self.half_bits | right;
            if number < self.size {
                return number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_names_every_number_once() {
        for size in [1, 2, 3, 7, 64, 1000, 4097] {
            let order = Order::new(9, size);
            let mut seen: Vec<u64> = (0..size).map(|i| order.at(i)).collect();
            assert!(size < 64 || seen[..8] != [0, 1, 2, 3, 4, 5, 6, 7]);
            seen.sort_unstable();
            assert_eq!(seen, (0..size).collect::<Vec<_>>());
        }
    }

    #[test]
    fn numbers_are_below_their_bound_and_reach_it() {
        let mut rng = Rng::new(1);
        let mut seen = [false; 10];
        (0..1000).for_each(|_| seen[rng.below(10) as usize] = true);
        assert_eq!(seen, [true; 10]);
        assert!((0..1000).all(|_| (40..80).contains(&rng.in_octave(5, 3))));
    }
}
