//! Clusters from links in chain order, where what is known from elsewhere keeps scripts apart.
//!
//! A cluster may hold at most one label of each label-space, and never both ends of a pair. A link
//! that would break this is refused and noted, and those after it go on. So the outcome depends on
//! the order of links, which is the chain's.

use std::collections::HashMap;

use super::graph::Numbering;
use super::{ClusterError, check_length};

/// What must stay apart. Rows of (script, space, label), of which a script has at most one in each
/// space, and pairs of different scripts; in any order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Apart<'a> {
    pub script: &'a [i64],
    pub space: &'a [i64],
    pub label: &'a [i64],
    pub pair_a: &'a [i64],
    pub pair_b: &'a [i64],
}

/// Links that were refused, in order: the link, the constraint, and both sides at that moment.
///
/// `space` is the label-space, or -1 for a pair. `evidence_a` is the row of the label on the side
/// of `script_a`, or the pair's row; `held_a` the script that has it; `scripts_a` the scripts that
/// are on that side.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Refused {
    pub tx: Vec<i64>,
    pub rule: Vec<i64>,
    pub script_a: Vec<i64>,
    pub script_b: Vec<i64>,
    pub space: Vec<i64>,
    pub evidence_a: Vec<i64>,
    pub evidence_b: Vec<i64>,
    pub held_a: Vec<i64>,
    pub held_b: Vec<i64>,
    pub scripts_a: Vec<i64>,
    pub scripts_b: Vec<i64>,
}

/// Clusters under construction.
pub struct Constrained {
    scripts: Numbering,
    parent: Vec<u32>,
    size: Vec<u32>,
    held: HashMap<u32, Held>,
    pairs: Vec<(i64, i64)>,
    last: (i64, i64, i64),
    refused: Refused,
}

/// What a cluster holds: of each space its label, its least script that has it and that row; of
/// each pair which end.
#[derive(Default)]
struct Held {
    labels: Vec<Label>,
    ends: HashMap<u32, bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Label {
    space: i64,
    label: i64,
    script: u32,
    row: usize,
}

/// Why two clusters must not be one.
enum Clash {
    Labels(Label, Label),
    Pair(u32, bool),
}

impl Constrained {
    /// Every one of `scripts` on its own. Rows and pairs of scripts that are not among them are
    /// passed over.
    pub fn new(scripts: &[i64], apart: Apart<'_>) -> Result<Self, ClusterError> {
        check_length("space", apart.space.len(), apart.script.len())?;
        check_length("label", apart.label.len(), apart.script.len())?;
        check_length("pair_b", apart.pair_b.len(), apart.pair_a.len())?;
        let numbering = Numbering::of(scripts, &[]);
        let count = numbering.len();
        let mut held: HashMap<u32, Held> = HashMap::new();
        for (row, &id) in apart.script.iter().enumerate() {
            if let Some(script) = numbering.number(id) {
                held.entry(script).or_default().labels.push(Label {
                    space: apart.space[row],
                    label: apart.label[row],
                    script,
                    row,
                });
            }
        }
        for one in held.values_mut() {
            one.labels.sort_unstable();
        }
        let mut pairs = Vec::new();
        for (row, (&a, &b)) in apart.pair_a.iter().zip(apart.pair_b).enumerate() {
            if let (Some(a), Some(b)) = (numbering.number(a), numbering.number(b)) {
                held.entry(a).or_default().ends.insert(row as u32, false);
                held.entry(b).or_default().ends.insert(row as u32, true);
            }
            pairs.push((a, b));
        }
        Ok(Self {
            scripts: numbering,
            parent: (0..count as u32).collect(),
            size: vec![1; count],
            held,
            pairs,
            last: (i64::MIN, i64::MIN, i64::MIN),
            refused: Refused::default(),
        })
    }

    /// Joins each script with the cluster that it was in, before any link. Nothing is refused.
    pub fn begin(&mut self, script: &[i64], cluster: &[i64]) -> Result<(), ClusterError> {
        check_length("cluster", cluster.len(), script.len())?;
        for (row, (&script, &cluster)) in script.iter().zip(cluster).enumerate() {
            let number = |id, name| {
                let known = self.scripts.number(id);
                known.ok_or(ClusterError::Unknown { name, row })
            };
            let (a, b) = (number(script, "script")?, number(cluster, "cluster")?);
            let (root_a, root_b) = (self.root(a), self.root(b));
            self.unite(root_a, root_b);
        }
        Ok(())
    }

    /// Applies more links, which rise by (tx, script_a, script_b). Those of which neither script
    /// is among the scripts are passed over.
    pub fn add(
        &mut self,
        tx: &[i64],
        rule: &[i64],
        script_a: &[i64],
        script_b: &[i64],
    ) -> Result<(), ClusterError> {
        check_length("rule", rule.len(), tx.len())?;
        check_length("script_a", script_a.len(), tx.len())?;
        check_length("script_b", script_b.len(), tx.len())?;
        for row in 0..tx.len() {
            let place = (tx[row], script_a[row], script_b[row]);
            if place < self.last {
                return Err(ClusterError::Order { name: "links", row });
            }
            self.last = place;
            let (a, b) = match (self.scripts.number(place.1), self.scripts.number(place.2)) {
                (Some(a), Some(b)) => (a, b),
                (None, None) => continue,
                (known, _) => {
                    return Err(ClusterError::Unknown {
                        name: if known.is_some() {
                            "script_b"
                        } else {
                            "script_a"
                        },
                        row,
                    });
                }
            };
            self.link(a, b, tx[row], rule[row]);
        }
        Ok(())
    }

    fn link(&mut self, a: u32, b: u32, tx: i64, rule: i64) {
        let (root_a, root_b) = (self.root(a), self.root(b));
        if root_a == root_b {
            return;
        }
        if let Some(clash) = self.clash(root_a, root_b) {
            self.refuse(a, b, root_a, root_b, tx, rule, &clash);
            return;
        }
        self.unite(root_a, root_b);
    }

    fn unite(&mut self, root_a: u32, root_b: u32) {
        let (top, under) = (root_a.min(root_b), root_a.max(root_b));
        if top == under {
            return;
        }
        self.parent[under as usize] = top;
        self.size[top as usize] += self.size[under as usize];
        if let Some(mut smaller) = self.held.remove(&under) {
            let larger = self.held.entry(top).or_default();
            if smaller.ends.len() > larger.ends.len() {
                std::mem::swap(&mut smaller.ends, &mut larger.ends);
            }
            larger.ends.extend(smaller.ends);
            // Of one label from both sides the least script's row stays: no order of links shows.
            larger.labels.extend(smaller.labels);
            larger.labels.sort_unstable();
            larger.labels.dedup_by_key(|l| (l.space, l.label));
        }
    }

    fn root(&mut self, mut at: u32) -> u32 {
        while self.parent[at as usize] != at {
            let above = self.parent[self.parent[at as usize] as usize];
            self.parent[at as usize] = above;
            at = above;
        }
        at
    }

    /// The first constraint by which the two must stay apart: the least space, else the least pair.
    fn clash(&self, root_a: u32, root_b: u32) -> Option<Clash> {
        let (a, b) = (self.held.get(&root_a)?, self.held.get(&root_b)?);
        for one in &a.labels {
            let other = b.labels.iter().find(|l| l.space == one.space);
            if let Some(other) = other.filter(|other| other.label != one.label) {
                return Some(Clash::Labels(*one, *other));
            }
        }
        let (few, many) = if a.ends.len() < b.ends.len() {
            (&a.ends, &b.ends)
        } else {
            (&b.ends, &a.ends)
        };
        let pair = few
            .iter()
            .filter(|&(pair, end)| many.get(pair).is_some_and(|other| other != end))
            .map(|(&pair, _)| pair)
            .min()?;
        Some(Clash::Pair(pair, a.ends[&pair]))
    }

    #[allow(clippy::too_many_arguments)]
    fn refuse(
        &mut self,
        a: u32,
        b: u32,
        root_a: u32,
        root_b: u32,
        tx: i64,
        rule: i64,
        clash: &Clash,
    ) {
        let (space, evidence, held) = match *clash {
            Clash::Labels(one, other) => (
                one.space,
                (one.row as i64, other.row as i64),
                (self.scripts.id(one.script), self.scripts.id(other.script)),
            ),
            Clash::Pair(pair, turned) => {
                let (one, other) = self.pairs[pair as usize];
                let held = if turned { (other, one) } else { (one, other) };
                (-1, (i64::from(pair), i64::from(pair)), held)
            }
        };
        let refused = &mut self.refused;
        refused.tx.push(tx);
        refused.rule.push(rule);
        refused.script_a.push(self.scripts.id(a));
        refused.script_b.push(self.scripts.id(b));
        refused.space.push(space);
        refused.evidence_a.push(evidence.0);
        refused.evidence_b.push(evidence.1);
        refused.held_a.push(held.0);
        refused.held_b.push(held.1);
        refused
            .scripts_a
            .push(i64::from(self.size[root_a as usize]));
        refused
            .scripts_b
            .push(i64::from(self.size[root_b as usize]));
    }

    /// The least script of the cluster of each script, in rising order of scripts, and the links
    /// that were refused.
    pub fn finish(mut self) -> (Vec<i64>, Refused) {
        let clusters = (0..self.parent.len() as u32)
            .map(|script| {
                let root = self.root(script);
                self.scripts.id(root)
            })
            .collect();
        (clusters, self.refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_link_that_joins_two_labels_is_refused_and_later_ones_go_on() {
        let apart = Apart {
            script: &[1, 4],
            space: &[0, 0],
            label: &[7, 8],
            ..Apart::default()
        };
        let mut clusters = Constrained::new(&[1, 2, 3, 4, 5], apart).unwrap();
        clusters.add(&[10, 11], &[0, 0], &[1, 3], &[2, 4]).unwrap();
        clusters.add(&[12, 13], &[0, 0], &[2, 2], &[3, 5]).unwrap();
        let (of, refused) = clusters.finish();
        assert_eq!(of, [1, 1, 3, 3, 1]);
        assert_eq!(
            (refused.tx, refused.scripts_a, refused.scripts_b),
            (vec![12], vec![2], vec![2])
        );
        assert_eq!((refused.held_a, refused.held_b), (vec![1], vec![4]));
        assert_eq!((refused.evidence_a, refused.evidence_b), (vec![0], vec![1]));
    }

    #[test]
    fn cluster_links_out_of_order_are_refused() {
        let mut clusters = Constrained::new(&[1, 2, 3], Apart::default()).unwrap();
        clusters.add(&[5], &[0], &[1], &[2]).unwrap();
        assert!(clusters.add(&[4], &[0], &[1], &[3]).is_err());
        assert!(clusters.add(&[6], &[0], &[1], &[9]).is_err());
        assert!(clusters.add(&[6], &[0], &[8], &[9]).is_ok());
    }

    #[test]
    fn cluster_pair_is_kept_apart_from_either_side() {
        let apart = Apart {
            pair_a: &[3],
            pair_b: &[1],
            ..Apart::default()
        };
        let mut clusters = Constrained::new(&[1, 2, 3], apart).unwrap();
        clusters.add(&[5, 6], &[0, 1], &[1, 2], &[2, 3]).unwrap();
        let (of, refused) = clusters.finish();
        assert_eq!(of, [1, 1, 3]);
        assert_eq!((refused.held_a, refused.held_b), (vec![1], vec![3]));
        assert_eq!((refused.space, refused.rule), (vec![-1], vec![1]));
    }
}
