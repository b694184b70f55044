//! Finding Bitcoin's names in bytes of any kind, by their checksums.
//!
//! What is public (addresses, extended public keys, descriptors, payment URIs, invoices, 64 hex
//! digits) comes with its text. What is secret (private keys, seed words) comes with its kind and
//! place alone: no byte of it leaves this module.
//!
//! Text is looked for as single bytes and as UTF-16 of either order. Every pass probes at a stride
//! that no wanted thing fits between, so that most bytes are never looked at.

mod blocks;
mod keys;
mod runs;
mod seeds;
mod wide;

pub use blocks::{LOOK_AROUND, scan_file};

use aho_corasick::{AhoCorasick, MatchKind};

use crate::error::{CoreError, Result};

/// Something found: `offset` and `length` in bytes, `wide` where it is UTF-16.
///
/// `text` is None for secrets and for what has no text of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub kind: &'static str,
    pub offset: u64,
    pub length: u64,
    pub wide: bool,
    pub text: Option<String>,
}

pub const ADDRESS: &str = "address";
pub const EXTENDED_KEY: &str = "extended_public_key";
pub const DESCRIPTOR: &str = "descriptor";
pub const PAYMENT_URI: &str = "payment_uri";
pub const INVOICE: &str = "lightning_invoice";
pub const HEX64: &str = "hex64";
pub const WORD_LIST: &str = "word_list";
pub const PRIVILEGED: &str = "privileged";

/// What to look for beside Bitcoin's names: words that mark what may not be read.
pub struct Words {
    search: Option<AhoCorasick>,
}

impl Words {
    /// Words in UTF-8, found whatever the case of their ASCII letters, in UTF-16 too.
    pub fn new(words: &[String]) -> Result<Self> {
        if words.is_empty() {
            return Ok(Self { search: None });
        }
        let little = words
            .iter()
            .map(|word| word.encode_utf16().flat_map(u16::to_le_bytes).collect());
        let big = words
            .iter()
            .map(|word| word.encode_utf16().flat_map(u16::to_be_bytes).collect());
        let plain = words.iter().map(|word| word.clone().into_bytes());
        let patterns: Vec<Vec<u8>> = plain.chain(little).chain(big).collect();
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)
            .map_err(|e| CoreError::Misuse(format!("too many or too long words: {e}")))?;
        Ok(Self {
            search: Some(search),
        })
    }

    fn find(&self, bytes: &[u8], hits: &mut Vec<Hit>) {
        for found in self.search.iter().flat_map(|s| s.find_iter(bytes)) {
            hits.push(Hit {
                kind: PRIVILEGED,
                offset: found.start() as u64,
                length: (found.end() - found.start()) as u64,
                wide: false,
                text: None,
            });
        }
    }
}

/// Everything found in the bytes, by offset.
pub fn scan(bytes: &[u8], words: &Words) -> Vec<Hit> {
    let mut hits = Vec::new();
    narrow(bytes, &mut |hit| hits.push(hit));
    wide::texts(bytes, &mut |start, text| {
        narrow(text, &mut |hit| {
            hits.push(Hit {
                offset: start as u64 + 2 * hit.offset,
                length: 2 * hit.length,
                wide: true,
                ..hit
            });
        });
    });
    words.find(bytes, &mut hits);
    hits.sort_by(|a, b| (a.offset, a.kind, a.length).cmp(&(b.offset, b.kind, b.length)));
    hits.dedup();
    hits
}

/// Everything found in text of one byte a character.
fn narrow(bytes: &[u8], found: &mut dyn FnMut(Hit)) {
    runs::alphanumeric(bytes, keys::SHORTEST, &mut |start, end| {
        keys::in_run(bytes, start, end, found);
    });
    keys::descriptors(bytes, found);
    seeds::phrases(bytes, found);
}

fn public(kind: &'static str, bytes: &[u8], start: usize, end: usize) -> Hit {
    Hit {
        text: Some(String::from_utf8_lossy(&bytes[start..end]).into_owned()),
        ..placed(kind, start, end)
    }
}

fn placed(kind: &'static str, start: usize, end: usize) -> Hit {
    Hit {
        kind,
        offset: start as u64,
        length: (end - start) as u64,
        wide: false,
        text: None,
    }
}

#[cfg(test)]
mod tests;
