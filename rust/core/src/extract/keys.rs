//! Addresses, keys, invoices and descriptors, each known by its checksum.

use memchr::memmem;
use miniscript::bitcoin::base58;
use miniscript::descriptor::checksum::verify_checksum;

use crate::bech32;

use super::{ADDRESS, DESCRIPTOR, EXTENDED_KEY, HEX64, Hit, INVOICE, PAYMENT_URI, placed, public};

/// The shortest thing looked for: `bc1` with a witness program of two bytes.
pub const SHORTEST: usize = 14;

/// Bytes that may stand before or after a name and still be letters or digits: a database's length
/// before it, what follows big-endian UTF-16.
const STRAY: usize = 1;

const EXTENDED_CHARS: usize = 111;
const MAX_URI: usize = 1024;
const MAX_DESCRIPTOR: usize = 8 * 1024;
const KEYWORD_WITHIN: usize = 40;

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// What makes 64 hex digits a private key: one of these a little before them.
const KEYWORDS: [&[u8]; 6] = [b"priv", b"secret", b"seckey", b"exponent", b"brain", b"wif"];

/// First words of a descriptor.
const FUNCTIONS: [&[u8]; 12] = [
    b"pk",
    b"pkh",
    b"wpkh",
    b"sh",
    b"wsh",
    b"tr",
    b"rawtr",
    b"combo",
    b"multi",
    b"sortedmulti",
    b"addr",
    b"raw",
];

/// Versions of extended keys, public and private: BIP 32 and SLIP 132.
const PUBLIC_VERSIONS: [u32; 10] = [
    0x0488_b21e,
    0x049d_7cb2,
    0x04b2_4746,
    0x0295_b43f,
    0x02aa_7ed3,
    0x0435_87cf,
    0x044a_5262,
    0x045f_1cf6,
    0x0242_89ef,
    0x0257_5483,
];
const PRIVATE_VERSIONS: [u32; 10] = [
    0x0488_ade4,
    0x049d_7878,
    0x04b2_430c,
    0x0295_b005,
    0x02aa_7a99,
    0x0435_8394,
    0x044a_4e28,
    0x045f_18bc,
    0x0242_85b5,
    0x0257_5048,
];

static BASE58_CHAR: [bool; 256] = chars(BASE58);

const fn chars(alphabet: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < alphabet.len() {
        table[alphabet[at] as usize] = true;
        at += 1;
    }
    table
}

/// What a maximal run of letters and digits holds.
pub fn in_run(bytes: &[u8], start: usize, end: usize, found: &mut dyn FnMut(Hit)) {
    let run = &bytes[start..end];
    for one in memchr::memchr_iter(b'1', run) {
        if let Some(length) = witness_address(run, one) {
            let from = start + one - hrp_length(&run[..one]);
            tell_address(bytes, from, start + one + 1 + length, found);
        }
    }
    if run.len() >= EXTENDED_CHARS {
        extended(bytes, start, end, found);
    }
    if (26..=36 + STRAY).contains(&run.len()) {
        trimmed(
            run,
            26..=36,
            |text| matches!(text[0], b'1' | b'2' | b'3' | b'm' | b'n'),
            |data| data.len() == 21 && matches!(data[0], 0x00 | 0x05 | 0x6f | 0xc4),
        )
        .map(|(a, b)| tell_address(bytes, start + a, start + b, found))
        .unwrap_or_default();
    }
    if (51..=58 + STRAY).contains(&run.len()) {
        private(run, start, found);
    }
    hex(bytes, start, end, found);
    invoice(run, start, found);
}

/// The first part of a run that decodes, stray bytes at its ends left out.
fn trimmed(
    run: &[u8],
    lengths: std::ops::RangeInclusive<usize>,
    begins: impl Fn(&[u8]) -> bool,
    fits: impl Fn(&[u8]) -> bool,
) -> Option<(usize, usize)> {
    for (before, after) in [(0, 0), (STRAY, 0), (0, STRAY), (STRAY, STRAY)] {
        let Some(text) = run.get(before..run.len().saturating_sub(after)) else {
            continue;
        };
        if !lengths.contains(&text.len())
            || !begins(text)
            || !text.iter().all(|&c| BASE58_CHAR[c as usize])
        {
            continue;
        }
        if decoded(text).is_some_and(|data| fits(&data)) {
            return Some((before, run.len() - after));
        }
    }
    None
}

fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    base58::decode_check(std::str::from_utf8(text).ok()?).ok()
}

fn tell_address(bytes: &[u8], start: usize, end: usize, found: &mut dyn FnMut(Hit)) {
    found(public(ADDRESS, bytes, start, end));
    const SCHEME: &[u8] = b"bitcoin:";
    let Some(from) = start.checked_sub(SCHEME.len()) else {
        return;
    };
    if bytes[from..start].eq_ignore_ascii_case(SCHEME) {
        let rest = &bytes[end..bytes.len().min(end + MAX_URI)];
        let length = match rest.first() {
            Some(b'?') => rest.iter().take_while(|&&c| in_uri(c)).count(),
            _ => 0,
        };
        found(public(PAYMENT_URI, bytes, from, end + length));
    }
}

/// Characters of a URI's query (RFC 3986).
fn in_uri(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b"-._~!$&*+,;=:@/?%".contains(&c)
}

/// The letters of a network's prefix right at the end of `before`.
fn hrp_length(before: &[u8]) -> usize {
    let ends = |hrp: &[u8]| {
        before.len() >= hrp.len() && before[before.len() - hrp.len()..].eq_ignore_ascii_case(hrp)
    };
    if ends(b"bcrt") {
        4
    } else if ends(b"bc") || ends(b"tb") {
        2
    } else {
        0
    }
}

/// Characters after the separator at `one` of a whole witness address.
fn witness_address(run: &[u8], one: usize) -> Option<usize> {
    let letters = hrp_length(&run[..one]);
    if letters == 0 {
        return None;
    }
    let hrp = &run[one - letters..one];
    let data = &run[one + 1..];
    let most = data
        .iter()
        .take(90 - letters - 1)
        .take_while(|&&c| bech32::VALUES[c as usize] != bech32::NONE)
        .count();
    // where letters follow at once, the lengths of programs of 20 and 32 bytes
    [most, most.saturating_sub(STRAY), 39, 59]
        .into_iter()
        .find(|&length| (11..=most).contains(&length) && is_witness(hrp, &data[..length]))
}

fn is_witness(hrp: &[u8], data: &[u8]) -> bool {
    if mixes_case(&[hrp, data]) {
        return false;
    }
    let version = bech32::VALUES[data[0] as usize];
    let program_bits = 5 * (data.len() - 7);
    let (size, padding) = (program_bits / 8, program_bits % 8);
    let last = bech32::VALUES[data[data.len() - 7] as usize];
    version <= 16
        && (2..=40).contains(&size)
        && (version != 0 || size == 20 || size == 32)
        && padding < 5
        && u16::from(last) & ((1 << padding) - 1) == 0
        && residue(hrp, data) == bech32::of_witness(version)
}

fn residue(hrp: &[u8], data: &[u8]) -> u32 {
    bech32::residue(hrp, data.iter().map(|&c| bech32::VALUES[c as usize]))
}

fn mixes_case(parts: &[&[u8]]) -> bool {
    let has = |of: fn(&u8) -> bool| parts.iter().any(|part| part.iter().any(of));
    has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase)
}

fn extended(bytes: &[u8], start: usize, end: usize, found: &mut dyn FnMut(Hit)) {
    for (middle, versions) in [(b"pub", PUBLIC_VERSIONS), (b"prv", PRIVATE_VERSIONS)] {
        for at in memmem::find_iter(&bytes[start..end], middle) {
            let Some(from) = (start + at).checked_sub(1).filter(|&from| from >= start) else {
                continue;
            };
            let to = from + EXTENDED_CHARS;
            if to > end || !b"xyztuvXYZTUV".contains(&bytes[from]) {
                continue;
            }
            let Some(data) = decoded(&bytes[from..to]).filter(|data| data.len() == 78) else {
                continue;
            };
            let version = u32::from_be_bytes([data[0], data[1], data[2], data[3]]);
            if versions.contains(&version) {
                found(match middle {
                    b"pub" => public(EXTENDED_KEY, bytes, from, to),
                    _ => placed("secret: extended private key", from, to),
                });
            }
        }
    }
}

fn private(run: &[u8], start: usize, found: &mut dyn FnMut(Hit)) {
    let wif = trimmed(
        run,
        51..=52,
        |text| b"5KL9c".contains(&text[0]),
        |data| {
            matches!(data[0], 0x80 | 0xef)
                && (data.len() == 33 || data.len() == 34 && data[33] == 1)
        },
    );
    if let Some((a, b)) = wif {
        found(placed("secret: private key (WIF)", start + a, start + b));
    }
    let locked = trimmed(
        run,
        58..=58,
        |text| text.starts_with(b"6P"),
        |data| data.len() == 39 && data[0] == 1 && matches!(data[1], 0x42 | 0x43),
    );
    if let Some((a, b)) = locked {
        found(placed(
            "secret: encrypted private key (BIP 38)",
            start + a,
            start + b,
        ));
    }
}

fn hex(bytes: &[u8], start: usize, end: usize, found: &mut dyn FnMut(Hit)) {
    let prefixed = bytes[start..end].starts_with(b"0x") || bytes[start..end].starts_with(b"0X");
    let from = if prefixed { start + 2 } else { start };
    let digits = &bytes[from..end];
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return;
    }
    let before = bytes[start.saturating_sub(KEYWORD_WITHIN)..start].to_ascii_lowercase();
    if KEYWORDS
        .iter()
        .any(|word| memmem::find(&before, word).is_some())
    {
        found(placed("secret: private key (hex)", from, end));
    } else {
        found(public(HEX64, bytes, from, end));
    }
}

/// A Lightning invoice (BOLT 11): its kind and place only.
fn invoice(run: &[u8], start: usize, found: &mut dyn FnMut(Hit)) {
    let Some(from) = memmem::find(&run[..run.len().min(16)].to_ascii_lowercase(), b"ln") else {
        return;
    };
    let text = &run[from..];
    let lower = text[..text.len().min(8)].to_ascii_lowercase();
    if text.len() < 100
        || ![b"lnbc", b"lntb", b"lnsb"]
            .iter()
            .any(|p| lower.starts_with(*p))
    {
        return;
    }
    let Some(one) = memchr::memrchr(b'1', text) else {
        return;
    };
    let (hrp, data) = (&text[..one], &text[one + 1..]);
    let whole = data.len() > 100
        && data
            .iter()
            .all(|&c| bech32::VALUES[c as usize] != bech32::NONE);
    if whole && hrp.len() < 30 && !mixes_case(&[hrp, data]) && residue(hrp, data) == bech32::BECH32
    {
        found(placed(INVOICE, start + from, start + run.len()));
    }
}

/// Output descriptors that carry their checksum (BIP 380).
pub fn descriptors(bytes: &[u8], found: &mut dyn FnMut(Hit)) {
    for close in memmem::find_iter(bytes, b")#") {
        let end = close + 10;
        if end > bytes.len()
            || bytes[close + 2..end]
                .iter()
                .any(|&c| !bech32::ALPHABET.contains(&c))
        {
            continue;
        }
        let Some(start) = opening(bytes, close) else {
            continue;
        };
        let Ok(text) = std::str::from_utf8(&bytes[start..end]) else {
            continue;
        };
        if verify_checksum(text).is_err() {
            continue;
        }
        found(if holds_private(text) {
            placed("secret: descriptor with private keys", start, end)
        } else {
            public(DESCRIPTOR, bytes, start, end)
        });
    }
}

/// Where the function begins whose last parenthesis is at `close`.
fn opening(bytes: &[u8], close: usize) -> Option<usize> {
    let mut depth = 0;
    let mut at = close;
    loop {
        match bytes[at] {
            b')' => depth += 1,
            b'(' => depth -= 1,
            c if !(0x20..0x7f).contains(&c) => return None,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        at = at.checked_sub(1).filter(|_| close - at < MAX_DESCRIPTOR)?;
    }
    let name = bytes[..at]
        .iter()
        .rev()
        .take(12)
        .take_while(|c| c.is_ascii_lowercase())
        .count();
    // letters of a word before it may touch the name: the longest name that fits
    (0..name)
        .map(|skip| at - name + skip)
        .find(|&start| FUNCTIONS.contains(&&bytes[start..at]))
}

fn holds_private(text: &str) -> bool {
    text.contains("prv")
        || text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| {
                (51..=52).contains(&word.len()) && word.starts_with(['5', 'K', 'L', 'c', '9'])
            })
}
