//! Blocks as bytes: genesis, header with proof of work, coinbase.

use crate::hash::{Hash, merkle_root, sha256d};

pub const MAGIC: [u8; 4] = [0xfa, 0xbf, 0xb5, 0xda];
pub const SEQUENCE_FINAL: [u8; 4] = [0xff; 4];
const BITS: u32 = 0x207f_ffff;
const COMMITMENT: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

/// Regtest's first block. Source: Bitcoin Core, kernel/chainparams.cpp.
pub fn genesis() -> Vec<u8> {
    let text = b"The Times 03/Jan/2009 Chancellor on brink of second bailout for banks";
    let key = "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6\
               49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f";
    let mut tx = vec![1, 0, 0, 0, 1];
    tx.extend_from_slice(&[0; 32]);
    tx.extend_from_slice(&[0xff; 4]);
    tx.push(8 + text.len() as u8);
    tx.extend_from_slice(&[4, 0xff, 0xff, 0, 0x1d, 1, 4, text.len() as u8]);
    tx.extend_from_slice(text);
    tx.extend_from_slice(&[0xff; 4]);
    tx.push(1);
    tx.extend_from_slice(&5_000_000_000u64.to_le_bytes());
    tx.extend_from_slice(&[67, 65]);
    for at in (0..key.len()).step_by(2) {
        tx.push(u8::from_str_radix(&key[at..at + 2], 16).expect("the key is hex"));
    }
    tx.push(0xac);
    tx.extend_from_slice(&[0; 4]);
    let mut block = vec![1, 0, 0, 0];
    block.extend_from_slice(&[0; 32]);
    block.extend_from_slice(&sha256d(&[&tx]));
    block.extend_from_slice(&1_296_688_602u32.to_le_bytes());
    block.extend_from_slice(&BITS.to_le_bytes());
    block.extend_from_slice(&2u32.to_le_bytes());
    block.push(1);
    block.extend_from_slice(&tx);
    block
}

/// Satoshis a regtest block may create, fees apart.
pub fn subsidy(height: u32) -> u64 {
    5_000_000_000u64
        .checked_shr(height / 150)
        .unwrap_or_default()
}

pub fn push_count(count: usize, into: &mut Vec<u8>) {
    match count {
        0..=0xfc => into.push(count as u8),
        0xfd..=0xffff => {
            into.push(0xfd);
            into.extend_from_slice(&(count as u16).to_le_bytes());
        }
        _ => {
            into.push(0xfe);
            into.extend_from_slice(&(count as u32).to_le_bytes());
        }
    }
}

/// Bytes that begin a coinbase's scriptSig: its height as Bitcoin Core pushes it (BIP 34).
fn height_push(height: u32) -> Vec<u8> {
    if (1..=16).contains(&height) {
        return vec![0x50 + height as u8];
    }
    let mut bytes = height.to_le_bytes().to_vec();
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    if bytes.last().is_none_or(|last| last & 0x80 != 0) {
        bytes.push(0);
    }
    bytes.insert(0, bytes.len() as u8);
    bytes
}

/// What a coinbase pays, and the root of the wtxids where the block has witnesses.
pub struct Coinbase<'a> {
    pub height: u32,
    pub value: u64,
    /// length and script
    pub script: &'a [u8],
    pub witness_root: Option<Hash>,
}

impl Coinbase<'_> {
    /// Appends the transaction; gives its txid.
    pub fn write(&self, into: &mut Vec<u8>) -> Hash {
        let mut body = vec![1];
        body.extend_from_slice(&[0; 32]);
        body.extend_from_slice(&[0xff; 4]);
        let stated = height_push(self.height);
        let tag = b"/chain-bench/";
        body.push((stated.len() + tag.len()) as u8);
        body.extend_from_slice(&stated);
        body.extend_from_slice(tag);
        body.extend_from_slice(&SEQUENCE_FINAL);
        body.push(1 + u8::from(self.witness_root.is_some()));
        body.extend_from_slice(&self.value.to_le_bytes());
        body.extend_from_slice(self.script);
        if let Some(root) = self.witness_root {
            body.extend_from_slice(&[0; 8]);
            body.push(38);
            body.extend_from_slice(&COMMITMENT);
            body.extend_from_slice(&sha256d(&[&root, &[0; 32]]));
        }
        into.extend_from_slice(&2u32.to_le_bytes());
        if self.witness_root.is_some() {
            into.extend_from_slice(&[0, 1]);
        }
        into.extend_from_slice(&body);
        if self.witness_root.is_some() {
            into.extend_from_slice(&[1, 32]);
            into.extend_from_slice(&[0; 32]);
        }
        into.extend_from_slice(&[0; 4]);
        sha256d(&[&2u32.to_le_bytes(), &body, &[0; 4]])
    }
}

/// Appends the header with proof of work; gives the block's hash.
pub fn write_header(tip: &Hash, txids: &mut Vec<Hash>, time: u32, into: &mut Vec<u8>) -> Hash {
    let mut header = [0; 80];
    header[..4].copy_from_slice(&0x2000_0000u32.to_le_bytes());
    header[4..36].copy_from_slice(tip);
    header[36..68].copy_from_slice(&merkle_root(txids));
    header[68..72].copy_from_slice(&time.to_le_bytes());
    header[72..76].copy_from_slice(&BITS.to_le_bytes());
    for nonce in 0u32.. {
        header[76..].copy_from_slice(&nonce.to_le_bytes());
        let hash = sha256d(&[&header]);
        // a little stricter than the target 7fffff00...
        if hash[31] < 0x7f {
            into.extend_from_slice(&header);
            return hash;
        }
    }
    unreachable!("one nonce in two is good")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn genesis_has_the_hash_that_every_regtest_node_knows() {
        let mut hash = sha256d(&[&genesis()[..80]]);
        hash.reverse();
        let shown: String = hash.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            shown,
            "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"
        );
    }
}
