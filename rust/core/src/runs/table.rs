//! A hash table whose entries lie in order of their keys, so that it becomes a sorted run by walking it.

use super::Entry;

const FREE: u64 = u64::MAX;

/// Open addressing over uniformly distributed keys: an entry's home is the place its key has in the
/// whole range, and neighbours are kept in order (ordered linear probing, Amble and Knuth 1974). The
/// second word, which tells apart entries of one key, is never `u64::MAX`.
///
/// Two entries are the same when key and `check` bits of the second word agree.
pub struct SortedTable<const N: usize> {
    slots: Vec<Entry<N>>,
    homes: u64,
    len: usize,
    check: u64,
}

const LEAST: u64 = 1 << 10;

impl<const N: usize> SortedTable<N> {
    /// `check` masks the bits of the second word that belong to the key.
    pub fn new(check: u64) -> Self {
        let mut new = Self {
            slots: Vec::new(),
            homes: LEAST,
            len: 0,
            check,
        };
        new.slots = vec![[FREE; N]; new.capacity()];
        new
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes held, and bytes held at once while it grows next.
    pub fn bytes(&self) -> (usize, usize) {
        let own = self.slots.len() * size_of::<Entry<N>>();
        (own, own + own * 3 / 2)
    }

    /// Whether the next insertion makes it grow.
    pub fn is_full(&self) -> bool {
        self.len as u64 * 4 >= self.homes * 3
    }

    /// Empties it and lets the memory go.
    pub fn clear(&mut self) {
        *self = Self::new(self.check);
    }

    pub fn prefetch(&self, key: u64) {
        prefetch(&self.slots[self.home(key)]);
    }

    pub fn get(&self, key: u64, second: u64) -> Option<&Entry<N>> {
        match self.find(key, second) {
            (at, true) => Some(&self.slots[at]),
            _ => None,
        }
    }

    /// The entry that is the same as this one, or none after putting this one in.
    pub fn get_or_insert(&mut self, entry: Entry<N>) -> Option<Entry<N>> {
        let (at, found) = self.find(entry[0], entry[1]);
        if found {
            return Some(self.slots[at]);
        }
        self.put(at, entry);
        None
    }

    /// Puts an entry in; gives the same one that it replaces.
    pub fn insert(&mut self, entry: Entry<N>) -> Option<Entry<N>> {
        let (at, found) = self.find(entry[0], entry[1]);
        if found {
            return Some(std::mem::replace(&mut self.slots[at], entry));
        }
        self.put(at, entry);
        None
    }

    pub fn remove(&mut self, key: u64, second: u64) -> Option<Entry<N>> {
        let (at, found) = self.find(key, second);
        if !found {
            return None;
        }
        let entry = self.slots[at];
        let mut hole = at;
        // later entries of the cluster move back as far as their homes allow
        loop {
            let next = self.slots[hole + 1];
            if next[1] == FREE || self.home(next[0]) > hole {
                break;
            }
            self.slots[hole] = next;
            hole += 1;
        }
        self.slots[hole] = [FREE; N];
        self.len -= 1;
        Some(entry)
    }

    /// Every entry, in order of the key.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<N>> {
        self.slots.iter().filter(|slot| slot[1] != FREE)
    }

    /// Where the same entry lies, or where it goes.
    fn find(&self, key: u64, second: u64) -> (usize, bool) {
        let mut at = self.home(key);
        loop {
            let slot = &self.slots[at];
            if slot[1] == FREE || slot[0] > key {
                return (at, false);
            }
            if slot[0] == key && (slot[1] ^ second) & self.check == 0 {
                return (at, true);
            }
            at += 1;
        }
    }

    fn put(&mut self, mut at: usize, mut entry: Entry<N>) {
        if self.is_full() {
            self.grow();
            at = self.find(entry[0], entry[1]).0;
        }
        self.len += 1;
        while self.slots[at][1] != FREE {
            std::mem::swap(&mut self.slots[at], &mut entry);
            at += 1;
        }
        self.slots[at] = entry;
        if at + 1 == self.slots.len() {
            // one free slot always ends the last cluster
            self.slots.reserve_exact(LEAST as usize);
            self.slots.push([FREE; N]);
        }
    }

    fn grow(&mut self) {
        self.homes = self.homes / 2 * 3;
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![[FREE; N]; self.capacity()];
        let mut next = 0;
        for entry in old.into_iter().filter(|slot| slot[1] != FREE) {
            let at = self.home(entry[0]).max(next);
            if at + 1 >= self.slots.len() {
                self.slots.resize(at + 2, [FREE; N]);
            }
            self.slots[at] = entry;
            next = at + 1;
        }
    }

    fn capacity(&self) -> usize {
        self.homes as usize + 64
    }

    fn home(&self, key: u64) -> usize {
        ((u128::from(key) * u128::from(self.homes)) >> 64) as usize
    }
}

/// Asks the processor to fetch what will be read soon.
pub fn prefetch<T>(place: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch of any address has no effect but on the caches
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(place).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const CHECK: u64 = 0xff;

    proptest! {
        #[test]
        fn it_does_what_a_map_does(steps in prop::collection::vec((any::<u16>(), 0u64..3, any::<bool>()), 0..4000), high in any::<bool>()) {
            let mut table = SortedTable::<2>::new(CHECK);
            let mut oracle = BTreeMap::new();
            for (number, (key, check, put)) in steps.into_iter().enumerate() {
                // few keys far apart, or all crowded at the end of the range
                let key = if high { u64::MAX - u64::from(key) } else { u64::from(key) << 48 };
                let second = (number as u64) << 8 | check;
                if put {
                    prop_assert_eq!(table.insert([key, second]).map(|e| e[1]), oracle.insert((key, check), second));
                } else {
                    prop_assert_eq!(table.remove(key, check).map(|e| e[1]), oracle.remove(&(key, check)));
                }
                prop_assert_eq!(table.get(key, check).map(|e| e[1]), oracle.get(&(key, check)).copied());
            }
            prop_assert_eq!(table.len(), oracle.len());
            let keys: Vec<u64> = table.iter().map(|e| e[0]).collect();
            prop_assert!(keys.is_sorted());
            prop_assert_eq!(keys.len(), oracle.len());
        }
    }
}
