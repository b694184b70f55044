//! Seed words: BIP 39 with its checksum, and Electrum's, which use the same English list.

use std::sync::OnceLock;

use bip39::Language;
use hashbrown::HashMap;
use miniscript::bitcoin::hashes::{Hash, HashEngine, Hmac, HmacEngine, sha256, sha512};

use super::{Hit, WORD_LIST, placed};

/// Twelve words of three letters take 47 bytes, so that a probe falls into every phrase.
const STRIDE: usize = 40;
/// More than this between two words, such as `",\n        "` of a JSON list, and they are apart.
const MAX_GAP: usize = 12;
/// A longer row of words is the list itself, or a part of it.
const MAX_WORDS: usize = 60;
const LENGTHS: [usize; 5] = [24, 21, 18, 15, 12];

struct Word {
    start: usize,
    end: usize,
    number: u16,
}

/// Calls with the place of each phrase whose checksum is right.
pub fn phrases(bytes: &[u8], found: &mut dyn FnMut(Hit)) {
    let (mut from, mut probe) = (0, 0);
    while probe < bytes.len() {
        let Some(word) = word_at(bytes, probe, from) else {
            probe += STRIDE;
            continue;
        };
        let mut words = backwards(bytes, word, from);
        while let Some(next) = words.last().and_then(|last| word_after(bytes, last.end)) {
            words.push(next);
        }
        let end = words.last().map_or(probe, |last| last.end);
        tell(bytes, &words, found);
        from = end;
        // a phrase that begins here is not yet covered by a probe
        probe = end.max(probe) + STRIDE;
    }
}

fn tell(bytes: &[u8], words: &[Word], found: &mut dyn FnMut(Hit)) {
    if words.len() > MAX_WORDS {
        found(placed(
            WORD_LIST,
            words[0].start,
            words[words.len() - 1].end,
        ));
        return;
    }
    let mut first = 0;
    while first + 12 <= words.len() {
        let rest = &words[first..];
        let phrase = LENGTHS
            .into_iter()
            .filter(|&length| length <= rest.len())
            .find_map(|length| Some((length, kind_of(bytes, &rest[..length])?)));
        match phrase {
            Some((length, kind)) => {
                found(placed(kind, rest[0].start, rest[length - 1].end));
                first += length;
            }
            None => first += 1,
        }
    }
}

fn kind_of(bytes: &[u8], words: &[Word]) -> Option<&'static str> {
    if checksum_holds(words) {
        return Some("secret: seed words (BIP 39)");
    }
    (words.len() == 12 && is_electrum(bytes, words)).then_some("secret: seed words (Electrum)")
}

/// BIP 39: the last bits are the first of the SHA-256 of those before.
fn checksum_holds(words: &[Word]) -> bool {
    let bits = 11 * words.len();
    let checked = bits / 33;
    let mut packed = [0_u8; 33];
    for (at, word) in words.iter().enumerate() {
        for bit in 0..11 {
            let place = 11 * at + bit;
            packed[place / 8] |= ((word.number >> (10 - bit) & 1) as u8) << (7 - place % 8);
        }
    }
    let entropy = (bits - checked) / 8;
    let digest = sha256::Hash::hash(&packed[..entropy]);
    packed[entropy] >> (8 - checked) == digest.to_byte_array()[0] >> (8 - checked)
}

/// Electrum: the HMAC-SHA512 of the phrase under `Seed version` begins with 01 or 100.
fn is_electrum(bytes: &[u8], words: &[Word]) -> bool {
    let phrase: Vec<String> = words
        .iter()
        .map(|word| String::from_utf8_lossy(&bytes[word.start..word.end]).to_lowercase())
        .collect();
    let mut engine = HmacEngine::<sha512::Hash>::new(b"Seed version");
    engine.input(phrase.join(" ").as_bytes());
    let version = Hmac::from_engine(engine).to_byte_array();
    version[0] == 0x01 || version[0] == 0x10 && version[1] >> 4 == 0
}

fn backwards(bytes: &[u8], last: Word, from: usize) -> Vec<Word> {
    let mut words = vec![last];
    while let Some(before) = word_before(bytes, words[words.len() - 1].start, from) {
        words.push(before);
    }
    words.reverse();
    words
}

/// The word of the list that covers `at`, or the next one where `at` is between words.
fn word_at(bytes: &[u8], at: usize, from: usize) -> Option<Word> {
    if !bytes[at].is_ascii_alphabetic() {
        return word_after(bytes, at);
    }
    let mut start = at;
    while start > from && bytes[start - 1].is_ascii_alphabetic() {
        start -= 1;
        if at - start > 8 {
            return None;
        }
    }
    word_from(bytes, start)
}

fn word_after(bytes: &[u8], end: usize) -> Option<Word> {
    let rest = &bytes[end..bytes.len().min(end + MAX_GAP + 1)];
    let gap = rest.iter().take_while(|&&c| parts(c)).count();
    (gap > 0 && gap < rest.len()).then(|| word_from(bytes, end + gap))?
}

fn word_before(bytes: &[u8], start: usize, from: usize) -> Option<Word> {
    let before = &bytes[from.max(start.saturating_sub(MAX_GAP + 1))..start];
    let gap = before.iter().rev().take_while(|&&c| parts(c)).count();
    if gap == 0 || gap == before.len() {
        return None;
    }
    let end = start - gap;
    let letters = bytes[from..end]
        .iter()
        .rev()
        .take(9)
        .take_while(|c| c.is_ascii_alphabetic())
        .count();
    word_from(bytes, end - letters).filter(|word| word.end == end)
}

/// What stands between words, numbers of a numbered list included.
fn parts(c: u8) -> bool {
    matches!(
        c,
        b' ' | b'\t' | b'\r' | b'\n' | b',' | b'.' | b';' | b':' | b'-' | b'_' | b'/'
    ) || matches!(
        c,
        b'|' | b'(' | b')' | b'[' | b']' | b'"' | b'\'' | b'0'..=b'9'
    )
}

fn word_from(bytes: &[u8], start: usize) -> Option<Word> {
    let rest = &bytes[start..bytes.len().min(start + 9)];
    let length = rest.iter().take_while(|c| c.is_ascii_alphabetic()).count();
    if !(3..=8).contains(&length) {
        return None;
    }
    let number = *list().get(&packed(&rest[..length]))?;
    Some(Word {
        start,
        end: start + length,
        number,
    })
}

fn packed(word: &[u8]) -> u64 {
    word.iter()
        .fold(0, |sum, c| sum << 8 | u64::from(c.to_ascii_lowercase()))
}

fn list() -> &'static HashMap<u64, u16> {
    static LIST: OnceLock<HashMap<u64, u16>> = OnceLock::new();
    LIST.get_or_init(|| {
        let words = Language::English.word_list().iter();
        words
            .zip(0..)
            .map(|(word, number)| (packed(word.as_bytes()), number))
            .collect()
    })
}
