//! Pages of columns that were decoded, as many as fit: those used since the hand last came by stay.

use std::collections::BTreeMap;
use std::ops::Range;

use super::numbers::Numbers;

/// What a page costs beside its numbers.
const OVERHEAD_BYTES: usize = 128;
/// Places of a column that are remembered, by their number of 4,096 rows.
const HINTS: usize = 1 << 12;
const HINT_ROWS: u32 = 12;

struct Page {
    column: usize,
    rows: Range<u64>,
    numbers: Numbers,
    used: bool,
}

/// Pages by column and row.
pub struct Cache {
    limit_bytes: usize,
    bytes: usize,
    pages: Vec<Option<Page>>,
    free: Vec<u32>,
    /// By column and first row.
    places: BTreeMap<(usize, u64), u32>,
    /// Where a row was found last: right more often than not, and checked.
    hints: Vec<u32>,
    hand: usize,
}

impl Cache {
    pub fn new(columns: usize, limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            bytes: 0,
            pages: Vec::new(),
            free: Vec::new(),
            places: BTreeMap::new(),
            hints: vec![0; columns * HINTS],
            hand: 0,
        }
    }

    /// The number in a column's row, if its page is held.
    #[inline]
    pub fn get(&mut self, column: usize, row: u64) -> Option<i64> {
        let hint = column * HINTS + (row >> HINT_ROWS) as usize % HINTS;
        let at = self.hints[hint] as usize;
        if let Some(Some(page)) = self.pages.get_mut(at)
            && page.column == column
            && page.rows.contains(&row)
        {
            page.used = true;
            return page.numbers.get((row - page.rows.start) as usize);
        }
        let (_, at) = self.places.range(..=(column, row)).next_back()?;
        let page = self.pages[*at as usize].as_mut()?;
        if page.column != column || !page.rows.contains(&row) {
            return None;
        }
        self.hints[hint] = *at;
        page.used = true;
        page.numbers.get((row - page.rows.start) as usize)
    }

    /// Holds the numbers of a column from `first` on, in the place of pages not used of late.
    pub fn insert(&mut self, column: usize, first: u64, count: u64, numbers: Numbers) {
        let bytes = numbers.bytes() + OVERHEAD_BYTES;
        while self.bytes + bytes > self.limit_bytes && !self.places.is_empty() {
            self.evict();
        }
        let page = Page {
            column,
            rows: first..first + count,
            numbers,
            // else a pass over much would drive out what is in use all along
            used: false,
        };
        let at = match self.free.pop() {
            Some(at) => at,
            None => {
                self.pages.push(None);
                (self.pages.len() - 1) as u32
            }
        };
        self.pages[at as usize] = Some(page);
        self.places.insert((column, first), at);
        self.bytes += bytes;
    }

    /// Bytes of the pages held.
    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn evict(&mut self) {
        loop {
            self.hand = (self.hand + 1) % self.pages.len();
            let place = &mut self.pages[self.hand];
            match place {
                Some(page) if page.used => page.used = false,
                Some(page) => {
                    self.bytes -= page.numbers.bytes() + OVERHEAD_BYTES;
                    self.places.remove(&(page.column, page.rows.start));
                    *place = None;
                    self.free.push(self.hand as u32);
                    return;
                }
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Pages of uneven lengths, asked for in any order: a number is the right one or not held.
        #[test]
        fn it_tells_the_right_number_or_none(
            asked in prop::collection::vec((0usize..3, 0u64..20_000), 1..300),
            limit_bytes in prop_oneof![Just(0usize), Just(20_000), Just(usize::MAX)],
        ) {
            let mut cache = Cache::new(3, limit_bytes);
            let truth = |column: usize, row: u64| column as i64 * 1_000_000 + row as i64;
            for (column, row) in asked {
                if let Some(number) = cache.get(column, row) {
                    prop_assert_eq!(number, truth(column, row));
                    continue;
                }
                let rows = 1000 + 777 * column as u64;
                let first = row / rows * rows;
                let values: Vec<i64> = (first..first + rows).map(|r| truth(column, r)).collect();
                cache.insert(column, first, rows, Numbers::of(&values));
                prop_assert_eq!(cache.get(column, row), Some(truth(column, row)));
                prop_assert!(cache.bytes() <= limit_bytes.max(8 * rows as usize + OVERHEAD_BYTES));
            }
        }
    }

    #[test]
    fn what_is_used_stays() {
        let page = || Numbers::of(&[1; 100]);
        let mut cache = Cache::new(1, 10 * (100 + OVERHEAD_BYTES));
        for at in 0..10 {
            cache.insert(0, at * 100, 100, page());
        }
        for at in 10..100 {
            assert!(
                cache.get(0, 5).is_some(),
                "page {at} drove out what is in use"
            );
            cache.insert(0, at * 100, 100, page());
        }
    }
}
