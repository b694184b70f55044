//! Rows of a table by their number, reading no more of a file than the pages they lie in.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use hashbrown::HashMap;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader, ParquetStatisticsPolicy,
    RowGroupMetaData,
};

use crate::advice::expect_scattered_reads;
use crate::error::{CoreError, Result};
use crate::guarded::guarded;

const BATCH_ROWS: usize = 1 << 16;
/// Rows of a file that do not lie on neighbouring pages as a rule.
const FEW_ROWS: usize = 64;
/// What is kept of the files' descriptions of themselves: a whole chain has thousands.
const KNOWN_BYTES: usize = 64 << 20;

/// A table's files in chain order, each with its number of rows.
pub struct TableFiles {
    pub table: String,
    pub files: Vec<(PathBuf, u64)>,
}

/// Rows of tables by number.
pub struct TableRows {
    tables: HashMap<String, TableFiles>,
    known: Mutex<Known>,
}

/// What files say of themselves, and of the pages of their row groups.
#[derive(Default)]
struct Known {
    files: HashMap<PathBuf, ArrowReaderMetadata>,
    groups: HashMap<(PathBuf, usize), ArrowReaderMetadata>,
    bytes: usize,
}

impl Known {
    fn make_room(&mut self, metadata: &ArrowReaderMetadata) {
        let bytes = metadata.metadata().memory_size();
        if self.bytes + bytes > KNOWN_BYTES {
            *self = Self::default();
        }
        self.bytes += bytes;
    }
}

impl TableRows {
    pub fn new(tables: Vec<TableFiles>) -> Self {
        Self {
            tables: tables.into_iter().map(|t| (t.table.clone(), t)).collect(),
            known: Mutex::default(),
        }
    }

    /// The files of a table.
    pub fn files(&self, table: &str) -> Result<&[(PathBuf, u64)]> {
        let found = self.tables.get(table);
        let found = found.ok_or_else(|| CoreError::Misuse(format!("there is no table {table}")))?;
        Ok(&found.files)
    }

    /// These columns of these rows, given rising and each once. Rows the table does not have are an error.
    pub fn fetch(&self, table: &str, rows: &[u64], columns: &[&str]) -> Result<RecordBatch> {
        let mut batches = Vec::new();
        let mut first = 0;
        let mut rest = rows;
        for (path, count) in self.files(table)? {
            let end = first + count;
            let (own, after) = rest.split_at(rest.partition_point(|r| *r < end));
            if !own.is_empty() {
                let numbers: Vec<usize> = own.iter().map(|r| (r - first) as usize).collect();
                batches.extend(self.of_file(table, path, &numbers, columns)?);
            }
            rest = after;
            first = end;
        }
        if let Some(row) = rest.first() {
            return Err(CoreError::Table {
                table: table.into(),
                what: format!(
                    "it has {first} rows, none of number {row}: a look-up or a table is damaged; \
                     'peelchain chain verify' tells which, 'peelchain chain reindex' makes \
                     look-ups anew"
                ),
            });
        }
        let Some(first) = batches.first() else {
            return Ok(RecordBatch::new_empty(SchemaRef::new(Schema::empty())));
        };
        concat_batches(&first.schema(), &batches).map_err(|e| CoreError::Table {
            table: table.into(),
            what: e.to_string(),
        })
    }

    /// These columns of these rows of one file, rising; numbered from its first row.
    pub fn of_file(
        &self,
        table: &str,
        path: &Path,
        rows: &[usize],
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>> {
        read_from(table, path, || {
            let file = File::open(path).map_err(|e| e.to_string())?;
            if rows.len() < FEW_ROWS {
                expect_scattered_reads(&file);
            }
            let described = self.described(path, &file)?;
            let groups = described.metadata().row_groups();
            let mut batches = Vec::new();
            let (mut start, mut rest, mut read) = (0, rows, 0);
            for (number, group) in groups.iter().enumerate() {
                let end = start + usize::try_from(group.num_rows()).map_err(|e| e.to_string())?;
                let (own, after) = rest.split_at(rest.partition_point(|r| *r < end));
                if !own.is_empty() {
                    let paged = self.paged(path, &file, &described, number)?;
                    let file = file.try_clone().map_err(|e| e.to_string())?;
                    let reader = reader(file, paged, columns)
                        .with_row_selection(selection(own, start, end))
                        .with_batch_size(own.len().min(BATCH_ROWS));
                    for batch in reader.build().map_err(|e| e.to_string())? {
                        let batch = in_order(batch, columns)?;
                        read += batch.num_rows();
                        batches.push(batch);
                    }
                }
                rest = after;
                start = end;
            }
            if read != rows.len() {
                return Err(format!("it gives {read} of {} rows", rows.len()));
            }
            Ok(batches)
        })
    }

    /// Calls `visit` with the number of its first row in the file and each batch of the columns, in
    /// the row groups that `wanted` chooses.
    pub fn pass(
        &self,
        table: &str,
        path: &Path,
        columns: &[&str],
        wanted: impl Fn(&RowGroupMetaData) -> bool,
        mut visit: impl FnMut(u64, &RecordBatch) -> std::result::Result<(), String>,
    ) -> Result<()> {
        read_from(table, path, || {
            let file = File::open(path).map_err(|e| e.to_string())?;
            let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
                .map_err(|e| e.to_string())?;
            let mut first = 0;
            for (number, group) in metadata.metadata().row_groups().iter().enumerate() {
                if wanted(group) {
                    let file = file.try_clone().map_err(|e| e.to_string())?;
                    let reader: ParquetRecordBatchReader = reader(file, metadata.clone(), columns)
                        .with_row_groups(vec![number])
                        .with_batch_size(BATCH_ROWS)
                        .build()
                        .map_err(|e| e.to_string())?;
                    let mut at = first;
                    for batch in reader {
                        let batch = in_order(batch, columns)?;
                        visit(at, &batch)?;
                        at += batch.num_rows() as u64;
                    }
                }
                first += u64::try_from(group.num_rows()).map_err(|e| e.to_string())?;
            }
            Ok(())
        })
    }

    /// What a file says of itself, without what no look-up needs.
    fn described(
        &self,
        path: &Path,
        file: &File,
    ) -> std::result::Result<ArrowReaderMetadata, String> {
        if let Some(known) = self.known().files.get(path) {
            return Ok(known.clone());
        }
        let options = ArrowReaderOptions::new()
            .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
            .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll)
            .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll);
        let read = ArrowReaderMetadata::load(file, options).map_err(|e| e.to_string())?;
        let mut known = self.known();
        known.make_room(&read);
        known.files.insert(path.to_owned(), read.clone());
        Ok(read)
    }

    /// One row group of a file as though it were all, and where its pages lie.
    fn paged(
        &self,
        path: &Path,
        file: &File,
        described: &ArrowReaderMetadata,
        group: usize,
    ) -> std::result::Result<ArrowReaderMetadata, String> {
        let name = (path.to_owned(), group);
        if let Some(known) = self.known().groups.get(&name) {
            return Ok(known.clone());
        }
        let whole = described.metadata();
        let alone = ParquetMetaData::new(
            whole.file_metadata().clone(),
            vec![whole.row_group(group).clone()],
        );
        let mut pages = ParquetMetaDataReader::new_with_metadata(alone)
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Optional);
        pages.read_page_indexes(file).map_err(|e| e.to_string())?;
        let paged = pages.finish().map_err(|e| e.to_string())?;
        let options = ArrowReaderOptions::new().with_schema(described.schema().clone());
        let paged =
            ArrowReaderMetadata::try_new(Arc::new(paged), options).map_err(|e| e.to_string())?;
        let mut known = self.known();
        known.make_room(&paged);
        known.groups.insert(name, paged.clone());
        Ok(paged)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("nobody panics with the lock")
    }
}

/// Runs `read` on a file of a table.
pub(crate) fn read_from<T>(
    table: &str,
    path: &Path,
    read: impl FnOnce() -> std::result::Result<T, String>,
) -> Result<T> {
    guarded(read).map_err(|why| CoreError::Table {
        table: table.into(),
        what: format!(
            "{} cannot be read ({why}); run 'peelchain chain verify' to see what is damaged, then \
             ingest into a new store",
            path.display()
        ),
    })
}

fn reader(
    file: File,
    metadata: ArrowReaderMetadata,
    columns: &[&str],
) -> ParquetRecordBatchReaderBuilder<File> {
    let schema = metadata.metadata().file_metadata().schema_descr();
    let mask = ProjectionMask::columns(schema, columns.iter().copied());
    ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata).with_projection(mask)
}

/// The columns as they were asked for.
fn in_order(
    batch: std::result::Result<RecordBatch, ArrowError>,
    columns: &[&str],
) -> std::result::Result<RecordBatch, String> {
    let batch = batch.map_err(|e| e.to_string())?;
    let places = columns
        .iter()
        .map(|c| batch.schema().index_of(c))
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|e| e.to_string())?;
    batch.project(&places).map_err(|e| e.to_string())
}

/// Which of the rows from `start` to `end` these are.
fn selection(rows: &[usize], start: usize, end: usize) -> RowSelection {
    let mut selectors: Vec<RowSelector> = Vec::new();
    let mut at = start;
    for &row in rows {
        if row > at {
            selectors.push(RowSelector::skip(row - at));
        }
        match selectors.last_mut() {
            Some(last) if !last.skip => last.row_count += 1,
            _ => selectors.push(RowSelector::select(1)),
        }
        at = row + 1;
    }
    if end > at {
        selectors.push(RowSelector::skip(end - at));
    }
    RowSelection::from(selectors)
}
