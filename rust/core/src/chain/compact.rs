//! Compaction: neighbouring segments' tables as one file each, neighbouring runs as one. What they hold
//! stays the same, spent coins apart.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hashbrown::HashMap;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::coins::{read_spent, write_spent};
use super::columns::{ROWS_PER_BATCH, TableFile, TableWritten};
use super::ingest::{Schemas, TABLES};
use crate::bits::Bits;
use crate::durable::Written;
use crate::error::{CoreError, Result};
use crate::runs::{Merge, Run, RunFiles, RunWriter, Source, file_of};

/// Called with entries or rows done; false stops the work.
pub type Progress<'a> = dyn FnMut(u64) -> bool + 'a;

/// Writes each table's files, given in chain order, as one in `dir`.
pub fn tables(
    files: &HashMap<&'static str, Vec<PathBuf>>,
    schemas: &Schemas,
    dir: &Path,
    progress: &mut Progress,
) -> Result<Vec<TableWritten>> {
    let mut done = 0;
    let mut written = Vec::new();
    for table in TABLES {
        let (Some(parts), Some(schema)) = (files.get(table), schemas.get(table)) else {
            continue;
        };
        let mut whole = TableFile::create(table, schema.clone(), dir)?;
        for path in parts {
            let refused = |what: String| CoreError::Table {
                table: table.into(),
                what: format!("{}: {what}; run 'peelchain chain verify'", path.display()),
            };
            let file = File::open(path).map_err(|e| CoreError::io(path, e))?;
            let reader = ParquetRecordBatchReaderBuilder::try_new(file)
                .and_then(|b| b.with_batch_size(ROWS_PER_BATCH).build())
                .map_err(|e| refused(e.to_string()))?;
            for batch in reader {
                let batch = batch.map_err(|e| refused(e.to_string()))?;
                // the file's schema has metadata of its own
                let batch = batch
                    .with_schema(schema.clone())
                    .map_err(|e| refused(e.to_string()))?;
                done += batch.num_rows() as u64;
                whole.append_rows(batch)?;
                if !progress(done) {
                    return Err(CoreError::Stopped);
                }
            }
        }
        written.push(whole.finish()?);
    }
    Ok(written)
}

/// Writes runs of `kind`, given in chain order, as one in `dir`, with a filter if they are of keyed hashes.
pub fn runs<const N: usize>(
    kind: &str,
    filter: bool,
    parts: &[PathBuf],
    dir: &Path,
    progress: &mut Progress,
) -> Result<RunFiles> {
    let mut sources = Vec::new();
    for path in parts {
        sources.push(Source::whole(Arc::new(Run::<N>::open_to_pass(path)?)));
    }
    merge(kind, filter, sources, dir, progress)
}

/// Of all runs of coins, in chain order, writes those from `first` to before `end` as one without its
/// spent entries, and the spent bits of the runs that there are then.
pub fn coins(
    all: &[PathBuf],
    spent: &Path,
    first: usize,
    end: usize,
    dir: &Path,
    progress: &mut Progress,
) -> Result<(RunFiles, PathBuf, Written)> {
    let mut opened = Vec::new();
    for path in all {
        opened.push(Arc::new(Run::<3>::open_to_pass(path)?));
    }
    let mut bits: Vec<Bits> = opened.iter().map(|run| Bits::below(run.len())).collect();
    read_spent(spent, bits.iter_mut())?;
    let merged: Vec<Source<3>> = opened[first..end]
        .iter()
        .zip(bits.drain(first..end))
        .map(|(run, without)| Source {
            run: run.clone(),
            without,
        })
        .collect();
    let files = merge("coins", true, merged, dir, progress)?;
    bits.insert(first, Bits::below(files.entries));
    let path = dir.join("spent.bits");
    let written = write_spent(&path, &Vec::from_iter(&bits))?;
    Ok((files, path, written))
}

fn merge<const N: usize>(
    kind: &str,
    filter: bool,
    sources: Vec<Source<N>>,
    dir: &Path,
    progress: &mut Progress,
) -> Result<RunFiles> {
    let most = sources
        .iter()
        .map(|s| s.run.len() - s.without.count())
        .sum();
    let mut writer = RunWriter::create(&file_of(dir, kind), filter.then_some(most), true)?;
    Merge::new(sources)?.write(&mut writer, &mut |done| {
        if progress(done) {
            Ok(())
        } else {
            Err(CoreError::Stopped)
        }
    })?;
    writer.finish()
}
