//! Addresses to script_pubkeys, many at a time, as `peelchain.script.script_pubkey` does one.
//!
//! Base58check, BIP 173 and BIP 350. Whether, not why: the words for a refusal are Python's.

use sha2::{Digest, Sha256};

use crate::bech32;

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const NONE: u8 = 0xFF;
const BASE58_DIGITS: [u8; 256] = digits(BASE58);

const MAX_BECH32: usize = 90;
const HASH_BYTES: usize = 20;
const CHECKSUM_BYTES: usize = 4;
/// An address in base58 holds a version of one byte or two, 20 bytes and four of checksum.
const BASE58_BYTES: usize = 2 + HASH_BYTES + CHECKSUM_BYTES;
/// Leading ones stand for zero bytes: more characters than bytes times this hold too much.
const MAX_BASE58: usize = 36;
const MAX_CASH: usize = 130;
const MAX_PROGRAM: usize = 40;

const fn digits(alphabet: &[u8]) -> [u8; 256] {
    let mut table = [NONE; 256];
    let mut at = 0;
    while at < alphabet.len() {
        table[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    table
}

/// How the addresses of a network begin; `hrp` and `cash` in small letters, none where it has no such
/// addresses.
pub struct Prefixes<'a> {
    pub p2pkh: &'a [Vec<u8>],
    pub p2sh: &'a [Vec<u8>],
    pub hrp: Option<&'a str>,
    pub cash: Option<&'a str>,
}

/// A script_pubkey that an address stands for: at most 42 bytes.
pub struct Script {
    bytes: [u8; MAX_PROGRAM + 2],
    length: usize,
}

impl Script {
    fn of(parts: &[&[u8]]) -> Self {
        let mut script = Script {
            bytes: [0; MAX_PROGRAM + 2],
            length: 0,
        };
        for part in parts {
            let end = script.length + part.len();
            script.bytes[script.length..end].copy_from_slice(part);
            script.length = end;
        }
        script
    }

    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The script that an address of the network pays to; None for any other text.
pub fn decode(text: &[u8], prefixes: &Prefixes) -> Option<Script> {
    let witness = prefixes.hrp.and_then(|h| from_bech32(text, h.as_bytes()));
    let cash = || prefixes.cash.and_then(|c| from_cash(text, c.as_bytes()));
    witness
        .or_else(|| from_base58(text, prefixes))
        .or_else(cash)
}

fn from_base58(text: &[u8], prefixes: &Prefixes) -> Option<Script> {
    if text.len() > MAX_BASE58 {
        return None;
    }
    let mut bytes = [0u8; BASE58_BYTES];
    for &character in text {
        let mut carry = u32::from(BASE58_DIGITS[character as usize]);
        if carry == u32::from(NONE) {
            return None;
        }
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry != 0 {
            return None;
        }
    }
    // each leading one is one leading zero byte, no more and no fewer
    let ones = text.iter().take_while(|&&c| c == b'1').count();
    let zeros = bytes.iter().take_while(|&&b| b == 0).count();
    let starts = |known: &[Vec<u8>], version: &[u8]| known.iter().any(|k| k == version);
    for width in [1, 2] {
        let unused = BASE58_BYTES - CHECKSUM_BYTES - HASH_BYTES - width;
        if zeros != ones + unused {
            continue;
        }
        let (payload, checksum) = bytes[unused..].split_at(width + HASH_BYTES);
        let (version, hash) = payload.split_at(width);
        let (key, script) = (
            starts(prefixes.p2pkh, version),
            starts(prefixes.p2sh, version),
        );
        if !(key || script) || Sha256::digest(Sha256::digest(payload))[..4] != *checksum {
            continue;
        }
        return Some(if key {
            Script::of(&[&[0x76, 0xA9, 20], hash, &[0x88, 0xAC]])
        } else {
            Script::of(&[&[0xA9, 20], hash, &[0x87]])
        });
    }
    None
}

/// Cash addresses, their prefix written or left out; see `script/cashaddr.py`.
fn from_cash(text: &[u8], prefix: &[u8]) -> Option<Script> {
    const GENERATOR: [u64; 5] = [
        0x98_F2BC_8E61,
        0x79_B76D_99E2,
        0xF3_3E5F_B3C4,
        0xAE_2EAB_E2A8,
        0x1E_4F43_E470,
    ];
    let has_small = text.iter().any(u8::is_ascii_lowercase);
    let has_capital = text.iter().any(u8::is_ascii_uppercase);
    if text.len() > MAX_CASH || (has_small && has_capital) {
        return None;
    }
    let data = match text.split_at_checked(prefix.len()) {
        Some((start, [b':', rest @ ..])) if start.eq_ignore_ascii_case(prefix) => rest,
        _ => text,
    };
    if data.len() <= 8 {
        return None;
    }
    let mut values = [0u8; MAX_CASH];
    let values = &mut values[..data.len()];
    for (value, character) in values.iter_mut().zip(data) {
        *value = bech32::VALUES[*character as usize];
        if *value == bech32::NONE {
            return None;
        }
    }
    let low = prefix.iter().map(|c| c & 31).chain([0]);
    let state = low
        .chain(values.iter().copied())
        .fold(1u64, |state, value| {
            let shifted = (state & 0x07_FFFF_FFFF) << 5 ^ u64::from(value);
            GENERATOR
                .iter()
                .enumerate()
                .filter(|(bit, _)| (state >> 35) >> bit & 1 == 1)
                .fold(shifted, |sum, (_, generator)| sum ^ generator)
        });
    let mut payload = [0u8; MAX_CASH];
    let (length, padding) = regroup(&values[..values.len() - 8], &mut payload);
    if state != 1 || padding >= 5 {
        return None;
    }
    let payload = &payload[..length];
    let (&kind, hash) = payload.split_first()?;
    // the types 2 and 3 are 0 and 1 of a wallet that knows tokens
    match (kind, hash.len()) {
        (0x00 | 0x10, 20) => Some(Script::of(&[&[0x76, 0xA9, 20], hash, &[0x88, 0xAC]])),
        (0x08 | 0x18, 20) => Some(Script::of(&[&[0xA9, 20], hash, &[0x87]])),
        (0x0B | 0x1B, 32) => Some(Script::of(&[&[0xAA, 32], hash, &[0x87]])),
        _ => None,
    }
}

/// Bytes of five-bit values: how many there are, and how many zero bits are over. Bits that are over
/// and not zero count as eight.
fn regroup(values: &[u8], into: &mut [u8]) -> (usize, u32) {
    let (mut length, mut held, mut bits) = (0, 0u32, 0);
    for &value in values {
        held = held << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            into[length] = (held >> bits) as u8;
            held &= (1 << bits) - 1;
            length += 1;
        }
    }
    (length, if held == 0 { bits } else { 8 })
}

fn from_bech32(text: &[u8], hrp: &[u8]) -> Option<Script> {
    let data_at = hrp.len() + 1;
    if text.len() > MAX_BECH32 || text.len() < data_at + 7 {
        return None;
    }
    let has_small = text.iter().any(u8::is_ascii_lowercase);
    let has_capital = text.iter().any(u8::is_ascii_uppercase);
    let (prefix, data) = text.split_at(data_at);
    if (has_small && has_capital)
        || !prefix[..hrp.len()].eq_ignore_ascii_case(hrp)
        || prefix[hrp.len()] != b'1'
    {
        return None;
    }
    let mut values = [0u8; MAX_BECH32];
    let values = &mut values[..data.len()];
    for (value, character) in values.iter_mut().zip(data) {
        *value = bech32::VALUES[*character as usize];
        if *value == bech32::NONE {
            return None;
        }
    }
    let version = values[0];
    let residue = bech32::residue(hrp, values.iter().copied());
    if version > 16 || residue != bech32::of_witness(version) {
        return None;
    }
    let mut program = [0u8; MAX_BECH32];
    let (length, padding) = regroup(&values[1..values.len() - 6], &mut program);
    let fits = (2..=MAX_PROGRAM).contains(&length) && padding < 5;
    if !fits || (version == 0 && length != 20 && length != 32) {
        return None;
    }
    let opcode = if version == 0 { 0 } else { 0x50 + version };
    Some(Script::of(&[&[opcode, length as u8], &program[..length]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Option<String> {
        let prefixes = Prefixes {
            p2pkh: &[vec![0]],
            p2sh: &[vec![5]],
            hrp: Some("bc"),
            cash: None,
        };
        decode(text.as_bytes(), &prefixes)
            .map(|s| s.as_slice().iter().map(|b| format!("{b:02x}")).collect())
    }

    #[test]
    fn known_addresses_decode() {
        // genesis, BIP 16's form, and the examples of BIP 173 and BIP 350
        for (text, script) in [
            (
                "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
                "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac",
            ),
            (
                "1111111111111111111114oLvT2",
                "76a914000000000000000000000000000000000000000088ac",
            ),
            (
                "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
                "0014751e76e8199196d454941c45d1b3a323f1433bd6",
            ),
            (
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
                "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            ),
            ("bc1sw50qgdz25j", "6002751e"),
        ] {
            assert_eq!(hex(text).as_deref(), Some(script), "{text}");
        }
    }

    #[test]
    fn others_do_not() {
        for text in [
            "",
            "1",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
            "bc1pw5dgrnzv",
            "bc1",
        ] {
            assert_eq!(hex(text), None, "{text}");
        }
    }
}
