//! Pages of the columns of a store's tables, read from its Parquet files one at a time.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use hashbrown::HashMap;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::Type;
use parquet::column::page::PageReader;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::file::metadata::{
    ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader,
    ParquetStatisticsPolicy,
};
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::numbers::Numbers;
use crate::error::{CoreError, Result};
use crate::lookup::{TableRows, read_from};

/// A column that is read, and how its values become numbers.
#[derive(Clone, Copy)]
pub struct Column {
    pub table: &'static str,
    pub name: &'static str,
    pub values: Values,
}

/// What a column holds.
#[derive(Clone, Copy)]
pub enum Values {
    Int32,
    Int64,
    /// A null is -1.
    Int64OrNull,
    /// A name or script as the number that is made of its bytes.
    Bytes(fn(&[u8]) -> i64),
}

/// The numbers of a page, from row `first` of the table on.
pub struct ColumnPage {
    pub first: u64,
    pub count: u64,
    pub numbers: Numbers,
}

/// What is kept of where pages lie: a whole chain's takes some 400 megabytes, and making it anew is
/// a small read for each quarter of a million rows.
const PLACES_BYTES: usize = 96 << 20;
/// What is kept of files' descriptions of themselves: all of a whole chain's.
const DESCRIPTIONS_BYTES: usize = 160 << 20;
/// Files kept open at once: systems allow a thousand as a rule.
const OPEN_FILES: usize = 256;

type Name = (usize, usize);
type Read<T> = std::result::Result<T, String>;

struct Table {
    name: &'static str,
    files: Vec<(PathBuf, u64)>,
    /// The first row of each file, and past the last what would be the next's.
    firsts: Vec<u64>,
}

/// A file's description of itself, with the first row of each group, counted from the file's.
struct Described {
    metadata: ArrowReaderMetadata,
    firsts: Vec<u64>,
}

/// Columns of a store's tables.
pub struct Columns {
    columns: Vec<Column>,
    /// The table of each column.
    of: Vec<usize>,
    tables: Vec<Table>,
    open: HashMap<Name, Arc<File>>,
    described: HashMap<Name, Arc<Described>>,
    described_bytes: usize,
    places: HashMap<(Name, usize), Arc<Vec<OffsetIndexMetaData>>>,
    places_bytes: usize,
    pages_read: u64,
}

impl Columns {
    /// The columns of these tables. A table that is not there is an error.
    pub fn new(rows: &TableRows, columns: &[Column]) -> Result<Self> {
        let mut tables: Vec<Table> = Vec::new();
        let mut of = Vec::new();
        for column in columns {
            let known = tables.iter().position(|t| t.name == column.table);
            of.push(known.unwrap_or(tables.len()));
            if known.is_none() {
                let files = rows.files(column.table)?.to_vec();
                let mut firsts = vec![0];
                let ends = files.iter().scan(0, |end, (_, count)| {
                    *end += count;
                    Some(*end)
                });
                firsts.extend(ends);
                tables.push(Table {
                    name: column.table,
                    files,
                    firsts,
                });
            }
        }
        Ok(Self {
            columns: columns.to_vec(),
            of,
            tables,
            open: HashMap::new(),
            described: HashMap::new(),
            described_bytes: 0,
            places: HashMap::new(),
            places_bytes: 0,
            pages_read: 0,
        })
    }

    /// Rows of the table that a column is of.
    pub fn rows(&self, column: usize) -> u64 {
        let firsts = &self.tables[self.of[column]].firsts;
        firsts.last().copied().unwrap_or(0)
    }

    /// Pages read so far.
    pub fn pages_read(&self) -> u64 {
        self.pages_read
    }

    /// The page of a column that holds a row, which must be below `rows`.
    pub fn page(&mut self, column: usize, row: u64) -> Result<ColumnPage> {
        self.pages_read += 1;
        let table = self.of[column];
        let of = &self.tables[table];
        let file = of.firsts.partition_point(|first| *first <= row) - 1;
        let (Some(first), Some((path, _))) = (of.firsts.get(file).copied(), of.files.get(file))
        else {
            return Err(CoreError::damaged(of.name, &format!("it has no row {row}")));
        };
        let (name, path) = (of.name, path.clone());
        read_from(name, &path, || {
            let page = self.page_of((table, file), &path, column, row - first)?;
            Ok(ColumnPage {
                first: first + page.first,
                ..page
            })
        })
    }

    /// As `page`, of one file and with rows counted from its first.
    fn page_of(&mut self, name: Name, path: &PathBuf, column: usize, row: u64) -> Read<ColumnPage> {
        let file = self.opened(name, path)?;
        let described = self.described(name, &file)?;
        let number = described.firsts.partition_point(|first| *first <= row) - 1;
        let whole = described.metadata.metadata();
        let asked = &self.columns[column];
        let descriptions = whole.file_metadata().schema_descr().columns();
        let at = descriptions.iter().position(|c| c.name() == asked.name);
        let at = at.ok_or_else(|| format!("it has no column {}", asked.name))?;
        let values = asked.values;
        let places = self.places((name, number), &file, whole)?;
        let group = whole.row_group(number);
        let (start, end) = (described.firsts[number], described.firsts[number + 1]);
        let within = row - start;
        let (mut first, mut count) = (0, end - start);
        let locations = places.get(at).map(|index| index.page_locations().clone());
        if let Some(locations) = &locations {
            let begins = |place: usize| {
                let page = locations.get(place);
                page.map_or(Ok(end - start), |page| {
                    u64::try_from(page.first_row_index).map_err(|e| e.to_string())
                })
            };
            let after = locations.partition_point(|page| page.first_row_index <= within as i64);
            first = begins(after.checked_sub(1).ok_or("its first page is missing")?)?;
            count = begins(after)?
                .checked_sub(first)
                .filter(|count| first + count <= end - start)
                .ok_or("its pages overlap")?;
        }
        let chunk = group.column(at);
        let pages = SerializedPageReader::new(file, chunk, (end - start) as usize, locations)
            .map_err(|e| e.to_string())?;
        let numbers = numbers(
            Box::new(pages),
            chunk,
            values,
            first as usize,
            count as usize,
        )?;
        Ok(ColumnPage {
            first: start + first,
            count,
            numbers: Numbers::of(&numbers),
        })
    }

    fn opened(&mut self, name: Name, path: &PathBuf) -> Read<Arc<File>> {
        if let Some(file) = self.open.get(&name) {
            return Ok(file.clone());
        }
        let file = Arc::new(File::open(path).map_err(|e| e.to_string())?);
        if self.open.len() >= OPEN_FILES {
            self.open.clear();
        }
        self.open.insert(name, file.clone());
        Ok(file)
    }

    fn described(&mut self, name: Name, file: &File) -> Read<Arc<Described>> {
        if let Some(known) = self.described.get(&name) {
            return Ok(known.clone());
        }
        let options = ArrowReaderOptions::new()
            .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
            .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll)
            .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll);
        let metadata = ArrowReaderMetadata::load(file, options).map_err(|e| e.to_string())?;
        let mut firsts = vec![0];
        for group in metadata.metadata().row_groups() {
            let rows = u64::try_from(group.num_rows()).map_err(|e| e.to_string())?;
            firsts.push(firsts[firsts.len() - 1] + rows);
        }
        let expected = self.tables[name.0].files[name.1].1;
        let rows = firsts[firsts.len() - 1];
        if rows != expected {
            return Err(format!("it has {rows} rows, not {expected}"));
        }
        let bytes = metadata.metadata().memory_size();
        if self.described_bytes + bytes > DESCRIPTIONS_BYTES {
            self.described.clear();
            self.described_bytes = 0;
        }
        self.described_bytes += bytes;
        let known = Arc::new(Described { metadata, firsts });
        self.described.insert(name, known.clone());
        Ok(known)
    }

    /// Where the pages of a group's columns lie; none where the file does not say.
    fn places(
        &mut self,
        name: (Name, usize),
        file: &File,
        whole: &ParquetMetaData,
    ) -> Read<Arc<Vec<OffsetIndexMetaData>>> {
        if let Some(known) = self.places.get(&name) {
            return Ok(known.clone());
        }
        let group = whole.row_group(name.1).clone();
        let alone = ParquetMetaData::new(whole.file_metadata().clone(), vec![group]);
        let mut reader = ParquetMetaDataReader::new_with_metadata(alone)
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Optional);
        reader.read_page_indexes(file).map_err(|e| e.to_string())?;
        let paged = reader.finish().map_err(|e| e.to_string())?;
        let of_groups = paged.offset_index().map(|index| index.as_slice());
        let places = of_groups.and_then(|groups| groups.first().cloned());
        let places = Arc::new(places.unwrap_or_default());
        let pages: usize = places.iter().map(|p| p.page_locations().len()).sum();
        let bytes = size_of_val(&**places) + pages * size_of::<PageBytes>();
        if self.places_bytes + bytes > PLACES_BYTES {
            self.places.clear();
            self.places_bytes = 0;
        }
        self.places_bytes += bytes;
        self.places.insert(name, places.clone());
        Ok(places)
    }
}

type PageBytes = parquet::file::page_index::offset_index::PageLocation;

/// `count` numbers of a chunk after the first `skipped`.
fn numbers(
    pages: Box<dyn PageReader>,
    chunk: &ColumnChunkMetaData,
    values: Values,
    skipped: usize,
    count: usize,
) -> Read<Vec<i64>> {
    let physical = match values {
        Values::Int32 => Type::INT32,
        Values::Int64 | Values::Int64OrNull => Type::INT64,
        Values::Bytes(_) => Type::BYTE_ARRAY,
    };
    if chunk.column_type() != physical || chunk.column_descr().max_rep_level() > 0 {
        let (path, found) = (chunk.column_path(), chunk.column_type());
        return Err(format!(
            "its column {path} is of type {found}, not {physical}"
        ));
    }
    match values {
        Values::Int32 => {
            let (found, _) = decoded::<Int32Type>(pages, chunk, skipped, count, false)?;
            Ok(found.into_iter().map(i64::from).collect())
        }
        Values::Int64 => Ok(decoded::<Int64Type>(pages, chunk, skipped, count, false)?.0),
        Values::Int64OrNull => {
            let (found, present) = decoded::<Int64Type>(pages, chunk, skipped, count, true)?;
            if found.len() == count {
                return Ok(found);
            }
            let mut found = found.into_iter();
            let spread = present.iter().map(|level| {
                if *level > 0 {
                    found.next().unwrap_or(-1)
                } else {
                    -1
                }
            });
            Ok(spread.collect())
        }
        Values::Bytes(number) => {
            let (found, _) = decoded::<ByteArrayType>(pages, chunk, skipped, count, false)?;
            Ok(found.iter().map(|bytes| number(bytes.data())).collect())
        }
    }
}

/// The values there are among `count` rows, and of each row whether it has one, where any may lack.
fn decoded<T: DataType>(
    pages: Box<dyn PageReader>,
    chunk: &ColumnChunkMetaData,
    skipped: usize,
    count: usize,
    nulls: bool,
) -> Read<(Vec<T::T>, Vec<i16>)> {
    let mut reader = ColumnReaderImpl::<T>::new(chunk.column_descr_ptr(), pages);
    let may_lack = chunk.column_descr().max_def_level() > 0;
    let passed = reader.skip_records(skipped).map_err(|e| e.to_string())?;
    let (mut found, mut present) = (Vec::with_capacity(count), Vec::new());
    let (rows, values, _) = reader
        .read_records(count, may_lack.then_some(&mut present), None, &mut found)
        .map_err(|e| e.to_string())?;
    if passed != skipped || rows != count || found.len() != values {
        return Err(format!("it gives {rows} of {count} rows"));
    }
    if values != count && !nulls {
        return Err(format!("its column {} has nulls", chunk.column_path()));
    }
    Ok((found, present))
}
