//! The chain with the most accumulated work among the headers at hand, whatever order they lie in.

use hashbrown::HashMap;

use super::block_files::Record;
use super::hash::Hash;
pub use super::target::{ProofOfWork, U256, target, work};

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

const NONE: u32 = u32::MAX;

/// The best chain from `genesis` of a network with this easiest target, where a block's hash is what
/// proves its work; see `best_chain_by`.
pub fn best_chain(records: &[Record], genesis: &Hash, pow_limit: U256) -> Option<BestChain> {
    best_chain_by(records, genesis, ProofOfWork::new(pow_limit))
}

/// The best chain from `genesis`, records without proof of work left aside. Ties go to the block that
/// lies first in the files. None when genesis is not among the records.
pub fn best_chain_by(
    records: &[Record],
    genesis: &Hash,
    mut proof: ProofOfWork,
) -> Option<BestChain> {
    let mut first: HashMap<Hash, u32> = HashMap::with_capacity(records.len());
    for (i, record) in records.iter().enumerate() {
        if proof.proven(record.bits(), &record.hash).is_some() {
            let i = u32::try_from(i).expect("records are fewer than 2^32, at 128 bytes each");
            first.entry(record.hash).or_insert(i);
        }
    }
    let root = *first.get(genesis)?;
    // children as linked lists through the records: a map of lists takes several times the memory
    let mut parent = vec![NONE; records.len()];
    let mut child = vec![NONE; records.len()];
    let mut sibling = vec![NONE; records.len()];
    for (i, record) in records.iter().enumerate() {
        let own = i as u32;
        if own == root || first.get(&record.hash) != Some(&own) {
            continue;
        }
        if let Some(&above) = first.get(&record.prev_hash()) {
            parent[i] = above;
            sibling[i] = child[above as usize];
            child[above as usize] = own;
        }
    }
    let mut best = (U256::ZERO, root);
    let mut stack = vec![(root, U256::ZERO)];
    let mut connected = vec![false; records.len()];
    let mut count = 0;
    while let Some((i, before)) = stack.pop() {
        let record = &records[i as usize];
        let own = proof.proven(record.bits(), &record.hash);
        let chainwork = before.saturating_add(own.unwrap_or_default());
        connected[i as usize] = true;
        count += 1;
        if chainwork > best.0 || (chainwork == best.0 && i < best.1) {
            best = (chainwork, i);
        }
        let mut next = child[i as usize];
        while next != NONE {
            stack.push((next, chainwork));
            next = sibling[next as usize];
        }
    }
    let mut chain = vec![best.1 as usize];
    while let Some(&i) = chain.last() {
        if i == root as usize {
            break;
        }
        chain.push(parent[i] as usize);
    }
    chain.reverse();
    let mut unconnected: Vec<usize> = first
        .values()
        .map(|&i| i as usize)
        .filter(|&i| !connected[i])
        .collect();
    unconnected.sort_unstable();
    Some(BestChain {
        stale: count - chain.len(),
        unconnected,
        records: chain,
        chainwork: best.0,
    })
}
