//! One raw block as flat lists: transactions, inputs, outputs. Nothing is copied out of the block
//! but numbers and hashes; scripts and outpoints stay as offsets into it.

use std::ops::{ControlFlow, Range};

use bitcoin_slices::{Parse, Visit, Visitor, bsl};
use hashbrown::HashMap;

use super::families;
use super::hash::{Hash, merkle_root, sha256d};
use super::rules::{Rules, TxForm};

#[derive(Debug, Clone, Default)]
pub struct Tx {
    pub txid: Hash,
    pub wtxid: Hash,
    /// Position in the block.
    pub index: u32,
    pub version: i32,
    pub locktime: u32,
    /// Where the transaction lies in the block.
    pub span: Range<usize>,
    /// Serialised size with witnesses: that of the span or, where its witnesses were left out, as told.
    pub size: u32,
    pub weight: u32,
    pub txins: Range<usize>,
    pub txouts: Range<usize>,
}

impl Tx {
    /// Whether the block lacks this transaction's witnesses.
    pub fn is_stripped(&self) -> bool {
        self.size as usize != self.span.len()
    }
}

#[derive(Debug, Clone)]
pub struct TxIn {
    pub prev_txid: Hash,
    pub prev_vout: u32,
    pub sequence: u32,
    pub script_sig_bytes: u32,
    pub witness_items: u32,
    pub witness_bytes: u32,
}

#[derive(Debug, Clone)]
pub struct TxOut {
    pub value_sat: i64,
    pub script: Range<usize>,
}

/// A parsed block. `clear` keeps the allocations for the next one.
#[derive(Debug, Default)]
pub struct Block {
    pub header: Vec<u8>,
    pub txs: Vec<Tx>,
    pub txins: Vec<TxIn>,
    pub txouts: Vec<TxOut>,
    /// The 32-byte reserved value in the coinbase's witness, where there is one.
    witness_reserved: Option<Hash>,
    /// Whether a transaction may lack inputs or outputs.
    may_lack: bool,
    /// What stands between header and transactions, and after them.
    extra_bytes: u32,
}

impl Block {
    fn clear(&mut self) {
        self.header.clear();
        self.txs.clear();
        self.txins.clear();
        self.txouts.clear();
        self.witness_reserved = None;
        self.extra_bytes = 0;
    }

    pub fn hash(&self) -> Hash {
        sha256d(&[&self.header])
    }

    pub fn prev_hash(&self) -> Hash {
        self.header[4..36].try_into().expect("a header is 80 bytes")
    }

    pub fn time(&self) -> u32 {
        u32::from_le_bytes(
            self.header[68..72]
                .try_into()
                .expect("a header is 80 bytes"),
        )
    }

    /// Weight of the block (BIP 141): the header and count count four times.
    pub fn weight(&self) -> u32 {
        let overhead = 80 + compact_size_len(self.txs.len());
        4 * overhead as u32 + self.txs.iter().map(|t| t.weight).sum::<u32>()
    }

    /// Serialised size of the block with witnesses and all that is no transaction.
    pub fn size(&self) -> u32 {
        let overhead = 80 + compact_size_len(self.txs.len());
        overhead as u32 + self.extra_bytes + self.txs.iter().map(|t| t.size).sum::<u32>()
    }

    /// The height the coinbase states (BIP 34), if it does; only meaningful from version 2 on.
    pub fn bip34_height(&self, raw: &[u8]) -> Option<u32> {
        let version = i32::from_le_bytes(self.header[..4].try_into().ok()?);
        if version < 2 {
            return None;
        }
        // before scriptSig: version 4, with witnesses marker and flag 2, input count 1, outpoint 36
        let coinbase = &raw[self.txs.first()?.span.clone()];
        let start = if coinbase.get(4) == Some(&0) { 43 } else { 41 };
        let (&len, script) = coinbase.get(start..)?.split_first()?;
        let script = script.get(..len as usize)?;
        let (&op, data) = script.split_first()?;
        match op {
            0 => Some(0),
            0x51..=0x60 => Some((op - 0x50) as u32),
            1..=4 => {
                let bytes = data.get(..op as usize)?;
                let (last, below) = bytes.split_last()?;
                // negative, or not the shortest form: no height
                if last & 0x80 != 0 || (*last == 0 && below.last().is_none_or(|b| b & 0x80 == 0)) {
                    return None;
                }
                let mut padded = [0; 4];
                padded[..bytes.len()].copy_from_slice(bytes);
                Some(u32::from_le_bytes(padded))
            }
            _ => None,
        }
    }

    /// Parses one whole block of the chain with these rules. Errors say what is wrong, in words.
    pub fn parse(&mut self, raw: &[u8], rules: &Rules) -> Result<(), String> {
        match self.parse_front(raw, rules)? {
            0 => Ok(()),
            rest => Err(too_many(rest)),
        }
    }

    /// Parses one block of an archive that may lack witnesses; gives the bytes of the block itself.
    ///
    /// Where it lacks them, the size of each transaction with its witnesses follows the block, 4 bytes
    /// little-endian each. What they say is what the archive's source told.
    pub fn parse_maybe_stripped(&mut self, raw: &[u8], rules: &Rules) -> Result<usize, String> {
        let rest = self.parse_front(raw, rules)?;
        let end = raw.len() - rest;
        if rest == 0 {
            return Ok(end);
        }
        if rest != 4 * self.txs.len() {
            return Err(too_many(rest));
        }
        let mut sum = 0u64;
        for (index, (tx, told)) in self.txs.iter_mut().zip(raw[end..].chunks(4)).enumerate() {
            let told = u32::from_le_bytes(told.try_into().expect("chunks of 4 bytes"));
            let bare = tx.span.len() as u32;
            sum += u64::from(told);
            // marker, flag, and at least a count for each input
            let least = bare + 2 + tx.txins.len() as u32;
            if told != bare && told < least || sum > u64::from(rules.max_block_bytes) {
                return Err(format!(
                    "transaction {index} of {bare} bytes cannot have {told} with witnesses"
                ));
            }
            tx.size = told;
            tx.weight = 3 * bare + told;
        }
        Ok(end)
    }

    /// Parses the block at the start of the bytes; gives how many follow it.
    fn parse_front(&mut self, raw: &[u8], rules: &Rules) -> Result<usize, String> {
        self.clear();
        self.may_lack = rules.txs == TxForm::Special;
        let mut visitor = Collect {
            block: self,
            raw,
            txin_mark: 0,
            txout_mark: 0,
            witness_of: 0,
            max_money: rules.max_money as u64,
            problem: None,
        };
        let rest = if rules.is_plain() {
            visitor.whole_block()?
        } else {
            families::visit(raw, rules, &mut visitor)?
        };
        if self.txs.is_empty() {
            return Err("the block has no transaction".into());
        }
        if !rules.is_plain() {
            self.extra_bytes = ((raw.len() - rest) as u32).saturating_sub(self.size());
        }
        if rules.token_prefix {
            for txout in &mut self.txouts {
                txout.script.start += families::token_prefix_len(&raw[txout.script.clone()]);
            }
        }
        Ok(rest)
    }

    /// Puts each transaction behind those of the block whose outputs it spends, and leaves the order
    /// as it is where it can. For chains that sort a block's transactions by txid.
    pub fn put_parents_first(&mut self) {
        let order = parents_first(&self.txs, &self.txins);
        if order.is_sorted() {
            return;
        }
        let (mut txins, mut txouts) = (Vec::new(), Vec::new());
        let mut txs = Vec::with_capacity(self.txs.len());
        for at in order {
            let mut tx = self.txs[at].clone();
            let first = (txins.len(), txouts.len());
            txins.extend_from_slice(&self.txins[tx.txins.clone()]);
            txouts.extend_from_slice(&self.txouts[tx.txouts.clone()]);
            tx.txins = first.0..txins.len();
            tx.txouts = first.1..txouts.len();
            txs.push(tx);
        }
        (self.txs, self.txins, self.txouts) = (txs, txins, txouts);
    }

    /// Checks what the header and the coinbase commit to: the Merkle root over the txids and, where
    /// the block has witnesses, the commitment to them (BIP 141).
    pub fn check_commitments(&self, raw: &[u8]) -> Result<(), String> {
        let mut leaves: Vec<Hash> = self.txs.iter().map(|t| t.txid).collect();
        let (root, ambiguous) = merkle_root(&mut leaves);
        if root != self.header[36..68] {
            return Err("the Merkle root of its transactions is not the header's".into());
        }
        if ambiguous {
            return Err("its transaction list is ambiguous (CVE-2012-2459)".into());
        }
        if !matches!(&self.txins[self.txs[0].txins.clone()], [only] if only.is_coinbase()) {
            return Err("its first transaction is not a coinbase".into());
        }
        if let Some(tx) = self
            .txs
            .iter()
            .position(|t| t.txins.is_empty() || t.txouts.is_empty())
            .filter(|_| !self.may_lack)
        {
            return Err(format!("transaction {tx} has no inputs or no outputs"));
        }
        if self.txs.iter().all(|t| t.wtxid == t.txid) {
            return Ok(());
        }
        let commitment = self.txouts[self.txs[0].txouts.clone()]
            .iter()
            .rev()
            .map(|o| &raw[o.script.clone()])
            .find(|s| s.len() >= 38 && s.starts_with(&[0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed]));
        let (Some(commitment), Some(reserved)) = (commitment, self.witness_reserved) else {
            return Err("it has witnesses that its coinbase does not commit to".into());
        };
        leaves.clear();
        leaves.push([0; 32]);
        leaves.extend(self.txs[1..].iter().map(|t| t.wtxid));
        let (witness_root, _) = merkle_root(&mut leaves);
        if sha256d(&[&witness_root, &reserved]) != commitment[6..38] {
            return Err("its witnesses are not those its coinbase commits to".into());
        }
        Ok(())
    }
}

/// The order of a block's transactions in which none stands before one whose output it spends.
fn parents_first(txs: &[Tx], txins: &[TxIn]) -> Vec<usize> {
    let by_txid: HashMap<Hash, usize> = txs.iter().map(|t| t.txid).zip(0..).collect();
    let mut placed = vec![false; txs.len()];
    let mut order = Vec::with_capacity(txs.len());
    let mut waiting: Vec<(usize, bool)> = Vec::new();
    for first in 0..txs.len() {
        waiting.push((first, false));
        while let Some((at, parents_are_placed)) = waiting.pop() {
            if placed[at] {
                continue;
            }
            if parents_are_placed {
                placed[at] = true;
                order.push(at);
                continue;
            }
            waiting.push((at, true));
            // no cycle is possible: a txid cannot be among what it is the hash of
            let parents = txins[txs[at].txins.clone()]
                .iter()
                .filter_map(|i| by_txid.get(&i.prev_txid));
            waiting.extend(parents.filter(|p| !placed[**p]).map(|p| (*p, false)));
        }
    }
    order
}

impl TxIn {
    pub fn is_coinbase(&self) -> bool {
        self.prev_txid == [0; 32] && self.prev_vout == u32::MAX
    }
}

fn too_many(rest: usize) -> String {
    format!("{rest} bytes follow the block's last transaction")
}

pub fn compact_size_len(n: usize) -> usize {
    match n {
        0..=0xfc => 1,
        0xfd..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}

pub(super) struct Collect<'a, 'r> {
    block: &'a mut Block,
    raw: &'r [u8],
    txin_mark: usize,
    txout_mark: usize,
    witness_of: usize,
    max_money: u64,
    pub(super) problem: Option<String>,
}

impl Collect<'_, '_> {
    fn offset(&self, part: &[u8]) -> usize {
        part.as_ptr() as usize - self.raw.as_ptr() as usize
    }

    /// Takes in a block as Bitcoin lays it out; gives how many bytes follow it.
    fn whole_block(&mut self) -> Result<usize, String> {
        let outcome = bsl::Block::visit(self.raw, self);
        match (outcome, self.problem.take()) {
            (_, Some(problem)) => Err(problem),
            (Err(e), None) => Err(format!("the bytes are not a block ({e:?})")),
            (Ok(parsed), None) => Ok(parsed.remaining().len()),
        }
    }

    pub(super) fn tx_count(&self) -> usize {
        self.block.txs.len()
    }

    /// Adds a transaction, whose inputs and outputs are those taken in since the one before.
    pub(super) fn push(&mut self, tx: Tx) {
        let txins = self.txin_mark..self.block.txins.len();
        let txouts = self.txout_mark..self.block.txouts.len();
        self.txin_mark = txins.end;
        self.txout_mark = txouts.end;
        self.block.txs.push(Tx {
            index: self.block.txs.len() as u32,
            txins,
            txouts,
            ..tx
        });
    }

    fn refuse(&mut self, problem: String) -> ControlFlow<()> {
        self.problem = Some(problem);
        ControlFlow::Break(())
    }
}

impl Visitor for Collect<'_, '_> {
    fn visit_block_header(&mut self, header: &bsl::BlockHeader) -> ControlFlow<()> {
        self.block.header.extend_from_slice(header.as_ref());
        ControlFlow::Continue(())
    }

    fn visit_tx_in(&mut self, _vin: usize, tx_in: &bsl::TxIn) -> ControlFlow<()> {
        let bytes: &[u8] = tx_in.as_ref();
        self.block.txins.push(TxIn {
            prev_txid: bytes[..32].try_into().expect("an outpoint is 36 bytes"),
            prev_vout: u32::from_le_bytes(bytes[32..36].try_into().expect("as above")),
            sequence: tx_in.sequence(),
            script_sig_bytes: tx_in.script_sig().len() as u32,
            witness_items: 0,
            witness_bytes: 0,
        });
        ControlFlow::Continue(())
    }

    fn visit_tx_out(&mut self, vout: usize, tx_out: &bsl::TxOut) -> ControlFlow<()> {
        let value = tx_out.value();
        if value > self.max_money {
            let tx = self.block.txs.len();
            return self.refuse(format!(
                "transaction {tx} of the block has output {vout} with {value} satoshis, more than can exist"
            ));
        }
        let script = tx_out.script_pubkey();
        let start = self.offset(script);
        self.block.txouts.push(TxOut {
            value_sat: value as i64,
            script: start..start + script.len(),
        });
        ControlFlow::Continue(())
    }

    fn visit_witness(&mut self, vin: usize) -> ControlFlow<()> {
        self.witness_of = self.txin_mark + vin;
        ControlFlow::Continue(())
    }

    fn visit_witness_total_element(&mut self, total: usize) {
        if total > 0 {
            let txin = &mut self.block.txins[self.witness_of];
            txin.witness_items = total as u32;
            txin.witness_bytes = compact_size_len(total) as u32;
        }
    }

    fn visit_witness_element(&mut self, item: usize, element: &[u8]) {
        let len = element.len();
        self.block.txins[self.witness_of].witness_bytes += (compact_size_len(len) + len) as u32;
        if item == 0 && self.block.txs.is_empty() {
            self.block.witness_reserved = element.try_into().ok();
        }
    }

    fn visit_transaction(&mut self, tx: &bsl::Transaction) -> ControlFlow<()> {
        let bytes: &[u8] = tx.as_ref();
        let start = self.offset(bytes);
        let (a, b, c) = tx.txid_preimage();
        let txid = sha256d(&[a, b, c]);
        let wtxid = if b.is_empty() {
            txid
        } else {
            sha256d(&[bytes])
        };
        self.push(Tx {
            txid,
            wtxid,
            version: tx.version(),
            locktime: tx.locktime(),
            span: start..start + bytes.len(),
            size: bytes.len() as u32,
            weight: tx.weight() as u32,
            ..Tx::default()
        });
        ControlFlow::Continue(())
    }
}

/// A raw transaction less its witness: the bytes whose hash is the txid.
pub fn without_witness(raw: &[u8]) -> Result<Vec<u8>, String> {
    let parsed = bsl::Transaction::parse(raw)
        .map_err(|e| format!("the bytes are not a transaction ({e:?})"))?;
    if !parsed.remaining().is_empty() {
        return Err(format!(
            "{} bytes follow the transaction",
            parsed.remaining().len()
        ));
    }
    let (a, b, c) = parsed.parsed().txid_preimage();
    Ok([a, b, c].concat())
}
