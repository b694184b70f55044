//! The transactions still to be walked through, each with the outputs by which value enters it.

use std::mem;

/// A node that waits for its transaction, with what is asked of it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    /// Order of the transaction in the walk: the least comes first.
    pub order: u64,
    pub txout: i64,
    pub value_sat: i64,
    pub node: u32,
    pub hops: u32,
}

/// A priority queue whose keys are never less than the last one taken.
///
/// Keys lie in buckets by the highest bit in which they differ from the last one taken, so that
/// most pushes append to an array. Source: Ahuja, Mehlhorn, Orlin, Tarjan 1990, "Faster algorithms
/// for the shortest path problem", one-level radix heaps.
pub struct RadixHeap {
    buckets: [Vec<Waiting>; BUCKETS],
    /// Bit b: bucket b is not empty.
    filled: u64,
    last: u64,
}

/// Orders have 63 bits, so two of them differ in bits 0 to 62 or not at all.
const BUCKETS: usize = u64::BITS as usize;

/// Waiting nodes whose room an emptied bucket keeps.
const KEPT: usize = 1 << 10;

impl RadixHeap {
    pub fn new() -> RadixHeap {
        RadixHeap {
            buckets: std::array::from_fn(|_| Vec::new()),
            filled: 0,
            last: 0,
        }
    }

    /// Adds a node whose order has 63 bits and is not less than the last one taken.
    #[inline]
    pub fn push(&mut self, waiting: Waiting) {
        debug_assert!(waiting.order >= self.last && waiting.order >> 63 == 0);
        let bucket = (u64::BITS - (waiting.order ^ self.last).leading_zeros()) as usize;
        self.filled |= 1 << bucket;
        self.buckets[bucket].push(waiting);
    }

    /// Takes the least order with all its nodes, which replace those of `group`, in no order.
    #[inline]
    pub fn take(&mut self, group: &mut Vec<Waiting>) -> Option<u64> {
        if self.filled & 1 == 0 {
            if self.filled == 0 {
                return None;
            }
            self.bring_near();
        }
        self.filled &= !1;
        group.clear();
        group.append(&mut self.buckets[0]);
        Some(self.last)
    }

    /// Spreads the first bucket over those before it.
    fn bring_near(&mut self) {
        let first = self.filled.trailing_zeros() as usize;
        self.filled &= !(1 << first);
        let mut moved = mem::take(&mut self.buckets[first]);
        if let Some(least) = moved.iter().map(|waiting| waiting.order).min() {
            self.last = least;
        }
        for waiting in moved.drain(..) {
            self.push(waiting);
        }
        // A small bucket soon fills again; the room of great ones together would be the heap's again.
        if moved.capacity() <= KEPT {
            self.buckets[first] = moved;
        }
    }

    /// Every node still in the heap, in no order.
    pub fn nodes(&self) -> impl Iterator<Item = u32> {
        self.buckets.iter().flatten().map(|waiting| waiting.node)
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
            steps in prop::collection::vec(
                (prop_oneof![0u64..8, 0..u64::MAX / 2], any::<bool>()), 0..200
            ),
        ) {
            let mut heap = RadixHeap::new();
            let mut expected: BTreeMap<u64, Vec<Waiting>> = BTreeMap::new();
            let mut last = 0u64;
            let mut group = Vec::new();
            for (node, (ahead, takes)) in steps.iter().enumerate() {
                let order = (last + *ahead).min(u64::MAX / 2);
                let node = node as u32;
                let waiting = Waiting { order, txout: -i64::from(node), value_sat: 7, node, hops: 1 };
                heap.push(waiting);
                expected.entry(order).or_default().push(waiting);
                if *takes {
                    let taken = heap.take(&mut group).unwrap();
                    group.sort_unstable_by_key(|waiting| waiting.node);
                    prop_assert_eq!(Some((taken, group.clone())), expected.pop_first());
                    last = taken;
                }
            }
            prop_assert_eq!(heap.nodes().count(), expected.values().map(Vec::len).sum::<usize>());
            while let Some(taken) = heap.take(&mut group) {
                group.sort_unstable_by_key(|waiting| waiting.node);
                prop_assert_eq!(Some((taken, group.clone())), expected.pop_first());
            }
            prop_assert!(expected.is_empty());
        }
    }
}
