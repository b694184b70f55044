//! The chain with the most accumulated work among the headers at hand, whatever order they lie in.

use hashbrown::HashMap;
pub use ruint::aliases::U256;
use ruint::aliases::U512;

use super::block_files::Record;
use super::hash::Hash;

/// Indices into the records by height from genesis, and the work they add up to.
#[derive(Debug)]
pub struct BestChain {
    pub records: Vec<usize>,
    pub chainwork: U256,
    /// Blocks that join genesis but lie off the best chain.
    pub stale: usize,
    /// Blocks whose ancestors are not all here, the first in the files first.
    pub unconnected: Vec<usize>,
}

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

/// The work a header proves; none when its target is impossible or its hash does not meet it.
pub fn proven_work(record: &Record, pow_limit: U256) -> Option<U256> {
    target(record.bits())
        .filter(|t| *t <= pow_limit && U256::from_le_bytes(record.hash) <= *t)
        .map(work)
}

/// The best chain from `genesis`, records without proof of work left aside. Ties go to the block that
/// lies first in the files. None when genesis is not among the records.
pub fn best_chain(records: &[Record], genesis: &Hash, pow_limit: U256) -> Option<BestChain> {
    let mut first: HashMap<Hash, usize> = HashMap::with_capacity(records.len());
    let mut works = Vec::with_capacity(records.len());
    for (i, record) in records.iter().enumerate() {
        let own = proven_work(record, pow_limit);
        if own.is_some() {
            first.entry(record.hash).or_insert(i);
        }
        works.push(own);
    }
    let root = *first.get(genesis)?;
    let mut children: HashMap<Hash, Vec<usize>> = HashMap::new();
    for (i, record) in records.iter().enumerate() {
        if i != root && first.get(&record.hash) == Some(&i) {
            children.entry(record.prev_hash()).or_default().push(i);
        }
    }
    let mut parent = vec![usize::MAX; records.len()];
    let mut best = (works[root].unwrap_or_default(), root);
    let mut stack = vec![(root, best.0)];
    let mut connected = vec![false; records.len()];
    let mut count = 0;
    while let Some((i, chainwork)) = stack.pop() {
        connected[i] = true;
        count += 1;
        if chainwork > best.0 || (chainwork == best.0 && i < best.1) {
            best = (chainwork, i);
        }
        for &child in children
            .get(&records[i].hash)
            .map_or(&[][..], Vec::as_slice)
        {
            parent[child] = i;
            stack.push((child, chainwork + works[child].unwrap_or_default()));
        }
    }
    let mut chain = vec![best.1];
    while let Some(&i) = chain.last() {
        if i == root {
            break;
        }
        chain.push(parent[i]);
    }
    chain.reverse();
    let mut unconnected: Vec<usize> = first.values().copied().filter(|&i| !connected[i]).collect();
    unconnected.sort_unstable();
    Some(BestChain {
        stale: count - chain.len(),
        unconnected,
        records: chain,
        chainwork: best.0,
    })
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
