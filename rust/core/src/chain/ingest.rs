//! Blocks of the best chain, in order, to the files of a segment: fact tables and look-ups.
//!
//! Threads prepare blocks; the calling thread resolves them in order; three threads write. Queues
//! between them are bounded, and what is written depends on the blocks alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use arrow_schema::SchemaRef;
use hashbrown::HashMap;

use super::block_files::{BlockFiles, Record};
use super::coins::Coins;
use super::columns::{ROWS_PER_BATCH, TableFile, TableWritten};
use super::keys::StoreKey;
use super::pipeline::{Ordered, Taker};
use super::prepare::{Prepared, prepare};
use super::resolve::{Counts, Refused, Resolved, Resolver};
use super::rows::{BlockRows, Rows, ScriptRows, TxInRows, TxOutRows, TxRows};
use super::script_ids::ScriptIds;
use crate::durable::{Written, sync_dir};
use crate::error::{CoreError, Result};
use crate::runs::{RunBuilder, RunFiles, file_of};

pub const TABLES: [&str; 5] = ["blocks", "txs", "txouts", "txins", "scripts"];
/// Blocks that may wait for a writer.
const WAITING: usize = 3;
/// A column of scripts' bytes goes to the file before it is so long.
const SCRIPT_BYTES: usize = 1 << 24;

pub type Schemas = HashMap<&'static str, SchemaRef>;

/// How much of the machine an ingest may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Threads that prepare blocks.
    pub threads: usize,
    /// Bytes for the tables and sorting of a segment; queues and buffers come on top.
    pub segment_bytes: usize,
}

/// Where a store's sealed segments end, and the files that know what they hold.
pub struct State<'a> {
    pub key: StoreKey,
    pub counts: Counts,
    pub coins: &'a [PathBuf],
    pub spent: Option<&'a Path>,
    pub scripts: &'a [PathBuf],
}

/// The files of a segment.
pub struct SegmentWritten {
    pub tables: Vec<TableWritten>,
    /// Look-ups by kind; `coins` only of a sealed segment.
    pub runs: Vec<(&'static str, RunFiles)>,
    /// The spent entries of the older runs of coins; only of a sealed segment.
    pub spent: Option<(PathBuf, Written)>,
}

/// Why a segment ended early, and how many of its blocks were good.
pub struct SegmentFailed {
    pub error: CoreError,
    pub good_blocks: u64,
}

/// An ingest into one store.
pub struct Ingest {
    files: BlockFiles,
    key: StoreKey,
    limits: Limits,
    resolver: Resolver,
}

impl Ingest {
    pub fn open(files: BlockFiles, limits: Limits, state: &State) -> Result<Self> {
        // a quarter at most goes to filters, the rest to the open segment
        let most = limits.segment_bytes / 4;
        let mut room = most;
        let mut coins = Coins::open(state.coins, state.spent, &mut room)?;
        let mut scripts = ScriptIds::open(state.scripts, &mut room)?;
        let limits = Limits {
            segment_bytes: limits.segment_bytes - (most - room),
            ..limits
        };
        coins.limit = limits.segment_bytes / 100 * 35;
        scripts.limit = limits.segment_bytes / 100 * 20;
        let resolver = Resolver {
            counts: state.counts,
            coins,
            scripts,
            rules: files.rules.clone(),
        };
        resolver.known().preload();
        Ok(Self {
            files,
            key: state.key,
            limits,
            resolver,
        })
    }

    pub fn counts(&self) -> Counts {
        self.resolver.counts
    }

    /// Writes the files of the blocks `records`, which follow what was ingested before, in `dir`. After
    /// a `sealed` segment the next may follow; after another the state is to be opened anew, as after an
    /// error. `progress` gets blocks and bytes done and says whether to go on.
    pub fn segment(
        &mut self,
        records: &[Record],
        schemas: &Schemas,
        dir: &Path,
        sealed: bool,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> std::result::Result<SegmentWritten, SegmentFailed> {
        let mut good_blocks = 0;
        let outcome = self.write(records, schemas, dir, sealed, &mut |bytes| {
            good_blocks += 1;
            progress(good_blocks, bytes)
        });
        outcome.map_err(|error| SegmentFailed { error, good_blocks })
    }

    fn write(
        &mut self,
        records: &[Record],
        schemas: &Schemas,
        dir: &Path,
        sealed: bool,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<SegmentWritten> {
        let known = self.resolver.known();
        let mut threads = self.limits.threads.max(1);
        if known.is_large() {
            threads *= 2;
        }
        let queue = Ordered::new(records.len(), 2 * threads + 1);
        let (files, key, resolver) = (&self.files, &self.key, &mut self.resolver);
        let writers = Writers::create(schemas, dir, self.limits.segment_bytes)?;
        let (tables, mut runs, state) = thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| queue.work(|n| prepare(files, &records[n], key, &known)));
            }
            let (senders, handles) = writers.start(scope);
            let taker = queue.taker();
            let resolved = resolve_all(resolver, files, records, taker, &senders, dir, progress);
            drop(senders);
            let state = resolved.and_then(|()| end_state(resolver, dir, sealed));
            let (mut tables, mut runs) = (Vec::new(), Vec::new());
            let mut failed = None;
            for handle in handles {
                match handle.join().expect("a writer does not panic") {
                    Ok(written) => {
                        tables.extend(written.tables);
                        runs.push((written.kind, written.run));
                    }
                    Err(error) => failed = Some(error),
                }
            }
            // a writer's own words say more than that its queue is gone
            match (failed, state) {
                (Some(error), _) | (None, Err(error)) => Err(error),
                (None, Ok(state)) => Ok((tables, runs, state)),
            }
        })?;
        let (state_runs, spent) = state;
        runs.extend(state_runs);
        sync_dir(dir)?;
        Ok(SegmentWritten {
            tables,
            runs,
            spent,
        })
    }
}

type StateWritten = (Vec<(&'static str, RunFiles)>, Option<(PathBuf, Written)>);

fn end_state(resolver: &mut Resolver, dir: &Path, sealed: bool) -> Result<StateWritten> {
    let (scripts, coins) = (&mut resolver.scripts, &mut resolver.coins);
    let (scripts, coins) = thread::scope(|scope| {
        let scripts = scope.spawn(|| scripts.end_segment(dir, sealed));
        let coins = if sealed {
            coins.seal(dir).map(Some)
        } else {
            coins.leave().map(|()| None)
        };
        (
            scripts.join().expect("ending a segment does not panic"),
            coins,
        )
    });
    let mut runs = vec![("scripts", scripts?)];
    Ok(match coins? {
        None => (runs, None),
        Some((coins, spent, written)) => {
            runs.push(("coins", coins));
            (runs, Some((spent, written)))
        }
    })
}

fn resolve_all(
    resolver: &mut Resolver,
    files: &BlockFiles,
    records: &[Record],
    mut blocks: Taker<Result<Prepared>>,
    writers: &[SyncSender<Arc<Resolved>>],
    dir: &Path,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<()> {
    let mut bytes = 0;
    for record in records {
        let prepared = blocks.take().expect("one result a record")?;
        bytes += prepared.raw.len() as u64;
        let resolved = match resolver.add(prepared, record.clone(), dir) {
            Ok(resolved) => Arc::new(resolved),
            Err(Refused::Block(what)) => return Err(files.refuse(record, &what)),
            Err(Refused::Other(error)) => return Err(error),
        };
        for writer in writers {
            // a writer that has failed says so itself when it is joined
            if writer.send(resolved.clone()).is_err() {
                return Err(CoreError::Stopped);
            }
        }
        if !progress(bytes) {
            return Err(CoreError::Stopped);
        }
    }
    Ok(())
}

/// A table's rows on their way to its file.
struct Sink<R: Rows> {
    rows: R,
    file: TableFile,
}

impl<R: Rows> Sink<R> {
    fn create(schemas: &Schemas, dir: &Path) -> Result<Self> {
        let schema = schemas.get(R::TABLE).ok_or_else(|| CoreError::Table {
            table: R::TABLE.into(),
            what: "no schema was given".into(),
        })?;
        Ok(Self {
            rows: R::default(),
            file: TableFile::create(R::TABLE, schema.clone(), dir)?,
        })
    }

    fn push(&mut self, block: &Resolved) -> Result<()> {
        self.rows.push(block);
        if self.rows.count() >= ROWS_PER_BATCH {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.file.append(self.rows.take())
    }

    fn finish(mut self) -> Result<TableWritten> {
        self.flush()?;
        self.file.finish()
    }
}

/// The threads that write: each has tables and one look-up that follows from them.
struct Writers {
    txouts: (Sink<TxOutRows>, RunBuilder<2>),
    txins: (Sink<TxInRows>, RunBuilder<3>),
    txs: (Sink<TxRows>, RunBuilder<2>),
    blocks: Sink<BlockRows>,
    scripts: Sink<ScriptRows>,
}

struct WriterDone {
    tables: Vec<TableWritten>,
    kind: &'static str,
    run: RunFiles,
}

type Started<'scope> = (
    Vec<SyncSender<Arc<Resolved>>>,
    Vec<ScopedJoinHandle<'scope, Result<WriterDone>>>,
);

impl Writers {
    fn create(schemas: &Schemas, dir: &Path, bytes: usize) -> Result<Self> {
        let share = |percent: usize| bytes / 100 * percent;
        let run = |kind| file_of(dir, kind);
        Ok(Self {
            txouts: (
                Sink::create(schemas, dir)?,
                RunBuilder::new(run("receipts"), share(16)),
            ),
            txins: (
                Sink::create(schemas, dir)?,
                RunBuilder::new(run("spenders"), share(22)),
            ),
            txs: (
                Sink::create(schemas, dir)?,
                RunBuilder::new(run("txids"), share(7)),
            ),
            blocks: Sink::create(schemas, dir)?,
            scripts: Sink::create(schemas, dir)?,
        })
    }

    fn start<'scope>(self, scope: &'scope thread::Scope<'scope, '_>) -> Started<'scope> {
        let (mut senders, mut handles) = (Vec::new(), Vec::new());
        let mut channel = || {
            let (sender, receiver) = sync_channel(WAITING);
            senders.push(sender);
            receiver
        };
        let blocks = channel();
        handles.push(scope.spawn(move || write_txouts(blocks, self.txouts)));
        let blocks = channel();
        handles.push(scope.spawn(move || write_txins(blocks, self.txins)));
        let blocks = channel();
        handles
            .push(scope.spawn(move || write_others(blocks, self.txs, self.blocks, self.scripts)));
        (senders, handles)
    }
}

type Blocks = Receiver<Arc<Resolved>>;

fn write_txouts(
    blocks: Blocks,
    (mut sink, mut receipts): (Sink<TxOutRows>, RunBuilder<2>),
) -> Result<WriterDone> {
    for block in blocks {
        sink.push(&block)?;
        let first = block.before.txouts as u64;
        for (at, &script) in block.script_ids.iter().enumerate() {
            receipts.push([script as u64, first + at as u64])?;
        }
    }
    Ok(WriterDone {
        tables: vec![sink.finish()?],
        kind: "receipts",
        run: receipts.finish(false, None)?,
    })
}

fn write_txins(
    blocks: Blocks,
    (mut sink, mut spenders): (Sink<TxInRows>, RunBuilder<3>),
) -> Result<WriterDone> {
    for block in blocks {
        sink.push(&block)?;
        for (index, tx) in block.prepared.block.txs.iter().enumerate() {
            let tx_id = (block.before.txs + index as i64) as u64;
            for (vin, at) in tx.txins.clone().enumerate() {
                let prev = block.prev_txouts[at];
                if prev >= 0 {
                    spenders.push([prev as u64, tx_id, vin as u64])?;
                }
            }
        }
    }
    Ok(WriterDone {
        tables: vec![sink.finish()?],
        kind: "spenders",
        run: spenders.finish(false, None)?,
    })
}

fn write_others(
    blocks: Blocks,
    (mut txs, mut txids): (Sink<TxRows>, RunBuilder<2>),
    mut block_rows: Sink<BlockRows>,
    mut scripts: Sink<ScriptRows>,
) -> Result<WriterDone> {
    for block in blocks {
        txs.push(&block)?;
        block_rows.push(&block)?;
        scripts.push(&block)?;
        if scripts.rows.bytes() >= SCRIPT_BYTES {
            scripts.flush()?;
        }
        for (index, keyed) in block.prepared.txid_keys.iter().enumerate() {
            txids.push([keyed.key, keyed.with_id(block.before.txs + index as i64)])?;
        }
    }
    Ok(WriterDone {
        tables: vec![block_rows.finish()?, txs.finish()?, scripts.finish()?],
        kind: "txids",
        run: txids.finish(true, None)?,
    })
}
