//! The shortest chains of transactions that join scripts: breadth first over scripts and the
//! transactions that link them.

use super::{ClusterError, check_length};

/// Steps of a forest grown from the sources: `to` was reached from `from`, both of them scripts of
/// the group (one rule's links of one transaction). Sorted by `to`. `unreached` are targets that
/// no source reaches.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Steps {
    pub from: Vec<i64>,
    pub to: Vec<i64>,
    pub tx: Vec<i64>,
    pub rule: Vec<i64>,
    pub unreached: Vec<i64>,
}

const NONE: u32 = u32::MAX;

/// The steps that lead from some source to every target over the fewest transactions.
///
/// Links are rows of (tx, rule, script_a, script_b) in any order; all scripts of one (tx, rule) are
/// one step apart. Ties go to the lower transaction, then rule, then script, at each step from the
/// source on; among sources to the lower script.
pub fn shortest_steps(
    tx: &[i64],
    rule: &[i64],
    script_a: &[i64],
    script_b: &[i64],
    sources: &[i64],
    targets: &[i64],
) -> Result<Steps, ClusterError> {
    check_length("rule", rule.len(), tx.len())?;
    check_length("script_a", script_a.len(), tx.len())?;
    check_length("script_b", script_b.len(), tx.len())?;
    let graph = Graph::build(tx, rule, script_a, script_b);
    Ok(graph.search(sources, targets))
}

/// Scripts and groups, each numbered in rising order, and who is in which.
struct Graph {
    scripts: Vec<i64>,
    groups: Vec<(i64, i64)>,
    first_member: Vec<usize>,
    members: Vec<u32>,
    first_group: Vec<usize>,
    groups_of: Vec<u32>,
}

impl Graph {
    fn build(tx: &[i64], rule: &[i64], script_a: &[i64], script_b: &[i64]) -> Self {
        let mut scripts: Vec<i64> = script_a.iter().chain(script_b).copied().collect();
        scripts.sort_unstable();
        scripts.dedup();

        let mut rows: Vec<usize> = (0..tx.len()).collect();
        let key = |&row: &usize| (tx[row], rule[row]);
        rows.sort_by_key(key);

        let mut groups = Vec::new();
        let mut first_member = vec![0];
        let mut members: Vec<u32> = Vec::with_capacity(tx.len() * 2);
        let mut first_group = vec![0; scripts.len() + 1];
        for group in rows.chunk_by(|x, y| key(x) == key(y)) {
            let start = members.len();
            for &row in group {
                for id in [script_a[row], script_b[row]] {
                    let at = scripts
                        .binary_search(&id)
                        .expect("every script was collected");
                    members.push(at as u32);
                }
            }
            members[start..].sort_unstable();
            let mut kept = start;
            for at in start..members.len() {
                if at == start || members[at] != members[kept - 1] {
                    members[kept] = members[at];
                    kept += 1;
                }
            }
            members.truncate(kept);
            for &member in &members[start..] {
                first_group[member as usize + 1] += 1;
            }
            groups.push(key(&group[0]));
            first_member.push(kept);
        }
        for script in 0..scripts.len() {
            first_group[script + 1] += first_group[script];
        }
        let mut groups_of = vec![0; members.len()];
        let mut fill = first_group.clone();
        for group in 0..groups.len() {
            for &member in &members[first_member[group]..first_member[group + 1]] {
                groups_of[fill[member as usize]] = group as u32;
                fill[member as usize] += 1;
            }
        }
        Self {
            scripts,
            groups,
            first_member,
            members,
            first_group,
            groups_of,
        }
    }

    fn number(&self, script: i64) -> Option<usize> {
        self.scripts.binary_search(&script).ok()
    }

    fn search(&self, sources: &[i64], targets: &[i64]) -> Steps {
        let mut from = vec![NONE; self.scripts.len()];
        let mut via = vec![NONE; self.scripts.len()];
        let mut group_seen = vec![false; self.groups.len()];

        let mut queue: Vec<u32> = sources
            .iter()
            .filter_map(|&s| self.number(s))
            .map(|n| n as u32)
            .collect();
        queue.sort_unstable();
        queue.dedup();
        for &source in &queue {
            from[source as usize] = source;
        }
        let mut wanted: Vec<usize> = targets.iter().filter_map(|&t| self.number(t)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut is_wanted = vec![false; self.scripts.len()];
        let mut missing = 0;
        for &target in &wanted {
            if from[target] == NONE {
                is_wanted[target] = true;
                missing += 1;
            }
        }

        let mut head = 0;
        while head < queue.len() && missing > 0 {
            let here = queue[head];
            head += 1;
            let (lo, hi) = (
                self.first_group[here as usize],
                self.first_group[here as usize + 1],
            );
            for &group in &self.groups_of[lo..hi] {
                if std::mem::replace(&mut group_seen[group as usize], true) {
                    continue;
                }
                let (lo, hi) = (
                    self.first_member[group as usize],
                    self.first_member[group as usize + 1],
                );
                for &next in &self.members[lo..hi] {
                    if from[next as usize] == NONE {
                        from[next as usize] = here;
                        via[next as usize] = group;
                        queue.push(next);
                        missing -= usize::from(is_wanted[next as usize]);
                    }
                }
            }
        }
        self.collect(sources, targets, &wanted, &from, &via)
    }

    /// The steps back from every target to its source, each once.
    fn collect(
        &self,
        sources: &[i64],
        targets: &[i64],
        wanted: &[usize],
        from: &[u32],
        via: &[u32],
    ) -> Steps {
        let mut used: Vec<usize> = Vec::new();
        let mut seen = vec![false; self.scripts.len()];
        for &target in wanted {
            let mut at = target;
            while via[at] != NONE && !std::mem::replace(&mut seen[at], true) {
                used.push(at);
                at = from[at] as usize;
            }
        }
        used.sort_unstable();
        let mut steps = Steps::default();
        for at in used {
            let (tx, rule) = self.groups[via[at] as usize];
            steps.from.push(self.scripts[from[at] as usize]);
            steps.to.push(self.scripts[at]);
            steps.tx.push(tx);
            steps.rule.push(rule);
        }
        let mut sources = sources.to_vec();
        sources.sort_unstable();
        steps.unreached = targets
            .iter()
            .copied()
            .filter(|t| sources.binary_search(t).is_err())
            .filter(|&t| self.number(t).is_none_or(|n| from[n] == NONE))
            .collect();
        steps.unreached.sort_unstable();
        steps.unreached.dedup();
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_path_takes_one_step_between_leaves_of_a_star() {
        // tx 4 links 1 with 2 and 3; tx 9 links 3 with 5.
        let steps =
            shortest_steps(&[4, 4, 9], &[0; 3], &[1, 1, 3], &[2, 3, 5], &[2], &[5, 77]).unwrap();
        assert_eq!(steps.from, [2, 3]);
        assert_eq!(steps.to, [3, 5]);
        assert_eq!(steps.tx, [4, 9]);
        assert_eq!(steps.unreached, [77]);
    }

    #[test]
    fn cluster_path_of_nothing_is_nothing() {
        let steps = shortest_steps(&[], &[], &[], &[], &[1], &[1, 2]).unwrap();
        assert_eq!(steps.unreached, [2]);
        assert!(steps.to.is_empty());
    }
}
