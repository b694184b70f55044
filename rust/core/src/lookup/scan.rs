//! Rows found by passing over a column, where no look-up tells where they are.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use super::rows::TableRows;
use crate::error::Result;

impl TableRows {
    /// The numbers of the rows whose column holds these bytes, or this text; rising.
    pub fn rows_where(&self, table: &str, column: &str, value: &[u8]) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        let mut first = 0;
        for (path, count) in self.files(table)? {
            self.pass(
                table,
                path,
                &[column],
                |_| true,
                |at, batch| {
                    for row in equal(batch.column(0), value)? {
                        found.push(first + at + row as u64);
                    }
                    Ok(())
                },
            )?;
            first += count;
        }
        Ok(found)
    }

    /// The cluster of a script by the table `clusters`, which is in order of script_id, and how many
    /// scripts that cluster has. A script that the table does not have is its own cluster.
    pub fn cluster_of(&self, script_id: i64) -> Result<(i64, u64)> {
        let mut cluster = None;
        for (path, _) in self.files("clusters")? {
            self.pass(
                "clusters",
                path,
                &["script_id", "cluster_id"],
                |group| may_hold(group, "script_id", script_id),
                |_, batch| {
                    let scripts = int64s(batch.column(0))?;
                    if let Ok(row) = scripts.binary_search(&script_id) {
                        cluster = int64s(batch.column(1))?.get(row).copied();
                    }
                    Ok(())
                },
            )?;
        }
        let Some(cluster) = cluster else {
            return Ok((script_id, 1));
        };
        let mut scripts = 0;
        for (path, _) in self.files("clusters")? {
            self.pass(
                "clusters",
                path,
                &["cluster_id"],
                |group| may_hold(group, "cluster_id", cluster),
                |_, batch| {
                    let ids = int64s(batch.column(0))?;
                    scripts += ids.iter().filter(|id| **id == cluster).count() as u64;
                    Ok(())
                },
            )?;
        }
        Ok((cluster, scripts))
    }
}

fn equal(column: &ArrayRef, value: &[u8]) -> std::result::Result<Vec<usize>, String> {
    let rows = 0..column.len();
    let of = |same: &dyn Fn(usize) -> bool| {
        rows.filter(|row| column.is_valid(*row) && same(*row))
            .collect()
    };
    match column.data_type() {
        DataType::Dictionary(key, text) if **key == DataType::Int8 && **text == DataType::Utf8 => {
            let names = column.as_dictionary::<Int8Type>();
            let texts = names.values().as_string::<i32>();
            let wanted: Vec<bool> = (0..texts.len())
                .map(|at| texts.value(at).as_bytes() == value)
                .collect();
            let keys = names.keys().values();
            Ok(of(&|row| {
                usize::try_from(keys[row]).is_ok_and(|key| wanted.get(key) == Some(&true))
            }))
        }
        DataType::Binary => {
            let bytes = column.as_binary::<i32>();
            Ok(of(&|row| bytes.value(row) == value))
        }
        other => Err(format!("a column is of type {other}")),
    }
}

/// Whether rows of the group may have this number, by what the group says of itself.
fn may_hold(group: &RowGroupMetaData, column: &str, value: i64) -> bool {
    let chunk = group
        .columns()
        .iter()
        .find(|c| c.column_path().string() == column);
    match chunk.and_then(|c| c.statistics()) {
        Some(Statistics::Int64(of)) => {
            of.min_opt().is_none_or(|least| *least <= value)
                && of.max_opt().is_none_or(|most| *most >= value)
        }
        _ => true,
    }
}

fn int64s(column: &ArrayRef) -> std::result::Result<&[i64], String> {
    let numbers = column.as_primitive_opt::<Int64Type>();
    let numbers = numbers.ok_or_else(|| format!("a column is of type {}", column.data_type()))?;
    Ok(numbers.values())
}
