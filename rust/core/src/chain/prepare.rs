//! What can be done for a block without the blocks just before it: read, parse, check, hash, and look
//! up what the sealed segments know. Blocks are prepared by several threads at once.

use std::sync::Arc;
use std::thread;

use super::block::Block;
use super::block_files::{BlockFiles, Record};
use super::keys::{CHECK, Keyed, StoreKey, id_of};
use super::script::{ScriptType, is_unspendable, script_type};
use crate::error::Result;
use crate::runs::Run;

/// How far ahead of a look-up its memory is fetched.
pub const AHEAD: usize = 12;

/// An unspent output found in a run: which, where in it, and what it holds.
#[derive(Debug, Clone, Copy)]
pub struct KnownCoin {
    pub run: u32,
    pub position: u64,
    pub txout_id: i64,
    pub value_sat: i64,
}

impl KnownCoin {
    const NONE: Self = Self {
        run: u32::MAX,
        position: 0,
        txout_id: -1,
        value_sat: 0,
    };

    pub fn is_none(&self) -> bool {
        self.run == u32::MAX
    }
}

/// The runs of the sealed segments, newest last.
#[derive(Default, Clone)]
pub struct Known {
    pub coins: Vec<Arc<Run<3>>>,
    pub scripts: Vec<Arc<Run<2>>>,
}

impl Known {
    /// Whether look-ups wait for the disk, so that more threads than cores are of use.
    pub fn is_large(&self) -> bool {
        self.coins.iter().any(|r| r.is_large()) || self.scripts.iter().any(|r| r.is_large())
    }

    /// Brings into memory what every look-up touches: directories, and the coins, of which a chain late
    /// in its life has some 3 GB.
    pub fn preload(&self) {
        thread::scope(|scope| {
            scope.spawn(|| self.coins.iter().for_each(|run| run.preload(true)));
            scope.spawn(|| self.scripts.iter().for_each(|run| run.preload(false)));
        });
    }
}

/// A block with all that could be found out about it alone.
pub struct Prepared {
    pub raw: Vec<u8>,
    pub block: Block,
    pub txid_keys: Vec<Keyed>,
    /// By input; of a coinbase's own, nothing.
    pub prev_keys: Vec<Keyed>,
    pub known_coins: Vec<KnownCoin>,
    /// By output.
    pub coin_keys: Vec<Keyed>,
    pub script_keys: Vec<Keyed>,
    pub script_types: Vec<ScriptType>,
    pub spendable: Vec<bool>,
    /// script_ids, negative where no sealed segment has the script.
    pub known_scripts: Vec<i64>,
}

/// Reads and prepares the block of a record.
pub fn prepare(
    files: &BlockFiles,
    record: &Record,
    key: &StoreKey,
    known: &Known,
) -> Result<Prepared> {
    let mut raw = Vec::new();
    files.read(record, &mut raw)?;
    let mut block = Block::default();
    files
        .parse(&raw, &mut block)
        .and_then(|_| block.check_commitments(&raw))
        .map_err(|what| files.refuse(record, &what))?;
    if files.rules.canonical_order {
        block.put_parents_first();
    }
    let mut coin_keys = Vec::with_capacity(block.txouts.len());
    for tx in &block.txs {
        for vout in 0..tx.txouts.len() {
            coin_keys.push(key.outpoint(&tx.txid, vout as u32));
        }
    }
    let scripts = || block.txouts.iter().map(|o| &raw[o.script.clone()]);
    let script_keys: Vec<Keyed> = scripts().map(|s| key.script(s)).collect();
    let prev_keys: Vec<Keyed> = block
        .txins
        .iter()
        .map(|i| key.outpoint(&i.prev_txid, i.prev_vout))
        .collect();
    let mut known_coins = vec![KnownCoin::NONE; prev_keys.len()];
    let in_order = if known.coins.is_empty() {
        Vec::new()
    } else {
        sorted(&prev_keys)
    };
    // newest first: of two entries of an outpoint the later counts
    for (number, run) in known.coins.iter().enumerate().rev() {
        find(run, &in_order, |at, position, entry| {
            if known_coins[at].is_none() {
                known_coins[at] = KnownCoin {
                    run: number as u32,
                    position,
                    txout_id: id_of(entry[1]),
                    value_sat: entry[2] as i64,
                };
            }
        })?;
    }
    let mut known_scripts = vec![-1; script_keys.len()];
    let in_order = if known.scripts.is_empty() {
        Vec::new()
    } else {
        sorted(&script_keys)
    };
    for run in &known.scripts {
        find(run, &in_order, |at, _, entry| {
            known_scripts[at] = id_of(entry[1]);
        })?;
    }
    Ok(Prepared {
        txid_keys: block.txs.iter().map(|t| key.txid(&t.txid)).collect(),
        script_types: scripts().map(script_type).collect(),
        spendable: scripts().map(|s| !is_unspendable(s)).collect(),
        raw,
        block,
        prev_keys,
        known_coins,
        coin_keys,
        script_keys,
        known_scripts,
    })
}

/// Keys in order, each with the place it came from: filters and runs lie in that order too, so that
/// what is near in them is touched together.
fn sorted(keys: &[Keyed]) -> Vec<(Keyed, usize)> {
    let mut sorted: Vec<(Keyed, usize)> = keys.iter().copied().zip(0..).collect();
    sorted.sort_unstable_by_key(|(keyed, _)| keyed.key);
    sorted
}

/// Looks many keys, in order, up in one run.
fn find<const N: usize>(
    run: &Run<N>,
    keys: &[(Keyed, usize)],
    mut found: impl FnMut(usize, u64, [u64; N]),
) -> Result<()> {
    let mut look = |number: usize| {
        let (keyed, at) = keys[number];
        if let Some((position, entry)) = run.get(keyed.key, keyed.check, CHECK)? {
            found(at, position, entry);
        }
        Ok(())
    };
    let may_hold = |number: usize| {
        if let Some((next, _)) = keys.get(number + AHEAD) {
            run.prefetch(next.key);
        }
        run.may_hold(keys[number].0.key)
    };
    let likely = (0..keys.len()).filter(|number| may_hold(*number));
    if !run.is_large() {
        return { likely }.try_for_each(look);
    }
    // the disk is asked for all that a block needs before any of it is waited for
    let likely: Vec<usize> = likely.collect();
    for &number in &likely {
        run.will_need(keys[number].0.key);
    }
    likely.into_iter().try_for_each(&mut look)
}
