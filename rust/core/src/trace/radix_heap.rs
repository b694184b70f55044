//! The transactions still to be walked through, each with the nodes that enter it.

use std::mem;

/// A priority queue whose keys are never less than the last one taken.
///
/// Keys lie in buckets by the highest bit in which they differ from the last one taken, so that
/// most pushes append to an array. Source: Ahuja, Mehlhorn, Orlin, Tarjan 1990, "Faster algorithms
/// for the shortest path problem", one-level radix heaps.
pub struct RadixHeap {
    buckets: Vec<Vec<(u64, u32)>>,
    last: u64,
}

impl RadixHeap {
    pub fn new() -> RadixHeap {
        RadixHeap {
            buckets: (0..=u64::BITS).map(|_| Vec::new()).collect(),
            last: 0,
        }
    }

    fn bucket(&self, key: u64) -> usize {
        (u64::BITS - (key ^ self.last).leading_zeros()) as usize
    }

    /// Adds a node under a key not less than the last one taken.
    #[inline]
    pub fn push(&mut self, key: u64, node: u32) {
        debug_assert!(key >= self.last);
        let bucket = self.bucket(key);
        self.buckets[bucket].push((key, node));
    }

    /// Takes the least key with all its nodes, which replace those of `group`, in no order.
    pub fn take(&mut self, group: &mut Vec<u32>) -> Option<u64> {
        group.clear();
        if self.buckets[0].is_empty() {
            let first = self.buckets.iter().position(|bucket| !bucket.is_empty())?;
            let mut moved = mem::take(&mut self.buckets[first]);
            self.last = moved.iter().map(|(key, _)| *key).min()?;
            for (key, node) in moved.drain(..) {
                let bucket = self.bucket(key);
                self.buckets[bucket].push((key, node));
            }
            // Its room is kept: the bucket will fill again.
            self.buckets[first] = moved;
        }
        group.extend(self.buckets[0].drain(..).map(|(_, node)| node));
        Some(self.last)
    }

    /// Every node still in the heap, in no order.
    pub fn nodes(&self) -> impl Iterator<Item = u32> {
        self.buckets.iter().flatten().map(|(_, node)| *node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn gives_keys_in_order_with_all_their_nodes(
            steps in prop::collection::vec((prop_oneof![0u64..8, any::<u64>()], any::<bool>()), 0..200),
        ) {
            let mut heap = RadixHeap::new();
            let mut expected: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
            let mut last = 0u64;
            let mut group = Vec::new();
            for (node, (ahead, takes)) in steps.iter().enumerate() {
                let key = last.saturating_add(*ahead);
                heap.push(key, node as u32);
                expected.entry(key).or_default().push(node as u32);
                if *takes {
                    let taken = heap.take(&mut group).unwrap();
                    group.sort_unstable();
                    prop_assert_eq!(Some((taken, group.clone())), expected.pop_first());
                    last = taken;
                }
            }
            prop_assert_eq!(heap.nodes().count(), expected.values().map(Vec::len).sum::<usize>());
            while let Some(taken) = heap.take(&mut group) {
                group.sort_unstable();
                prop_assert_eq!(Some((taken, group.clone())), expected.pop_first());
            }
            prop_assert!(expected.is_empty());
        }
    }
}
