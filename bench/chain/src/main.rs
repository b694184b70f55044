//! `chain-bench DIR [options]`: writes a benchmark chain. See README.md.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chain_bench::parameters::{Parameters, Seeded};
use chain_bench::write_chain;

const USAGE: &str = "\
usage: chain-bench DIR [options]

Writes Bitcoin Core block files of a regtest chain with mainnet's statistics into DIR, which must be
new or empty. generated.json appears in it last: without that file the chain is not whole.

  --size BYTES           block files in all; 500M, 2G are understood [500M]
  --seed N               the same arguments give the same bytes [1]
  --block-bytes BYTES    a full block [1300000]
  --plain                no xor.dat
  --seeded-coins N       late state: so many virtual outputs, spent though in no block
  --seeded-scripts M     late state: so many virtual scripts, paid though in no earlier block
  --seeded-from HEIGHT   the last height without them [200]
  --seeded-inputs SHARE  inputs that spend one, per mille [250]
  --seeded-outputs SHARE outputs that pay one, per mille [150]
  --quiet                no progress
";

struct Arguments {
    dir: PathBuf,
    parameters: Parameters,
    quiet: bool,
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut dir = None;
    let mut parameters = Parameters::default();
    let mut quiet = false;
    let mut late = Seeded {
        coins: 0,
        scripts: 0,
        from_height: 200,
        inputs: 250,
        outputs: 150,
    };
    while let Some(word) = words.next() {
        let mut number = || -> Result<u64, String> {
            let value = words.next().ok_or(format!("{word} needs a number"))?;
            amount(&value).ok_or(format!(
                "{word} {value}: not a number such as 1300000 or 2G"
            ))
        };
        let small = |n: u64| u32::try_from(n).map_err(|_| format!("{word} {n} is too large"));
        match word.as_str() {
            "--size" => parameters.size_bytes = number()?,
            "--seed" => parameters.seed = number()?,
            "--block-bytes" => parameters.block_bytes = number()?,
            "--plain" => parameters.plain = true,
            "--seeded-coins" => late.coins = number()?,
            "--seeded-scripts" => late.scripts = number()?,
            "--seeded-from" => late.from_height = small(number()?)?,
            "--seeded-inputs" => late.inputs = small(number()?)?,
            "--seeded-outputs" => late.outputs = small(number()?)?,
            "--quiet" => quiet = true,
            _ if word.starts_with('-') => return Err(format!("no option is named {word}")),
            _ if dir.is_none() => dir = Some(PathBuf::from(word)),
            _ => return Err(format!("{word}: only one folder can be written")),
        }
    }
    if late.coins > 0 || late.scripts > 0 {
        parameters.seeded = Some(late);
    }
    Ok(Arguments {
        dir: dir.ok_or("name the folder to write")?,
        parameters,
        quiet,
    })
}

/// A whole number, with K, M or G for thousands.
fn amount(text: &str) -> Option<u64> {
    let (digits, unit) = match text.chars().last()? {
        'K' | 'k' => (&text[..text.len() - 1], 1_000),
        'M' | 'm' => (&text[..text.len() - 1], 1_000_000),
        'G' | 'g' => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let arguments = match parse(words.into_iter()) {
        Ok(arguments) => arguments,
        Err(what) => {
            eprintln!("chain-bench: {what}; see chain-bench --help");
            return ExitCode::from(2);
        }
    };
    let start = Instant::now();
    let terminal = std::io::stderr().is_terminal();
    let mut shown = start;
    let every = Duration::from_secs(if terminal { 1 } else { 10 });
    let size = arguments.parameters.size_bytes;
    let mut progress = |bytes: u64| {
        if arguments.quiet || shown.elapsed() < every {
            return;
        }
        shown = Instant::now();
        let rate = bytes as f64 / 1e6 / start.elapsed().as_secs_f64();
        let line = format!(
            "{} of {} MB, {rate:.0} MB/s",
            bytes / 1_000_000,
            size / 1_000_000
        );
        let mut stderr = std::io::stderr();
        // a closed terminal is no reason to stop
        let _ = match terminal {
            true => write!(stderr, "\r{line}  "),
            false => writeln!(stderr, "{line}"),
        };
    };
    match write_chain(&arguments.dir, &arguments.parameters, &mut progress) {
        Ok(summary) => {
            if terminal && !arguments.quiet {
                eprintln!();
            }
            let seconds = start.elapsed().as_secs_f64();
            println!(
                "{}, \"seconds\": {seconds:.3}, \"mb_per_second\": {:.1}}}",
                summary.json(&arguments.parameters),
                summary.bytes as f64 / 1e6 / seconds
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("chain-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
