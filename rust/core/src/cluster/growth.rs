//! How clusters grew: the transactions that joined parts which were great already.

use super::graph::{Graph, NONE};

/// Transactions, in chain order, that joined two parts or more of at least some size.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Jumps {
    pub tx: Vec<i64>,
    /// Scripts of the greatest part before that transaction, and of the next.
    pub greatest: Vec<i64>,
    pub next: Vec<i64>,
    /// How many parts of at least that size it joined.
    pub parts: Vec<i64>,
    /// The least script of the greatest part, and of the next; on a tie the lesser first.
    pub greatest_script: Vec<i64>,
    pub next_script: Vec<i64>,
}

impl Graph {
    /// The transactions that joined at least two parts of `least` scripts or more, each replayed
    /// as one step.
    pub fn jumps(&self, least: u32) -> Jumps {
        let mut parent: Vec<u32> = (0..self.scripts.len() as u32).collect();
        let mut size = vec![1_u32; self.scripts.len()];
        let mut jumps = Jumps::default();
        let mut parts: Vec<u32> = Vec::new();
        for group in 0..self.groups.len() as u32 {
            parts.clear();
            for &member in self.members(group) {
                parts.push(root(&mut parent, member));
            }
            parts.sort_unstable();
            parts.dedup();
            let mut great: Vec<u32> = parts
                .iter()
                .copied()
                .filter(|&part| size[part as usize] >= least)
                .collect();
            if great.len() > 1 {
                great.sort_by_key(|&part| (u32::MAX - size[part as usize], part));
                jumps.tx.push(self.groups[group as usize].0);
                jumps.greatest.push(i64::from(size[great[0] as usize]));
                jumps.next.push(i64::from(size[great[1] as usize]));
                jumps.parts.push(great.len() as i64);
                jumps.greatest_script.push(self.scripts.id(great[0]));
                jumps.next_script.push(self.scripts.id(great[1]));
            }
            let mut all = parts.iter().copied();
            let top = all.next().unwrap_or(NONE);
            for part in all {
                parent[part as usize] = top;
                size[top as usize] += size[part as usize];
            }
        }
        jumps
    }
}

fn root(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        let above = parent[parent[at as usize] as usize];
        parent[at as usize] = above;
        at = above;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_jump_is_seen_where_two_great_parts_meet() {
        let (tx, rule) = ([1, 1, 2, 2, 3, 4], [0; 6]);
        let (a, b) = ([1, 1, 5, 5, 1, 3], [2, 3, 6, 7, 9, 6]);
        let graph = Graph::build(&tx, &rule, &a, &b, false).unwrap();
        let jumps = graph.jumps(3);
        assert_eq!(jumps.tx, [4]);
        assert_eq!((jumps.greatest, jumps.next), (vec![4], vec![3]));
        assert_eq!(
            (jumps.greatest_script, jumps.next_script),
            (vec![1], vec![5])
        );
        assert_eq!(graph.jumps(1).tx, [1, 2, 3, 4]);
    }
}
