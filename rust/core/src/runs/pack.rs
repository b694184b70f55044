//! Blocks of entries: each word as its difference from the block's least, in as few bits as the widest
//! needs. Fixed widths let one entry be read without the others.

use super::Entry;

/// Entries in a block; the last of a run may have fewer.
pub const BLOCK_ENTRIES: usize = 128;
/// A word is read as the 16 bytes it may straddle, so that many must follow the last block.
pub const SLACK_BYTES: usize = 16;
const WORD_HEADER: usize = 9;

/// Appends a block.
pub fn encode<const N: usize>(entries: &[Entry<N>], out: &mut Vec<u8>) {
    let mut bases = [0u64; N];
    let mut widths = [0u32; N];
    for word in 0..N {
        let (mut least, mut most) = (u64::MAX, 0);
        for entry in entries {
            least = least.min(entry[word]);
            most = most.max(entry[word]);
        }
        bases[word] = least;
        widths[word] = u64::BITS - (most - least).leading_zeros();
        out.extend_from_slice(&least.to_le_bytes());
        out.push(widths[word] as u8);
    }
    for word in 0..N {
        let (base, width) = (bases[word], widths[word]);
        let (mut held, mut bits) = (0u128, 0u32);
        for entry in entries {
            held |= u128::from(entry[word] - base) << bits;
            bits += width;
            if bits >= 64 {
                out.extend_from_slice(&(held as u64).to_le_bytes());
                held >>= 64;
                bits -= 64;
            }
        }
        let rest = (held as u64).to_le_bytes();
        out.extend_from_slice(&rest[..bits.div_ceil(8) as usize]);
    }
}

/// A packed block, checked against the bytes it lies in.
pub struct Block<'a, const N: usize> {
    bytes: &'a [u8],
    bases: [u64; N],
    widths: [u32; N],
    starts: [usize; N],
    pub count: usize,
}

impl<'a, const N: usize> Block<'a, N> {
    /// None when `bytes`, which go on past the block by the slack at least, cannot hold it.
    pub fn new(bytes: &'a [u8], count: usize) -> Option<Self> {
        let mut bases = [0; N];
        let mut widths = [0; N];
        let mut starts = [0; N];
        let mut start = N * WORD_HEADER;
        let header = bytes.get(..start)?;
        for word in 0..N {
            let own = &header[word * WORD_HEADER..];
            bases[word] = u64::from_le_bytes(own[..8].try_into().ok()?);
            widths[word] = u32::from(own[8]);
            if widths[word] > 64 {
                return None;
            }
            starts[word] = start;
            start += (count * widths[word] as usize).div_ceil(8);
        }
        if start + SLACK_BYTES > bytes.len() {
            return None;
        }
        Some(Self {
            bytes,
            bases,
            widths,
            starts,
            count,
        })
    }

    pub fn word(&self, entry: usize, word: usize) -> u64 {
        let width = self.widths[word];
        let bit = entry * width as usize;
        let at = self.starts[word] + bit / 8;
        let raw = u128::from_le_bytes(
            self.bytes[at..at + SLACK_BYTES]
                .try_into()
                .expect("sixteen bytes"),
        );
        let mask = if width == 64 {
            u64::MAX
        } else {
            (1 << width) - 1
        };
        self.bases[word].wrapping_add((raw >> (bit % 8)) as u64 & mask)
    }

    pub fn entry(&self, entry: usize) -> Entry<N> {
        std::array::from_fn(|word| self.word(entry, word))
    }

    /// The first entry whose key is `key` or more; the count if there is none.
    pub fn lower_bound(&self, key: u64) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = (low + high) / 2;
            if self.word(middle, 0) < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub fn decode(&self, into: &mut Vec<Entry<N>>) {
        into.clear();
        into.resize(self.count, [0; N]);
        for word in 0..N {
            for (entry, slot) in into.iter_mut().enumerate() {
                slot[word] = self.word(entry, word);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(mut entries in prop::collection::vec(any::<[u64; 3]>(), 1..=BLOCK_ENTRIES), shift in 0u32..64) {
            for entry in &mut entries {
                entry[0] >>= shift;
                entry[2] = 7;
            }
            entries.sort_unstable();
            let mut bytes = Vec::new();
            encode(&entries, &mut bytes);
            let exact = bytes.len();
            bytes.extend_from_slice(&[0xff; SLACK_BYTES]);
            let block = Block::<3>::new(&bytes, entries.len()).unwrap();
            let mut decoded = Vec::new();
            block.decode(&mut decoded);
            prop_assert_eq!(&decoded, &entries);
            for (i, entry) in entries.iter().enumerate() {
                prop_assert_eq!(block.entry(i), *entry);
                let at = block.lower_bound(entry[0]);
                prop_assert_eq!(at, entries.partition_point(|e| e[0] < entry[0]));
            }
            prop_assert!(Block::<3>::new(&bytes[..exact], entries.len()).is_none());
        }

        #[test]
        fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..400), count in 0usize..=BLOCK_ENTRIES) {
            if let Some(block) = Block::<2>::new(&bytes, count) {
                for entry in 0..count {
                    block.entry(entry);
                }
            }
        }
    }
}
