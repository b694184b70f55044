//! The old outputs and scripts that a late chain spends and pays though no block of it holds them. A
//! store that is seeded with exactly these can take the chain in.

use sha2::{Digest, Sha256};

/// Txid (internal byte order) and vout of virtual output `i`: SHA-256d of
/// `"peelchain virtual coin" || seed || i`, both numbers 64 bits little-endian, and `i % 4`.
pub fn virtual_outpoint(seed: u64, i: u64) -> ([u8; 32], u32) {
    let once = tagged(b"peelchain virtual coin", seed, i);
    (Sha256::digest(once).into(), (i % 4) as u32)
}

/// Satoshis of virtual output `i`.
pub fn virtual_value(i: u64) -> u64 {
    10_000 + i % 1000
}

/// Virtual script `j`, P2WPKH: `0x0014` and the first 20 bytes of SHA-256 of
/// `"peelchain virtual script" || seed || j`, both numbers 64 bits little-endian.
pub fn virtual_script(seed: u64, j: u64) -> [u8; 22] {
    let mut script = [0; 22];
    script[1] = 0x14;
    script[2..].copy_from_slice(&tagged(b"peelchain virtual script", seed, j)[..20]);
    script
}

fn tagged(tag: &[u8], seed: u64, number: u64) -> [u8; 32] {
    let mut message = [0; 40];
    let end = tag.len() + 16;
    message[..tag.len()].copy_from_slice(tag);
    message[tag.len()..tag.len() + 8].copy_from_slice(&seed.to_le_bytes());
    message[tag.len() + 8..end].copy_from_slice(&number.to_le_bytes());
    Sha256::digest(&message[..end]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    // seeding tools elsewhere repeat these formulas: the expected bytes come from Python's hashlib
    #[test]
    fn the_formulas_stay_as_they_are() {
        let (txid, vout) = virtual_outpoint(7, 6);
        assert_eq!(vout, 2);
        assert_eq!(
            hex(&txid),
            "ab75192afb2435ee7a098720aad430c3479275db74b35a19c0a9d53ca2071044"
        );
        assert_eq!(virtual_value(1999), 10_999);
        assert_eq!(
            hex(&virtual_script(7, 6)),
            "00149a504ffa8b0d9c5efd0c1dab1017097139811ebb"
        );
    }
}
