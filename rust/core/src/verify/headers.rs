//! The header chain: links, proof of work, times, and the Merkle roots over the txids of txs.

use arrow_array::FixedSizeBinaryArray;

use super::blocks::MAX_TXS;
use super::columns::{Batch, Ints32, Ints64};
use super::rows::{Cursor, Rows};
use super::watch::Meter;
use super::{Checked, Findings, Halt, Tables, settled, shown};
use crate::chain::hash::{Hash, merkle_root, sha256d};
use crate::chain::rules::Rules;
use crate::chain::target::{U256, target};
use crate::error::Result;

/// What a network, and the manifest, say of the headers.
#[derive(Debug, Clone)]
pub struct HeaderRules {
    pub network: String,
    pub genesis_hash: Hash,
    pub pow_limit: U256,
    /// Heights, rising, and the hashes the manifest has there.
    pub segment_ends: Vec<(u64, Hash)>,
}

struct BlockColumns {
    block_hash: FixedSizeBinaryArray,
    header: FixedSizeBinaryArray,
    time_utc: Ints64,
    tx_count: Ints32,
}

fn block_columns(batch: &Batch) -> Checked<BlockColumns> {
    Ok(BlockColumns {
        block_hash: batch.fixed("block_hash")?,
        header: batch.fixed("header")?,
        time_utc: batch.times("time_utc")?,
        tx_count: batch.ints32("tx_count")?,
    })
}

/// Txids and, where their order is not that of the block, their places in it.
type Txids = (FixedSizeBinaryArray, Option<Ints32>);

fn placed_txids(batch: &Batch) -> Checked<Txids> {
    Ok((batch.fixed("txid")?, Some(batch.ints32("tx_index")?)))
}

/// Each block's header against its parent, its target, its time and its txids. Counts blocks.
pub fn check(tables: &Tables, rules: &HeaderRules, meter: &Meter) -> Result<Findings> {
    let mut findings = Findings::default();
    let end = walk(tables, rules, meter, &mut findings);
    settled(findings, end)
}

fn walk(
    tables: &Tables,
    rules: &HeaderRules,
    meter: &Meter,
    findings: &mut Findings,
) -> Checked<()> {
    let columns = vec!["block_hash", "header", "time_utc", "tx_count"];
    let mut blocks = Cursor::new(Rows::some(&tables.blocks, columns), block_columns);
    let canonical = tables.rules.canonical_order;
    let (columns, of_batch): (_, fn(&Batch) -> Checked<Txids>) = if canonical {
        (vec!["txid", "tx_index"], placed_txids)
    } else {
        (vec!["txid"], |b| Ok((b.fixed("txid")?, None)))
    };
    let mut txs = Cursor::new(Rows::some(&tables.txs, columns), of_batch);
    let mut previous = [0; 32];
    let mut leaves: Vec<Hash> = Vec::new();
    let mut ends = rules.segment_ends.iter().peekable();
    let mut misplaced = Vec::new();
    while let Some((rows, at)) = blocks.next()? {
        let height = findings.checked;
        let block_hash = fixed(rows.block_hash.value(at))?;
        let header: [u8; 80] = fixed(rows.header.value(at))?;
        let count = rows.tx_count[at];
        leaves.clear();
        let count = count.clamp(0, MAX_TXS);
        if canonical {
            leaves.resize(count as usize, [0; 32]);
        }
        for _ in 0..count {
            let Some(((txids, index), i)) = txs.next()? else {
                return Err(Halt::Broken(
                    "txs has fewer rows than the blocks count".into(),
                ));
            };
            let leaf = fixed(txids.value(i))?;
            match index {
                None => leaves.push(leaf),
                // one put in another's place leaves a hole, which the root tells
                Some(index) => {
                    if let Some(place) = leaves.get_mut(index[i] as usize) {
                        *place = leaf;
                    }
                }
            }
        }
        let (root, ambiguous) = merkle_root(&mut leaves);
        let seconds = u32::from_le_bytes(fixed(&header[68..72])?);
        let why = if let Some(fault) = fault(
            &header,
            &block_hash,
            &previous,
            rules.pow_limit,
            &tables.rules,
        ) {
            Some(fault.into())
        } else if root != header[36..68] {
            Some("the Merkle root of its txids is not the header's".into())
        } else if ambiguous {
            Some("its list of txids is ambiguous (CVE-2012-2459)".into())
        } else if rows.time_utc[at] != 1000 * i64::from(seconds) {
            Some("its time is not the header's".into())
        } else if height == 0 && block_hash != rules.genesis_hash {
            Some(format!("it is not the genesis block of {}", rules.network))
        } else {
            None
        };
        if let Some(why) = why {
            findings.fail(|| format!("block {} at height {height}: {why}", shown(&block_hash)));
        }
        while let Some((end, hash)) = ends.next_if(|(end, _)| *end <= height) {
            if *end != height || *hash != block_hash {
                misplaced.push((*end, *hash));
            }
        }
        previous = block_hash;
        findings.checked += 1;
        meter.add(1)?;
    }
    misplaced.extend(ends.copied());
    for (height, hash) in misplaced {
        findings.fail(|| {
            let hash = shown(&hash);
            format!("the manifest's block {hash} is not at height {height}")
        });
    }
    Ok(())
}

fn fault(
    header: &[u8; 80],
    block_hash: &Hash,
    previous: &Hash,
    limit: U256,
    rules: &Rules,
) -> Option<&'static str> {
    if sha256d(&[header]) != *block_hash {
        return Some("its hash is not that of its header");
    }
    if header[4..36] != *previous {
        return Some("its header names another parent");
    }
    let bits = u32::from_le_bytes([header[72], header[73], header[74], header[75]]);
    let Some(target) = target(bits).filter(|t| *t <= limit) else {
        return Some("its target is out of range");
    };
    // another chain's block, which the tables do not hold, proves a merge-mined header
    if !rules.is_merge_mined(header)
        && U256::from_le_bytes(rules.own_work_hash(header, block_hash)) > target
    {
        return Some("its hash does not meet its target");
    }
    None
}

fn fixed<const N: usize>(bytes: &[u8]) -> Checked<[u8; N]> {
    bytes
        .try_into()
        .map_err(|_| Halt::Broken(format!("{} bytes stand where {N} belong", bytes.len())))
}
