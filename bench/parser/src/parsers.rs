//! Ways to parse the same blocks. Each gives the same answer, or the benchmark stops.

use std::ops::ControlFlow;

use bitcoin::consensus::deserialize;
use bitcoin::hashes::Hash as _;
use bitcoin_slices::{Visit, Visitor, bsl};

use crate::{with_bitcoin_hashes, with_sha2};

/// What was seen. Txids and wtxids are summed as words, so that a parser that gets one wrong differs
/// and a parser that gets them in another order does not. Zero where the work leaves it out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub txs: u64,
    pub txids: u64,
    pub wtxids: u64,
    pub txins: u64,
    pub txouts: u64,
    pub value_sat: u64,
}

pub struct Parser {
    /// Parsers of the same work are compared with each other.
    pub work: &'static str,
    pub name: &'static str,
    pub run: fn(&[Vec<u8>]) -> Seen,
}

const fn parser(work: &'static str, name: &'static str, run: fn(&[Vec<u8>]) -> Seen) -> Parser {
    Parser { work, name, run }
}

pub const PARSERS: &[Parser] = &[
    parser("walk", "bitcoin_slices", slices_walk),
    parser("walk", "bitcoin", bitcoin_walk),
    parser("txids", "bitcoin_slices + sha2", slices_sha2),
    parser(
        "txids",
        "bitcoin_slices + bitcoin_hashes",
        slices_bitcoin_hashes,
    ),
    parser("txids", "bitcoin", bitcoin_txids),
    parser("rows", "bitcoin_slices + sha2 (peelchain)", core_rows_sha2),
    parser(
        "rows",
        "bitcoin_slices + bitcoin_hashes",
        core_rows_bitcoin_hashes,
    ),
    parser("rows", "bitcoin", bitcoin_rows),
    parser(
        "checked",
        "bitcoin_slices + sha2 (peelchain)",
        core_checked_sha2,
    ),
    parser(
        "checked",
        "bitcoin_slices + bitcoin_hashes",
        core_checked_bitcoin_hashes,
    ),
    parser("checked", "bitcoin", bitcoin_checked),
];

fn words(hash: &[u8; 32]) -> u64 {
    hash.chunks_exact(8)
        .map(|w| u64::from_le_bytes(w.try_into().expect("eight bytes")))
        .fold(0, u64::wrapping_add)
}

struct Walk(Seen);

impl Visitor for Walk {
    fn visit_tx_in(&mut self, _: usize, _: &bsl::TxIn) -> ControlFlow<()> {
        self.0.txins += 1;
        ControlFlow::Continue(())
    }

    fn visit_tx_out(&mut self, _: usize, tx_out: &bsl::TxOut) -> ControlFlow<()> {
        self.0.txouts += 1;
        self.0.value_sat += tx_out.value();
        ControlFlow::Continue(())
    }

    fn visit_transaction(&mut self, _: &bsl::Transaction) -> ControlFlow<()> {
        self.0.txs += 1;
        ControlFlow::Continue(())
    }
}

struct Txids<F>(Seen, F);

impl<F: Fn(&[&[u8]; 3]) -> [u8; 32]> Visitor for Txids<F> {
    fn visit_transaction(&mut self, tx: &bsl::Transaction) -> ControlFlow<()> {
        let (a, b, c) = tx.txid_preimage();
        self.0.txs += 1;
        self.0.txids = self.0.txids.wrapping_add(words(&(self.1)(&[a, b, c])));
        ControlFlow::Continue(())
    }
}

fn visit(blocks: &[Vec<u8>], visitor: &mut impl Visitor) {
    for raw in blocks {
        let parsed = bsl::Block::visit(raw, visitor).expect("a real block");
        assert!(parsed.remaining().is_empty());
    }
}

fn slices_walk(blocks: &[Vec<u8>]) -> Seen {
    let mut visitor = Walk(Seen::default());
    visit(blocks, &mut visitor);
    visitor.0
}

fn slices_sha2(blocks: &[Vec<u8>]) -> Seen {
    let mut visitor = Txids(Seen::default(), |p: &[&[u8]; 3]| {
        with_sha2::hash::sha256d(p)
    });
    visit(blocks, &mut visitor);
    visitor.0
}

fn slices_bitcoin_hashes(blocks: &[Vec<u8>]) -> Seen {
    let mut visitor = Txids(Seen::default(), |p: &[&[u8]; 3]| {
        with_bitcoin_hashes::hash::sha256d(p)
    });
    visit(blocks, &mut visitor);
    visitor.0
}

macro_rules! core_parser {
    ($name:ident, $module:ident, $check:expr) => {
        fn $name(blocks: &[Vec<u8>]) -> Seen {
            let mut seen = Seen::default();
            let mut block = $module::block::Block::default();
            for raw in blocks {
                block.parse(raw).expect("a real block");
                if $check {
                    block.check_commitments(raw).expect("a real block");
                }
                seen.txs += block.txs.len() as u64;
                seen.txins += block.txins.len() as u64;
                seen.txouts += block.txouts.len() as u64;
                for tx in &block.txs {
                    seen.txids = seen.txids.wrapping_add(words(&tx.txid));
                    seen.wtxids = seen.wtxids.wrapping_add(words(&tx.wtxid));
                }
                for txout in &block.txouts {
                    seen.value_sat += txout.value_sat as u64;
                }
            }
            seen
        }
    };
}

core_parser!(core_rows_sha2, with_sha2, false);
core_parser!(core_rows_bitcoin_hashes, with_bitcoin_hashes, false);
core_parser!(core_checked_sha2, with_sha2, true);
core_parser!(core_checked_bitcoin_hashes, with_bitcoin_hashes, true);

fn bitcoin_parser(blocks: &[Vec<u8>], rows: bool, txids: bool, check: bool) -> Seen {
    let mut seen = Seen::default();
    for raw in blocks {
        let block: bitcoin::Block = deserialize(raw).expect("a real block");
        seen.txs += block.txdata.len() as u64;
        if check {
            assert!(block.check_merkle_root());
            assert!(block.check_witness_commitment());
        }
        for tx in &block.txdata {
            if txids {
                let txid = tx.compute_txid().to_byte_array();
                seen.txids = seen.txids.wrapping_add(words(&txid));
            }
            if rows && txids {
                let wtxid = tx.compute_wtxid().to_byte_array();
                seen.wtxids = seen.wtxids.wrapping_add(words(&wtxid));
            }
            if rows {
                seen.txins += tx.input.len() as u64;
                seen.txouts += tx.output.len() as u64;
                seen.value_sat += tx.output.iter().map(|o| o.value.to_sat()).sum::<u64>();
            }
        }
    }
    seen
}

fn bitcoin_walk(blocks: &[Vec<u8>]) -> Seen {
    bitcoin_parser(blocks, true, false, false)
}

fn bitcoin_txids(blocks: &[Vec<u8>]) -> Seen {
    bitcoin_parser(blocks, false, true, false)
}

fn bitcoin_rows(blocks: &[Vec<u8>]) -> Seen {
    bitcoin_parser(blocks, true, true, false)
}

fn bitcoin_checked(blocks: &[Vec<u8>]) -> Seen {
    bitcoin_parser(blocks, true, true, true)
}
