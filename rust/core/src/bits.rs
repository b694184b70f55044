//! A set of numbers, such as ids or positions, a bit each.

/// Numbers that are in the set. It grows as they are added.
#[derive(Debug, Default, Clone)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// An empty set that has its memory for the numbers below `len` from the start.
    pub fn below(len: u64) -> Self {
        Self {
            words: vec![0; len.div_ceil(64) as usize],
        }
    }

    /// Adds a number; false when it was there already.
    #[inline]
    pub fn insert(&mut self, number: u64) -> bool {
        let (at, bit) = ((number / 64) as usize, 1 << (number % 64));
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        let word = &mut self.words[at];
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    #[inline]
    pub fn contains(&self, number: u64) -> bool {
        self.words
            .get((number / 64) as usize)
            .is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// How many numbers are in it.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|w| u64::from(w.count_ones())).sum()
    }

    /// The bits of 64 numbers each, from 0 on, the least in the lowest bit.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    pub fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_holds_what_was_added_and_nothing_else() {
        for mut bits in [Bits::default(), Bits::below(130), Bits::below(1000)] {
            let mut plain = BTreeSet::new();
            assert!(bits.is_empty());
            for number in [0, 63, 64, 129, 64, 500, 0, 383] {
                assert_eq!(bits.insert(number), plain.insert(number));
                assert_eq!(bits.count(), plain.len() as u64);
                let held: Vec<u64> = (0..2000).filter(|n| bits.contains(*n)).collect();
                assert_eq!(held, Vec::from_iter(plain.iter().copied()));
            }
            assert!(!bits.is_empty());
        }
    }

    #[test]
    fn words_are_as_many_as_the_numbers_need() {
        for (len, words) in [(0, 0), (1, 1), (64, 1), (65, 2)] {
            assert_eq!(Bits::below(len).words().len(), words);
        }
        let mut bits = Bits::below(128);
        bits.insert(65);
        assert_eq!(bits.words(), [0, 2]);
    }
}
