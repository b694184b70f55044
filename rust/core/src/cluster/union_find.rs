//! Clusters from links: union-find without locks, 4 bytes a script (8 past 4 billion scripts).
//!
//! A root is always linked under the lesser root, so that a cluster's root is its least script and
//! the outcome does not depend on the order of links or on threads. Source: Jayanti and Tarjan
//! 2016 (linking by index, path halving, one compare-and-swap a link).

use std::alloc::{Layout, handle_alloc_error};
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use memmap2::MmapMut;

use super::pages::{zeroed, zeros};
use super::{ClusterError, check_length};

/// Links below which threads cost more than they save.
const THREADING_PAYS: usize = 1 << 18;
/// Links whose parents are read before any is followed: the processor then waits for memory once for
/// all of them. 32 to 128 do alike.
const AT_ONCE: usize = 64;
/// Scripts whose clusters are read off at a time, where they are not wanted whole.
const PIECE: usize = 1 << 20;

/// The scripts that are in some link, rising, and the least script of each one's cluster.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Clusters {
    pub script: Vec<i64>,
    pub cluster: Vec<i64>,
}

/// A script's number as links name it.
pub trait ScriptNumber: Copy + Sync {
    /// As an index; a negative number becomes one past any script.
    fn index(self) -> usize;
    /// As errors show it.
    fn shown(self) -> i64;
}

impl ScriptNumber for i64 {
    #[inline]
    fn index(self) -> usize {
        self as usize
    }
    fn shown(self) -> i64 {
        self
    }
}

impl ScriptNumber for u32 {
    #[inline]
    fn index(self) -> usize {
        self as usize
    }
    fn shown(self) -> i64 {
        i64::from(self)
    }
}

/// The clusters that links between `script_count` scripts make. A script in no link is left out.
pub fn merge<N: ScriptNumber>(
    script_count: usize,
    script_a: &[N],
    script_b: &[N],
) -> Result<Clusters, ClusterError> {
    let mut merging = Merging::new(script_count);
    merging.add(script_a, script_b)?;
    Ok(merging.clusters())
}

/// Clusters in the making: every script alone until links join them.
pub struct Merging {
    scripts: usize,
    parents: Parents,
}

enum Parents {
    Narrow(Pointers<AtomicU32>),
    Wide(Pointers<AtomicU64>),
}

impl Merging {
    pub fn new(script_count: usize) -> Self {
        let parents = if script_count <= u32::MAX as usize {
            Parents::Narrow(Pointers::alone(script_count))
        } else {
            Parents::Wide(Pointers::alone(script_count))
        };
        Self {
            scripts: script_count,
            parents,
        }
    }

    /// Joins the scripts of each link.
    pub fn add<N: ScriptNumber>(
        &mut self,
        script_a: &[N],
        script_b: &[N],
    ) -> Result<(), ClusterError> {
        check_length("script_b", script_b.len(), script_a.len())?;
        let joined = match &mut self.parents {
            Parents::Narrow(parents) => join_all(parents.shared(), script_a, script_b),
            Parents::Wide(parents) => join_all(parents.shared(), script_a, script_b),
        };
        joined.map_err(|row| self.out_of_range(script_a, script_b, row))
    }

    fn out_of_range<N: ScriptNumber>(&self, a: &[N], b: &[N], row: usize) -> ClusterError {
        let (name, value) = if a[row].index() >= self.scripts {
            ("script_a", a[row])
        } else {
            ("script_b", b[row])
        };
        ClusterError::Range {
            name,
            row,
            value: value.shown(),
            limit: self.scripts.saturating_sub(1),
        }
    }

    pub fn script_count(&self) -> usize {
        self.scripts
    }

    /// The least script of the cluster that `script` is in now.
    pub fn cluster_of(&mut self, script: usize) -> usize {
        match &mut self.parents {
            Parents::Narrow(parents) => root(parents.shared(), script),
            Parents::Wide(parents) => root(parents.shared(), script),
        }
    }

    /// The scripts whose cluster has another member, and their clusters.
    pub fn clusters(self) -> Clusters {
        fn all<P: Parent>(parents: &[P]) -> Clusters {
            rows(parents, 0..parents.len(), &flatten(parents))
        }
        match self.parents {
            Parents::Narrow(mut parents) => all(parents.shared()),
            Parents::Wide(mut parents) => all(parents.shared()),
        }
    }

    /// Hands over the rows of `clusters` some at a time, in order of script.
    pub fn for_each_piece<E>(self, take: impl FnMut(Clusters) -> Result<(), E>) -> Result<(), E> {
        match self.parents {
            Parents::Narrow(mut parents) => pieces(parents.shared(), take),
            Parents::Wide(mut parents) => pieces(parents.shared(), take),
        }
    }
}

/// A pointer a script, in pages of their own.
struct Pointers<P> {
    map: MmapMut,
    count: usize,
    kind: PhantomData<P>,
}

impl<P: Parent> Pointers<P> {
    /// Every script its own parent.
    fn alone(count: usize) -> Self {
        let layout = Layout::array::<P>(count).expect("no memory has so many bytes");
        let map = zeroed(layout.size()).unwrap_or_else(|_| handle_alloc_error(layout));
        let mut pointers = Self {
            map,
            count,
            kind: PhantomData,
        };
        for (id, parent) in pointers.shared().iter().enumerate() {
            parent.set(id);
        }
        pointers
    }

    /// The pointers, for several threads to change while this is borrowed.
    fn shared(&mut self) -> &[P] {
        let start = self.map.as_mut_ptr().cast::<P>();
        // SAFETY: the map holds `count` pointers' bytes, begins at a page, is borrowed as long as they
        // are and by nobody else; any bits are a pointer's.
        unsafe { std::slice::from_raw_parts(start, self.count) }
    }
}

/// A parent pointer. Relaxed order is enough: the pointers guard no other memory, and a value read
/// late is an ancestor still.
trait Parent: Sync + Send {
    fn get(&self) -> usize;
    fn set(&self, id: usize);
    fn swap_if(&self, current: usize, new: usize) -> bool;
}

macro_rules! parent {
    ($atomic:ty, $int:ty) => {
        impl Parent for $atomic {
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

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Joins all links, or gives the least row that names a script out of range.
fn join_all<P: Parent, N: ScriptNumber>(
    parents: &[P],
    script_a: &[N],
    script_b: &[N],
) -> Result<(), usize> {
    if script_a.len() < THREADING_PAYS {
        return join_some(parents, script_a, script_b);
    }
    let part = script_a.len().div_ceil(threads()).max(1);
    std::thread::scope(|scope| {
        let working: Vec<_> = script_a
            .chunks(part)
            .zip(script_b.chunks(part))
            .map(|(a, b)| scope.spawn(move || join_some(parents, a, b)))
            .collect();
        for (number, worker) in working.into_iter().enumerate() {
            let done = worker.join().expect("joining links does not panic");
            done.map_err(|row| number * part + row)?;
        }
        Ok(())
    })
}

fn join_some<P: Parent, N: ScriptNumber>(parents: &[P], a: &[N], b: &[N]) -> Result<(), usize> {
    let mut above = [(0, 0); AT_ONCE];
    for (number, (some_a, some_b)) in a.chunks(AT_ONCE).zip(b.chunks(AT_ONCE)).enumerate() {
        for (at, (x, y)) in some_a.iter().zip(some_b).enumerate() {
            match (parents.get(x.index()), parents.get(y.index())) {
                (Some(x), Some(y)) => above[at] = (x.get(), y.get()),
                _ => return Err(number * AT_ONCE + at),
            }
        }
        for pair in &mut above[..some_a.len()] {
            *pair = (parents[pair.0].get(), parents[pair.1].get());
        }
        for &(x, y) in &above[..some_a.len()] {
            if x != y {
                unite(parents, x, y);
            }
        }
    }
    Ok(())
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

/// A bit a script: whether its cluster has another member. Points every script at its root.
fn flatten<P: Parent>(parents: &[P]) -> Vec<AtomicU64> {
    let words = parents.len().div_ceil(64);
    let joined: Vec<AtomicU64> = (0..words).map(|_| AtomicU64::new(0)).collect();
    let mark = |script: usize| {
        let (word, bit) = (&joined[script / 64], 1 << (script % 64));
        if word.load(Relaxed) & bit == 0 {
            word.fetch_or(bit, Relaxed);
        }
    };
    side_by_side(parents.len(), &|scripts| {
        let mut above = [0; AT_ONCE];
        for first in scripts.clone().step_by(AT_ONCE) {
            let some = first..scripts.end.min(first + AT_ONCE);
            for (at, id) in some.clone().enumerate() {
                above[at] = parents[parents[id].get()].get();
            }
            for (at, id) in some.enumerate() {
                let top = root(parents, above[at]);
                if top != id {
                    parents[id].set(top);
                    mark(id);
                    mark(top);
                }
            }
        }
    });
    joined
}

/// Runs `work` on ranges that make up 0 to `scripts`, each a multiple of 64 long but the last.
fn side_by_side(scripts: usize, work: &(impl Fn(Range<usize>) + Sync)) {
    let threads = if scripts < THREADING_PAYS {
        1
    } else {
        threads()
    };
    let part = scripts.div_ceil(threads).next_multiple_of(64);
    std::thread::scope(|scope| {
        for number in 0..threads {
            let range = scripts.min(number * part)..scripts.min((number + 1) * part);
            scope.spawn(move || work(range));
        }
    });
}

/// The rows of those `scripts` (from a multiple of 64 on) that are marked as joined.
fn rows<P: Parent>(parents: &[P], scripts: Range<usize>, joined: &[AtomicU64]) -> Clusters {
    let words = &joined[scripts.start / 64..scripts.end.div_ceil(64)];
    let ones = |words: &[AtomicU64]| -> usize {
        let count = |w: &AtomicU64| w.load(Relaxed).count_ones() as usize;
        words.iter().map(count).sum()
    };
    let mut found = Clusters {
        script: zeros(ones(words)),
        cluster: zeros(ones(words)),
    };
    let threads = if scripts.len() < THREADING_PAYS {
        1
    } else {
        threads()
    };
    let part = words.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let (mut script, mut cluster) = (&mut found.script[..], &mut found.cluster[..]);
        for (number, some) in words.chunks(part).enumerate() {
            let (own, cluster_own);
            (own, script) = script.split_at_mut(ones(some));
            (cluster_own, cluster) = cluster.split_at_mut(own.len());
            let first = scripts.start + number * part * 64;
            scope.spawn(move || {
                let mut places = own.iter_mut().zip(cluster_own);
                for (at, word) in some.iter().enumerate() {
                    let mut left = word.load(Relaxed);
                    while left != 0 {
                        let id = first + at * 64 + left.trailing_zeros() as usize;
                        left &= left - 1;
                        if let Some((script, cluster)) = places.next() {
                            (*script, *cluster) = (id as i64, parents[id].get() as i64);
                        }
                    }
                }
            });
        }
    });
    found
}

fn pieces<P: Parent, E>(
    parents: &[P],
    mut take: impl FnMut(Clusters) -> Result<(), E>,
) -> Result<(), E> {
    let joined = flatten(parents);
    for first in (0..parents.len()).step_by(PIECE) {
        let piece = rows(parents, first..parents.len().min(first + PIECE), &joined);
        if !piece.script.is_empty() {
            take(piece)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_is_named_by_its_least_script() {
        let clusters = merge(9, &[5_i64, 7, 2], &[7, 8, 3]).unwrap();
        assert_eq!(clusters.script, [2, 3, 5, 7, 8]);
        assert_eq!(clusters.cluster, [2, 2, 5, 5, 5]);
    }

    #[test]
    fn cluster_of_a_script_with_itself_is_none() {
        assert_eq!(merge(3, &[1_i64], &[1]).unwrap(), Clusters::default());
        assert_eq!(merge::<i64>(0, &[], &[]).unwrap(), Clusters::default());
    }

    #[test]
    fn cluster_link_out_of_range_is_named() {
        let told = |a: &[i64], b: &[i64]| merge(3, a, b).unwrap_err().to_string();
        assert!(told(&[0, 1], &[2, 3]).starts_with("script_b[1] is 3"));
        assert!(told(&[-1], &[1]).starts_with("script_a[0] is -1"));
        assert!(merge(3, &[0_u32], &[3]).is_err());
    }

    #[test]
    fn cluster_links_may_come_in_several_lots() {
        let mut merging = Merging::new(9);
        merging.add(&[5_i64, 7], &[7, 8]).unwrap();
        merging.add(&[2_u32], &[8]).unwrap();
        assert_eq!(merging.cluster_of(7), 2);
        assert_eq!(merging.clusters().cluster, [2, 2, 2, 2]);
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
        let mut wide = Merging {
            scripts: 500_000,
            parents: Parents::Wide(Pointers::alone(500_000)),
        };
        wide.add(&a, &b).unwrap();
        assert_eq!(threaded, wide.clusters());
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
