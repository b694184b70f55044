//! Scripts and the transactions that link them, as a graph in flat arrays: 12 bytes a script and
//! 8 a membership, beside 24 a group.

use super::{ClusterError, check_length};

/// Scripts and groups, each numbered in rising order, and who is in which.
///
/// A group is what one transaction's links join: all links of one (transaction, rule), or of one
/// transaction where `by_rule` is false. Links that do not hang together make several groups.
pub struct Graph {
    pub(super) scripts: Numbering,
    pub(super) groups: Vec<(i64, i64)>,
    pub(super) first_member: Vec<usize>,
    pub(super) members: Vec<u32>,
    pub(super) first_group: Vec<usize>,
    pub(super) groups_of: Vec<u32>,
}

/// No script, no group: what the numbers of either stay below.
pub(super) const NONE: u32 = u32::MAX;

impl Graph {
    /// The graph of links, which are rows of (tx, rule, script_a, script_b) in any order.
    pub fn build(
        tx: &[i64],
        rule: &[i64],
        script_a: &[i64],
        script_b: &[i64],
        by_rule: bool,
    ) -> Result<Self, ClusterError> {
        check_length("rule", rule.len(), tx.len())?;
        check_length("script_a", script_a.len(), tx.len())?;
        check_length("script_b", script_b.len(), tx.len())?;
        // Scripts and two nodes a group are numbered in 32 bits.
        if tx.len() > (NONE / 6) as usize {
            return Err(ClusterError::Length {
                name: "tx_id",
                found: tx.len(),
                expected: (NONE / 6) as usize,
            });
        }
        let scripts = Numbering::of(script_a, script_b);
        let key = |row: usize| (tx[row], if by_rule { rule[row] } else { 0 });
        let mut rows: Vec<u32> = (0..tx.len() as u32).collect();
        if !rows.is_sorted_by_key(|&row| key(row as usize)) {
            rows.sort_by_key(|&row| key(row as usize));
        }
        let mut graph = Self {
            groups: Vec::new(),
            first_member: vec![0],
            members: Vec::with_capacity(tx.len() + tx.len() / 2),
            first_group: vec![0; scripts.len() + 1],
            groups_of: Vec::new(),
            scripts,
        };
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for group in rows.chunk_by(|&x, &y| key(x as usize) == key(y as usize)) {
            pairs.clear();
            for &row in group {
                let of = |id| graph.scripts.number(id).expect("every script was numbered");
                pairs.push((of(script_a[row as usize]), of(script_b[row as usize])));
            }
            graph.add(key(group[0] as usize), &pairs);
        }
        graph.index_members();
        Ok(graph)
    }

    /// Adds the groups that the links of one key make, their least members rising.
    fn add(&mut self, key: (i64, i64), pairs: &[(u32, u32)]) {
        // A star, which is what most rules give, hangs together.
        if pairs.iter().all(|pair| pair.0 == pairs[0].0) {
            self.close(key, pairs);
            return;
        }
        for part in parts_of(pairs) {
            self.close(key, &part);
        }
    }

    fn close(&mut self, key: (i64, i64), pairs: &[(u32, u32)]) {
        let start = self.members.len();
        let mut last = NONE;
        for &(a, b) in pairs {
            if a != last {
                self.members.push(a);
                last = a;
            }
            self.members.push(b);
        }
        self.members[start..].sort_unstable();
        let mut kept = start;
        for at in start..self.members.len() {
            if at == start || self.members[at] != self.members[kept - 1] {
                self.members[kept] = self.members[at];
                kept += 1;
            }
        }
        self.members.truncate(kept);
        for &member in &self.members[start..] {
            self.first_group[member as usize + 1] += 1;
        }
        self.groups.push(key);
        self.first_member.push(kept);
    }

    fn index_members(&mut self) {
        for script in 0..self.scripts.len() {
            self.first_group[script + 1] += self.first_group[script];
        }
        self.groups_of = vec![0; self.members.len()];
        let mut fill = self.first_group.clone();
        for group in 0..self.groups.len() {
            for &member in &self.members[self.first_member[group]..self.first_member[group + 1]] {
                self.groups_of[fill[member as usize]] = group as u32;
                fill[member as usize] += 1;
            }
        }
    }

    /// The scripts of a group, rising.
    pub(super) fn members(&self, group: u32) -> &[u32] {
        let group = group as usize;
        &self.members[self.first_member[group]..self.first_member[group + 1]]
    }

    /// The groups of a script, rising.
    pub(super) fn groups_of(&self, script: u32) -> &[u32] {
        let script = script as usize;
        &self.groups_of[self.first_group[script]..self.first_group[script + 1]]
    }

    /// The numbers of those scripts that some link has, rising.
    pub(super) fn numbers(&self, ids: &[i64]) -> Vec<u32> {
        let mut numbers: Vec<u32> = ids
            .iter()
            .filter_map(|&id| self.scripts.number(id))
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

/// Links parted into those that hang together, by their least scripts.
fn parts_of(pairs: &[(u32, u32)]) -> Vec<Vec<(u32, u32)>> {
    let mut scripts: Vec<u32> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
    scripts.sort_unstable();
    scripts.dedup();
    let place = |id: u32| {
        scripts
            .binary_search(&id)
            .expect("every script was collected")
    };
    let mut parent: Vec<usize> = (0..scripts.len()).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for &(a, b) in pairs {
        let (a, b) = (root(&mut parent, place(a)), root(&mut parent, place(b)));
        parent[a.max(b)] = a.min(b);
    }
    let mut keyed: Vec<(usize, (u32, u32))> = pairs
        .iter()
        .map(|&pair| (root(&mut parent, place(pair.0)), pair))
        .collect();
    keyed.sort_unstable();
    keyed
        .chunk_by(|x, y| x.0 == y.0)
        .map(|part| part.iter().map(|&(_, pair)| pair).collect())
        .collect()
}

/// The rows whose script is one of `members`, rising.
pub fn rows_within(scripts: &[i64], members: &[i64]) -> Vec<i64> {
    let wanted = Numbering::of(members, &[]);
    scripts
        .iter()
        .enumerate()
        .filter(|&(_, &script)| wanted.number(script).is_some())
        .map(|(row, _)| row as i64)
        .collect()
}

/// Ids numbered in rising order: by a bitmap with ranks where they lie close enough, else by
/// search.
pub(super) struct Numbering {
    ids: Vec<i64>,
    base: i64,
    words: Vec<u64>,
    before: Vec<u32>,
}

impl Numbering {
    /// The distinct ids of both columns.
    pub(super) fn of(some: &[i64], others: &[i64]) -> Self {
        let both = || some.iter().chain(others).copied();
        let count = some.len() + others.len();
        let mut ids = Vec::new();
        let base = both().min().unwrap_or(0);
        let span = both().max().unwrap_or(0).abs_diff(base) / 64;
        // Memory stays linear in the ids: a word an id and a few.
        if span > count as u64 + 1024 {
            ids.extend(both());
            ids.sort_unstable();
            ids.dedup();
            return Self {
                ids,
                base,
                words: Vec::new(),
                before: Vec::new(),
            };
        }
        let mut words = vec![0_u64; span as usize + 1];
        for id in both() {
            let at = id.abs_diff(base);
            words[(at / 64) as usize] |= 1 << (at % 64);
        }
        let mut before = Vec::with_capacity(words.len());
        let mut seen = 0;
        for (at, &word) in words.iter().enumerate() {
            before.push(seen);
            seen += word.count_ones();
            let mut left = word;
            while left != 0 {
                ids.push(base + 64 * at as i64 + i64::from(left.trailing_zeros()));
                left &= left - 1;
            }
        }
        Self {
            ids,
            base,
            words,
            before,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn id(&self, number: u32) -> i64 {
        self.ids[number as usize]
    }

    #[inline]
    pub(super) fn number(&self, id: i64) -> Option<u32> {
        if self.words.is_empty() {
            return self.ids.binary_search(&id).ok().map(|at| at as u32);
        }
        if id < self.base {
            return None;
        }
        let at = id.abs_diff(self.base);
        let word = *self.words.get((at / 64) as usize)?;
        let bit = 1_u64 << (at % 64);
        if word & bit == 0 {
            return None;
        }
        Some(self.before[(at / 64) as usize] + (word & (bit - 1)).count_ones())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_ids_are_numbered_alike_close_and_far() {
        let near = Numbering::of(&[9, 70, 9], &[200, 64]);
        let far = Numbering::of(&[-5, i64::MAX, 12], &[0, 1 << 40]);
        for numbering in [&near, &far] {
            for number in 0..numbering.len() as u32 {
                assert_eq!(numbering.number(numbering.id(number)), Some(number));
            }
        }
        assert_eq!(near.ids, [9, 64, 70, 200]);
        assert!(!near.words.is_empty() && far.words.is_empty());
        for absent in [i64::MIN, 8, 10, 201, 1 << 50] {
            assert_eq!(near.number(absent), None);
        }
        assert_eq!(Numbering::of(&[], &[]).number(0), None);
    }

    #[test]
    fn cluster_links_that_hang_apart_are_groups_of_their_own() {
        let (tx, rule) = ([4, 4, 4], [0, 1, 0]);
        let graph = Graph::build(&tx, &rule, &[7, 1, 3], &[8, 3, 5], false).unwrap();
        assert_eq!(graph.groups, [(4, 0), (4, 0)]);
        let named = |group| -> Vec<i64> {
            graph
                .members(group)
                .iter()
                .map(|&m| graph.scripts.id(m))
                .collect()
        };
        assert_eq!((named(0), named(1)), (vec![1, 3, 5], vec![7, 8]));
        let graph = Graph::build(&tx, &rule, &[7, 1, 3], &[8, 3, 5], true).unwrap();
        assert_eq!(graph.groups, [(4, 0), (4, 0), (4, 1)]);
    }
}
