//! Merged mining: another chain's block that proves a header of this one.
//!
//! Source: Namecoin's and Dogecoin Core's auxpow.cpp (CAuxPow::check), and the merged mining
//! specification of the Bitcoin wiki.

use bitcoin_slices::{Parse, bsl};

use super::block_files::HEADER_BYTES;
use super::hash::{Hash, sha256d};

/// What precedes, in the coinbase, the Merkle root of the chains mined together.
const MERGED_MINING: [u8; 4] = [0xfa, 0xbe, 0x6d, 0x6d];
/// More siblings than this no chain's Merkle tree has.
const MOST_SIBLINGS: usize = 30;
/// The root, without the marker before it, stands among the first so many bytes.
const MOST_BEFORE_ROOT: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuxPow<'r> {
    coinbase: &'r [u8],
    coinbase_txid: Hash,
    branch: Vec<Hash>,
    index: u32,
    chain_branch: Vec<Hash>,
    chain_index: u32,
    /// The header of the block whose work counts.
    pub parent: [u8; HEADER_BYTES],
}

impl<'r> AuxPow<'r> {
    /// The proof at the start of some bytes, and how many they are.
    pub fn parse(raw: &'r [u8]) -> Result<(Self, usize), String> {
        let coinbase = bsl::Transaction::parse(raw)
            .map_err(|e| format!("its proof of merged mining has no coinbase ({e:?})"))?;
        let (a, b, c) = coinbase.parsed().txid_preimage();
        let mut at = coinbase.consumed();
        let coinbase_bytes = &raw[..at];
        // the parent's hash, which its header has too
        take::<32>(raw, &mut at)?;
        let branch = siblings(raw, &mut at)?;
        let index = u32::from_le_bytes(take(raw, &mut at)?);
        let chain_branch = siblings(raw, &mut at)?;
        let chain_index = u32::from_le_bytes(take(raw, &mut at)?);
        let parent = take(raw, &mut at)?;
        let proof = Self {
            coinbase: coinbase_bytes,
            coinbase_txid: sha256d(&[a, b, c]),
            branch,
            index,
            chain_branch,
            chain_index,
            parent,
        };
        Ok((proof, at))
    }

    /// Whether the parent commits to this header, once and in this chain's place.
    pub fn check(
        &self,
        header: &[u8; HEADER_BYTES],
        hash: &Hash,
        chain_id: u32,
    ) -> Result<(), String> {
        if version(header) >> 16 != chain_id {
            return Err("its version names another chain in merged mining".into());
        }
        if version(&self.parent) >> 16 == chain_id {
            return Err("the block that proves it is of its own chain".into());
        }
        if self.index != 0 {
            return Err("the transaction that proves it is not a coinbase".into());
        }
        if root_of(&self.coinbase_txid, &self.branch, self.index) != self.parent[36..68] {
            return Err("the coinbase that proves it is not in its parent block".into());
        }
        let mut root = root_of(hash, &self.chain_branch, self.chain_index);
        root.reverse();
        let tree = self.tree_behind(&root)?;
        let (size, nonce) = (u32_at(tree, 0), u32_at(tree, 4));
        let (Some(size), Some(nonce)) = (size, nonce) else {
            return Err("its parent's coinbase does not say how many chains it proves".into());
        };
        if size != 1u32 << self.chain_branch.len()
            || self.chain_index != slot(nonce, chain_id, self.chain_branch.len())
        {
            return Err("it is not where its parent's coinbase has this chain".into());
        }
        Ok(())
    }

    /// What follows the root in the coinbase's scriptSig.
    fn tree_behind(&self, root: &Hash) -> Result<&'r [u8], String> {
        let script = self.script_sig()?;
        let found = find(script, root).ok_or("its parent's coinbase does not commit to it")?;
        match find(script, &MERGED_MINING) {
            Some(marker) => {
                let again = find(&script[marker + 4..], &MERGED_MINING);
                if again.is_some() || marker + 4 != found {
                    return Err("its parent's coinbase commits to more than one root".into());
                }
            }
            None if found > MOST_BEFORE_ROOT => {
                return Err("its root stands too far inside its parent's coinbase".into());
            }
            None => {}
        }
        Ok(&script[found + 32..])
    }

    fn script_sig(&self) -> Result<&'r [u8], String> {
        // version 4, with witnesses marker and flag 2, input count 1, outpoint 36
        let mut at = if self.coinbase.get(4) == Some(&0) {
            43
        } else {
            41
        };
        let len = compact(self.coinbase, &mut at)?;
        self.coinbase
            .get(at..at.saturating_add(len))
            .ok_or_else(|| "its parent's coinbase is cut short".into())
    }
}

/// Where a chain stands in the tree of `1 << height` chains: `CAuxPow::getExpectedIndex`.
fn slot(nonce: u32, chain_id: u32, height: usize) -> u32 {
    let mix = |number: u32| number.wrapping_mul(1_103_515_245).wrapping_add(12_345);
    mix(mix(nonce).wrapping_add(chain_id)) % (1 << height)
}

fn root_of(leaf: &Hash, branch: &[Hash], mut index: u32) -> Hash {
    branch.iter().fold(*leaf, |node, sibling| {
        let parts: [&[u8]; 2] = if index & 1 == 1 {
            [sibling, &node]
        } else {
            [&node, sibling]
        };
        index >>= 1;
        sha256d(&parts)
    })
}

fn version(header: &[u8; HEADER_BYTES]) -> u32 {
    u32::from_le_bytes(header[..4].try_into().expect("four bytes"))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(four.try_into().expect("four bytes")))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|w| w == wanted)
}

fn siblings(raw: &[u8], at: &mut usize) -> Result<Vec<Hash>, String> {
    let count = compact(raw, at)?;
    if count > MOST_SIBLINGS {
        return Err(format!("its proof of merged mining has {count} siblings"));
    }
    (0..count).map(|_| take(raw, at)).collect()
}

/// A compact size at `at`, which is moved past it.
pub(super) fn compact(raw: &[u8], at: &mut usize) -> Result<usize, String> {
    let first = take::<1>(raw, at)?[0];
    let number = match first {
        0xfd => u64::from(u16::from_le_bytes(take(raw, at)?)),
        0xfe => u64::from(u32::from_le_bytes(take(raw, at)?)),
        0xff => u64::from_le_bytes(take(raw, at)?),
        small => u64::from(small),
    };
    usize::try_from(number).map_err(|_| format!("a count of {number} cannot be"))
}

pub(super) fn take<const N: usize>(raw: &[u8], at: &mut usize) -> Result<[u8; N], String> {
    let taken = raw
        .get(*at..)
        .and_then(|rest| rest.first_chunk::<N>())
        .ok_or("the bytes end inside the block")?;
    *at += N;
    Ok(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::rules::{Rules, WorkHash};
    use crate::chain::target::{U256, target};

    const DOGECOIN: u32 = 0x62;
    /// Real ones; see the README beside the file.
    const BLOCKS: &str = include_str!("../../../../tests/data/families/dogecoin_auxpow.json");

    fn blocks() -> Vec<Vec<u8>> {
        let hex = |text: &str| {
            (0..text.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
                .collect()
        };
        let long = |text: &&str| text.len() > 200;
        BLOCKS.split('"').filter(long).map(hex).collect()
    }

    fn rules() -> Rules {
        Rules {
            work: WorkHash::Scrypt,
            auxpow: Some(DOGECOIN),
            ..Rules::default()
        }
    }

    fn header_of(raw: &[u8]) -> (&[u8; 80], Hash) {
        let header = raw.first_chunk::<80>().unwrap();
        (header, sha256d(&[header]))
    }

    #[test]
    fn real_proofs_hold_and_meet_the_target() {
        let blocks = blocks();
        assert_eq!(blocks.len(), 3);
        for raw in blocks {
            let (header, hash) = header_of(&raw);
            let (proof, len) = AuxPow::parse(&raw[80..]).unwrap();
            assert_eq!(len, raw.len() - 80);
            assert_eq!(proof.check(header, &hash, DOGECOIN), Ok(()));
            let rules = rules();
            assert!(rules.is_merge_mined(header));
            let work_hash = rules.work_hash(header, &hash, &raw[80..]).unwrap();
            let bits = u32::from_le_bytes(header[72..76].try_into().unwrap());
            assert!(U256::from_le_bytes(work_hash) <= target(bits).unwrap());
        }
    }

    #[test]
    fn no_byte_but_the_parents_own_hash_can_be_another() {
        for raw in blocks() {
            for at in 0..raw.len() {
                let mut forged = raw.clone();
                forged[at] ^= 1;
                let (header, hash) = header_of(&forged);
                let bits = u32::from_le_bytes(raw[72..76].try_into().unwrap());
                let holds = rules()
                    .work_hash(header, &hash, &forged[80..])
                    .is_ok_and(|work| U256::from_le_bytes(work) <= target(bits).unwrap());
                // the parent's hash, before both branches, is said twice: its header says it too
                if holds {
                    let (a, _) = AuxPow::parse(&forged[80..]).unwrap();
                    let (b, _) = AuxPow::parse(&raw[80..]).unwrap();
                    assert_eq!(a, b, "byte {at}");
                    assert_eq!(hash, header_of(&raw).1, "byte {at}");
                }
            }
        }
    }

    #[test]
    fn a_proof_of_another_chain_or_of_its_own_does_not_count() {
        let raw = &blocks()[0];
        let (header, hash) = header_of(raw);
        let (mut proof, _) = AuxPow::parse(&raw[80..]).unwrap();
        assert!(proof.check(header, &hash, 1).is_err());
        proof.parent[..4].copy_from_slice(&header[..4]);
        let why = proof.check(header, &hash, DOGECOIN).unwrap_err();
        assert!(why.contains("its own chain"), "{why}");
    }
}
