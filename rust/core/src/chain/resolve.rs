//! The part of ingest that must go block by block: which output each input spends, which id each script
//! has, and whether the amounts add up.

use std::path::Path;
use std::sync::Arc;

use super::block::TxIn;
use super::block_files::{Record, hex};
use super::coins::{Coin, Coins};
use super::prepare::{AHEAD, Known, Prepared};
use super::rules::Rules;
use super::script_ids::ScriptIds;
use crate::error::Result;

/// How many rows each dense id has reached.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub blocks: i64,
    pub txs: i64,
    pub txouts: i64,
    pub txins: i64,
    pub scripts: i64,
}

/// A block with its place in the chain's tables.
pub struct Resolved {
    pub prepared: Prepared,
    pub record: Record,
    /// Rows of all blocks before.
    pub before: Counts,
    /// By transaction, in satoshis; 0 for the coinbase.
    pub fees: Vec<i64>,
    /// By input; negative for the coinbase's own.
    pub prev_txouts: Vec<i64>,
    /// By output.
    pub script_ids: Vec<i64>,
    /// The outputs, by position in the block, that carry a script first.
    pub first_uses: Vec<u32>,
}

/// Why a block is refused: the block's own fault in words, or something else that failed.
pub enum Refused {
    Block(String),
    Other(crate::error::CoreError),
}

impl From<String> for Refused {
    fn from(what: String) -> Self {
        Self::Block(what)
    }
}

impl From<crate::error::CoreError> for Refused {
    fn from(error: crate::error::CoreError) -> Self {
        Self::Other(error)
    }
}

/// What carries over from block to block.
pub struct Resolver {
    pub counts: Counts,
    pub coins: Coins,
    pub scripts: ScriptIds,
    pub rules: Arc<Rules>,
}

impl Resolver {
    /// What sealed segments know, for preparing blocks.
    pub fn known(&self) -> Known {
        Known {
            coins: self.coins.known(),
            scripts: self.scripts.known(),
        }
    }

    /// Resolves the next block. What does not fit in memory is set aside in `dir`. After an error the
    /// state is no longer that of any chain: drop it.
    pub fn add(
        &mut self,
        prepared: Prepared,
        record: Record,
        dir: &Path,
    ) -> std::result::Result<Resolved, Refused> {
        let before = self.counts;
        self.add_coins(&prepared, dir)?;
        let (script_ids, first_uses) = self.number_scripts(&prepared, dir)?;
        let (prev_txouts, fees) = self.spend(&prepared)?;
        self.check_coinbase(&prepared, &fees)?;
        self.counts.blocks += 1;
        self.counts.txs += prepared.block.txs.len() as i64;
        self.counts.txouts += prepared.block.txouts.len() as i64;
        self.counts.txins += prepared.block.txins.len() as i64;
        Ok(Resolved {
            prepared,
            record,
            before,
            fees,
            prev_txouts,
            script_ids,
            first_uses,
        })
    }

    /// All outputs of the block at once: `spend` sees to it that none is spent before it is made.
    fn add_coins(&mut self, prepared: &Prepared, dir: &Path) -> Result<()> {
        // genesis pays nobody: its output is in no node's set
        if self.counts.blocks == 0 {
            return Ok(());
        }
        let keys = &prepared.coin_keys;
        let coinbase_txouts = prepared.block.txs[0].txouts.end;
        for (at, txout) in prepared.block.txouts.iter().enumerate() {
            if let Some(next) = keys.get(at + AHEAD) {
                self.coins.prefetch(*next);
            }
            if prepared.spendable[at] {
                let coin = Coin {
                    txout_id: self.counts.txouts + at as i64,
                    value_sat: txout.value_sat,
                };
                self.coins.add(keys[at], coin, at < coinbase_txouts, dir)?;
            }
        }
        Ok(())
    }

    fn number_scripts(&mut self, prepared: &Prepared, dir: &Path) -> Result<(Vec<i64>, Vec<u32>)> {
        let keys = &prepared.script_keys;
        let mut ids = prepared.known_scripts.clone();
        let mut first_uses = Vec::new();
        for (at, id) in ids.iter_mut().enumerate() {
            if let Some(next) = keys.get(at + AHEAD) {
                self.scripts.prefetch(*next);
            }
            if *id < 0 {
                *id = self.scripts.id_or(keys[at], self.counts.scripts, dir)?;
                if *id == self.counts.scripts {
                    self.counts.scripts += 1;
                    first_uses.push(at as u32);
                }
            }
        }
        Ok((ids, first_uses))
    }

    /// The outputs that the inputs spend, and each transaction's fee.
    fn spend(&mut self, prepared: &Prepared) -> std::result::Result<(Vec<i64>, Vec<i64>), Refused> {
        let block = &prepared.block;
        let keys = &prepared.prev_keys;
        let most = self.rules.max_money;
        let mut prevs = Vec::with_capacity(block.txins.len());
        let mut fees = Vec::with_capacity(block.txs.len());
        for (index, tx) in block.txs.iter().enumerate() {
            let made_before = self.counts.txouts + tx.txouts.start as i64;
            let mut sum_in = 0i64;
            for at in tx.txins.clone() {
                if let Some(next) = keys.get(at + AHEAD) {
                    self.coins.prefetch(*next);
                }
                let txin = &block.txins[at];
                match (index == 0, txin.is_coinbase()) {
                    (true, true) => {
                        prevs.push(-1);
                        continue;
                    }
                    (false, false) => {}
                    _ => {
                        return Err(
                            format!("transaction {index} is a coinbase where none may be").into(),
                        );
                    }
                }
                let coin = self
                    .coins
                    .spend(keys[at], prepared.known_coins[at])?
                    .filter(|coin| coin.txout_id < made_before)
                    .ok_or_else(|| unspendable(txin, index, at - tx.txins.start))?;
                sum_in = in_range(sum_in + coin.value_sat, index, most)?;
                prevs.push(coin.txout_id);
            }
            let mut sum_out = 0i64;
            for txout in &block.txouts[tx.txouts.clone()] {
                sum_out = in_range(sum_out + txout.value_sat, index, most)?;
            }
            let fee = if index == 0 { 0 } else { sum_in - sum_out };
            if fee < 0 {
                return Err(format!(
                    "transaction {index} pays out {} satoshis more than it takes in",
                    -fee
                )
                .into());
            }
            fees.push(fee);
        }
        Ok((prevs, fees))
    }

    fn check_coinbase(
        &self,
        prepared: &Prepared,
        fees: &[i64],
    ) -> std::result::Result<(), Refused> {
        let mut sum = 0i64;
        for (index, fee) in fees.iter().enumerate() {
            sum = in_range(sum + fee, index, self.rules.max_money)?;
        }
        let coinbase = &prepared.block.txs[0];
        let claimed: i64 = prepared.block.txouts[coinbase.txouts.clone()]
            .iter()
            .map(|o| o.value_sat)
            .sum();
        let most = self.rules.subsidy(self.counts.blocks) + sum;
        if claimed > most {
            return Err(format!(
                "its coinbase claims {claimed} satoshis, subsidy and fees are {most}"
            )
            .into());
        }
        Ok(())
    }
}

fn unspendable(txin: &TxIn, index: usize, vin: usize) -> Refused {
    let mut txid = txin.prev_txid;
    txid.reverse();
    Refused::Block(format!(
        "input {vin} of transaction {index} spends {}:{}, which is no unspent output of the chain before it",
        hex(&txid),
        txin.prev_vout
    ))
}

/// Bitcoin Core's MoneyRange, held to every sum on its way, so that none can overflow.
fn in_range(sum: i64, index: usize, most: i64) -> std::result::Result<i64, String> {
    if sum > most {
        return Err(format!(
            "the amounts of transaction {index} add up to more than can exist"
        ));
    }
    Ok(sum)
}
