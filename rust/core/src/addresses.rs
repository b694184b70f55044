//! Addresses to script_pubkeys, many at a time, as `peelchain.script.script_pubkey` does one.
//!
//! Base58check, BIP 173 and BIP 350. Whether, not why: the words for a refusal are Python's.

use sha2::{Digest, Sha256};

use crate::bech32;

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const NONE: u8 = 0xFF;
const BASE58_DIGITS: [u8; 256] = digits(BASE58);

const MAX_BECH32: usize = 90;
/// An address in base58 holds a version byte, 20 bytes and four of checksum.
const BASE58_BYTES: usize = 25;
/// Leading ones stand for zero bytes: more characters than bytes times this hold too much.
const MAX_BASE58: usize = 35;
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

/// How the addresses of a network begin; `hrp` in small letters.
pub struct Prefixes<'a> {
    pub p2pkh: u8,
    pub p2sh: u8,
    pub hrp: &'a str,
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
    from_bech32(text, prefixes.hrp.as_bytes()).or_else(|| from_base58(text, prefixes))
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
    if ones != zeros {
        return None;
    }
    let (payload, checksum) = bytes.split_at(21);
    if Sha256::digest(Sha256::digest(payload))[..4] != *checksum {
        return None;
    }
    let hash = &payload[1..];
    if payload[0] == prefixes.p2pkh {
        return Some(Script::of(&[&[0x76, 0xA9, 20], hash, &[0x88, 0xAC]]));
    }
    (payload[0] == prefixes.p2sh).then(|| Script::of(&[&[0xA9, 20], hash, &[0x87]]))
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
    let (mut length, mut held, mut bits) = (0, 0u32, 0);
    for &value in &values[1..values.len() - 6] {
        held = held << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            program[length] = (held >> bits) as u8;
            held &= (1 << bits) - 1;
            length += 1;
        }
    }
    let fits = (2..=MAX_PROGRAM).contains(&length) && bits < 5 && held == 0;
    if !fits || (version == 0 && length != 20 && length != 32) {
        return None;
    }
    let opcode = if version == 0 { 0 } else { 0x50 + version };
    Some(Script::of(&[&[opcode, length as u8], &program[..length]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAINNET: Prefixes = Prefixes {
        p2pkh: 0,
        p2sh: 5,
        hrp: "bc",
    };

    fn hex(text: &str) -> Option<String> {
        decode(text.as_bytes(), &MAINNET)
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
