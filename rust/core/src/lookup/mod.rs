//! Point look-ups in a store: by txid, script, output; and rows of its tables by their number.

mod history;
mod rows;
mod scan;

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use crate::chain::hash::Hash;
use crate::chain::keys::{CHECK, Keyed, StoreKey, id_of};
use crate::error::{CoreError, Result};
use crate::runs::{Run, filter_of};

use history::KnownBlocks;
pub use history::{History, Receipt, Spend};
pub(crate) use rows::read_from;
pub use rows::{TableFiles, TableRows};

/// A run in chain order, opened when it is first asked.
pub struct RunPath {
    pub path: PathBuf,
    /// Every key in it is less: ids come in chain order, so that older runs hold no newer ones.
    pub below: u64,
}

struct Lazy<const N: usize> {
    at: RunPath,
    opened: OnceLock<Run<N>>,
}

/// The runs of one kind.
struct Runs<const N: usize> {
    runs: Vec<Lazy<N>>,
    filtered: bool,
}

impl<const N: usize> Runs<N> {
    fn new(paths: Vec<RunPath>, filtered: bool) -> Self {
        let lazy = |at| Lazy {
            at,
            opened: OnceLock::new(),
        };
        Self {
            runs: paths.into_iter().map(lazy).collect(),
            filtered,
        }
    }

    /// Of hashed keys, which are not told apart by their order.
    fn hashed(paths: Vec<PathBuf>) -> Self {
        let anything = |path| RunPath {
            path,
            below: u64::MAX,
        };
        Self::new(paths.into_iter().map(anything).collect(), true)
    }

    /// The runs that may hold a key.
    fn of(&self, key: u64) -> impl Iterator<Item = Result<&Run<N>>> {
        let fit = move |lazy: &&Lazy<N>| key < lazy.at.below || lazy.at.below == u64::MAX;
        self.runs.iter().filter(fit).map(|lazy| {
            if let Some(opened) = lazy.opened.get() {
                return Ok(opened);
            }
            let path = &lazy.at.path;
            let filter = self.filtered.then(|| filter_of(path));
            let opened = Run::open(path, filter.as_deref())?;
            Ok(lazy.opened.get_or_init(|| opened))
        })
    }
}

/// The look-ups of a store at one generation.
pub struct Lookups {
    key: StoreKey,
    txids: Runs<2>,
    scripts: Runs<2>,
    spenders: Runs<3>,
    receipts: Runs<2>,
    blocks: Mutex<KnownBlocks>,
}

/// Where an output was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spender {
    pub tx_id: u64,
    pub vin: u64,
}

impl Lookups {
    /// From the runs of each kind, in chain order.
    pub fn new(
        key: StoreKey,
        txids: Vec<PathBuf>,
        scripts: Vec<PathBuf>,
        spenders: Vec<RunPath>,
        receipts: Vec<RunPath>,
    ) -> Self {
        Self {
            key,
            txids: Runs::hashed(txids),
            scripts: Runs::hashed(scripts),
            spenders: Runs::new(spenders, false),
            receipts: Runs::new(receipts, false),
            blocks: Mutex::default(),
        }
    }

    /// The tx_ids that a txid may have, in chain order. The caller compares the txids themselves.
    pub fn tx_ids(&self, txid: &Hash) -> Result<Vec<u64>> {
        ids(&self.txids, self.key.txid(txid))
    }

    /// The script_ids that a script may have. The caller compares the scripts themselves.
    pub fn script_ids(&self, script: &[u8]) -> Result<Vec<u64>> {
        ids(&self.scripts, self.key.script(script))
    }

    /// The input that spends an output; none when no block does.
    pub fn spender(&self, txout_id: u64) -> Result<Option<Spender>> {
        for run in self.spenders.of(txout_id) {
            let mut found = None;
            run?.each(txout_id, |_, entry| {
                found = Some(Spender {
                    tx_id: entry[1],
                    vin: entry[2],
                });
                false
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The transactions that spend the outputs from `first` on, -1 where no block does.
    pub fn spending_txs(&self, first: u64, count: usize) -> Result<Vec<i64>> {
        let mut txs = vec![-1; count];
        for run in self.spenders.of(first) {
            run?.each_from(first, |entry| {
                let at = entry[0].checked_sub(first);
                let place = at.and_then(|at| txs.get_mut(usize::try_from(at).ok()?));
                match place {
                    Some(place) => *place = entry[1] as i64,
                    None => return false,
                }
                true
            })?;
        }
        Ok(txs)
    }

    /// The outputs that pay a script, in chain order.
    pub fn receipts(&self, script_id: u64) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        for run in self.receipts.of(script_id) {
            run?.each(script_id, |_, entry| {
                found.push(entry[1]);
                true
            })?;
        }
        if found.is_sorted_by(|a, b| a < b) {
            return Ok(found);
        }
        Err(CoreError::Table {
            table: "receipts".into(),
            what: format!(
                "those of script {script_id} are out of order; 'peelchain chain verify' tells \
                 which file is damaged, 'peelchain chain reindex' makes look-ups anew"
            ),
        })
    }
}

fn ids(runs: &Runs<2>, keyed: Keyed) -> Result<Vec<u64>> {
    let mut found = Vec::new();
    for run in runs.of(keyed.key) {
        let run = run?;
        if run.may_hold(keyed.key) {
            run.each(keyed.key, |_, entry| {
                if (entry[1] ^ keyed.check) & CHECK == 0 {
                    found.push(id_of(entry[1]) as u64);
                }
                true
            })?;
        }
    }
    Ok(found)
}
