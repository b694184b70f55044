//! Blocks that are not laid out as Bitcoin's: what stands between header and transactions, what a
//! transaction has besides inputs, outputs and witnesses, and what follows the last one.

use bitcoin_slices::{SResult, Visit, bsl};

use super::auxpow::{AuxPow, compact};
use super::block::{Collect, Tx};
use super::block_files::HEADER_BYTES;
use super::hash::sha256d;
use super::rules::{Rules, TxForm};

/// Bits of the flag of a transaction with a marker: witnesses (BIP 144), and a HogEx (LIP 2).
const WITNESS_FLAG: u8 = 1;
const MWEB_FLAG: u8 = 8;
/// A Dash transaction of this version may have a type, in the upper 16 bits (DIP 2).
const SPECIAL_VERSION: u32 = 3;
const LEAST_TX_BYTES: usize = 10;

/// Visits a whole block; gives how many bytes follow it.
pub(super) fn visit(raw: &[u8], rules: &Rules, into: &mut Collect) -> Result<usize, String> {
    checked(bsl::BlockHeader::visit(raw, into), into)?;
    let header: &[u8; HEADER_BYTES] = raw
        .first_chunk()
        .ok_or("the bytes end inside the block's header")?;
    let mut at = HEADER_BYTES;
    if rules.is_merge_mined(header) {
        at += AuxPow::parse(&raw[at..])?.1;
    }
    let count = compact(raw, &mut at)?;
    if count > (raw.len() - at) / LEAST_TX_BYTES {
        return Err(format!("the block cannot hold {count} transactions"));
    }
    let mut last_is_hogex = false;
    for _ in 0..count {
        let start = at;
        (at, last_is_hogex) = match rules.txs {
            TxForm::Bitcoin => {
                let tx = checked(bsl::Transaction::visit(&raw[at..], into), into)?;
                (at + tx, false)
            }
            TxForm::Mweb => mweb_tx(raw, start, into)?,
            TxForm::Special => (special_tx(raw, start, into)?, false),
        };
    }
    if !last_is_hogex {
        return Ok(raw.len() - at);
    }
    // the extension block: its presence, then bytes that nothing here rests on
    match raw.get(at) {
        Some(1) if at + 1 < raw.len() => Ok(0),
        _ => Err("a HogEx ends the block and no extension block follows".into()),
    }
}

/// One transaction of Litecoin: where it ends, and whether it is a HogEx.
fn mweb_tx(raw: &[u8], start: usize, into: &mut Collect) -> Result<(usize, bool), String> {
    let flag = match raw.get(start + 4..start + 6) {
        Some([0, flag]) if flag & MWEB_FLAG != 0 => *flag,
        _ => {
            let end = start + checked(bsl::Transaction::visit(&raw[start..], into), into)?;
            return Ok((end, false));
        }
    };
    if flag & !(WITNESS_FLAG | MWEB_FLAG) != 0 {
        return Err(format!(
            "transaction {} has unknown flag {flag}",
            into.tx_count()
        ));
    }
    let body = start + 6;
    let inputs = bsl::TxIns::visit(&raw[body..], into);
    let count = inputs.as_ref().map_or(0, |i| i.parsed().n());
    let mut at = body + checked(inputs, into)?;
    at += checked(bsl::TxOuts::visit(&raw[at..], into), into)?;
    let body_end = at;
    if flag & WITNESS_FLAG != 0 {
        at += checked(bsl::Witnesses::visit(&raw[at..], count, into), into)?;
    }
    // its own part of the extension: in a block there is none
    if raw.get(at) != Some(&0) {
        return Err("a transaction in the block holds an extension of its own".into());
    }
    at += 1;
    let locktime = locktime(raw, at)?;
    at += 4;
    let (version, lock) = (&raw[start..start + 4], &raw[at - 4..at]);
    let body = &raw[body..body_end];
    let stripped = 8 + body.len();
    let txid = sha256d(&[version, body, lock]);
    let (wtxid, total) = if flag & WITNESS_FLAG == 0 {
        (txid, stripped)
    } else {
        let witness = &raw[body_end..at - 5];
        let marked: [&[u8]; 5] = [version, &[0, WITNESS_FLAG], body, witness, lock];
        (sha256d(&marked), stripped + 2 + witness.len())
    };
    into.push(Tx {
        txid,
        wtxid,
        version: i32::from_le_bytes(version.try_into().expect("four bytes")),
        locktime,
        span: start..at,
        size: (at - start) as u32,
        weight: (3 * stripped + total) as u32,
        ..Tx::default()
    });
    Ok((at, true))
}

/// One transaction of Dash: where it ends.
fn special_tx(raw: &[u8], start: usize, into: &mut Collect) -> Result<usize, String> {
    let version = raw
        .get(start..start + 4)
        .ok_or("the bytes end inside a transaction")?;
    let version = u32::from_le_bytes(version.try_into().expect("four bytes"));
    let mut at = start + 4;
    at += checked(bsl::TxIns::visit(&raw[at..], into), into)?;
    at += checked(bsl::TxOuts::visit(&raw[at..], into), into)?;
    let locktime = locktime(raw, at)?;
    at += 4;
    if version & 0xffff >= SPECIAL_VERSION && version >> 16 != 0 {
        let payload = compact(raw, &mut at)?;
        at = at
            .checked_add(payload)
            .filter(|end| *end <= raw.len())
            .ok_or("the bytes end inside a transaction's payload")?;
    }
    let txid = sha256d(&[&raw[start..at]]);
    into.push(Tx {
        txid,
        wtxid: txid,
        version: version as i32,
        locktime,
        span: start..at,
        size: (at - start) as u32,
        weight: 4 * (at - start) as u32,
        ..Tx::default()
    });
    Ok(at)
}

fn locktime(raw: &[u8], at: usize) -> Result<u32, String> {
    let four = raw
        .get(at..at + 4)
        .ok_or("the bytes end inside a transaction")?;
    Ok(u32::from_le_bytes(four.try_into().expect("four bytes")))
}

/// How many bytes were taken in, or in words why none could be.
fn checked<T: AsRef<[u8]>>(outcome: SResult<T>, into: &mut Collect) -> Result<usize, String> {
    match (into.problem.take(), outcome) {
        (Some(problem), _) => Err(problem),
        (None, Ok(parsed)) => Ok(parsed.consumed()),
        (None, Err(e)) => Err(format!("the bytes are not a block ({e:?})")),
    }
}

/// How long the tokens before an output's script are (CHIP-2022-02-CashTokens); 0 where there are
/// none, or where they are malformed and so part of the script.
pub(super) fn token_prefix_len(script: &[u8]) -> usize {
    const PREFIX_TOKEN: u8 = 0xef;
    const BEFORE_BITFIELD: usize = 33;
    const COMMITMENT: u8 = 0x40;
    const NFT: u8 = 0x20;
    const AMOUNT: u8 = 0x10;
    if script.first() != Some(&PREFIX_TOKEN) {
        return 0;
    }
    let Some(&bits) = script.get(BEFORE_BITFIELD) else {
        return 0;
    };
    let mut at = BEFORE_BITFIELD + 1;
    let capability = bits & 0x0f;
    let is_malformed = bits & 0x80 != 0
        || bits & (NFT | AMOUNT) == 0
        || capability > 2
        || (bits & NFT == 0 && (capability != 0 || bits & COMMITMENT != 0));
    if is_malformed {
        return 0;
    }
    if bits & COMMITMENT != 0 {
        match compact(script, &mut at) {
            Ok(len) if len > 0 && len <= script.len() - at => at += len,
            _ => return 0,
        }
    }
    if bits & AMOUNT != 0 && !compact(script, &mut at).is_ok_and(|n| n > 0) {
        return 0;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_end_where_the_locking_bytecode_begins() {
        let category = [0xbb; 32];
        let with = |rest: &[u8]| [&[0xef][..], &category, rest, &[0x76, 0xa9]].concat();
        // the specification's own examples: fungible, NFT, both, with a commitment of one byte
        for (rest, len) in [
            (&[0x10, 1][..], 35),
            (&[0x10, 0xfc], 35),
            (&[0x10, 0xfd, 0xfd, 0], 37),
            (&[0x20], 34),
            (&[0x30, 1], 35),
            (&[0x60, 1, 0xcc], 36),
            (&[0x72, 1, 0xcc, 0xfd, 0xfd, 0], 39),
        ] {
            assert_eq!(token_prefix_len(&with(rest)), len, "{rest:x?}");
        }
        // nothing held; reserved bit; unknown capability; capability without NFT; no commitment
        for rest in [
            &[0x00][..],
            &[0xb0, 1],
            &[0x23],
            &[0x11, 1],
            &[0x60, 0],
            &[0x10, 0],
        ] {
            assert_eq!(token_prefix_len(&with(rest)), 0, "{rest:x?}");
        }
        assert_eq!(token_prefix_len(&[0xef]), 0);
    }
}
