//! The shortest chains of transactions that join scripts: breadth first over scripts and the
//! transactions that link them.

use super::graph::{Graph, NONE};

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

impl Graph {
    /// The steps that lead from some source to every target over the fewest transactions.
    ///
    /// All scripts of one group are one step apart. Ties go to the lower transaction, then rule,
    /// then script, at each step from the source on; among sources to the lower script.
    pub fn shortest_steps(&self, sources: &[i64], targets: &[i64]) -> Steps {
        let mut from = vec![NONE; self.scripts.len()];
        let mut via = vec![NONE; self.scripts.len()];
        let mut group_seen = vec![false; self.groups.len()];

        let mut queue = self.numbers(sources);
        for &source in &queue {
            from[source as usize] = source;
        }
        let wanted = self.numbers(targets);
        let mut is_wanted = vec![false; self.scripts.len()];
        let mut missing = 0;
        for &target in &wanted {
            if from[target as usize] == NONE {
                is_wanted[target as usize] = true;
                missing += 1;
            }
        }

        let mut head = 0;
        while head < queue.len() && missing > 0 {
            let here = queue[head];
            head += 1;
            for &group in self.groups_of(here) {
                if std::mem::replace(&mut group_seen[group as usize], true) {
                    continue;
                }
                for &next in self.members(group) {
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
        wanted: &[u32],
        from: &[u32],
        via: &[u32],
    ) -> Steps {
        let mut used: Vec<usize> = Vec::new();
        let mut seen = vec![false; self.scripts.len()];
        for &target in wanted {
            let mut at = target as usize;
            while via[at] != NONE && !std::mem::replace(&mut seen[at], true) {
                used.push(at);
                at = from[at] as usize;
            }
        }
        used.sort_unstable();
        let mut steps = Steps::default();
        for at in used {
            let (tx, rule) = self.groups[via[at] as usize];
            steps.from.push(self.scripts.id(from[at]));
            steps.to.push(self.scripts.id(at as u32));
            steps.tx.push(tx);
            steps.rule.push(rule);
        }
        let mut sources = sources.to_vec();
        sources.sort_unstable();
        steps.unreached = targets
            .iter()
            .copied()
            .filter(|t| sources.binary_search(t).is_err())
            .filter(|&t| {
                self.scripts
                    .number(t)
                    .is_none_or(|n| from[n as usize] == NONE)
            })
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
        let graph = Graph::build(&[4, 4, 9], &[0; 3], &[1, 1, 3], &[2, 3, 5], true).unwrap();
        let steps = graph.shortest_steps(&[2], &[5, 77]);
        assert_eq!(steps.from, [2, 3]);
        assert_eq!(steps.to, [3, 5]);
        assert_eq!(steps.tx, [4, 9]);
        assert_eq!(steps.unreached, [77]);
    }

    #[test]
    fn cluster_path_of_nothing_is_nothing() {
        let graph = Graph::build(&[], &[], &[], &[], true).unwrap();
        let steps = graph.shortest_steps(&[1], &[1, 2]);
        assert_eq!(steps.unreached, [2]);
        assert!(steps.to.is_empty());
    }
}
