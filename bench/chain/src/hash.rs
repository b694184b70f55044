//! Double SHA-256 and Merkle roots.

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// Double SHA-256 of the concatenation of `parts`.
pub fn sha256d(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Sha256::digest(hasher.finalize()).into()
}

/// The Merkle root of at least one leaf. Leaves the list in pieces.
pub fn merkle_root(leaves: &mut Vec<Hash>) -> Hash {
    while leaves.len() > 1 {
        if leaves.len() % 2 == 1 {
            leaves.push(leaves[leaves.len() - 1]);
        }
        let half = leaves.len() / 2;
        for i in 0..half {
            leaves[i] = sha256d(&[leaves[2 * i..2 * i + 2].as_flattened()]);
        }
        leaves.truncate(half);
    }
    leaves[0]
}
