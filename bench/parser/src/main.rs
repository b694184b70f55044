//! Parsers and hashes against each other on real blocks, one core, in turns.
//!
//! `parser-bench ROUNDS FILE...`: each file is one raw block. Prints JSON: for each contender the
//! seconds of every round, and for each parser what one pass over the blocks asks of the allocator.
//! Panics when two that do the same work disagree.

// the product's parser is compiled twice, over two hashes
#![allow(clippy::duplicate_mod)]

mod allocations;
mod hashes;
mod parsers;
// only a part of the product's parser is measured
#[allow(dead_code)]
mod with_bitcoin_hashes;
#[allow(dead_code)]
mod with_sha2;

use std::hint::black_box;
use std::time::Instant;

use hashes::{HASHERS, MESSAGE_BYTES};
use parsers::{PARSERS, Seen};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

const PASSES: usize = 4;
const HASHED_BYTES: usize = 16_000_000;

fn agree(blocks: &[Vec<u8>]) -> Seen {
    let mut all: Option<(&str, &str, Seen)> = None;
    for parser in PARSERS {
        let seen = (parser.run)(blocks);
        if let Some((work, name, before)) = all {
            if work == parser.work {
                assert_eq!(before, seen, "{work}: {name} and {} disagree", parser.name);
            } else {
                assert_eq!(before.txs, seen.txs, "{name} and {} disagree", parser.name);
            }
        }
        all = Some((parser.work, parser.name, seen));
    }
    all.expect("there are parsers").2
}

fn list(numbers: &[f64]) -> String {
    let parts: Vec<String> = numbers.iter().map(|n| format!("{n:.6}")).collect();
    format!("[{}]", parts.join(", "))
}

fn timed<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments
        .next()
        .and_then(|n| n.parse().ok())
        .expect("the first argument is the number of rounds");
    let blocks: Vec<Vec<u8>> = arguments
        .map(|file| std::fs::read(&file).unwrap_or_else(|e| panic!("{file}: {e}")))
        .collect();
    assert!(!blocks.is_empty(), "give the files of the blocks");
    let bytes: usize = blocks.iter().map(Vec::len).sum();
    let seen = agree(&blocks);

    let mut parser_seconds = vec![Vec::new(); PARSERS.len()];
    let data: Vec<u8> = blocks
        .concat()
        .into_iter()
        .cycle()
        .take(HASHED_BYTES)
        .collect();
    let mut hash_seconds = vec![Vec::new(); HASHERS.len() * MESSAGE_BYTES.len()];
    for _ in 0..rounds {
        for (parser, seconds) in PARSERS.iter().zip(&mut parser_seconds) {
            let took = timed(|| {
                for _ in 0..PASSES {
                    black_box((parser.run)(black_box(&blocks)));
                }
            });
            seconds.push(took / PASSES as f64);
        }
        for (i, size) in MESSAGE_BYTES.into_iter().enumerate() {
            let mut sums = Vec::new();
            for (j, hasher) in HASHERS.iter().enumerate() {
                let took = timed(|| sums.push((hasher.run)(black_box(&data), size)));
                hash_seconds[i * HASHERS.len() + j].push(took);
            }
            assert!(
                sums.iter().all(|s| *s == sums[0]),
                "hashes of {size} bytes disagree"
            );
        }
    }

    let mut rows = Vec::new();
    for (parser, seconds) in PARSERS.iter().zip(&parser_seconds) {
        let (calls, allocated) = allocations::during(|| {
            black_box((parser.run)(&blocks));
        });
        rows.push(format!(
            r#"{{"work": "{}", "parser": "{}", "seconds": {}, "allocations": {calls}, "allocated_bytes": {allocated}}}"#,
            parser.work,
            parser.name,
            list(seconds)
        ));
    }
    let mut hash_rows = Vec::new();
    for (i, size) in MESSAGE_BYTES.into_iter().enumerate() {
        for (j, hasher) in HASHERS.iter().enumerate() {
            if hasher.name.ends_with("many at once") && size != 64 {
                continue;
            }
            hash_rows.push(format!(
                r#"{{"hash": "{}", "message_bytes": {size}, "hashed_bytes": {}, "seconds": {}}}"#,
                hasher.name,
                HASHED_BYTES / size * size,
                list(&hash_seconds[i * HASHERS.len() + j])
            ));
        }
    }
    println!(
        r#"{{"blocks": {}, "bytes": {bytes}, "txs": {}, "txins": {}, "txouts": {},
"parsers": [
  {}
],
"hashes": [
  {}
]}}"#,
        blocks.len(),
        seen.txs,
        seen.txins,
        seen.txouts,
        rows.join(",\n  "),
        hash_rows.join(",\n  ")
    );
}
