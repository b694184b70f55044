//! Double SHA-256 by three libraries, over messages of the sizes that a chain has.

use bitcoin::hashes::Hash as _;

use crate::with_sha2;

pub struct Hasher {
    pub name: &'static str,
    /// The xor of all digests of `data`, cut in messages of the given size.
    pub run: fn(&[u8], usize) -> [u8; 32],
}

/// A pair of hashes, a small payment, the average transaction, a block.
pub const MESSAGE_BYTES: [usize; 4] = [64, 226, 420, 1_000_000];

const fn hasher(name: &'static str, run: fn(&[u8], usize) -> [u8; 32]) -> Hasher {
    Hasher { name, run }
}

pub const HASHERS: &[Hasher] = &[
    hasher("sha2", sha2),
    hasher("bitcoin_hashes", bitcoin_hashes),
    hasher("bitcoin_hashes of bitcoin 0.32", old_bitcoin_hashes),
    hasher("bitcoin_hashes, many at once", many),
];

fn fold(sum: &mut [u8; 32], hash: [u8; 32]) {
    sum.iter_mut().zip(hash).for_each(|(a, b)| *a ^= b);
}

fn sha2(data: &[u8], size: usize) -> [u8; 32] {
    let mut sum = [0; 32];
    for message in data.chunks_exact(size) {
        fold(&mut sum, with_sha2::hash::sha256d(&[message]));
    }
    sum
}

fn bitcoin_hashes(data: &[u8], size: usize) -> [u8; 32] {
    let mut sum = [0; 32];
    for message in data.chunks_exact(size) {
        fold(
            &mut sum,
            bitcoin_hashes::sha256d::Hash::hash(message).to_byte_array(),
        );
    }
    sum
}

fn old_bitcoin_hashes(data: &[u8], size: usize) -> [u8; 32] {
    let mut sum = [0; 32];
    for message in data.chunks_exact(size) {
        fold(
            &mut sum,
            bitcoin::hashes::sha256d::Hash::hash(message).to_byte_array(),
        );
    }
    sum
}

/// In lanes of the vector unit, which the library offers for 64 bytes only; else as one by one.
fn many(data: &[u8], size: usize) -> [u8; 32] {
    if size != 64 {
        return bitcoin_hashes(data, size);
    }
    let mut sum = [0; 32];
    let (pairs, _) = data.as_chunks::<64>();
    let mut hashes = [[0; 32]; 1024];
    for pairs in pairs.chunks(hashes.len()) {
        let hashes = &mut hashes[..pairs.len()];
        bitcoin_hashes::sha256d::Hash::hash_64_many(hashes, pairs);
        hashes.iter().for_each(|&hash| fold(&mut sum, hash));
    }
    sum
}
