//! Look-up in a sorted list of ids: sparse, since dense arrays do not fit at whole-chain size.

use super::TraceError;

/// A sorted list cut into buckets of equal id range, so that a look-up touches few cache lines.
pub struct SortedIds<'a> {
    ids: &'a [i64],
    shift: u32,
    bucket_starts: Vec<usize>,
}

const IDS_A_BUCKET: u64 = 4;

impl<'a> SortedIds<'a> {
    /// Refuses a list that is not strictly ascending; `name` says which in the error.
    pub fn new(ids: &'a [i64], name: &str) -> Result<SortedIds<'a>, TraceError> {
        if let Some(at) = ids.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(TraceError::Request(format!(
                "{name} must ascend without duplicates: {} is followed by {}; sort them",
                ids[at],
                ids[at + 1]
            )));
        }
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
            return Ok(SortedIds {
                ids,
                shift: 0,
                bucket_starts: Vec::new(),
            });
        };
        let span = first.abs_diff(*last);
        let buckets_wanted = (ids.len() as u64).div_ceil(IDS_A_BUCKET);
        let mut shift = 0;
        // Two ids may lie 2^63 apart, and a shift by 64 is none at all.
        while shift < 63 && span >> shift >= buckets_wanted {
            shift += 1;
        }
        let buckets = (span >> shift) as usize + 1;
        let mut bucket_starts = Vec::with_capacity(buckets + 1);
        for (at, id) in ids.iter().enumerate() {
            let bucket = (first.abs_diff(*id) >> shift) as usize;
            while bucket_starts.len() <= bucket {
                bucket_starts.push(at);
            }
        }
        bucket_starts.push(ids.len());
        Ok(SortedIds {
            ids,
            shift,
            bucket_starts,
        })
    }

    /// Where `id` stands in the list.
    pub fn position(&self, id: i64) -> Option<usize> {
        let (first, last) = (*self.ids.first()?, *self.ids.last()?);
        if id < first || id > last {
            return None;
        }
        let bucket = (first.abs_diff(id) >> self.shift) as usize;
        let (start, end) = (self.bucket_starts[bucket], self.bucket_starts[bucket + 1]);
        self.ids[start..end]
            .binary_search(&id)
            .ok()
            .map(|at| start + at)
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub fn contains(&self, id: i64) -> bool {
        self.position(id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_is_there_and_nothing_else(
            ids in prop::collection::btree_set(prop_oneof![-5i64..60, any::<i64>()], 0..60),
            others in prop::collection::vec(prop_oneof![-8i64..64, any::<i64>()], 0..40),
        ) {
            let list: Vec<i64> = ids.iter().copied().collect();
            let sorted = SortedIds::new(&list, "ids").unwrap();
            for (at, id) in list.iter().enumerate() {
                prop_assert_eq!(sorted.position(*id), Some(at));
            }
            for id in others {
                prop_assert_eq!(sorted.contains(id), ids.contains(&id));
            }
        }
    }

    #[test]
    fn spans_all_of_64_bits() {
        let ids = [i64::MIN, 0, i64::MAX];
        let sorted = SortedIds::new(&ids, "ids").unwrap();
        assert_eq!(
            ids.map(|id| sorted.position(id)),
            [Some(0), Some(1), Some(2)]
        );
    }

    #[test]
    fn refuses_a_list_out_of_order() {
        for list in [[1, 3, 2], [1, 2, 2]] {
            let error = SortedIds::new(&list, "coinjoin txs")
                .err()
                .unwrap()
                .to_string();
            assert!(error.starts_with("coinjoin txs must ascend"), "{error}");
        }
    }
}
