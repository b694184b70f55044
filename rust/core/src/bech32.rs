//! The characters and the checksum that BIP 173 and BIP 350 share.

pub const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// What `VALUES` has for a character that is none of the alphabet.
pub const NONE: u8 = 0xFF;

/// The five bits that a character stands for, small or capital.
pub static VALUES: [u8; 256] = {
    let mut table = [NONE; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        table[ALPHABET[value] as usize] = value as u8;
        table[ALPHABET[value].to_ascii_uppercase() as usize] = value as u8;
        value += 1;
    }
    table
};

/// The residue of a text that is whole: bech32 (BIP 173).
pub const BECH32: u32 = 1;
/// The residue of a text that is whole: bech32m (BIP 350).
pub const BECH32M: u32 = 0x2BC8_30A3;

/// The residue of a witness address that is whole.
pub fn of_witness(version: u8) -> u32 {
    if version == 0 { BECH32 } else { BECH32M }
}

/// The checksum polynomial's residue (BIP 173): `hrp` in whichever case, and the values after it.
pub fn residue(hrp: &[u8], values: impl Iterator<Item = u8>) -> u32 {
    const FEEDBACK: [u32; 5] = [
        0x3B6A_57B2,
        0x2650_8E6D,
        0x1EA1_19FA,
        0x3D42_33DD,
        0x2A14_62B3,
    ];
    let lower = || hrp.iter().map(u8::to_ascii_lowercase);
    let high = lower().map(|c| c >> 5);
    let low = lower().map(|c| c & 31);
    let expanded = high.chain([0]).chain(low).chain(values);
    expanded.fold(1, |state, value| {
        let shifted = (state & 0x01FF_FFFF) << 5 ^ u32::from(value);
        FEEDBACK
            .iter()
            .enumerate()
            .filter(|(bit, _)| (state >> 25) >> bit & 1 == 1)
            .fold(shifted, |sum, (_, feedback)| sum ^ feedback)
    })
}
