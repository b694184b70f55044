//! The chain: block after block of transactions that spend and make coins, to the size asked for.

use std::collections::VecDeque;
use std::path::Path;

use crate::block::{Coinbase, SEQUENCE_FINAL, genesis, push_count, subsidy, write_header};
use crate::coins::{Coin, Coins};
use crate::folder::{Error, Folder, Frame, Place, Result};
use crate::hash::{Hash, merkle_root, sha256d};
use crate::late::Late;
use crate::parameters::{LAST_TIME, Parameters, WEIGHT_ENOUGH};
use crate::random::{Rng, Wheel};
use crate::scripts::{Kind, Scripts, VIRTUAL};
use crate::spending::Spender;
use crate::summary::Summary;

const COINBASE_MATURITY: u32 = 100;
/// Blocks with a coinbase alone, and one that has the first coinbase to split.
const QUIET: u32 = COINBASE_MATURITY;
/// Blocks that split a coinbase, and grow to a full one's size.
const RAMP: u32 = 50;
const SPLIT_INTO: usize = 250;
const SECONDS_BETWEEN: u32 = 600;
/// Satoshis below which wallets make no output (Bitcoin Core's dust limit for P2PKH).
const DUST: u64 = 546;
const MORE_COINS: usize = 4;
const DAY: usize = 144;
/// What a block needs beside its transactions at most.
const BLOCK_OVERHEAD: u64 = 400;
const LIMITS: std::ops::RangeInclusive<u64> = 1_000_000..=100_000_000_000;
const BLOCK_LIMITS: std::ops::RangeInclusive<u64> = 10_000..=3_900_000;

/// Writes the chain into a folder that is new or empty. `progress` gets the bytes made so far.
///
/// Errors: parameters out of range, a folder in use, or what the system says of a file.
pub fn write_chain(
    dir: &Path,
    parameters: &Parameters,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary> {
    check(parameters)?;
    let mut folder = Folder::create(dir, parameters.seed, parameters.plain)?;
    let mut chain = Chain::new(parameters);
    let mut first = folder.frame();
    first.head.extend_from_slice(&genesis());
    let mut places: VecDeque<Place> = VecDeque::new();
    let mut next = Some(first);
    while let Some(frame) = next {
        let Some(place) = folder.push(frame, chain.height) else {
            break;
        };
        if places.len() == DAY {
            places.pop_front();
        }
        places.push_back(place);
        progress(folder.bytes);
        let left = parameters.size_bytes.saturating_sub(folder.bytes);
        next = (left > 2 * BLOCK_OVERHEAD).then(|| {
            let mut frame = folder.frame();
            chain.block(folder.bytes, left, &mut frame);
            frame
        });
    }
    let mut summary = chain.summary();
    summary.bytes = folder.bytes;
    summary.files = std::mem::take(&mut folder.files);
    let day_before = summary.blocks - places.len() as u64;
    summary.last_day = (
        day_before as u32,
        places.front().copied().unwrap_or_default(),
    );
    folder.finish(&(summary.json(parameters) + "}\n"))?;
    Ok(summary)
}

fn check(parameters: &Parameters) -> Result<()> {
    let refuse = |what: String| Err(Error::Misuse(what));
    if !LIMITS.contains(&parameters.size_bytes) {
        return refuse(format!(
            "a chain of {} bytes: give from {} to {}",
            parameters.size_bytes,
            LIMITS.start(),
            LIMITS.end()
        ));
    }
    if !BLOCK_LIMITS.contains(&parameters.block_bytes) {
        return refuse(format!(
            "blocks of {} bytes: give from {} to {}",
            parameters.block_bytes,
            BLOCK_LIMITS.start(),
            BLOCK_LIMITS.end()
        ));
    }
    if let Some(seeded) = &parameters.seeded {
        if seeded.inputs > 1000 || seeded.outputs > 1000 {
            return refuse("shares of virtual inputs and outputs are per mille: 0 to 1000".into());
        }
        if seeded.scripts > u64::from(u32::MAX) {
            return refuse(format!(
                "{} virtual scripts: give at most {}",
                seeded.scripts,
                u32::MAX
            ));
        }
    }
    Ok(())
}

/// How many inputs or outputs.
struct Counts {
    few: Wheel,
    many: Wheel,
}

impl Counts {
    fn draw(&self, rng: &mut Rng) -> usize {
        match self.few.draw(rng) {
            4 => match self.many.draw(rng) as u32 {
                0 => 5 + rng.below(3) as usize,
                octave => rng.in_octave(8, octave - 1) as usize,
            },
            few => few + 1,
        }
    }
}

struct Chain<'a> {
    parameters: &'a Parameters,
    rng: Rng,
    coins: Coins,
    scripts: Scripts,
    spender: Spender,
    inputs: Counts,
    outputs: Counts,
    late: Option<Late<'a>>,
    immature: VecDeque<Coin>,
    era: usize,
    height: u32,
    tip: Hash,
    time: u32,
    summary: Summary,
    // of the block in work
    txids: Vec<Hash>,
    wtxids: Vec<Hash>,
    witnesses: bool,
    weight: u64,
    fees: u64,
    // of the transaction in work
    spent: Vec<Coin>,
    values: Vec<u64>,
    made: Vec<Coin>,
    witness: Vec<u8>,
}

impl<'a> Chain<'a> {
    fn new(parameters: &'a Parameters) -> Self {
        let traffic = &parameters.traffic;
        let counts = |few| Counts {
            few: Wheel::new(few),
            many: Wheel::new(&traffic.many),
        };
        let late = parameters.seeded.as_ref();
        let late = late.map(|seeded| Late::new(seeded, parameters.seed));
        Chain {
            parameters,
            rng: Rng::new(parameters.seed),
            coins: Coins::new(&traffic.spend_age),
            scripts: Scripts::new(parameters.seed, traffic, &parameters.eras[0]),
            spender: Spender {
                short_signatures: traffic.short_signatures,
            },
            inputs: counts(&traffic.inputs),
            outputs: counts(&traffic.outputs),
            late,
            immature: VecDeque::new(),
            era: 0,
            height: 0,
            tip: sha256d(&[&genesis()[..80]]),
            time: parameters.eras[0].from_time,
            summary: Summary {
                blocks: 1,
                txs: 1,
                txins: 1,
                txouts: 1,
                outputs_by_kind: std::array::from_fn(|kind| {
                    u64::from(kind == Kind::P2pkLong as usize)
                }),
                ..Summary::default()
            },
            txids: Vec::new(),
            wtxids: Vec::new(),
            witnesses: false,
            weight: 0,
            fees: 0,
            spent: Vec::new(),
            values: Vec::new(),
            made: Vec::new(),
            witness: Vec::new(),
        }
    }

    fn summary(mut self) -> Summary {
        let mut summary = std::mem::take(&mut self.summary);
        summary.unspent = self.coins.unspent;
        summary.spent_by_octave = self.coins.spent_by_octave;
        // genesis' own script and, of every block with witnesses, the commitment's
        summary.scripts += 1 + self.scripts.count();
        if let Some(late) = self.late {
            summary.virtual_coins_spent = late.coins_spent;
            summary.virtual_outputs = late.outputs_paid;
            summary.virtual_scripts = late.scripts_paid;
            summary.scripts += late.scripts_paid;
        }
        summary
    }

    /// Makes the next block. `done` are the bytes before it, `left` those it may take at most.
    fn block(&mut self, done: u64, left: u64, frame: &mut Frame) {
        self.height += 1;
        self.advance(done);
        self.coins.open_block();
        self.txids.clear();
        self.wtxids.clear();
        self.txids.push([0; 32]);
        self.wtxids.push([0; 32]);
        self.witnesses = false;
        self.weight = 4 * BLOCK_OVERHEAD;
        self.fees = 0;
        let body = &mut frame.body;
        let enough = self.full_bytes(left);
        if let Some(coin) = self.matured() {
            match self.height <= QUIET + RAMP {
                true => {
                    self.spent.clear();
                    self.spent.push(coin);
                    self.transaction(SPLIT_INTO, body);
                }
                false => self.coins.add(coin),
            }
        }
        while (body.len() as u64) < enough && self.weight < WEIGHT_ENOUGH {
            let outputs = self.outputs.draw(&mut self.rng);
            self.draw_spent(outputs);
            if self.spent.is_empty() {
                break;
            }
            self.transaction(outputs, body);
        }
        self.close(&mut frame.head);
    }

    /// Moves the time, and the era.
    fn advance(&mut self, done: u64) {
        let eras = &self.parameters.eras;
        let size = self.parameters.size_bytes;
        let begins = |permille: u32| (u128::from(size) * u128::from(permille) / 1000) as u64;
        while eras
            .get(self.era + 1)
            .is_some_and(|next| begins(next.from) <= done)
        {
            self.era += 1;
            self.scripts.enter(&eras[self.era]);
        }
        let era = &eras[self.era];
        let (to, to_time) = eras
            .get(self.era + 1)
            .map_or((1000, LAST_TIME), |next| (next.from, next.from_time));
        let (start, end) = (begins(era.from), begins(to));
        let span = u128::from(to_time.saturating_sub(era.from_time));
        let inside = u128::from(done.saturating_sub(start)) * span / u128::from(end - start).max(1);
        self.time = (self.time + SECONDS_BETWEEN).max(era.from_time + inside as u32);
    }

    /// The bytes of transactions at which the block is full.
    fn full_bytes(&mut self, left: u64) -> u64 {
        if self.height <= QUIET {
            return 0;
        }
        let full = self.parameters.block_bytes;
        let spread = full * u64::from(self.parameters.block_spread) / 1000;
        let drawn = full - spread + self.rng.below(2 * spread + 1);
        let ramp = u64::from((self.height - QUIET).min(RAMP));
        (drawn * ramp / u64::from(RAMP)).min(left - BLOCK_OVERHEAD)
    }

    fn matured(&mut self) -> Option<Coin> {
        let ready = self.immature.len() as u32 == COINBASE_MATURITY;
        ready.then(|| self.immature.pop_front()).flatten()
    }

    /// Fills `self.spent`, with a few coins more where they cannot pay so many outputs decently.
    fn draw_spent(&mut self, outputs: usize) {
        self.spent.clear();
        for _ in 0..self.inputs.draw(&mut self.rng) {
            let late = self.late.as_mut().filter(|l| l.has_begun(self.height));
            let coin = late
                .and_then(|late| late.coin(&mut self.rng))
                .or_else(|| self.coins.take(&mut self.rng));
            self.spent.extend(coin);
        }
        let decent = DUST * outputs as u64;
        for _ in 0..MORE_COINS {
            if self.spent.iter().map(|coin| coin.value).sum::<u64>() >= decent {
                break;
            }
            self.spent.extend(self.coins.take(&mut self.rng));
        }
    }

    /// Appends a transaction that spends `self.spent`; its outputs join the coins.
    fn transaction(&mut self, outputs: usize, into: &mut Vec<u8>) {
        let era = &self.parameters.eras[self.era];
        let start = into.len();
        let version = 1 + u32::from(self.rng.permille(era.version_2));
        let sequence = match self.rng.permille(era.replaceable) {
            true => [0xfd, 0xff, 0xff, 0xff],
            false => SEQUENCE_FINAL,
        };
        let locktime = match self.rng.permille(era.locktime) {
            true => self.height - 1,
            false => 0,
        };
        let witnesses = self.spent.iter().any(|coin| coin.kind.has_witness());
        into.extend_from_slice(&version.to_le_bytes());
        if witnesses {
            into.extend_from_slice(&[0, 1]);
        }
        let body = into.len();
        let total = self.write_inputs(sequence, witnesses, into);
        let fee_most = (total / 100).min(self.parameters.traffic.fee_most);
        let fee = self.rng.below(fee_most + 1);
        let paid = self.write_outputs(total - fee, outputs, into);
        self.fees += total - paid;
        let end = into.len();
        if witnesses {
            into.extend_from_slice(&self.witness);
        }
        into.extend_from_slice(&locktime.to_le_bytes());
        let raw = &into[start..];
        let (txid, wtxid) = if witnesses {
            let parts = [&raw[..4], &into[body..end], &raw[raw.len() - 4..]];
            (sha256d(&parts), sha256d(&[raw]))
        } else {
            let txid = sha256d(&[raw]);
            (txid, txid)
        };
        for mut coin in self.made.drain(..) {
            coin.txid = txid;
            self.coins.add(coin);
        }
        self.witnesses |= witnesses;
        self.txids.push(txid);
        self.wtxids.push(wtxid);
        let stripped = 8 + end - body;
        self.weight += (3 * stripped + raw.len()) as u64;
        self.summary.txs += 1;
        self.summary.txins += self.spent.len() as u64;
    }

    /// Appends count and inputs, fills `self.witness`; gives the satoshis spent.
    fn write_inputs(&mut self, sequence: [u8; 4], witnesses: bool, into: &mut Vec<u8>) -> u64 {
        let (spender, scripts, rng) = (&self.spender, &self.scripts, &mut self.rng);
        push_count(self.spent.len(), into);
        self.witness.clear();
        let mut total = 0;
        for coin in &self.spent {
            total += coin.value;
            let mut outpoint = [0; 36];
            outpoint[..32].copy_from_slice(&coin.txid);
            outpoint[32..34].copy_from_slice(&coin.vout.to_le_bytes());
            into.extend_from_slice(&outpoint);
            spender.script_sig(coin.script, coin.kind, scripts, rng, into);
            into.extend_from_slice(&sequence);
            if witnesses {
                spender.witness(coin.script, coin.kind, scripts, rng, &mut self.witness);
            }
        }
        total
    }

    /// Appends count and outputs, fills `self.made`; gives the satoshis paid, at most `total`.
    fn write_outputs(&mut self, total: u64, count: usize, into: &mut Vec<u8>) -> u64 {
        self.split(total, count);
        push_count(count, into);
        let own = self.spent[0].script;
        let mut paid = 0;
        for vout in 0..count {
            let value = self.values[vout];
            let late = self.late.as_mut().filter(|l| l.has_begun(self.height));
            if let Some(script) = late.and_then(|late| late.payee(&mut self.rng)) {
                into.extend_from_slice(&value.to_le_bytes());
                into.push(script.len() as u8);
                into.extend_from_slice(&script);
                self.summary.outputs_by_kind[Kind::P2wpkh as usize] += 1;
                self.make_coin(value, VIRTUAL, vout, Kind::P2wpkh);
                paid += value;
                continue;
            }
            let new = self.rng.permille(self.parameters.traffic.new_scripts);
            let (script, kind) = self.scripts.choose(own, new, count == 1, &mut self.rng);
            self.summary.outputs_by_kind[kind as usize] += 1;
            if kind == Kind::OpReturn {
                // what it would have got goes to the fee
                into.extend_from_slice(&[0; 8]);
            } else {
                into.extend_from_slice(&value.to_le_bytes());
                self.make_coin(value, script, vout, kind);
                paid += value;
            }
            self.scripts.write(script, kind, into);
        }
        self.summary.txouts += count as u64;
        paid
    }

    fn make_coin(&mut self, value: u64, script: u32, vout: usize, kind: Kind) {
        self.made.push(Coin {
            // known once the transaction is
            txid: [0; 32],
            value,
            script,
            vout: vout as u16,
            kind,
        });
    }

    /// Divides `total` at random, change in a random place.
    fn split(&mut self, mut total: u64, count: usize) {
        self.values.clear();
        for left in (2..=count as u64).rev() {
            let share = total / left;
            let value = (share * (512 + self.rng.below(1024)) / 1024).max(share.min(DUST));
            total -= value;
            self.values.push(value);
        }
        self.values.push(total);
        let place = self.rng.below(count as u64) as usize;
        self.values.swap(place, count - 1);
    }

    /// Writes header and coinbase.
    fn close(&mut self, head: &mut Vec<u8>) {
        let new = self.rng.permille(20);
        let (script, kind) = self.scripts.choose(VIRTUAL, new, true, &mut self.rng);
        let mut payee = Vec::with_capacity(80);
        self.scripts.write(script, kind, &mut payee);
        let coinbase = Coinbase {
            height: self.height,
            value: subsidy(self.height) + self.fees,
            script: &payee,
            witness_root: self.witnesses.then(|| merkle_root(&mut self.wtxids)),
        };
        let mut raw = Vec::with_capacity(300);
        let txid = coinbase.write(&mut raw);
        self.txids[0] = txid;
        let txs = self.txids.len();
        self.tip = write_header(&self.tip, &mut self.txids, self.time, head);
        push_count(txs, head);
        head.extend_from_slice(&raw);
        self.immature.push_back(Coin {
            txid,
            value: coinbase.value,
            script,
            vout: 0,
            kind,
        });
        let summary = &mut self.summary;
        summary.blocks += 1;
        summary.txs += 1;
        summary.txins += 1;
        summary.txouts += 1;
        summary.outputs_by_kind[kind as usize] += 1;
        if self.witnesses {
            summary.txouts += 1;
            summary.outputs_by_kind[Kind::OpReturn as usize] += 1;
            summary.scripts += 1;
        }
    }
}
