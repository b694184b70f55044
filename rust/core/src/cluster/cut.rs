//! The weakest cut: the fewest transactions whose exclusion parts two scripts.
//!
//! A minimum vertex cut of the graph of scripts and transactions in which a transaction counts 1
//! and a script cannot be cut. By Menger's theorem it is as great as the most chains that share no
//! transaction; these are found one by one, breadth first over the residual graph from both ends
//! (Ford and Fulkerson 1956), so the work is linear in the graph for each transaction of the cut.
//! Of a group only the script through which a chain enters and that through which it leaves are
//! kept.

use super::graph::{Graph, NONE};

/// The cut nearest to the sources, as transactions rising, and what remains when they are gone.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cut {
    pub tx: Vec<i64>,
    /// For each transaction how many of its scripts stay with the sources, with the targets, and
    /// with neither.
    pub near: Vec<i64>,
    pub far: Vec<i64>,
    pub apart: Vec<i64>,
    /// Scripts of the graph that stay with the sources, with the targets, and with neither.
    pub scripts: [i64; 3],
    /// Whether no other set of as few transactions parts them.
    pub only: bool,
    /// Every transaction that alone parts them, from the sources on; none where one is not enough.
    pub alone: Vec<i64>,
}

impl Graph {
    /// The fewest transactions without which no source is joined to a target; of several such sets
    /// that nearest to the sources. None where more than `bound` are needed. Empty where they are
    /// not joined. No script may be source and target.
    ///
    /// Built with `by_rule` false. Groups of one transaction that do not hang together count as
    /// several transactions would.
    pub fn weakest_cut(&self, sources: &[i64], targets: &[i64], bound: usize) -> Option<Cut> {
        let sources = self.numbers(sources);
        let targets = self.numbers(targets);
        let mut flow = Flow::new(self);
        let mut near = Reach::new(Side::Sources, flow.node_count());
        let mut far = Reach::new(Side::Targets, flow.node_count());
        let mut size = 0;
        loop {
            near.start(&sources);
            far.start(&targets);
            let Some(path) = flow.meet(&mut near, &mut far) else {
                break;
            };
            size += 1;
            if size > bound {
                return None;
            }
            flow.send(&path);
        }
        let (cut, only) = flow.nearest_cut(near, far);
        debug_assert_eq!(cut.len(), size);
        let alone = match (size, only) {
            (1, true) => cut.clone(),
            (1, false) => flow.bottlenecks(&sources, &targets),
            _ => Vec::new(),
        };
        Some(self.parted(&cut, &sources, &targets, only, &alone))
    }

    /// What is left with whom once the groups are gone.
    fn parted(
        &self,
        cut: &[u32],
        sources: &[u32],
        targets: &[u32],
        only: bool,
        alone: &[u32],
    ) -> Cut {
        let mut gone = vec![false; self.groups.len()];
        for &group in cut {
            gone[group as usize] = true;
        }
        let mut part = vec![2_u8; self.scripts.len()];
        let mut scripts = [0, 0, self.scripts.len() as i64];
        for (side, starts) in [(0, sources), (1, targets)] {
            let mut queue = starts.to_vec();
            for &start in starts {
                part[start as usize] = side;
            }
            let mut entered = gone.clone();
            let mut head = 0;
            while head < queue.len() {
                let here = queue[head];
                head += 1;
                for &group in self.groups_of(here) {
                    if std::mem::replace(&mut entered[group as usize], true) {
                        continue;
                    }
                    for &next in self.members(group) {
                        if part[next as usize] == 2 {
                            part[next as usize] = side;
                            queue.push(next);
                        }
                    }
                }
            }
            scripts[side as usize] = queue.len() as i64;
            scripts[2] -= queue.len() as i64;
        }
        let mut found = Cut {
            scripts,
            only,
            alone: alone.iter().map(|&g| self.groups[g as usize].0).collect(),
            ..Cut::default()
        };
        for same_tx in cut.chunk_by(|&x, &y| self.groups[x as usize].0 == self.groups[y as usize].0)
        {
            let mut held = [0; 3];
            for &group in same_tx {
                for &member in self.members(group) {
                    held[part[member as usize] as usize] += 1;
                }
            }
            found.tx.push(self.groups[same_tx[0] as usize].0);
            found.near.push(held[0]);
            found.far.push(held[1]);
            found.apart.push(held[2]);
        }
        found
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Sources,
    Targets,
}

/// Chains that share no group, as the script before and after each group that is used.
///
/// Nodes of the residual graph: a script, and of each group its entrance and its exit.
struct Flow<'a> {
    graph: &'a Graph,
    entered_from: Vec<u32>,
    left_to: Vec<u32>,
}

impl<'a> Flow<'a> {
    fn new(graph: &'a Graph) -> Self {
        Self {
            graph,
            entered_from: vec![NONE; graph.groups.len()],
            left_to: vec![NONE; graph.groups.len()],
        }
    }

    fn entrance(&self, group: u32) -> u32 {
        self.graph.scripts.len() as u32 + 2 * group
    }

    fn node_count(&self) -> usize {
        self.graph.scripts.len() + 2 * self.graph.groups.len()
    }

    /// Adds what one node leads to. Walked from the targets, all arcs run the other way, and
    /// entrance and exit change places.
    fn spread(&self, node: u32, reach: &mut Reach) {
        let (near, near_script, far_script) = match reach.side {
            Side::Sources => (0, &self.entered_from, &self.left_to),
            Side::Targets => (1, &self.left_to, &self.entered_from),
        };
        let far = 1 - near;
        let scripts = self.graph.scripts.len() as u32;
        if node < scripts {
            for &group in self.graph.groups_of(node) {
                reach.visit(self.entrance(group) + near, node);
                if far_script[group as usize] == node {
                    reach.visit(self.entrance(group) + far, node);
                }
            }
            return;
        }
        let group = (node - scripts) / 2;
        let used = near_script[group as usize];
        if (node - scripts) % 2 == near {
            let next = if used == NONE {
                self.entrance(group) + far
            } else {
                used
            };
            reach.visit(next, node);
            return;
        }
        for &member in self.graph.members(group) {
            reach.visit(member, node);
        }
        if used != NONE {
            reach.visit(self.entrance(group) + near, node);
        }
    }

    /// Nodes from a start of `near` to one of `far` on which one more chain can be had.
    ///
    /// Both grow at once, the lesser front first, until they touch. None where one of them has
    /// nothing left to reach.
    fn meet(&self, near: &mut Reach, far: &mut Reach) -> Option<Vec<u32>> {
        let mut touched = if near.queue.len() < far.queue.len() {
            near.queue.iter().copied().find(|&node| far.has(node))
        } else {
            far.queue.iter().copied().find(|&node| near.has(node))
        };
        while touched.is_none() {
            let (grown, other) = if near.waiting() <= far.waiting() {
                (&mut *near, &*far)
            } else {
                (&mut *far, &*near)
            };
            let known = grown.queue.len();
            let node = grown.next()?;
            self.spread(node, grown);
            touched = grown.queue[known..]
                .iter()
                .copied()
                .find(|&node| other.has(node));
        }
        let middle = touched?;
        let mut path: Vec<u32> = near.way_from(middle);
        path.reverse();
        path.extend(far.way_from(middle).into_iter().skip(1));
        Some(path)
    }

    /// The least cut nearest to the sources, rising, and whether there is no other.
    ///
    /// `near` and `far` as the last search left them, one of them with nothing left to reach. The
    /// groups at which that one ends are a least cut; they are also the one nearest to the other
    /// side if that side gets to each of them.
    fn nearest_cut(&self, mut near: Reach, mut far: Reach) -> (Vec<u32>, bool) {
        let mut probe = Reach::new(Side::Targets, 0);
        if near.waiting() == 0 {
            let cut = self.boundary(&near);
            std::mem::swap(&mut probe, &mut near);
            let only = cut.iter().all(|&group| {
                probe.start(&[self.entrance(group) + 1]);
                self.meet(&mut probe, &mut far).is_some()
            });
            return (cut, only);
        }
        let cut = self.boundary(&far);
        std::mem::swap(&mut probe, &mut far);
        let only = cut.iter().all(|&group| {
            probe.start(&[self.entrance(group)]);
            self.meet(&mut near, &mut probe).is_some()
        });
        if only {
            return (cut, true);
        }
        while let Some(node) = near.next() {
            self.spread(node, &mut near);
        }
        (self.boundary(&near), false)
    }

    /// Adds the chain; where it runs against one that is there, both change partners.
    fn send(&mut self, path: &[u32]) {
        let scripts = self.graph.scripts.len() as u32;
        for step in path.windows(3) {
            let &[before, node, after] = step else {
                continue;
            };
            if node < scripts {
                continue;
            }
            let group = ((node - scripts) / 2) as usize;
            if (node - scripts) % 2 == 0 {
                self.entered_from[group] = if before < scripts { before } else { NONE };
            } else {
                self.left_to[group] = if after < scripts { after } else { NONE };
            }
        }
    }

    /// The groups at which a side ends that has nothing left to reach; rising.
    fn boundary(&self, reach: &Reach) -> Vec<u32> {
        let scripts = self.graph.scripts.len() as u32;
        let near = u32::from(reach.side == Side::Targets);
        let mut groups: Vec<u32> = reach
            .queue
            .iter()
            .filter(|&&node| node >= scripts && (node - scripts) % 2 == near)
            .map(|&node| (node - scripts) / 2)
            .filter(|&group| !reach.has(self.entrance(group) + 1 - near))
            .collect();
        groups.sort_unstable();
        groups
    }

    /// With one chain sent: every group that all chains must pass, from the sources on.
    fn bottlenecks(&self, sources: &[u32], targets: &[u32]) -> Vec<u32> {
        let scripts = self.graph.scripts.len() as u32;
        let mut reach = Reach::new(Side::Sources, self.node_count());
        reach.start(sources);
        let mut is_target = vec![false; scripts as usize];
        for &target in targets {
            is_target[target as usize] = true;
        }
        let mut found = Vec::new();
        // Used groups whose entrance is reached. Where all is reached that can be, just one of
        // them is left whose exit is not: all chains pass it, and the search goes on behind it.
        let mut pending: Vec<u32> = Vec::new();
        loop {
            while let Some(node) = reach.next() {
                if node < scripts && is_target[node as usize] {
                    return found;
                }
                if node >= scripts && (node - scripts) % 2 == 0 {
                    let group = (node - scripts) / 2;
                    if self.entered_from[group as usize] != NONE {
                        pending.push(group);
                    }
                }
                self.spread(node, &mut reach);
            }
            pending.retain(|&group| !reach.has(self.entrance(group) + 1));
            let Some(&group) = pending.first() else {
                return found;
            };
            found.push(group);
            reach.visit(self.entrance(group) + 1, self.entrance(group));
        }
    }
}

/// The nodes reached so far from one side, in the order in which they were, and from where each.
struct Reach {
    side: Side,
    from: Vec<u32>,
    queue: Vec<u32>,
    head: usize,
}

impl Reach {
    fn new(side: Side, nodes: usize) -> Self {
        Self {
            side,
            from: vec![NONE; nodes],
            queue: Vec::new(),
            head: 0,
        }
    }

    /// Begins anew; what was not reached before costs nothing.
    fn start(&mut self, starts: &[u32]) {
        for &node in &self.queue {
            self.from[node as usize] = NONE;
        }
        self.queue.clear();
        self.head = 0;
        for &start in starts {
            self.visit(start, start);
        }
    }

    fn visit(&mut self, node: u32, before: u32) {
        if self.from[node as usize] == NONE {
            self.from[node as usize] = before;
            self.queue.push(node);
        }
    }

    fn has(&self, node: u32) -> bool {
        self.from[node as usize] != NONE
    }

    fn next(&mut self) -> Option<u32> {
        let node = self.queue.get(self.head).copied();
        self.head += usize::from(node.is_some());
        node
    }

    /// Nodes reached from which nothing was reached yet.
    fn waiting(&self) -> usize {
        self.queue.len() - self.head
    }

    /// The nodes from this one back to a start.
    fn way_from(&self, mut node: u32) -> Vec<u32> {
        let mut way = vec![node];
        while self.from[node as usize] != node {
            node = self.from[node as usize];
            way.push(node);
        }
        way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(links: &[(i64, i64, i64)], a: i64, b: i64, bound: usize) -> Option<Cut> {
        let column =
            |of: fn(&(i64, i64, i64)) -> i64| -> Vec<i64> { links.iter().map(of).collect() };
        let rule = vec![0; links.len()];
        let graph = Graph::build(
            &column(|l| l.0),
            &rule,
            &column(|l| l.1),
            &column(|l| l.2),
            false,
        );
        graph.unwrap().weakest_cut(&[a], &[b], bound)
    }

    #[test]
    fn cluster_cut_of_a_chain_is_its_first_transaction() {
        let found = cut(&[(3, 1, 2), (5, 2, 4), (9, 4, 7), (9, 4, 8)], 1, 8, 16).unwrap();
        assert_eq!(found.tx, [3]);
        assert_eq!(found.scripts, [1, 4, 0]);
        assert_eq!(found.alone, [3, 5, 9]);
        assert!(!found.only);
    }

    #[test]
    fn cluster_cut_counts_chains_that_share_no_transaction() {
        // Two ways from 1 to 9, one of which has two transactions side by side.
        let links = [(1, 1, 2), (2, 2, 9), (3, 1, 4), (4, 4, 9), (5, 4, 9)];
        let found = cut(&links, 1, 9, 16).unwrap();
        assert_eq!(found.tx, [1, 3]);
        assert!(found.alone.is_empty());
        assert_eq!(cut(&links, 1, 9, 1), None);
        assert_eq!(cut(&links, 1, 77, 0).unwrap().tx, [0_i64; 0]);
    }

    #[test]
    fn cluster_cut_sends_a_chain_back_where_it_must() {
        // The shortest chain takes both middle transactions' places; two remain all the same.
        let links = [
            (1, 1, 2),
            (2, 2, 3),
            (3, 3, 9),
            (4, 1, 5),
            (5, 5, 6),
            (6, 6, 3),
            (7, 2, 7),
            (8, 7, 8),
            (9, 8, 9),
        ];
        assert_eq!(cut(&links, 1, 9, 16).unwrap().tx, [1, 4]);
    }
}
