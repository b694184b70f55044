//! Links and CoinJoins of a store in one pass over its segments, in chain order: links go to a file
//! and into the clusters as they are found and are never held at once.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use arrow_array::cast::AsArray;
use arrow_schema::SchemaRef;

use super::coinjoin::{self, Input, Kind, Limits, Output, Transaction, TypeCode, Verdict};
use super::links::Links;
use super::outputs::Outputs;
use super::segment::{Columns, Place, outputs_of, places};
use super::union_find::Merging;
use crate::chain::columns::{TableFile, TableWritten, ints64, names};
use crate::chain::script::ScriptType;
use crate::error::{CoreError, Result};
use crate::lookup::TableRows;

const OP_RETURN: TypeCode = ScriptType::OpReturn as TypeCode;
const UNKNOWN: Input = Input {
    value_sat: -1,
    script: -1,
    script_type: -1,
    prev_tx: -1,
    signs_single: false,
};

/// Inputs of transactions that are linked in one go, and whose links are then written while the next
/// are made.
const TXINS_A_STRETCH: usize = 1 << 16;
/// Transactions whose inputs are looked up before any is linked.
const TXS_AT_ONCE: usize = 64;

/// The name of the one rule whose links a pass makes.
pub const MULTI_INPUT: &str = "multi_input";

/// Called with transactions done and in all; false stops the work.
pub type Progress<'a> = dyn FnMut(u64, u64) -> bool + 'a;

/// What a pass is to do.
pub struct Request<'a> {
    /// The store's txs, txins, txouts and scripts.
    pub tables: &'a TableRows,
    /// Transactions before this one were in an earlier pass.
    pub from_tx: u64,
    /// Whether scripts spent together are linked.
    pub multi_input: bool,
    /// What the detectors go by; none looks for no CoinJoin.
    pub limits: Option<&'a Limits>,
    /// The kinds of transaction that give no link.
    pub linkless: &'a [Kind],
    /// The kinds for which it is asked afterwards who the spent scripts are.
    pub retractable: &'a [Kind],
    /// Transactions that give no link, rising.
    pub excluded: &'a [i64],
    /// What an earlier pass said of transactions: rising txout ranges and kinds.
    pub known: Vec<Known>,
    pub schema: SchemaRef,
    /// The file of links to be written.
    pub links: &'a Path,
    /// Where outputs lie that do not fit in memory.
    pub scratch: &'a Path,
}

/// The outputs of a transaction that a detector had something to say of.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub first_txout: i64,
    pub end_txout: i64,
    pub kind: Kind,
}

/// What a detector said of a transaction that gives no link, or of a Tx0. `scripts` are those it
/// spends, each once, -1 for one that is not known; empty where its kind is not retractable.
pub struct Judged {
    pub tx: i64,
    pub verdict: Verdict,
    pub scripts: Vec<i64>,
}

/// The outcome of a pass.
pub struct Passed {
    pub links: TableWritten,
    pub judged: Vec<Judged>,
}

/// Runs the pass; `merging` then holds the links too. What is judged is in chain order.
pub fn pass(
    request: &Request<'_>,
    merging: &mut Merging,
    progress: &mut Progress,
) -> Result<Passed> {
    let all = places(request.tables)?;
    let new: Vec<&Place> = all
        .iter()
        .filter(|p| p.first_tx + p.tx_count > request.from_tx)
        .collect();
    let first_txout = new.first().map_or(0, |p| p.first_txout);
    let count = new.iter().map(|p| p.txout_count as usize).sum();
    let mut work = Work {
        request,
        outputs: Outputs::new(first_txout, count, request.scratch)?,
        older: Vec::new(),
        known: request.known.clone(),
        judged: Vec::new(),
        inputs: Vec::new(),
    };
    let of = all.last().map_or(0, |p| p.first_tx + p.tx_count);
    std::thread::scope(|scope| {
        let (to_work, columns) = sync_channel::<Result<Columns>>(1);
        let (to_file, links) = sync_channel::<Links>(2);
        let places = &new;
        scope.spawn(move || read_all(request.tables, places, &to_work));
        let written = scope.spawn(move || write_all(request, &links));
        let mut worked = Ok(());
        for place in &new {
            worked = next(&columns).and_then(|columns| {
                work.segment(place, &columns, &mut |done, links| {
                    merging
                        .add(&links.script_a, &links.script_b)
                        .map_err(|e| broken(&e.to_string()))?;
                    // a writer that failed has hung up and tells why below
                    to_file.send(links).map_err(|_| CoreError::Stopped)?;
                    if progress(done, of) {
                        Ok(())
                    } else {
                        Err(CoreError::Stopped)
                    }
                })
            });
            if worked.is_err() {
                break;
            }
        }
        drop(columns);
        drop(to_file);
        let written = written
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let links = written?;
        worked?;
        Ok(Passed {
            links,
            judged: std::mem::take(&mut work.judged),
        })
    })
}

fn read_all(tables: &TableRows, places: &[&Place], to: &SyncSender<Result<Columns>>) {
    for place in places {
        let read = Columns::read(tables, place);
        let failed = read.is_err();
        if to.send(read).is_err() || failed {
            return;
        }
    }
}

fn next(columns: &Receiver<Result<Columns>>) -> Result<Columns> {
    let ended = || Err(broken("its reader ended early"));
    columns.recv().unwrap_or_else(|_| ended())
}

fn write_all(request: &Request<'_>, links: &Receiver<Links>) -> Result<TableWritten> {
    let mut file = TableFile::create_at("links", request.schema.clone(), request.links)?;
    for mut some in links {
        if some.tx.is_empty() {
            continue;
        }
        let mut rules = vec![0; some.tx.len()];
        file.append(vec![
            ("tx_id", ints64(&mut some.tx)),
            ("script_a", ints64(&mut some.script_a)),
            ("script_b", ints64(&mut some.script_b)),
            ("rule", names(&mut rules, &[MULTI_INPUT])),
        ])?;
    }
    file.finish()
}

struct Work<'a> {
    request: &'a Request<'a>,
    /// Outputs of the segments of this pass.
    outputs: Outputs,
    /// What the present segment spends of earlier outputs, by txout_id.
    older: Vec<(u64, Output)>,
    known: Vec<Known>,
    judged: Vec<Judged>,
    inputs: Vec<Input>,
}

/// A transaction that is to be told of, or left unlinked; without a verdict where that takes its
/// payload or its parents.
struct Suspect {
    rows: Rows,
    verdict: Option<Verdict>,
}

/// A transaction's rows in the columns of its segment.
#[derive(Clone)]
struct Rows {
    tx: i64,
    txins: Range<usize>,
    txouts: Range<usize>,
}

impl Work<'_> {
    /// Gives the links of a segment piece by piece, in order, with the transactions done by then.
    fn segment(
        &mut self,
        place: &Place,
        columns: &Columns,
        give: &mut dyn FnMut(u64, Links) -> Result<()>,
    ) -> Result<()> {
        self.outputs.extend(&columns.outputs)?;
        self.fetch_older(columns)?;
        let stretches = stretches(place, columns);
        let suspects = match self.request.limits {
            Some(limits) => self.suspects(columns, &stretches, limits)?,
            None => Vec::new(),
        };
        let payloads = self.payloads(columns, &suspects)?;
        let mut silent = Vec::new();
        for (suspect, payload) in suspects.iter().zip(&payloads) {
            let verdict = match (suspect.verdict, self.request.limits) {
                (None, Some(limits)) => {
                    self.judge(columns, &suspect.rows, payload.as_deref(), limits)?
                }
                (verdict, _) => verdict,
            };
            if let Some(verdict) = verdict {
                self.tell(place, columns, &suspect.rows, verdict)?;
                if self.request.linkless.contains(&verdict.kind) {
                    silent.push(suspect.rows.tx);
                }
            }
        }
        for some in stretches.chunks(processors()) {
            let links = side_by_side(some, |stretch| self.links(columns, stretch, &silent));
            for (stretch, links) in some.iter().zip(links) {
                give(place.first_tx + stretch.end as u64, links?)?;
            }
        }
        Ok(())
    }

    /// Looks up the outputs that lie before those of this pass and that these inputs spend.
    fn fetch_older(&mut self, columns: &Columns) -> Result<()> {
        let first = self.outputs.first();
        let mut wanted: Vec<u64> = columns
            .prev_txout
            .iter()
            .filter_map(|prev| u64::try_from(*prev).ok())
            .filter(|prev| *prev < first)
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        self.older.clear();
        if wanted.is_empty() {
            return Ok(());
        }
        let tables = self.request.tables;
        let found = tables.fetch("txouts", &wanted, &Output::COLUMNS)?;
        let found = outputs_of(&found).map_err(|e| broken(&e))?;
        self.older.extend(wanted.iter().copied().zip(found));
        Ok(())
    }

    /// The output an input spends; none where that is not known.
    #[inline]
    fn prevout(&self, prev: i64) -> Result<Option<Output>> {
        let Ok(txout) = u64::try_from(prev) else {
            return Ok(None);
        };
        if let Some(found) = self.outputs.get(txout) {
            return Ok(Some(found));
        }
        match self.older.binary_search_by_key(&txout, |o| o.0) {
            Ok(at) => Ok(Some(self.older[at].1)),
            Err(_) => Err(broken(&format!(
                "an input spends output {txout}, which comes after it"
            ))),
        }
    }

    /// The transactions that give no link, are a Tx0, or may be, in chain order.
    fn suspects(
        &self,
        columns: &Columns,
        stretches: &[Stretch],
        limits: &Limits,
    ) -> Result<Vec<Suspect>> {
        let share = stretches.len().div_ceil(processors()).max(1);
        let shares: Vec<&[Stretch]> = stretches.chunks(share).collect();
        let found = side_by_side(&shares, |share| {
            let mut found = Vec::new();
            let mut inputs = Vec::new();
            for rows in share.iter().flat_map(|stretch| stretch.rows(columns)) {
                let outputs = &columns.outputs[rows.txouts.clone()];
                if (rows.tx as u64) < self.request.from_tx
                    || !coinjoin::may_matter(rows.txins.len(), outputs, limits)
                {
                    continue;
                }
                self.spent(columns, &rows, &mut inputs)?;
                let alone = Transaction {
                    inputs: &inputs,
                    outputs,
                    payload: None,
                };
                let verdict = coinjoin::judge(&alone, &|_| None, limits);
                let Some(verdict) = verdict.filter(|v| self.is_kept(v.kind) || v.kind.is_mix())
                else {
                    // a payload makes a transaction harmless at most, and parents never change its kind
                    continue;
                };
                let has_data = outputs.iter().any(|o| o.script_type == OP_RETURN);
                let is_final = !has_data && verdict.kind != Kind::WhirlpoolMix;
                found.push(Suspect {
                    rows,
                    verdict: is_final.then_some(verdict),
                });
            }
            Ok(found)
        });
        let found: Result<Vec<_>> = found.into_iter().collect();
        Ok(found?.into_iter().flatten().collect())
    }

    /// Whether transactions of this kind are told of.
    fn is_kept(&self, kind: Kind) -> bool {
        self.request.linkless.contains(&kind) || kind == Kind::WhirlpoolTx0
    }

    /// What a transaction spends, as detectors see it.
    fn spent(&self, columns: &Columns, rows: &Rows, into: &mut Vec<Input>) -> Result<()> {
        into.clear();
        for &prev in &columns.prev_txout[rows.txins.clone()] {
            into.push(match self.prevout(prev)? {
                Some(prevout) => Input {
                    value_sat: prevout.value_sat,
                    script: prevout.script,
                    script_type: prevout.script_type,
                    prev_tx: prev,
                    signs_single: false,
                },
                None => UNKNOWN,
            });
        }
        Ok(())
    }

    /// The script of the first OP_RETURN output of each suspect without a verdict, where it has one.
    fn payloads(&self, columns: &Columns, suspects: &[Suspect]) -> Result<Vec<Option<Vec<u8>>>> {
        let script_of = |suspect: &Suspect| {
            if suspect.verdict.is_some() {
                return None;
            }
            let mut txouts = suspect.rows.txouts.clone();
            let is_data = |o: &usize| columns.outputs[*o].script_type == OP_RETURN;
            let found = txouts.find(is_data);
            found.map(|o| columns.outputs[o].script as u64)
        };
        let mut wanted: Vec<u64> = suspects.iter().filter_map(script_of).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(vec![None; suspects.len()]);
        }
        let tables = self.request.tables;
        let found = tables.fetch("scripts", &wanted, &["script_pubkey"])?;
        let bytes = found.column(0).as_binary_opt::<i32>();
        let bytes = bytes.ok_or_else(|| broken("script_pubkey is of another type"))?;
        let payload = |script: u64| {
            let at = wanted.binary_search(&script).ok()?;
            Some(bytes.value(at).to_vec())
        };
        Ok(suspects
            .iter()
            .map(|suspect| script_of(suspect).and_then(payload))
            .collect())
    }

    /// What a suspect is, its payload and its parents known.
    fn judge(
        &mut self,
        columns: &Columns,
        rows: &Rows,
        payload: Option<&[u8]>,
        limits: &Limits,
    ) -> Result<Option<Verdict>> {
        let mut inputs = std::mem::take(&mut self.inputs);
        self.spent(columns, rows, &mut inputs)?;
        let transaction = Transaction {
            inputs: &inputs,
            outputs: &columns.outputs[rows.txouts.clone()],
            payload,
        };
        let known = |txout: i64| {
            let at = self.known.partition_point(|k| k.end_txout <= txout);
            let found = self.known.get(at).filter(|k| k.first_txout <= txout);
            found.map(|k| k.kind)
        };
        let verdict = coinjoin::judge(&transaction, &known, limits);
        self.inputs = inputs;
        Ok(verdict)
    }

    /// Keeps what is to be told of a transaction, and what later ones ask of it.
    fn tell(
        &mut self,
        place: &Place,
        columns: &Columns,
        rows: &Rows,
        verdict: Verdict,
    ) -> Result<()> {
        let kind = verdict.kind;
        if kind.is_mix() || kind == Kind::WhirlpoolTx0 {
            let first = place.first_txout as i64;
            self.known.push(Known {
                first_txout: first + rows.txouts.start as i64,
                end_txout: first + rows.txouts.end as i64,
                kind,
            });
        }
        if !self.is_kept(kind) {
            return Ok(());
        }
        let mut scripts = Vec::new();
        if self.request.retractable.contains(&kind) {
            for &prev in &columns.prev_txout[rows.txins.clone()] {
                scripts.push(self.prevout(prev)?.map_or(-1, |p| p.script));
            }
            scripts.sort_unstable();
            scripts.dedup();
        }
        self.judged.push(Judged {
            tx: rows.tx,
            verdict,
            scripts,
        });
        Ok(())
    }

    /// The links of a stretch, but of the transactions in `silent`: of one that spends k distinct
    /// scripts k - 1, from the least to each other.
    fn links(&self, columns: &Columns, stretch: &Stretch, silent: &[i64]) -> Result<Links> {
        let mut links = Links::default();
        if !self.request.multi_input {
            return Ok(links);
        }
        let mut leave_out = [self.request.excluded, silent].map(|txs| Rising::from(txs, stretch));
        let mut scripts = Vec::new();
        let mut ends = Vec::new();
        let mut all = stretch.rows(columns).peekable();
        while all.peek().is_some() {
            scripts.clear();
            ends.clear();
            // the processor waits for the outputs of all of these at once
            for rows in all.by_ref().take(TXS_AT_ONCE) {
                let is_old = (rows.tx as u64) < self.request.from_tx;
                let out = leave_out.iter_mut().any(|txs| txs.has(rows.tx));
                if rows.txins.len() < 2 || is_old || out {
                    continue;
                }
                for &prev in &columns.prev_txout[rows.txins] {
                    if let Some(script) = self.outputs.script(prev as u64) {
                        scripts.push(script);
                    } else if let Some(prevout) = self.prevout(prev)? {
                        scripts.push(prevout.script);
                    }
                }
                ends.push((rows.tx, scripts.len()));
            }
            let mut start = 0;
            for &(tx, end) in &ends {
                links.star(tx, &mut scripts[start..end]);
                start = end;
            }
        }
        Ok(links)
    }
}

/// Transactions that follow each other in a segment, and where their rows begin.
#[derive(Clone, Copy)]
struct Stretch {
    first_tx: u64,
    at: usize,
    end: usize,
    txin: usize,
    txout: usize,
}

impl Stretch {
    fn rows<'a>(&self, columns: &'a Columns) -> impl Iterator<Item = Rows> + 'a {
        let Stretch {
            first_tx,
            at,
            end,
            mut txin,
            mut txout,
        } = *self;
        (at..end).map(move |at| {
            let txins = txin..txin + columns.txin_count[at] as usize;
            let txouts = txout..txout + columns.txout_count[at] as usize;
            (txin, txout) = (txins.end, txouts.end);
            Rows {
                tx: (first_tx + at as u64) as i64,
                txins,
                txouts,
            }
        })
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The segment in stretches of `TXINS_A_STRETCH` inputs or a little more.
fn stretches(place: &Place, columns: &Columns) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let (mut txin, mut txout) = (0, 0);
    let counts = columns.txin_count.iter().zip(&columns.txout_count);
    for (at, (&txins, &txouts)) in counts.enumerate() {
        if stretches
            .last()
            .is_none_or(|s| txin - s.txin >= TXINS_A_STRETCH)
        {
            stretches.push(Stretch {
                first_tx: place.first_tx,
                at,
                end: at,
                txin,
                txout,
            });
        }
        txin += txins as usize;
        txout += txouts as usize;
        if let Some(last) = stretches.last_mut() {
            last.end = at + 1;
        }
    }
    stretches
}

/// Does the same work on each share, in threads; the outcomes are in order.
fn side_by_side<S: Sync, T: Send>(shares: &[S], work: impl Fn(&S) -> T + Sync) -> Vec<T> {
    let [first, rest @ ..] = shares else {
        return Vec::new();
    };
    std::thread::scope(|scope| {
        let work = &work;
        let working: Vec<_> = rest
            .iter()
            .map(|share| scope.spawn(move || work(share)))
            .collect();
        let mut done = vec![work(first)];
        for worker in working {
            let outcome = worker.join();
            done.push(outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    })
}

/// Rising tx_ids, asked in rising order whether they hold one.
struct Rising<'a>(&'a [i64]);

impl<'a> Rising<'a> {
    fn from(txs: &'a [i64], stretch: &Stretch) -> Self {
        let first = (stretch.first_tx + stretch.at as u64) as i64;
        Self(&txs[txs.partition_point(|&tx| tx < first)..])
    }

    fn has(&mut self, tx: i64) -> bool {
        while self.0.first().is_some_and(|&held| held < tx) {
            self.0 = &self.0[1..];
        }
        self.0.first() == Some(&tx)
    }
}

fn broken(what: &str) -> CoreError {
    CoreError::damaged("txouts", what)
}
