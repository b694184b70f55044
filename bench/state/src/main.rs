//! `state-bench DIR KEY_HEX SEED COINS SCRIPTS BYTES`: writes runs of virtual unspent outputs and scripts,
//! as bench/chain spends and pays them, into DIR, and tells of them as JSON lines.
//!
//! They are cut as a store of height 910,000 has them: one run of the coarsest level, six of the next,
//! and a few small ones. Sorting holds at most BYTES.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use chain_bench::virtual_state::{virtual_outpoint, virtual_script, virtual_value};
use peelchain_core::Result;
use peelchain_core::chain::keys::StoreKey;
use peelchain_core::runs::{RunBuilder, RunFiles, file_of};

/// Per mille of the entries in each run: heights 0 to 516,095, six times 64,512, then the rest.
const SHARES: [u64; 11] = [400, 95, 95, 95, 95, 95, 95, 12, 12, 5, 1];
const BATCH: u64 = 1 << 16;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dir, key, seed, coins, scripts, bytes] = &arguments[..] else {
        eprintln!("usage: state-bench DIR KEY_HEX SEED COINS SCRIPTS BYTES");
        return ExitCode::from(2);
    };
    let number = |text: &str| text.parse::<u64>();
    let (Some(key), Ok(seed), Ok(coins), Ok(scripts), Ok(bytes)) = (
        key_of(key),
        number(seed),
        number(coins),
        number(scripts),
        number(bytes),
    ) else {
        eprintln!("state-bench: KEY_HEX is 32 digits, the others are whole numbers");
        return ExitCode::from(2);
    };
    match write(Path::new(dir), key, seed, coins, scripts, bytes as usize) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("state-bench: {e}");
            ExitCode::FAILURE
        }
    }
}

fn write(
    dir: &Path,
    key: StoreKey,
    seed: u64,
    coins: u64,
    scripts: u64,
    bytes: usize,
) -> Result<()> {
    // ids do not matter as long as they are of the size they have late in the chain
    for (number, (first, end)) in cuts(coins).into_iter().enumerate() {
        let folder = made(dir, number)?;
        let files = run::<3>(&folder, "coins", first, end, bytes, move |i| {
            let (txid, vout) = virtual_outpoint(seed, i);
            let keyed = key.outpoint(&txid, vout);
            [keyed.key, keyed.with_id((i * 20) as i64), virtual_value(i)]
        })?;
        tell("coins", &files);
    }
    for (number, (first, end)) in cuts(scripts).into_iter().enumerate() {
        let folder = made(dir, number)?;
        let files = run::<2>(&folder, "scripts", first, end, bytes, move |j| {
            let keyed = key.script(&virtual_script(seed, j));
            [keyed.key, keyed.with_id(j as i64)]
        })?;
        tell("scripts", &files);
    }
    Ok(())
}

/// A run of the entries of these numbers, made on two threads.
fn run<const N: usize>(
    dir: &Path,
    kind: &str,
    first: u64,
    end: u64,
    bytes: usize,
    entry: impl Fn(u64) -> [u64; N] + Copy + Send,
) -> Result<RunFiles> {
    let mut builder = RunBuilder::<N>::new(file_of(dir, kind), bytes);
    thread::scope(|scope| {
        let halves: Vec<Receiver<Vec<[u64; N]>>> = (0..2u64)
            .map(|half| {
                let (sender, receiver) = sync_channel(4);
                scope.spawn(move || {
                    let mut at = first + half * BATCH;
                    while at < end {
                        let batch = (at..end.min(at + BATCH)).map(entry).collect();
                        if sender.send(batch).is_err() {
                            return;
                        }
                        at += 2 * BATCH;
                    }
                });
                receiver
            })
            .collect();
        'all: loop {
            for half in &halves {
                let Ok(batch) = half.recv() else { break 'all };
                for entry in batch {
                    builder.push(entry)?;
                }
            }
        }
        Ok::<(), peelchain_core::CoreError>(())
    })?;
    eprintln!("state-bench: {kind} {first} to {end}: sorting");
    builder.finish(true, None)
}

fn cuts(count: u64) -> Vec<(u64, u64)> {
    let total: u64 = SHARES.iter().sum();
    let mut cuts = Vec::new();
    let (mut first, mut share) = (0, 0);
    for own in SHARES {
        share += own;
        let end = count * share / total;
        cuts.push((first, end));
        first = end;
    }
    cuts
}

fn made(dir: &Path, number: usize) -> Result<PathBuf> {
    let folder = dir.join(format!("seeded-{number}"));
    std::fs::create_dir_all(&folder).map_err(|e| peelchain_core::CoreError::io(&folder, e))?;
    Ok(folder)
}

fn tell(kind: &str, files: &RunFiles) {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let filter = files.filter.as_ref().expect("made with a filter");
    println!(
        "{{\"kind\": \"{kind}\", \"path\": \"{}\", \"rows\": {}, \"bytes\": {}, \"sha256\": \"{}\", \
         \"filter_bytes\": {}, \"filter_sha256\": \"{}\"}}",
        files.path.display(),
        files.entries,
        files.file.bytes,
        hex(&files.file.sha256),
        filter.bytes,
        hex(&filter.sha256),
    );
}

fn key_of(hex: &str) -> Option<StoreKey> {
    let mut key = [0; 16];
    if hex.len() != 32 || !hex.is_ascii() {
        return None;
    }
    for (byte, digits) in key.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(StoreKey(key))
}
