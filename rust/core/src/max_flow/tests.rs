//! Against flow by augmenting paths, one after another, on any small network.

use super::*;
use crate::error::CoreError;
use proptest::prelude::*;

#[derive(Clone, Debug, Default)]
struct Case {
    nodes: usize,
    arcs: Vec<(i64, i64, i64)>,
    seeds: Vec<(i64, i64)>,
    ends: Vec<(i64, i64)>,
}

impl Case {
    fn build(&self) -> crate::Result<Network> {
        fn column<T, const N: usize>(rows: &[T], of: impl Fn(&T) -> [i64; N]) -> [Vec<i64>; N] {
            std::array::from_fn(|at| rows.iter().map(|row| of(row)[at]).collect())
        }
        let [tails, heads, capacities_sat] = column(&self.arcs, |a| [a.0, a.1, a.2]);
        let [seed_nodes, seed_sat] = column(&self.seeds, |s| [s.0, s.1]);
        let [end_nodes, end_capacities_sat] = column(&self.ends, |e| [e.0, e.1]);
        Network::build(&Columns {
            node_count: self.nodes,
            tails: &tails,
            heads: &heads,
            capacities_sat: &capacities_sat,
            seed_nodes: &seed_nodes,
            seed_sat: &seed_sat,
            end_nodes: &end_nodes,
            end_capacities_sat: &end_capacities_sat,
        })
    }

    /// Ford and Fulkerson, on a matrix.
    fn slow(&self, chosen: &[bool]) -> i128 {
        let (source, sink) = (self.nodes, self.nodes + 1);
        let mut left = vec![vec![0i128; self.nodes + 2]; self.nodes + 2];
        for (tail, head, sat) in &self.arcs {
            left[*tail as usize][*head as usize] += i128::from(*sat);
        }
        for (node, sat) in &self.seeds {
            left[source][*node as usize] += i128::from(*sat);
        }
        for ((node, sat), _) in self.ends.iter().zip(chosen).filter(|(_, chosen)| **chosen) {
            left[*node as usize][sink] += i128::from(*sat);
        }
        let mut sum = 0;
        loop {
            let mut via = vec![usize::MAX; self.nodes + 2];
            let mut queue = vec![source];
            while let Some(node) = queue.pop() {
                for next in 0..self.nodes + 2 {
                    if left[node][next] > 0 && via[next] == usize::MAX && next != source {
                        via[next] = node;
                        queue.push(next);
                    }
                }
            }
            if via[sink] == usize::MAX {
                return sum;
            }
            let path: Vec<(usize, usize)> =
                std::iter::successors(Some((via[sink], sink)), |(node, _)| {
                    (*node != source).then(|| (via[*node], *node))
                })
                .collect();
            let sat = path.iter().map(|(a, b)| left[*a][*b]).min().unwrap_or(0);
            for (a, b) in path {
                left[a][b] -= sat;
                left[b][a] += sat;
            }
            sum += sat;
        }
    }
}

fn cases() -> impl Strategy<Value = Case> {
    (1usize..9).prop_flat_map(|nodes| {
        let node = 0..nodes as i64;
        let sat = prop_oneof![0i64..6, 0i64..2_100_000_000_000_000];
        let arcs = prop::collection::vec((node.clone(), node.clone(), sat.clone()), 0..24);
        let seeds = prop::collection::vec((node.clone(), sat.clone()), 0..4);
        let ends = prop::collection::vec((node, sat), 0..9);
        let order = Just((0..nodes as i64).collect::<Vec<i64>>()).prop_shuffle();
        (arcs, seeds, ends, order).prop_map(move |(arcs, seeds, ends, order)| Case {
            nodes,
            arcs: arcs
                .into_iter()
                .filter(|(a, b, _)| a != b)
                .map(|(a, b, sat)| (order[a.min(b) as usize], order[a.max(b) as usize], sat))
                .collect(),
            seeds,
            ends,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn flow_to_growing_sets_is_that_of_augmenting_paths(
        case in cases(), masks in prop::collection::vec(any::<u16>(), 1..4),
    ) {
        let network = case.build().unwrap();
        for push in [Push::FromSeeds, Push::FromEnds] {
            let mut flow = Flow::new(&network, push);
            let mut chosen = vec![false; case.ends.len()];
            for mask in &masks {
                for (end, chosen) in chosen.iter_mut().enumerate() {
                    *chosen |= (mask >> end) & 1 == 1;
                }
                let arrived = flow.grow(&chosen, &mut || true).unwrap();
                prop_assert_eq!(arrived, case.slow(&chosen));
                prop_assert_eq!(arrived, capacity_of_cut(&case, &chosen, &flow.reaches()));
                let found = most(&network, &[&chosen], &mut || true).unwrap();
                prop_assert_eq!(arrived, found[0].0);
                prop_assert_eq!(arrived, capacity_of_cut(&case, &chosen, &found[0].1));
            }
        }
    }
}

fn capacity_of_cut(case: &Case, chosen: &[bool], reaches: &[bool]) -> i128 {
    let beyond = |node: i64| reaches[node as usize];
    let seeds = case.seeds.iter().filter(|s| beyond(s.0)).map(|s| s.1);
    let arcs = case
        .arcs
        .iter()
        .filter(|a| !beyond(a.0) && beyond(a.1))
        .map(|a| a.2);
    let ends = case
        .ends
        .iter()
        .zip(chosen)
        .filter(|(e, chosen)| **chosen && !beyond(e.0))
        .map(|(e, _)| e.1);
    seeds.chain(arcs).chain(ends).map(i128::from).sum()
}

/// Two lines of transactions, one step apart, with everything to be sent back up one and down the
/// other: what a sweep alone gets wrong.
#[test]
fn value_sent_down_a_blind_alley_comes_back() {
    let case = Case {
        nodes: 6,
        // 0 to 1 and 2; 1 to 3 or 4; 2 to 4 only; 3 and 4 to 5
        arcs: vec![
            (0, 1, 5),
            (0, 2, 5),
            (1, 3, 5),
            (1, 4, 5),
            (2, 4, 5),
            (3, 5, 5),
            (4, 5, 5),
        ],
        seeds: vec![(0, 10)],
        ends: vec![(5, 10)],
    };
    let network = case.build().unwrap();
    let arrived = Flow::new(&network, Push::FromSeeds)
        .grow(&[true], &mut || true)
        .unwrap();
    assert_eq!(arrived, 10);
}

#[test]
fn stops_when_told() {
    let case = Case {
        nodes: 1,
        seeds: vec![(0, 1)],
        ends: vec![(0, 1)],
        ..Case::default()
    };
    let network = case.build().unwrap();
    let stopped = Flow::new(&network, Push::FromSeeds).grow(&[true], &mut || false);
    assert!(matches!(stopped, Err(CoreError::Stopped)));
}

#[test]
fn refuses_cycles_and_one_flag_too_few() {
    let case = Case {
        nodes: 2,
        arcs: vec![(0, 1, 1), (1, 0, 1)],
        ..Case::default()
    };
    assert!(case.build().unwrap_err().to_string().contains("cycle"));
    let case = Case {
        nodes: 1,
        ends: vec![(0, 1)],
        ..Case::default()
    };
    let network = case.build().unwrap();
    let refused = Flow::new(&network, Push::FromSeeds)
        .grow(&[], &mut || true)
        .unwrap_err();
    assert!(refused.to_string().contains("0 flags choose among 1 ends"));
}
