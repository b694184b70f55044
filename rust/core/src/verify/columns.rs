//! The columns of a batch as plain numbers and bytes, and what is found wrong with one.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, BinaryArray, FixedSizeBinaryArray, RecordBatch};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::Schema;

use super::{Checked, Findings, Halt};

/// A name that is none of those expected.
pub const UNKNOWN: u8 = u8::MAX;

pub type Ints32 = ScalarBuffer<i32>;
pub type Ints64 = ScalarBuffer<i64>;

/// Rows of a table. The reader gave each column the type that docs/schema.md has.
pub struct Batch {
    table: &'static str,
    rows: RecordBatch,
}

impl Batch {
    pub fn new(table: &'static str, rows: RecordBatch) -> Self {
        Self { table, rows }
    }

    pub fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// That no column has nulls where the schema allows none.
    pub fn check_nulls(&self, schema: &Schema) -> Checked<()> {
        for field in schema.fields().iter().filter(|f| !f.is_nullable()) {
            if let Some(column) = self.rows.column_by_name(field.name()) {
                // a null may stand in a dictionary as well as among its keys
                self.without_nulls(field.name(), column.logical_null_count())?;
            }
        }
        Ok(())
    }

    fn typed<'b, A>(
        &'b self,
        name: &str,
        as_type: impl FnOnce(&'b dyn Array) -> Option<&'b A>,
    ) -> Checked<&'b A> {
        let column = self.rows.column_by_name(name);
        column.and_then(|c| as_type(c.as_ref())).ok_or_else(|| {
            Halt::Broken(format!(
                "table {}: column {name} is not of its type",
                self.table
            ))
        })
    }

    fn without_nulls(&self, name: &str, nulls: usize) -> Checked<()> {
        if nulls > 0 {
            return Err(Halt::Broken(format!(
                "table {}: column {name} has nulls",
                self.table
            )));
        }
        Ok(())
    }

    pub fn ints32(&self, name: &str) -> Checked<Ints32> {
        let column = self.typed(name, |c| c.as_primitive_opt::<Int32Type>())?;
        self.without_nulls(name, column.null_count())?;
        Ok(column.values().clone())
    }

    pub fn ints64(&self, name: &str) -> Checked<Ints64> {
        let column = self.typed(name, |c| c.as_primitive_opt::<Int64Type>())?;
        self.without_nulls(name, column.null_count())?;
        Ok(column.values().clone())
    }

    /// The numbers, 0 where there is none.
    pub fn ints32_or_0(&self, name: &str) -> Checked<Ints32> {
        let column = self.typed(name, |c| c.as_primitive_opt::<Int32Type>())?;
        if column.null_count() == 0 {
            return Ok(column.values().clone());
        }
        Ok(column.iter().map(Option::unwrap_or_default).collect())
    }

    /// The numbers, and which of them are there.
    pub fn optional_ints64(&self, name: &str) -> Checked<(Ints64, Option<NullBuffer>)> {
        let column = self.typed(name, |c| c.as_primitive_opt::<Int64Type>())?;
        Ok((column.values().clone(), column.nulls().cloned()))
    }

    /// Milliseconds since 1970.
    pub fn times(&self, name: &str) -> Checked<Ints64> {
        let column = self.typed(name, |c| c.as_primitive_opt::<TimestampMillisecondType>())?;
        self.without_nulls(name, column.null_count())?;
        Ok(column.values().clone())
    }

    pub fn fixed(&self, name: &str) -> Checked<FixedSizeBinaryArray> {
        let column = self.typed(name, |c| c.as_fixed_size_binary_opt())?;
        self.without_nulls(name, column.null_count())?;
        Ok(column.clone())
    }

    pub fn binary(&self, name: &str) -> Checked<BinaryArray> {
        let column = self.typed(name, |c| c.as_binary_opt::<i32>())?;
        self.without_nulls(name, column.null_count())?;
        Ok(column.clone())
    }

    /// For each row the place of its name among `known`, `UNKNOWN` for another.
    pub fn names(&self, name: &str, known: &[&str]) -> Checked<Vec<u8>> {
        let column = self.typed(name, |c| c.as_dictionary_opt::<Int32Type>())?;
        self.without_nulls(name, column.logical_null_count())?;
        let Some(values) = column.values().as_string_opt::<i32>() else {
            return Err(Halt::Broken(format!(
                "table {}: column {name} is not of its type",
                self.table
            )));
        };
        let codes: Vec<u8> = (0..values.len())
            .map(|i| {
                let found = known.iter().position(|k| *k == values.value(i));
                found.map_or(UNKNOWN, |place| place as u8)
            })
            .collect();
        let code = |key: &i32| codes.get(*key as usize).copied().unwrap_or(UNKNOWN);
        Ok(column.keys().values().iter().map(code).collect())
    }
}

/// A column compared, row by row, with what it should hold.
pub struct Follows {
    column: &'static str,
    wrong: u64,
    first: Option<(u64, i64, i64)>,
}

impl Follows {
    pub fn new(column: &'static str) -> Self {
        Self {
            column,
            wrong: 0,
            first: None,
        }
    }

    #[inline]
    pub fn check(&mut self, row: u64, have: i64, should: i64) {
        if have != should {
            self.note(row, have, should);
        }
    }

    #[cold]
    fn note(&mut self, row: u64, have: i64, should: i64) {
        self.wrong += 1;
        self.first.get_or_insert((row, have, should));
    }

    pub fn tell(&self, findings: &mut Findings) {
        if let Some((row, have, should)) = self.first {
            findings.fail(|| {
                format!(
                    "{} does not follow from the tables before it: row {row} has {have}, not \
                     {should}{}",
                    self.column,
                    and_more(self.wrong)
                )
            });
        }
    }
}

/// A column of which each row either is sound or is not.
pub struct Sound {
    column: &'static str,
    rule: &'static str,
    wrong: u64,
    first: u64,
}

impl Sound {
    /// `rule` says in words what a row that is not sound breaks.
    pub fn new(column: &'static str, rule: &'static str) -> Self {
        Self {
            column,
            rule,
            wrong: 0,
            first: 0,
        }
    }

    #[inline]
    pub fn check(&mut self, row: u64, sound: bool) {
        if !sound {
            self.note(row);
        }
    }

    #[cold]
    fn note(&mut self, row: u64) {
        if self.wrong == 0 {
            self.first = row;
        }
        self.wrong += 1;
    }

    pub fn tell(&self, findings: &mut Findings) {
        if self.wrong > 0 {
            findings.fail(|| {
                let more = and_more(self.wrong);
                format!("{}: row {} {}{more}", self.column, self.first, self.rule)
            });
        }
    }
}

fn and_more(wrong: u64) -> String {
    match wrong {
        0 | 1 => String::new(),
        _ => format!(", and {} rows more", wrong - 1),
    }
}
