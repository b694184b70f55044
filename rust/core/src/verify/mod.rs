//! Checks a whole store by its Parquet files alone, in one walk through each table and in bounded
//! memory: nothing is believed that was not read, and no id is used as an index before it was
//! compared with what it indexes.

mod blocks;
mod columns;
mod files;
mod headers;
mod inputs;
mod money;
mod outputs;
mod rows;
mod settle;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow_schema::SchemaRef;

pub use files::verify_files;
pub use headers::HeaderRules;
pub use money::Limits;

use crate::chain::rules::Rules;
use crate::error::{CoreError, Result};
use watch::Meter;

/// Failures of one kind of check that are told in words; the rest are counted.
pub const SHOWN: usize = 20;

/// Called with the kind of work, steps done and steps in all; says whether to go on.
pub type Progress<'a> = dyn FnMut(&'static str, u64, u64) -> bool + 'a;

/// One Parquet file of a table and the rows the manifest says it has.
#[derive(Debug, Clone)]
pub struct StoredFile {
    pub path: PathBuf,
    pub rows: u64,
}

/// A fact table: its files in chain order, the columns they must have, and the rows the manifest
/// counts in all.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: &'static str,
    pub schema: SchemaRef,
    pub files: Vec<StoredFile>,
    pub rows: u64,
}

/// The fact tables of a store.
#[derive(Debug, Clone)]
pub struct Tables {
    pub blocks: Table,
    pub txs: Table,
    pub txouts: Table,
    pub txins: Table,
    pub scripts: Table,
    /// Of the chain they hold.
    pub rules: Arc<Rules>,
}

impl Tables {
    fn all(&self) -> [&Table; 5] {
        [
            &self.blocks,
            &self.txs,
            &self.txouts,
            &self.txins,
            &self.scripts,
        ]
    }
}

/// What a check found: how many things it looked at, the first failures in words, and how many more
/// there are.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Findings {
    pub checked: u64,
    pub failures: Vec<String>,
    pub more: u64,
}

impl Findings {
    fn fail(&mut self, why: impl FnOnce() -> String) {
        if self.failures.len() < SHOWN {
            self.failures.push(why());
        } else {
            self.more += 1;
        }
    }
}

/// Why a check cannot go on.
#[derive(Debug)]
enum Halt {
    /// What it rests on is broken; in words.
    Broken(String),
    /// The user asked to stop.
    Stopped,
}

type Checked<T> = std::result::Result<T, Halt>;

/// Ends a check: a broken foundation is one more failure, a wish to stop is an error.
fn settled(mut findings: Findings, end: Checked<()>) -> Result<Findings> {
    match end {
        Ok(()) => {}
        Err(Halt::Broken(why)) => findings.fail(|| why),
        Err(Halt::Stopped) => return Err(CoreError::Stopped),
    }
    Ok(findings)
}

/// A hash as it is shown, its bytes reversed.
fn shown(hash: &[u8]) -> String {
    hash.iter()
        .rev()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// That the tables are whole and fit each other: rows, types, nulls, ids, bounds, ranges, and each
/// script's number and first use.
pub fn verify_tables(tables: &Tables, progress: &mut Progress) -> Result<Findings> {
    let mut findings = Findings::default();
    for table in tables.all() {
        findings.checked += 1;
        let end = rows::check_files(table);
        findings = settled(findings, end)?;
    }
    if !findings.failures.is_empty() {
        return Ok(findings);
    }
    let stop = AtomicBool::new(false);
    let meter = Meter::new("tables", tables.all().iter().map(|t| t.rows).sum(), &stop);
    let parts = watch::in_parallel(
        vec![
            Box::new(|| outputs::check(tables, &meter)),
            Box::new(|| inputs::check(tables, &meter)),
            Box::new(|| blocks::check(tables, &meter)),
        ],
        &[&meter],
        progress,
    );
    // told in the order of the tables, each thing once
    for part in parts.into_iter().rev() {
        let part = part?;
        findings.more += part.more;
        for failure in part.failures {
            if !findings.failures.contains(&failure) {
                findings.fail(|| failure);
            }
        }
    }
    Ok(findings)
}

/// What the headers say, and what the amounts do. The tables must fit each other.
pub fn verify_chain(
    tables: &Tables,
    header_rules: &HeaderRules,
    limits: Limits,
    progress: &mut Progress,
) -> Result<(Findings, Findings)> {
    let stop = AtomicBool::new(false);
    let headers = Meter::new("headers", tables.blocks.rows, &stop);
    let money = Meter::new("money", tables.txs.rows, &stop);
    let mut parts = watch::in_parallel(
        vec![
            Box::new(|| headers::check(tables, header_rules, &headers)),
            Box::new(|| money::check(tables, limits, &money)),
        ],
        &[&headers, &money],
        progress,
    )
    .into_iter();
    let mut next = || parts.next().expect("one result for each task");
    Ok((next()?, next()?))
}
