//! Columns of the fact tables on their way to Parquet. The Arrow schemas come from schema.py; what is
//! built here must fit them by name and type, or the write fails.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BinaryArray, DictionaryArray, FixedSizeBinaryArray, Int8Array, Int32Array,
    Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, SchemaRef, TimeUnit};
use arrow_select::concat::concat_batches;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use crate::durable::{DurableFile, Written};
use crate::error::{CoreError, Result};

/// Rows a table gathers before they go to the file.
pub const ROWS_PER_BATCH: usize = 1 << 16;
/// Rows a look-up by row must decode at most.
const ROWS_PER_PAGE: usize = 1 << 12;
const ROWS_PER_GROUP: usize = 1 << 18;
/// Bytes of a batch of rows that end it early, so that no column of theirs outgrows its offsets.
const BATCH_BYTES: usize = 1 << 28;

/// Columns that rise with the row, so that a reader may pass over groups of rows by their bounds. The
/// bounds of the others would only cost time.
const RISING: [&str; 8] = [
    "height",
    "time_utc",
    "tx_id",
    "txout_id",
    "script_id",
    "first_tx_id",
    "first_txin",
    "first_txout_id",
];

/// The Arrow type that schema.py names; none for one that no fact table has.
pub fn data_type(name: &str) -> Option<DataType> {
    Some(match name {
        "int32" => DataType::Int32,
        "int64" => DataType::Int64,
        "binary" => DataType::Binary,
        "hash" => DataType::FixedSizeBinary(32),
        "header" => DataType::FixedSizeBinary(80),
        "time" => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        "name" => DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)),
        _ => return None,
    })
}

/// A named column, whole.
pub type Named = (&'static str, ArrayRef);

pub fn ints32(values: &mut Vec<i32>) -> ArrayRef {
    Arc::new(Int32Array::from(std::mem::take(values)))
}

pub fn ints64(values: &mut Vec<i64>) -> ArrayRef {
    Arc::new(Int64Array::from(std::mem::take(values)))
}

/// Nulls where the value is negative.
pub fn optional_ints32(values: &mut Vec<i32>) -> ArrayRef {
    let values = std::mem::take(values);
    // all there is the common case, and then costs no buffer
    let nulls = values
        .iter()
        .any(|v| *v < 0)
        .then(|| values.iter().map(|v| *v >= 0).collect::<NullBuffer>());
    Arc::new(Int32Array::new(values.into(), nulls))
}

/// Nulls where the value is negative.
pub fn optional_ints64(values: &mut Vec<i64>) -> ArrayRef {
    let values = std::mem::take(values);
    let nulls: NullBuffer = values.iter().map(|v| *v >= 0).collect();
    Arc::new(Int64Array::new(values.into(), Some(nulls)))
}

pub fn times(seconds: &mut Vec<i64>) -> ArrayRef {
    let millis: Vec<i64> = std::mem::take(seconds).iter().map(|s| s * 1000).collect();
    Arc::new(TimestampMillisecondArray::from(millis).with_timezone("UTC"))
}

pub fn fixed(bytes: &mut Vec<u8>, width: i32) -> ArrayRef {
    let buffer = Buffer::from_vec(std::mem::take(bytes));
    Arc::new(FixedSizeBinaryArray::new(width, buffer, None))
}

pub fn names(keys: &mut Vec<i8>, all: &[&str]) -> ArrayRef {
    let keys = Int8Array::from(std::mem::take(keys));
    let values = Arc::new(StringArray::from(all.to_vec()));
    Arc::new(DictionaryArray::<Int8Type>::new(keys, values))
}

pub fn binaries(bytes: &mut Vec<u8>, ends: &mut Vec<i32>) -> ArrayRef {
    let mut offsets = vec![0];
    offsets.append(ends);
    let values = Buffer::from_vec(std::mem::take(bytes));
    Arc::new(BinaryArray::new(
        OffsetBuffer::new(offsets.into()),
        values,
        None,
    ))
}

/// One table's Parquet file, being written.
pub struct TableFile {
    table: &'static str,
    path: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<DurableFile>,
    /// Fewer rows than a batch, waiting for more: pages then lie the same however the rows came.
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    rows: u64,
}

/// One table's Parquet file, written and synced.
#[derive(Debug, Clone)]
pub struct TableWritten {
    pub table: &'static str,
    pub path: PathBuf,
    pub rows: u64,
    pub file: Written,
}

impl TableFile {
    pub fn create(table: &'static str, schema: SchemaRef, dir: &Path) -> Result<Self> {
        Self::create_at(table, schema, &dir.join(format!("{table}.parquet")))
    }

    pub fn create_at(table: &'static str, schema: SchemaRef, path: &Path) -> Result<Self> {
        let path = path.to_owned();
        let file = DurableFile::create(&path)?;
        let mut properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_2_0)
            .set_compression(Compression::ZSTD(
                ZstdLevel::try_new(1).expect("1 is a level"),
            ))
            .set_created_by("peelchain".into())
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_data_page_row_count_limit(ROWS_PER_PAGE)
            .set_max_row_group_row_count(Some(ROWS_PER_GROUP));
        for field in schema.fields() {
            let column = ColumnPath::from(field.name().as_str());
            if RISING.contains(&field.name().as_str()) {
                properties = properties
                    .set_column_statistics_enabled(column.clone(), EnabledStatistics::Chunk);
            }
            if matches!(field.data_type(), DataType::Dictionary(..)) {
                properties = properties.set_column_dictionary_enabled(column, true);
            } else if field.data_type().is_integer() || field.data_type().is_temporal() {
                properties = properties.set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
            } else if matches!(field.data_type(), DataType::FixedSizeBinary(_)) {
                // hashes do not compress
                properties = properties.set_column_compression(column, Compression::UNCOMPRESSED);
            }
        }
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties.build()))
            .map_err(|e| refused(table, &path, e))?;
        Ok(Self {
            table,
            path,
            schema,
            writer,
            pending: Vec::new(),
            pending_rows: 0,
            rows: 0,
        })
    }

    /// Appends columns, found by name.
    pub fn append(&mut self, columns: Vec<Named>) -> Result<()> {
        let mut ordered = Vec::with_capacity(columns.len());
        for field in self.schema.fields() {
            let found = columns.iter().find(|(name, _)| name == field.name());
            let Some((_, array)) = found else {
                return Err(CoreError::Table {
                    table: self.table.into(),
                    what: format!(
                        "the schema has a column {} that ingest does not make",
                        field.name()
                    ),
                });
            };
            ordered.push(array.clone());
        }
        let batch =
            RecordBatch::try_new(self.schema.clone(), ordered).map_err(|e| CoreError::Table {
                table: self.table.into(),
                what: e.to_string(),
            })?;
        self.append_rows(batch)
    }

    /// Appends rows of the table's schema.
    pub fn append_rows(&mut self, batch: RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        self.pending_rows += batch.num_rows();
        let bytes: usize = batch.get_array_memory_size();
        self.pending.push(batch);
        while self.pending_rows >= ROWS_PER_BATCH {
            self.write(ROWS_PER_BATCH)?;
        }
        if bytes >= BATCH_BYTES {
            self.write(self.pending_rows)?;
        }
        Ok(())
    }

    fn write(&mut self, rows: usize) -> Result<()> {
        if rows == 0 {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let whole = concat_batches(&self.schema, &pending).map_err(|e| CoreError::Table {
            table: self.table.into(),
            what: e.to_string(),
        })?;
        drop(pending);
        self.writer
            .write(&whole.slice(0, rows))
            .map_err(|e| refused(self.table, &self.path, e))?;
        self.pending_rows -= rows;
        if self.pending_rows > 0 {
            self.pending.push(whole.slice(rows, self.pending_rows));
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<TableWritten> {
        self.write(self.pending_rows)?;
        let file = self
            .writer
            .into_inner()
            .map_err(|e| refused(self.table, &self.path, e))?;
        Ok(TableWritten {
            table: self.table,
            path: self.path,
            rows: self.rows,
            file: file.close(true)?,
        })
    }
}

/// A failed write is the operating system's refusal (a full disk, say) where there is one inside.
fn refused(table: &str, path: &Path, error: ParquetError) -> CoreError {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(source) => CoreError::io(path, *source),
            Err(other) => CoreError::Table {
                table: table.into(),
                what: other.to_string(),
            },
        },
        other => CoreError::Table {
            table: table.into(),
            what: other.to_string(),
        },
    }
}
