//! What the product's `hash` gives to its parser, made with `bitcoin_hashes`.

use bitcoin_hashes::sha256d;

pub type Hash = [u8; 32];

pub fn sha256d(parts: &[&[u8]]) -> Hash {
    sha256d::Hash::hash_byte_chunks(parts).to_byte_array()
}

/// As in the product, but a whole level is hashed at once, in the lanes of the vector unit.
pub fn merkle_root(leaves: &mut Vec<Hash>) -> (Hash, bool) {
    if leaves.is_empty() {
        return ([0; 32], false);
    }
    let mut ambiguous = false;
    let mut pairs: Vec<[u8; 64]> = Vec::with_capacity(leaves.len() / 2 + 1);
    while leaves.len() > 1 {
        let full = leaves.len() & !1;
        ambiguous |= leaves[..full].chunks_exact(2).any(|p| p[0] == p[1]);
        if leaves.len() % 2 == 1 {
            leaves.push(leaves[full]);
        }
        pairs.clear();
        pairs.extend(leaves.chunks_exact(2).map(|pair| {
            let mut both = [0; 64];
            both[..32].copy_from_slice(&pair[0]);
            both[32..].copy_from_slice(&pair[1]);
            both
        }));
        leaves.truncate(pairs.len());
        sha256d::Hash::hash_64_many(leaves, &pairs);
    }
    (leaves[0], ambiguous)
}
