//! A table's rows, file after file, one batch in memory at a time. A file is what somebody wrote:
//! whatever is wrong with it ends in words that name it.

use std::fs::File;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};

use super::columns::Batch;
use super::watch::Meter;
use super::{Checked, Halt, StoredFile, Table};
use crate::guarded::guarded;

/// Rows in memory at a time; few for scripts, each of which may fill a block.
const BATCH_ROWS: usize = 1 << 15;
const SCRIPT_BATCH_ROWS: usize = 1 << 12;

/// That every file of a table can be opened, has the schema's columns and the manifest's rows.
pub fn check_files(table: &Table) -> Checked<()> {
    let mut rows = 0u64;
    for file in &table.files {
        let opened = Opened::new(table, file)?;
        if opened.rows() != file.rows {
            return Err(Halt::Broken(format!(
                "table {}: {} has {} rows, the manifest says {}",
                table.name,
                file.path.display(),
                opened.rows(),
                file.rows
            )));
        }
        rows = rows.saturating_add(file.rows);
    }
    if rows != table.rows {
        return Err(Halt::Broken(format!(
            "table {}: it has {rows} rows, the manifest counts {}",
            table.name, table.rows
        )));
    }
    Ok(())
}

/// A Parquet file whose footer was read and has the columns of its table.
pub struct Opened<'a> {
    stored: &'a StoredFile,
    table: &'static str,
    file: File,
    metadata: ArrowReaderMetadata,
}

impl<'a> Opened<'a> {
    pub fn new(table: &Table, stored: &'a StoredFile) -> Checked<Self> {
        let open = || -> std::result::Result<Self, String> {
            let file = File::open(&stored.path).map_err(|e| super::files::in_words(&e))?;
            // an Arrow schema that the file carries could turn its types into others
            let plain = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
            let found = ArrowReaderMetadata::load(&file, plain).map_err(|e| e.to_string())?;
            let schema = typed(&table.schema, found.schema())?;
            let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
            let metadata = ArrowReaderMetadata::try_new(found.metadata().clone(), options)
                .map_err(|e| e.to_string())?;
            Ok(Self {
                stored,
                table: table.name,
                file,
                metadata,
            })
        };
        read_from(stored, open)
    }

    fn rows(&self) -> u64 {
        self.row_groups().fold(0, u64::saturating_add)
    }

    /// The rows of each row group, as the footer has them.
    pub fn row_groups(&self) -> impl Iterator<Item = u64> {
        let groups = self.metadata.metadata().row_groups();
        groups
            .iter()
            .map(|g| u64::try_from(g.num_rows()).unwrap_or(0))
    }

    /// Reads the columns, of one row group or of all.
    pub fn reader(&self, columns: &[&str], group: Option<usize>) -> Checked<Reader<'a>> {
        let read = || -> std::result::Result<ParquetRecordBatchReader, String> {
            let file = self.file.try_clone().map_err(|e| e.to_string())?;
            let builder =
                ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
            let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
            let batch = if columns.contains(&"script_pubkey") {
                SCRIPT_BATCH_ROWS
            } else {
                BATCH_ROWS
            };
            let mut builder = builder.with_projection(mask).with_batch_size(batch);
            if let Some(group) = group {
                builder = builder.with_row_groups(vec![group]);
            }
            builder.build().map_err(|e| e.to_string())
        };
        Ok(Reader {
            stored: self.stored,
            table: self.table,
            inner: read_from(self.stored, read)?,
        })
    }
}

/// The file's own schema, its names read as dictionaries; in words what it lacks of what is wanted.
fn typed(wanted: &Schema, found: &Schema) -> std::result::Result<Schema, String> {
    for field in wanted.fields() {
        let name = field.name();
        let plain = match field.data_type() {
            DataType::Dictionary(_, value) => value.as_ref(),
            other => other,
        };
        match found.field_with_name(name) {
            Err(_) => return Err(format!("it has no column {name}")),
            Ok(field) if field.data_type() != plain => {
                let other = field.data_type();
                return Err(format!("its column {name} is of type {other}, not {plain}"));
            }
            Ok(_) => {}
        }
    }
    let fields: Vec<Field> = found
        .fields()
        .iter()
        .map(|field| {
            let field = field.as_ref().clone();
            match wanted.field_with_name(field.name()).map(Field::data_type) {
                // keys wide enough for whatever names there are
                Ok(DataType::Dictionary(_, value)) => field.with_data_type(DataType::Dictionary(
                    Box::new(DataType::Int32),
                    value.clone(),
                )),
                _ => field,
            }
        })
        .collect();
    Ok(Schema::new(fields))
}

/// The rows of a file, in batches.
pub struct Reader<'a> {
    stored: &'a StoredFile,
    table: &'static str,
    inner: ParquetRecordBatchReader,
}

impl Reader<'_> {
    pub fn next(&mut self) -> Checked<Option<Batch>> {
        let inner = &mut self.inner;
        let batch = read_from(self.stored, || {
            inner.next().transpose().map_err(|e| e.to_string())
        })?;
        Ok(batch.map(|rows| Batch::new(self.table, rows)))
    }
}

/// What the Parquet library makes of a file; its refusals and its panics in words.
fn read_from<T>(
    file: &StoredFile,
    read: impl FnOnce() -> std::result::Result<T, String>,
) -> Checked<T> {
    guarded(read).map_err(|why| {
        Halt::Broken(format!(
            "{} cannot be read ({why}); ingest into a new store",
            file.path.display()
        ))
    })
}

/// A table, or some of its columns, read one batch after the other.
pub struct Rows<'a> {
    table: &'a Table,
    columns: Vec<&'a str>,
    whole: bool,
    meter: Option<&'a Meter<'a>>,
    place: usize,
    reader: Option<Reader<'a>>,
    left: u64,
}

impl<'a> Rows<'a> {
    /// Every column, no null where the schema allows none; each row read is a step of the work.
    pub fn whole(table: &'a Table, meter: &'a Meter<'a>) -> Self {
        let all = table.schema.fields().iter();
        Self {
            whole: true,
            meter: Some(meter),
            ..Self::some(table, all.map(|field| field.name().as_str()).collect())
        }
    }

    /// These columns; rows read are no steps of the work.
    pub fn some(table: &'a Table, columns: Vec<&'a str>) -> Self {
        Self {
            table,
            columns,
            whole: false,
            meter: None,
            place: 0,
            reader: None,
            left: 0,
        }
    }

    /// The next batch, never an empty one.
    pub fn next(&mut self) -> Checked<Option<Batch>> {
        loop {
            if let Some(reader) = &mut self.reader {
                let batch = reader.next()?;
                let count = batch.as_ref().map_or(0, |b| b.len() as u64);
                if count > self.left || (count == 0 && self.left > 0) {
                    return Err(Halt::Broken(format!(
                        "{} cannot be read (its rows are not as many as it says); ingest into a \
                         new store",
                        reader.stored.path.display()
                    )));
                }
                self.left -= count;
                if let Some(meter) = self.meter {
                    meter.add(count)?;
                }
                if let Some(batch) = batch.filter(|b| b.len() > 0) {
                    if self.whole {
                        batch.check_nulls(&self.table.schema)?;
                    }
                    return Ok(Some(batch));
                }
                self.reader = None;
                self.place += 1;
            }
            let Some(file) = self.table.files.get(self.place) else {
                return Ok(None);
            };
            self.left = file.rows;
            self.reader = Some(Opened::new(self.table, file)?.reader(&self.columns, None)?);
        }
    }
}

/// One table's rows handed out one at a time, as the columns `T` of the batch and the place in it.
pub struct Cursor<'a, T> {
    rows: Rows<'a>,
    load: fn(&Batch) -> Checked<T>,
    columns: Option<T>,
    at: usize,
    len: usize,
}

impl<'a, T> Cursor<'a, T> {
    pub fn new(rows: Rows<'a>, load: fn(&Batch) -> Checked<T>) -> Self {
        Self {
            rows,
            load,
            columns: None,
            at: 0,
            len: 0,
        }
    }

    #[inline]
    pub fn next(&mut self) -> Checked<Option<(&T, usize)>> {
        self.at += 1;
        if self.at >= self.len {
            self.turn()?;
        }
        Ok(self.columns.as_ref().map(|columns| (columns, self.at)))
    }

    #[cold]
    fn turn(&mut self) -> Checked<()> {
        self.columns = None;
        self.at = 0;
        self.len = 0;
        if let Some(batch) = self.rows.next()? {
            self.columns = Some((self.load)(&batch)?);
            self.len = batch.len();
        }
        Ok(())
    }
}
