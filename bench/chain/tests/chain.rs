//! Whole chains, read back and held against the rules, the summary and the parameters.

mod reader;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use chain_bench::parameters::{Parameters, Seeded};
use chain_bench::virtual_state::{virtual_outpoint, virtual_script, virtual_value};
use chain_bench::{Error, Summary, write_chain};
use reader::{Block, Place, blocks, contents};
use tempfile::{TempDir, tempdir};

fn small() -> Parameters {
    Parameters {
        size_bytes: 24_000_000,
        // many small blocks, so that ages have room
        block_bytes: 20_000,
        ..Parameters::default()
    }
}

fn written(parameters: &Parameters) -> (TempDir, Summary) {
    let dir = tempdir().unwrap();
    let summary = write_chain(dir.path(), parameters, &mut |_| ()).unwrap();
    (dir, summary)
}

#[derive(Default)]
struct Seen {
    txs: u64,
    txins: u64,
    txouts: u64,
    scripts: HashSet<Vec<u8>>,
    unspent: u64,
    /// age in blocks of every spent output of the chain
    ages: Vec<u32>,
    virtual_spent: Vec<(u32, Place)>,
    p2tr_from: Option<u32>,
    witness_from: Option<u32>,
}

const GENESIS: &str = "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f";
const MAX_WEIGHT: usize = 4_000_000;
const NO_PLACE: Place = ([0; 32], u32::MAX);

/// Walks the chain as a node would, signatures apart. Outputs in `aged` may be spent once as well.
fn checked(blocks: &[Block], mut aged: HashMap<Place, u64>) -> Seen {
    let mut seen = Seen::default();
    // value, height, coinbase
    let mut coins: HashMap<Place, (u64, u32, bool)> = HashMap::new();
    let hex: String = blocks[0].hash.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, GENESIS);
    let mut txids = HashSet::new();
    for (height, block) in blocks.iter().enumerate() {
        let height = height as u32;
        assert_eq!(block.bits, 0x207f_ffff);
        assert!(
            block.hash[31] <= 0x7f,
            "block {height} has no proof of work"
        );
        assert_eq!(block.merkle(), block.merkle_root, "block {height}");
        block.check_witnesses();
        assert!(block.weight() <= MAX_WEIGHT, "block {height}");
        if height > 0 {
            let before = &blocks[height as usize - 1];
            assert_eq!(block.prev, before.hash);
            assert!(block.time > before.time);
            assert_eq!(block.stated_height(), height);
        }
        let mut fees = 0;
        for (index, tx) in block.txs.iter().enumerate() {
            assert!(txids.insert(tx.txid), "a txid twice in block {height}");
            assert_eq!(tx.prevouts == [NO_PLACE], index == 0);
            let mut value_in = 0;
            for place in tx.prevouts.iter().skip(usize::from(index == 0)) {
                if let Some((value, made, coinbase)) = coins.remove(place) {
                    assert!(!coinbase || height - made >= 100);
                    seen.ages.push(height - made);
                    value_in += value;
                } else {
                    let value = aged.remove(place);
                    value_in += value.unwrap_or_else(|| panic!("{place:?} is not there to spend"));
                    seen.virtual_spent.push((height, *place));
                }
            }
            if tx.witnesses.iter().any(|witness| !witness.is_empty()) {
                seen.witness_from.get_or_insert(block.time);
            }
            let value_out: u64 = tx.outputs.iter().map(|(value, _)| value).sum();
            if index > 0 {
                fees += value_in
                    .checked_sub(value_out)
                    .expect("no more than it takes in");
            }
            for (vout, (value, script)) in tx.outputs.iter().enumerate() {
                if script.len() == 34 && script.starts_with(&[0x51, 32]) {
                    seen.p2tr_from.get_or_insert(block.time);
                }
                if height > 0 && script[0] != 0x6a {
                    coins.insert((tx.txid, vout as u32), (*value, height, index == 0));
                }
                seen.scripts.insert(script.clone());
            }
            seen.txs += 1;
            seen.txins += tx.prevouts.len() as u64;
            seen.txouts += tx.outputs.len() as u64;
        }
        let claimed: u64 = block.txs[0].outputs.iter().map(|(value, _)| value).sum();
        assert!(claimed <= (5_000_000_000u64 >> (height / 150).min(63)) + fees);
    }
    let tip = blocks.len() as u32 - 1;
    let mature = |&&(_, made, coinbase): &&(u64, u32, bool)| !coinbase || made + 100 <= tip;
    seen.unspent = coins.values().filter(mature).count() as u64;
    seen
}

fn agree(seen: &Seen, summary: &Summary, count: usize, bytes: u64) {
    assert_eq!(summary.bytes, bytes);
    assert_eq!(summary.blocks, count as u64);
    assert_eq!(summary.txs, seen.txs);
    assert_eq!(summary.txins, seen.txins);
    assert_eq!(summary.txouts, seen.txouts);
    assert_eq!(summary.outputs_by_kind.iter().sum::<u64>(), seen.txouts);
    assert_eq!(summary.scripts, seen.scripts.len() as u64);
    assert_eq!(summary.unspent, seen.unspent);
    assert_eq!(summary.virtual_coins_spent, seen.virtual_spent.len() as u64);
}

fn near(what: &str, found: f64, wanted: f64, tolerance: f64) {
    let off = (found / wanted - 1.0).abs();
    assert!(off <= tolerance, "{what}: {found}, wanted {wanted}");
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    let parameters = Parameters {
        size_bytes: 4_000_000,
        ..small()
    };
    let (first, _) = written(&parameters);
    let (again, _) = written(&parameters);
    assert_eq!(contents(first.path()), contents(again.path()));
    let (other, _) = written(&Parameters {
        seed: 2,
        ..parameters
    });
    let block_file = |dir: &TempDir| fs::read(dir.path().join("blk00000.dat")).unwrap();
    assert_ne!(block_file(&first), block_file(&other));
}

#[test]
fn a_chain_is_valid_and_has_the_statistics_asked_for() {
    let parameters = small();
    let (dir, summary) = written(&parameters);
    let (blocks, bytes) = blocks(dir.path());
    let seen = checked(&blocks, HashMap::new());
    agree(&seen, &summary, blocks.len(), bytes);
    near("size", bytes as f64, parameters.size_bytes as f64, 0.005);
    // the workload that the parameters are set for
    let per = |n: u64, of: u64| n as f64 / of as f64;
    near("bytes a transaction", per(bytes, seen.txs), 458.0, 0.1);
    near("inputs a transaction", per(seen.txins, seen.txs), 2.37, 0.1);
    near(
        "outputs a transaction",
        per(seen.txouts, seen.txs),
        2.9,
        0.1,
    );
    near(
        "new scripts an output",
        per(summary.scripts, seen.txouts),
        0.55,
        0.1,
    );
    // spends: most within a day, a tail over the whole chain
    let share = |least: u32| {
        seen.ages.iter().filter(|&&age| age >= least).count() as f64 / seen.ages.len() as f64
    };
    assert!((0.45..0.85).contains(&(1.0 - share(144))), "{}", share(144));
    assert!(share(256) > 0.03, "{}", share(256));
    // no era is missing, none begins early
    assert!(
        summary.outputs_by_kind.iter().all(|&n| n > 0),
        "{:?}",
        summary.outputs_by_kind
    );
    let (segwit, taproot) = (1_503_539_857, 1_636_866_928);
    assert!(seen.witness_from.unwrap() >= segwit);
    assert!(seen.p2tr_from.unwrap() >= taproot);
}

#[test]
fn full_blocks_stay_below_the_weight_limit_and_fill_several_files() {
    let parameters = Parameters {
        size_bytes: 200_000_000,
        block_bytes: 3_900_000,
        plain: true,
        ..Parameters::default()
    };
    let (dir, summary) = written(&parameters);
    assert!(!dir.path().join("xor.dat").exists());
    assert_eq!(summary.files.len(), 2);
    let (blocks, bytes) = blocks(dir.path());
    assert_eq!(bytes, summary.bytes);
    assert!(blocks.iter().all(|block| block.weight() <= MAX_WEIGHT));
    let at = summary.files[1].first_height as usize;
    let first_file: usize = blocks[..at].iter().map(|block| block.bytes + 8).sum();
    assert_eq!(first_file as u64, summary.files[0].bytes);
}

#[test]
fn a_late_chain_spends_virtual_outputs_once_and_pays_virtual_scripts() {
    let parameters = Parameters {
        size_bytes: 8_000_000,
        block_bytes: 60_000,
        seeded: Some(Seeded {
            coins: 20_000,
            scripts: 5_000,
            from_height: 160,
            inputs: 250,
            outputs: 150,
        }),
        ..Parameters::default()
    };
    let (dir, summary) = written(&parameters);
    let (blocks, bytes) = blocks(dir.path());
    let seed = parameters.seed;
    let place = |i: u64| virtual_outpoint(seed, i);
    let aged: HashMap<Place, u64> = (0..20_000).map(|i| (place(i), virtual_value(i))).collect();
    let numbers: HashMap<Place, u64> = (0..20_000).map(|i| (place(i), i)).collect();
    let seen = checked(&blocks, aged);
    agree(&seen, &summary, blocks.len(), bytes);
    assert!(seen.virtual_spent.iter().all(|&(height, _)| height > 160));
    // from all over, in no order
    let spent: Vec<u64> = seen
        .virtual_spent
        .iter()
        .map(|(_, place)| numbers[place])
        .collect();
    let mean = spent.iter().sum::<u64>() as f64 / spent.len() as f64;
    near("mean of the virtual outputs spent", mean, 10_000.0, 0.05);
    assert!(!spent.is_sorted());
    let late = || blocks[161..].iter().flat_map(|block| &block.txs[1..]);
    let inputs: usize = late().map(|tx| tx.prevouts.len()).sum();
    near(
        "virtual inputs",
        spent.len() as f64 / inputs as f64,
        0.25,
        0.1,
    );
    let known: HashSet<Vec<u8>> = (0..5_000)
        .map(|j| virtual_script(seed, j).to_vec())
        .collect();
    let outputs: usize = late().map(|tx| tx.outputs.len()).sum();
    let paid = late()
        .flat_map(|tx| &tx.outputs)
        .filter(|o| known.contains(&o.1));
    let paid = paid.count();
    assert_eq!(paid as u64, summary.virtual_outputs);
    near("virtual outputs", paid as f64 / outputs as f64, 0.15, 0.1);
    let distinct = known
        .iter()
        .filter(|script| seen.scripts.contains(*script))
        .count();
    assert_eq!(distinct as u64, summary.virtual_scripts);
}

#[test]
fn few_virtual_outputs_are_all_spent_and_the_chain_goes_on() {
    let parameters = Parameters {
        size_bytes: 4_000_000,
        block_bytes: 60_000,
        seeded: Some(Seeded {
            coins: 50,
            scripts: 0,
            from_height: 120,
            inputs: 1000,
            outputs: 150,
        }),
        ..Parameters::default()
    };
    let (_dir, summary) = written(&parameters);
    assert_eq!(summary.virtual_coins_spent, 50);
    assert_eq!(summary.virtual_outputs, 0);
    assert!(summary.bytes >= 3_990_000);
}

#[test]
fn only_a_fresh_folder_is_written_and_a_whole_one_is_marked() {
    let parameters = Parameters {
        size_bytes: 1_000_000,
        ..small()
    };
    let (dir, summary) = written(&parameters);
    let marker = fs::read_to_string(dir.path().join("generated.json")).unwrap();
    assert!(marker.contains(&format!("\"txs\": {},", summary.txs)));
    let refused = |dir: &Path| match write_chain(dir, &parameters, &mut |_| ()) {
        Err(Error::Misuse(what)) => what,
        _ => panic!("the folder was used before"),
    };
    assert!(refused(dir.path()).contains("holds a whole chain"));
    fs::remove_file(dir.path().join("generated.json")).unwrap();
    assert!(refused(dir.path()).contains("is not empty"));
}

#[test]
fn the_last_day_is_cut_off_where_the_summary_says() {
    let (dir, summary) = written(&small());
    let (height, place) = summary.last_day;
    let (blocks, _) = blocks(dir.path());
    assert_eq!(height as usize + 144, blocks.len());
    let before: usize = blocks[..height as usize].iter().map(|b| b.bytes + 8).sum();
    assert_eq!((place.file, place.offset), (0, before as u64));
}

#[test]
fn sizes_out_of_range_are_refused() {
    let dir = tempdir().unwrap();
    let parameters = Parameters {
        size_bytes: 5,
        ..small()
    };
    let refused = write_chain(&dir.path().join("new"), &parameters, &mut |_| ());
    assert!(matches!(refused, Err(Error::Misuse(what)) if what.contains("a chain of 5 bytes")));
}
