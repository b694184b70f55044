//! The table `clusters` of a run, which a whole chain's memory does not hold: look-ups by script.

use super::cache::Cache;
use super::columns::{Column, Columns, Values};
use crate::error::{CoreError, Result};
use crate::lookup::TableRows;

const SCRIPT: usize = 0;
const CLUSTER: usize = 1;
const COLUMNS: [Column; 2] = [
    Column {
        table: "clusters",
        name: "script_id",
        values: Values::Int64,
    },
    Column {
        table: "clusters",
        name: "cluster_id",
        values: Values::Int64,
    },
];

/// The clusters of one run, in order of script_id.
pub struct StoredClusters {
    columns: Columns,
    cache: Cache,
    rows: i64,
}

impl StoredClusters {
    /// From the run's table; of its pages, `cache_bytes` are kept.
    pub fn new(rows: &TableRows, cache_bytes: usize) -> Result<Self> {
        let columns = Columns::new(rows, &COLUMNS)?;
        Ok(Self {
            rows: columns.rows(SCRIPT) as i64,
            cache: Cache::new(COLUMNS.len(), cache_bytes),
            columns,
        })
    }

    /// The cluster of a script: itself where the table does not have it.
    pub fn cluster_of(&mut self, script: i64) -> Result<i64> {
        let (mut low, mut high) = (0, self.rows);
        // scripts of the rows before `low` and at `high`, once known
        let (mut below, mut above) = (None, None);
        let mut by_value = true;
        while low < high {
            let row = match (by_value, below, above) {
                (true, Some(below), Some(above)) => between(script, (low, below), (high, above)),
                // what the ends hold is needed first
                (true, None, _) => low,
                (true, _, None) => high - 1,
                _ => low + (high - low) / 2,
            };
            let found = self.number(SCRIPT, row)?;
            if below.is_some_and(|b| found <= b) || above.is_some_and(|a| found >= a) {
                let what = format!("script {found} in row {row} is out of order");
                return Err(CoreError::damaged("clusters", &what));
            }
            if found == script {
                return self.number(CLUSTER, row);
            }
            if found < script {
                low = row + 1;
                below = Some(found);
            } else {
                high = row;
                above = Some(found);
            }
            // scripts are spread evenly as a rule; where they are not, halving ends it soon
            by_value = !by_value || below.is_none() || above.is_none();
        }
        Ok(script)
    }

    fn number(&mut self, column: usize, row: i64) -> Result<i64> {
        if let Some(number) = self.cache.get(column, row as u64) {
            return Ok(number);
        }
        let page = self.columns.page(column, row as u64)?;
        let number = page.numbers.get((row as u64 - page.first) as usize);
        self.cache
            .insert(column, page.first, page.count, page.numbers);
        number.ok_or_else(|| CoreError::damaged("clusters", "a page is too short"))
    }
}

/// The row where a script would lie if those between two rows rose evenly: `low` is the first that
/// may hold it, after one that holds `below`; `high` holds `above`.
fn between(script: i64, (low, below): (i64, i64), (high, above): (i64, i64)) -> i64 {
    let share = i128::from(script.saturating_sub(below)) * i128::from(high - low)
        / i128::from(above.abs_diff(below)).max(1);
    (low + share as i64).clamp(low, high - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_between_is_one_of_them() {
        for (script, below, above) in [(5, 0, 10), (1, 0, i64::MAX), (i64::MAX - 1, -1, i64::MAX)] {
            let row = between(script, (3, below), (9, above));
            assert!((3..9).contains(&row));
        }
        assert_eq!(between(5, (0, -1), (11, 11)), 5);
    }
}
