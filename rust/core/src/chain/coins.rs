//! Unspent outputs: those of this segment in a table, those of sealed segments in runs whose spent
//! entries are marked. See docs/adr/0007-resolve-in-bounded-memory.md.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::keys::{CHECK, Keyed, id_of};
use super::prepare::KnownCoin;
use crate::bits::Bits;
use crate::durable::{DurableFile, Written};
use crate::error::{CoreError, Result};
use crate::runs::{Merge, Run, RunFiles, RunWriter, SortedTable, Source, file_of, filter_of};

/// What spending an output yields.
#[derive(Debug, Clone, Copy)]
pub struct Coin {
    pub txout_id: i64,
    pub value_sat: i64,
}

/// A run of unspent outputs with a bit for each, set once spent.
struct CoinRun {
    run: Arc<Run<3>>,
    spent: Bits,
}

impl CoinRun {
    fn new(run: Arc<Run<3>>) -> Self {
        Self {
            spent: Bits::below(run.len()),
            run,
        }
    }

    /// Marks an entry spent; false when it was already.
    fn spend(&mut self, position: u64) -> bool {
        self.spent.insert(position)
    }
}

/// The outputs that can be spent.
pub struct Coins {
    recent: SortedTable<3>,
    /// Bytes that the table of the open segment may take.
    pub limit: usize,
    sealed: Vec<CoinRun>,
    /// Parts of this segment that did not fit in the table, newest last.
    set_aside: Vec<CoinRun>,
}

impl Coins {
    /// From the runs of sealed segments and the file of their spent entries. What is held of the runs'
    /// filters is taken from `room`.
    pub fn open(runs: &[PathBuf], spent: Option<&Path>, room: &mut usize) -> Result<Self> {
        let mut sealed: Vec<CoinRun> = Run::open_all(runs, room)?
            .into_iter()
            .map(CoinRun::new)
            .collect();
        if let Some(path) = spent {
            read_spent(path, sealed.iter_mut().map(|r| &mut r.spent))?;
        }
        Ok(Self {
            recent: SortedTable::new(CHECK),
            limit: usize::MAX,
            sealed,
            set_aside: Vec::new(),
        })
    }

    /// The runs of sealed segments.
    pub fn known(&self) -> Vec<Arc<Run<3>>> {
        self.sealed.iter().map(|r| r.run.clone()).collect()
    }

    pub fn prefetch(&self, keyed: Keyed) {
        self.recent.prefetch(keyed.key);
    }

    /// Adds an output. A BIP 30 duplicate takes the older coin's place, as in Bitcoin Core; only a
    /// coinbase can be one, unless a chain goes on from one, so the runs are searched for those alone.
    pub fn add(&mut self, keyed: Keyed, coin: Coin, coinbase: bool, dir: &Path) -> Result<()> {
        if coinbase {
            for run in self.sealed.iter_mut().chain(&mut self.set_aside) {
                if let Some((position, _)) = run.run.get(keyed.key, keyed.check, CHECK)? {
                    run.spend(position);
                }
            }
        }
        if self.recent.is_full() && self.recent.bytes().1 > self.limit {
            self.spill(dir)?;
        }
        let entry = [
            keyed.key,
            keyed.with_id(coin.txout_id),
            coin.value_sat as u64,
        ];
        self.recent.insert(entry);
        Ok(())
    }

    /// Spends an output; none when there is no such unspent one. `known` is what the runs of the sealed
    /// segments have for it.
    pub fn spend(&mut self, keyed: Keyed, known: KnownCoin) -> Result<Option<Coin>> {
        if !known.is_none() && self.sealed[known.run as usize].spend(known.position) {
            return Ok(Some(Coin {
                txout_id: known.txout_id,
                value_sat: known.value_sat,
            }));
        }
        if let Some(entry) = self.recent.remove(keyed.key, keyed.check) {
            return Ok(Some(coin_of(entry)));
        }
        for part in self.set_aside.iter_mut().rev() {
            if part.run.may_hold(keyed.key)
                && let Some((position, entry)) = part.run.get(keyed.key, keyed.check, CHECK)?
                && part.spend(position)
            {
                return Ok(Some(coin_of(entry)));
            }
        }
        Ok(None)
    }

    /// Ends a sealed segment: its unspent outputs become a run, and the spent entries of the older runs
    /// a file, both in `dir`.
    pub fn seal(&mut self, dir: &Path) -> Result<(RunFiles, PathBuf, Written)> {
        let path = file_of(dir, "coins");
        let mut most = self.recent.len() as u64;
        let mut sources = Vec::new();
        for part in self.set_aside.drain(..) {
            most += part.run.len();
            sources.push(Source {
                run: part.run,
                without: part.spent,
            });
        }
        let mut writer = RunWriter::create(&path, Some(most), true)?;
        if sources.is_empty() {
            for entry in self.recent.iter() {
                writer.push(*entry)?;
            }
        } else {
            let parts: Vec<PathBuf> = sources.iter().map(|s| s.run.path().to_owned()).collect();
            let last = write_part(&self.recent, &part_path(dir, parts.len()))?;
            sources.push(Source::whole(Arc::new(Run::open_to_pass(&last)?)));
            Merge::new(sources)?.write(&mut writer, &mut |_| Ok(()))?;
            for path in parts.iter().chain([&last]) {
                crate::runs::remove(path)?;
            }
        }
        self.recent.clear();
        let files = writer.finish()?;
        let bits: Vec<&Bits> = self.sealed.iter().map(|r| &r.spent).collect();
        let spent = dir.join("spent.bits");
        let written = write_spent(&spent, &bits)?;
        let run = Arc::new(Run::open(&path, Some(&filter_of(&path)))?);
        self.sealed.push(CoinRun::new(run));
        Ok((files, spent, written))
    }

    /// Ends a segment that is not sealed: nothing of it is kept.
    pub fn leave(&mut self) -> Result<()> {
        self.recent.clear();
        for part in self.set_aside.drain(..) {
            crate::runs::remove(part.run.path())?;
        }
        Ok(())
    }

    fn spill(&mut self, dir: &Path) -> Result<()> {
        let path = write_part(&self.recent, &part_path(dir, self.set_aside.len()))?;
        self.recent.clear();
        let run = Arc::new(Run::open(&path, Some(&filter_of(&path)))?);
        self.set_aside.push(CoinRun::new(run));
        Ok(())
    }
}

fn coin_of(entry: [u64; 3]) -> Coin {
    Coin {
        txout_id: id_of(entry[1]),
        value_sat: entry[2] as i64,
    }
}

fn part_path(dir: &Path, number: usize) -> PathBuf {
    dir.join(format!("coins-{number}.part"))
}

fn write_part(table: &SortedTable<3>, path: &Path) -> Result<PathBuf> {
    let mut writer = RunWriter::create(path, Some(table.len() as u64), false)?;
    for entry in table.iter() {
        writer.push(*entry)?;
    }
    Ok(writer.finish()?.path)
}

/// Writes the spent bits of runs, in their order. The last runs have none while nothing of them is spent,
/// so that the file is the same however they came to be.
pub fn write_spent(path: &Path, bits: &[&Bits]) -> Result<Written> {
    let marked = bits.iter().rposition(|own| !own.is_empty());
    let bits = &bits[..marked.map_or(0, |last| last + 1)];
    let mut file = DurableFile::create(path)?;
    let mut put = |bytes: &[u8]| file.write_all(bytes).map_err(|e| CoreError::io(path, e));
    for own in bits {
        put(&(own.words().len() as u64).to_le_bytes())?;
        for words in own.words().chunks(1 << 13) {
            let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
            put(&bytes)?;
        }
    }
    file.close(true)
}

/// Reads what `write_spent` wrote. The first runs of `into` are those that were there then.
pub fn read_spent<'a>(path: &Path, into: impl Iterator<Item = &'a mut Bits>) -> Result<()> {
    let bytes = std::fs::read(path).map_err(|e| CoreError::io(path, e))?;
    let mut words = bytes
        .chunks_exact(8)
        .map(|c| u64::from_le_bytes(c.try_into().expect("eight")));
    for own in into {
        let own = own.words_mut();
        let Some(len) = words.next() else {
            return Ok(());
        };
        if len != own.len() as u64 {
            return Err(CoreError::Table {
                table: path.display().to_string(),
                what: "it does not fit the runs it tells of; run 'peelchain chain reindex'".into(),
            });
        }
        for word in own {
            *word = words.next().unwrap_or_default();
        }
    }
    Ok(())
}
