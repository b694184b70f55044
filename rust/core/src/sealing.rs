//! Records of persons sealed and opened many at a time, as `peelchain.case.sealing` does one.
//!
//! HMAC (RFC 2104), ChaCha20-Poly1305 (RFC 8439), Merkle tree hash (RFC 6962, section 2.1).

use std::thread;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256, Sha512};

pub const SEED_BYTES: usize = 32;
pub const NONCE_BYTES: usize = 12;
pub const TAG_BYTES: usize = 16;
pub const HASH_BYTES: usize = 32;
pub const BLIND_BYTES: usize = 16;

const PERSON: &[u8] = b"peelchain person 1";
/// Below so many records a second thread costs more than it saves.
const LEAST_PER_THREAD: usize = 512;

type HmacSha256 = Hmac<Sha256>;
type HmacSha512 = Hmac<Sha512>;

/// Boxes laid end to end, where each ends, and the commitments laid end to end.
pub struct Sealed {
    pub boxes: Vec<u8>,
    pub ends: Vec<u64>,
    pub commitments: Vec<u8>,
}

struct Keys {
    records: [u8; 32],
    salts: [u8; 32],
}

fn keys_of(case: &HmacSha512, seed: &[u8]) -> Keys {
    let mut mac = case.clone();
    mac.update(PERSON);
    mac.update(seed);
    let both = mac.finalize().into_bytes();
    let (mut records, mut salts) = ([0; 32], [0; 32]);
    records.copy_from_slice(&both[..32]);
    salts.copy_from_slice(&both[32..]);
    Keys { records, salts }
}

fn keyed_512(key: &[u8]) -> HmacSha512 {
    HmacSha512::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn keyed_256(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// Seals one record a person; `first` numbers the first. `seeds` and `nonces` hold one for each.
///
/// # Panics
/// When `seeds` or `nonces` are not as many as `values`.
pub fn seal_records<V: AsRef<[u8]> + Sync>(
    case_key: &[u8],
    first: u64,
    seeds: &[u8],
    nonces: &[u8],
    values: &[V],
) -> Sealed {
    assert_eq!(seeds.len(), values.len() * SEED_BYTES, "one seed a record");
    assert_eq!(
        nonces.len(),
        values.len() * NONCE_BYTES,
        "one nonce a record"
    );
    let case = keyed_512(case_key);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let portion = values.len().div_ceil(threads).max(LEAST_PER_THREAD);
    let parts: Vec<Sealed> = thread::scope(|scope| {
        let workers: Vec<_> = values
            .chunks(portion)
            .enumerate()
            .map(|(n, some)| {
                let from = n * portion;
                let (case, to) = (&case, from + some.len());
                scope.spawn(move || {
                    seal_some(
                        case,
                        first + from as u64,
                        &seeds[from * SEED_BYTES..to * SEED_BYTES],
                        &nonces[from * NONCE_BYTES..to * NONCE_BYTES],
                        some,
                    )
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("sealing does not panic"))
            .collect()
    });
    let mut whole = Sealed {
        boxes: Vec::new(),
        ends: Vec::with_capacity(values.len()),
        commitments: Vec::with_capacity(values.len() * HASH_BYTES),
    };
    for part in parts {
        let before = whole.boxes.len() as u64;
        whole.ends.extend(part.ends.iter().map(|end| before + end));
        whole.boxes.extend_from_slice(&part.boxes);
        whole.commitments.extend_from_slice(&part.commitments);
    }
    whole
}

fn seal_some<V: AsRef<[u8]>>(
    case: &HmacSha512,
    first: u64,
    seeds: &[u8],
    nonces: &[u8],
    values: &[V],
) -> Sealed {
    let bytes: usize = values.iter().map(|v| v.as_ref().len()).sum();
    let mut sealed = Sealed {
        boxes: Vec::with_capacity(bytes + values.len() * (NONCE_BYTES + TAG_BYTES)),
        ends: Vec::with_capacity(values.len()),
        commitments: Vec::with_capacity(values.len() * HASH_BYTES),
    };
    let each = seeds
        .chunks_exact(SEED_BYTES)
        .zip(nonces.chunks_exact(NONCE_BYTES));
    for (number, ((seed, nonce), value)) in (first..).zip(each.zip(values)) {
        let (keys, value) = (keys_of(case, seed), value.as_ref());
        let mut salt = keyed_256(&keys.salts);
        salt.update(nonce);
        let mut hash = Sha256::new();
        hash.update(salt.finalize().into_bytes());
        hash.update(value);
        sealed.commitments.extend_from_slice(&hash.finalize());
        sealed.boxes.extend_from_slice(nonce);
        let start = sealed.boxes.len();
        sealed.boxes.extend_from_slice(value);
        let tag = ChaCha20Poly1305::new((&keys.records).into())
            .encrypt_inout_detached(
                &nonce_of(nonce),
                &number.to_le_bytes(),
                sealed.boxes[start..].as_mut().into(),
            )
            .expect("a record is far below 256 GB");
        sealed.boxes.extend_from_slice(&tag);
        sealed.ends.push(sealed.boxes.len() as u64);
    }
    sealed
}

/// The records of a chunk, None where the seed is all zeros; `Err` numbers one that does not open.
pub fn unseal_records(
    case_key: &[u8],
    first: u64,
    seeds: &[u8],
    ends: &[u64],
    boxes: &[u8],
) -> Result<Vec<Option<Vec<u8>>>, u64> {
    let case = keyed_512(case_key);
    let mut found = Vec::with_capacity(ends.len());
    let mut start = 0;
    let mut seeds = seeds.chunks_exact(SEED_BYTES);
    for (number, &end) in (first..).zip(ends) {
        let seed = seeds.next().ok_or(number)?;
        let end = usize::try_from(end).map_err(|_| number)?;
        let sealed = boxes.get(start..end).ok_or(number)?;
        start = end;
        if seed.iter().all(|&byte| byte == 0) {
            found.push(None);
            continue;
        }
        let (nonce, rest) = sealed.split_at_checked(NONCE_BYTES).ok_or(number)?;
        let length = rest.len().checked_sub(TAG_BYTES).ok_or(number)?;
        let (text, tag) = rest.split_at(length);
        let mut value = text.to_vec();
        let tag = Tag::try_from(tag).map_err(|_| number)?;
        ChaCha20Poly1305::new((&keys_of(&case, seed).records).into())
            .decrypt_inout_detached(
                &nonce_of(nonce),
                &number.to_le_bytes(),
                value.as_mut_slice().into(),
                &tag,
            )
            .map_err(|_| number)?;
        found.push(Some(value));
    }
    Ok(found)
}

fn nonce_of(bytes: &[u8]) -> Nonce {
    Nonce::try_from(bytes).expect("a nonce was cut to its length")
}

/// What stands for each text of a kind in the index, laid end to end.
pub fn blind_keys<T: AsRef<str>>(index_key: &[u8], kind: &str, texts: &[T]) -> Vec<u8> {
    let mut prefix = keyed_256(index_key);
    prefix.update(kind.as_bytes());
    prefix.update(&[0]);
    let mut found = Vec::with_capacity(texts.len() * BLIND_BYTES);
    for text in texts {
        let mut mac = prefix.clone();
        mac.update(text.as_ref().as_bytes());
        found.extend_from_slice(&mac.finalize().into_bytes()[..BLIND_BYTES]);
    }
    found
}

/// The Merkle tree hash over leaves of 32 bytes, laid end to end.
pub fn merkle_root(leaves: &[u8]) -> [u8; HASH_BYTES] {
    let mut level: Vec<[u8; HASH_BYTES]> = leaves
        .chunks_exact(HASH_BYTES)
        .map(|leaf| hashed(&[&[0], leaf]))
        .collect();
    if level.is_empty() {
        return hashed(&[]);
    }
    while level.len() > 1 {
        // a node without a neighbour rises as it is: that is the tree of RFC 6962
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => hashed(&[&[1], left, right]),
                _ => pair[0],
            })
            .collect();
    }
    level[0]
}

fn hashed(parts: &[&[u8]]) -> [u8; HASH_BYTES] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(values: &[Vec<u8>]) -> (Vec<u8>, Sealed) {
        let seeds: Vec<u8> = (0..values.len() * SEED_BYTES)
            .map(|n| (n % 251) as u8 + 1)
            .collect();
        let nonces: Vec<u8> = (0..values.len() * NONCE_BYTES)
            .map(|n| (n % 241) as u8)
            .collect();
        let made = seal_records(b"case", 7, &seeds, &nonces, values);
        (seeds, made)
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let values: Vec<Vec<u8>> = (0..2000u32)
            .map(|n| vec![n as u8; n as usize % 97])
            .collect();
        let (mut seeds, made) = sealed(&values);
        let opened = unseal_records(b"case", 7, &seeds, &made.ends, &made.boxes).unwrap();
        assert!(
            opened
                .iter()
                .zip(&values)
                .all(|(o, v)| o.as_ref() == Some(v))
        );
        assert_eq!(
            unseal_records(b"case", 8, &seeds, &made.ends, &made.boxes),
            Err(8)
        );
        assert_eq!(
            unseal_records(b"other", 7, &seeds, &made.ends, &made.boxes),
            Err(7)
        );
        seeds[SEED_BYTES..2 * SEED_BYTES].fill(0);
        let opened = unseal_records(b"case", 7, &seeds, &made.ends, &made.boxes).unwrap();
        assert_eq!((&opened[1], &opened[2]), (&None, &Some(values[2].clone())));
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let (seeds, made) = sealed(&[b"one".to_vec(), b"two".to_vec()]);
        for at in 0..made.boxes.len() {
            let mut boxes = made.boxes.clone();
            boxes[at] ^= 1;
            let first = at < made.ends[0] as usize;
            let number = if first { 7 } else { 8 };
            assert_eq!(
                unseal_records(b"case", 7, &seeds, &made.ends, &boxes),
                Err(number)
            );
        }
    }

    #[test]
    fn cut_input_is_refused() {
        let (seeds, made) = sealed(&[b"one".to_vec()]);
        for length in 0..made.boxes.len() {
            let ends = [length as u64];
            assert!(unseal_records(b"case", 7, &seeds, &ends, &made.boxes[..length]).is_err());
        }
        assert!(unseal_records(b"case", 7, &seeds, &[u64::MAX], &made.boxes).is_err());
        assert!(unseal_records(b"case", 7, &[], &made.ends, &made.boxes).is_err());
    }
}
