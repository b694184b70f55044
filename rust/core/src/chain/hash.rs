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

/// SHA-256 of `data`.
pub fn sha256(data: &[u8]) -> Hash {
    Sha256::digest(data).into()
}

/// The Merkle root of `leaves` and whether the list is ambiguous: two equal neighbours at some level
/// let another list of transactions have the same root (CVE-2012-2459).
pub fn merkle_root(leaves: &mut Vec<Hash>) -> (Hash, bool) {
    if leaves.is_empty() {
        return ([0; 32], false);
    }
    let mut ambiguous = false;
    while leaves.len() > 1 {
        if leaves.len() % 2 == 1 {
            let full = leaves.len() - 1;
            ambiguous |= leaves[..full].chunks_exact(2).any(|p| p[0] == p[1]);
            leaves.push(leaves[full]);
        } else {
            ambiguous |= leaves.chunks_exact(2).any(|p| p[0] == p[1]);
        }
        for i in 0..leaves.len() / 2 {
            leaves[i] = sha256d(&[&leaves[2 * i], &leaves[2 * i + 1]]);
        }
        leaves.truncate(leaves.len() / 2);
    }
    (leaves[0], ambiguous)
}

/// The siblings of leaf `index`, from the leaf up.
pub fn merkle_branch(leaves: &[Hash], mut index: usize) -> Vec<Hash> {
    let mut level = leaves.to_vec();
    let mut branch = Vec::new();
    while level.len() > 1 {
        if level.len() % 2 == 1 {
            level.push(level[level.len() - 1]);
        }
        branch.push(level[index ^ 1]);
        level = level
            .chunks_exact(2)
            .map(|p| sha256d(&[&p[0], &p[1]]))
            .collect();
        index /= 2;
    }
    branch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(n: u8) -> Hash {
        sha256d(&[&[n]])
    }

    #[test]
    fn branches_lead_to_the_root() {
        for count in 1..40u8 {
            let leaves: Vec<Hash> = (0..count).map(leaf).collect();
            let (root, ambiguous) = merkle_root(&mut leaves.clone());
            assert!(!ambiguous);
            for index in 0..leaves.len() {
                let mut node = leaves[index];
                let mut position = index;
                for sibling in merkle_branch(&leaves, index) {
                    node = if position % 2 == 0 {
                        sha256d(&[&node, &sibling])
                    } else {
                        sha256d(&[&sibling, &node])
                    };
                    position /= 2;
                }
                assert_eq!(node, root);
            }
        }
    }

    #[test]
    fn a_repeated_tail_is_called_ambiguous() {
        let mut six: Vec<Hash> = (0..6).map(leaf).collect();
        let mut eight = six.clone();
        eight.extend_from_slice(&six[4..]);
        let (root_six, plain) = merkle_root(&mut six);
        let (root_eight, ambiguous) = merkle_root(&mut eight);
        assert_eq!(root_six, root_eight);
        assert!(!plain);
        assert!(ambiguous);
    }
}
