//! Clusters from links: union-find without locks, 4 bytes a script (8 past 4 billion scripts).
//!
//! A root is always linked under the lesser root, so that a cluster's root is its least script and
//! the outcome does not depend on the order of links or on threads. Source: Jayanti and Tarjan
//! 2016 (linking by index, path halving, one compare-and-swap a link).

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use super::{ClusterError, check_ids, check_length};

/// Links below which threads cost more than they save.
const THREADING_PAYS: usize = 1 << 18;

/// The scripts that are in some link, rising, and the least script of each one's cluster.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Clusters {
    pub script: Vec<i64>,
    pub cluster: Vec<i64>,
}

/// The clusters that links between `script_count` scripts make. A script in no link is left out.
pub fn merge(
    script_count: usize,
    script_a: &[i64],
    script_b: &[i64],
) -> Result<Clusters, ClusterError> {
    check_length("script_b", script_b.len(), script_a.len())?;
    check_ids("script_a", script_a, 0, script_count)?;
    check_ids("script_b", script_b, 0, script_count)?;
    Ok(if script_count <= u32::MAX as usize {
        merge_with::<AtomicU32>(script_count, script_a, script_b)
    } else {
        merge_with::<AtomicU64>(script_count, script_a, script_b)
    })
}

/// A parent pointer. Relaxed order is enough: the pointers guard no other memory, and a value read
/// late is an ancestor still.
trait Parent: Sync + Send {
    fn new(id: usize) -> Self;
    fn get(&self) -> usize;
    fn set(&self, id: usize);
    fn swap_if(&self, current: usize, new: usize) -> bool;
}

macro_rules! parent {
    ($atomic:ty, $int:ty) => {
        impl Parent for $atomic {
            fn new(id: usize) -> Self {
                <$atomic>::new(id as $int)
            }
            #[inline]
            fn get(&self) -> usize {
                self.load(Relaxed) as usize
            }
            #[inline]
            fn set(&self, id: usize) {
                self.store(id as $int, Relaxed);
            }
            #[inline]
            fn swap_if(&self, current: usize, new: usize) -> bool {
                self.compare_exchange(current as $int, new as $int, Relaxed, Relaxed)
                    .is_ok()
            }
        }
    };
}
parent!(AtomicU32, u32);
parent!(AtomicU64, u64);

fn merge_with<P: Parent>(script_count: usize, script_a: &[i64], script_b: &[i64]) -> Clusters {
    let parents: Vec<P> = (0..script_count).map(P::new).collect();
    let threads = if script_a.len() < THREADING_PAYS {
        1
    } else {
        std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
    };
    let part = script_a.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for (some_a, some_b) in script_a.chunks(part).zip(script_b.chunks(part)) {
            let parents = &parents;
            let work = move || {
                for (&a, &b) in some_a.iter().zip(some_b) {
                    unite(parents, a as usize, b as usize);
                }
            };
            if threads == 1 {
                work();
            } else {
                scope.spawn(work);
            }
        }
    });
    flatten(&parents)
}

fn root<P: Parent>(parents: &[P], mut id: usize) -> usize {
    loop {
        let parent = parents[id].get();
        if parent == id {
            return id;
        }
        let above = parents[parent].get();
        if above == parent {
            return parent;
        }
        parents[id].set(above);
        id = above;
    }
}

fn unite<P: Parent>(parents: &[P], mut a: usize, mut b: usize) {
    loop {
        a = root(parents, a);
        b = root(parents, b);
        if a == b || parents[a.max(b)].swap_if(a.max(b), a.min(b)) {
            return;
        }
    }
}

/// Each script's root, for the scripts whose cluster has another member.
fn flatten<P: Parent>(parents: &[P]) -> Clusters {
    let mut has_child = vec![0_u64; parents.len().div_ceil(64)];
    let mut joined = 0;
    for (id, parent) in parents.iter().enumerate() {
        // A parent is lesser than its child, so rising order finds it flattened already.
        let top = parents[parent.get()].get();
        if top != id {
            parent.set(top);
            joined += 1;
            has_child[top / 64] |= 1 << (top % 64);
        }
    }
    let mut clusters = Clusters {
        script: Vec::with_capacity(joined),
        cluster: Vec::with_capacity(joined),
    };
    for (id, parent) in parents.iter().enumerate() {
        let top = parent.get();
        if top != id || has_child[id / 64] >> (id % 64) & 1 == 1 {
            clusters.script.push(id as i64);
            clusters.cluster.push(top as i64);
        }
    }
    clusters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_is_named_by_its_least_script() {
        let clusters = merge(9, &[5, 7, 2], &[7, 8, 3]).unwrap();
        assert_eq!(clusters.script, [2, 3, 5, 7, 8]);
        assert_eq!(clusters.cluster, [2, 2, 5, 5, 5]);
    }

    #[test]
    fn cluster_of_a_script_with_itself_is_none() {
        assert_eq!(merge(3, &[1], &[1]).unwrap(), Clusters::default());
        assert_eq!(merge(0, &[], &[]).unwrap(), Clusters::default());
        assert!(merge(3, &[1], &[3]).is_err());
        assert!(merge(3, &[-1], &[1]).is_err());
    }

    #[test]
    fn clusters_are_the_same_with_threads_and_wide_ids() {
        // A fixed generator: enough links for threads, in clusters that collide often.
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 40) as i64 % 500_000
        };
        let (a, b): (Vec<i64>, Vec<i64>) =
            (0..THREADING_PAYS + 1).map(|_| (next(), next())).unzip();
        let threaded = merge(500_000, &a, &b).unwrap();
        assert_eq!(threaded, merge_with::<AtomicU64>(500_000, &a, &b));
        // The oracle: relabel until nothing changes.
        let mut label: Vec<i64> = (0..500_000).collect();
        loop {
            let mut changed = false;
            for (&x, &y) in a.iter().zip(&b) {
                let least = label[x as usize].min(label[y as usize]);
                changed |= label[x as usize] != least || label[y as usize] != least;
                label[x as usize] = least;
                label[y as usize] = least;
            }
            if !changed {
                break;
            }
        }
        for (s, c) in threaded.script.iter().zip(&threaded.cluster) {
            assert_eq!(label[*s as usize], *c);
        }
    }
}
