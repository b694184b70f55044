//! The flow itself: a preflow pushed down the order, then on by labels until no more can arrive.

use super::network::{Arcs, Network};
use crate::error::{CoreError, Result};

/// Asked now and then whether to go on.
pub type Pulse<'a> = &'a mut dyn FnMut() -> bool;

/// The label of a node from which no more can arrive.
const CUT_OFF: u32 = u32::MAX;
const NO_NODE: u32 = u32::MAX;
const PULSE_EVERY: u64 = 1 << 14;

/// Which way satoshis are pushed: what seeds have to ends, or what ends could take back to seeds.
/// Both give the same amount and a least cut; the side that has less is the one to push from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Push {
    FromSeeds,
    FromEnds,
}

/// A flow to a set of ends that may grow.
pub struct Flow<'a> {
    network: &'a Network,
    arcs: &'a Arcs,
    push: Push,
    is_chosen: Vec<bool>,
    /// What the chosen ends at each node take, at most one more than can come there.
    taken_sat: Vec<i64>,
    arrived_sat: i128,
    /// Satoshis at each node that have not moved on.
    waiting_sat: Vec<i64>,
    /// Satoshis that each arc carries.
    carried_sat: Vec<i64>,
    /// What each node can still take for good.
    room_sat: Vec<i64>,
    /// At most the number of steps to a node with room, that into it counted; `CUT_OFF` for none.
    labels: Vec<u32>,
    /// The arc, of those from and then those to a node, before which none can be pushed along.
    current: Vec<u32>,
    /// How many nodes have a label.
    of_label: Vec<u32>,
    /// A label that no node has: from above it nothing finds a way down past it.
    gap: u32,
    active: Active,
    steps: u64,
}

impl<'a> Flow<'a> {
    /// No flow, since no end is chosen.
    pub fn new(network: &'a Network, push: Push) -> Flow<'a> {
        let nodes = network.node_count();
        let arcs = match push {
            Push::FromSeeds => &network.along,
            Push::FromEnds => &network.against,
        };
        let mut flow = Flow {
            network,
            arcs,
            push,
            is_chosen: vec![false; network.end_count()],
            taken_sat: vec![0; nodes],
            arrived_sat: 0,
            waiting_sat: vec![0; nodes],
            carried_sat: vec![0; arcs.heads.len()],
            room_sat: vec![0; nodes],
            labels: vec![CUT_OFF; nodes],
            current: vec![0; nodes],
            of_label: vec![0; nodes + 2],
            gap: CUT_OFF,
            active: Active::new(nodes),
            steps: 0,
        };
        for (node, sat) in network.seed_nodes.iter().zip(&network.seed_sat) {
            let node = flow.place(*node);
            match push {
                Push::FromSeeds => flow.waiting_sat[node] += sat,
                Push::FromEnds => flow.room_sat[node] += sat,
            }
        }
        flow
    }

    /// The most that can arrive at the chosen ends and at those chosen before.
    pub fn grow(&mut self, chosen: &[bool], pulse: Pulse<'_>) -> Result<i128> {
        check_flags(self.network, chosen)?;
        for (end, chosen) in chosen.iter().enumerate() {
            if *chosen && !self.is_chosen[end] {
                self.is_chosen[end] = true;
                self.choose(end);
            }
        }
        self.sweep();
        loop {
            if !pulse() {
                return Err(CoreError::Stopped);
            }
            self.label_exactly();
            if self.active.is_empty() {
                return Ok(self.arrived_sat);
            }
            self.push_by_labels(pulse)?;
        }
    }

    /// Whether more could arrive at the ends from each of the caller's nodes, were it there. These
    /// are one side of a least cut: what has arrived is the seeds on this side, the capacities of
    /// the arcs that lead to it, and those of the chosen ends on the other side.
    pub fn reaches(&self) -> Vec<bool> {
        let numbers = self.network.number.iter();
        numbers
            .map(|number| {
                let connected = self.labels[self.place(*number)] != CUT_OFF;
                connected == (self.push == Push::FromSeeds)
            })
            .collect()
    }

    fn place(&self, number: u32) -> usize {
        match self.push {
            Push::FromSeeds => number as usize,
            Push::FromEnds => self.network.node_count() - 1 - number as usize,
        }
    }

    fn choose(&mut self, end: usize) {
        let number = self.network.end_nodes[end];
        let node = self.place(number);
        // One more than can come there is never used up, as little as all that the end could take.
        let most = self.network.inflow_sat[number as usize] + 1;
        let more = self.network.end_capacities_sat[end].min(most - self.taken_sat[node]);
        self.taken_sat[node] += more;
        match self.push {
            Push::FromSeeds => self.room_sat[node] += more,
            Push::FromEnds => self.waiting_sat[node] += more,
        }
    }

    /// One pass down the order. A node is sent no more than the arcs from it can take to the ends.
    fn sweep(&mut self) {
        let arcs = self.arcs;
        let nodes = self.network.node_count();
        let mut useful_sat = self.room_sat.clone();
        for node in (0..nodes).rev() {
            let mut sum = useful_sat[node];
            for arc in arcs.out(node) {
                let left = arcs.capacities_sat[arc] - self.carried_sat[arc];
                sum = sum.saturating_add(left.min(useful_sat[arcs.heads[arc] as usize]));
            }
            useful_sat[node] = sum;
        }
        for node in 0..nodes {
            if self.waiting_sat[node] == 0 {
                continue;
            }
            self.rest(node);
            for arc in arcs.out(node) {
                if self.waiting_sat[node] == 0 {
                    break;
                }
                let head = arcs.heads[arc] as usize;
                let left = arcs.capacities_sat[arc] - self.carried_sat[arc];
                let sat = self.waiting_sat[node].min(left).min(useful_sat[head]);
                useful_sat[head] -= sat;
                self.carried_sat[arc] += sat;
                self.waiting_sat[node] -= sat;
                self.waiting_sat[head] += sat;
            }
        }
    }

    fn rest(&mut self, node: usize) {
        let sat = self.waiting_sat[node].min(self.room_sat[node]);
        self.waiting_sat[node] -= sat;
        self.room_sat[node] -= sat;
        self.arrived_sat += i128::from(sat);
    }

    /// Labels of the fewest steps to an end with room, breadth first from there; and the nodes with
    /// something waiting that can still arrive.
    fn label_exactly(&mut self) {
        let arcs = self.arcs;
        self.labels.fill(CUT_OFF);
        self.of_label.fill(0);
        self.gap = CUT_OFF;
        self.current.fill(0);
        self.active.clear();
        let mut queue: Vec<u32> = Vec::new();
        for (node, room) in self.room_sat.iter().enumerate() {
            if *room > 0 {
                self.labels[node] = 1;
                queue.push(node as u32);
            }
        }
        let mut done = 0;
        while done < queue.len() {
            let node = queue[done] as usize;
            done += 1;
            let label = self.labels[node];
            self.of_label[label as usize] += 1;
            if self.waiting_sat[node] > 0 {
                self.active.add(node, label);
            }
            for arc in arcs.into(node) {
                let arc = *arc as usize;
                let tail = arcs.tails[arc] as usize;
                let left = arcs.capacities_sat[arc] - self.carried_sat[arc];
                if left > 0 && self.labels[tail] == CUT_OFF {
                    self.labels[tail] = label + 1;
                    queue.push(tail as u32);
                }
            }
            for arc in arcs.out(node) {
                let head = arcs.heads[arc] as usize;
                if self.carried_sat[arc] > 0 && self.labels[head] == CUT_OFF {
                    self.labels[head] = label + 1;
                    queue.push(head as u32);
                }
            }
        }
    }

    /// Pushes until nothing that waits has a label, or the labels are stale by much.
    fn push_by_labels(&mut self, pulse: Pulse<'_>) -> Result<()> {
        let enough = 4 * (self.labels.len() + self.carried_sat.len()) as u64;
        let mut work = 0;
        while let Some(node) = self.active.take() {
            self.steps += 1;
            if self.steps % PULSE_EVERY == 0 && !pulse() {
                return Err(CoreError::Stopped);
            }
            work += self.discharge(node);
            if work > enough {
                break;
            }
        }
        Ok(())
    }

    /// Pushes what waits at a node on, relabelling it as needed; gives the arcs looked at.
    fn discharge(&mut self, node: usize) -> u64 {
        let (out, into) = (self.arcs.out(node), self.arcs.into(node));
        let degree = out.len() + into.len();
        let mut work = 0;
        if self.labels[node] > self.gap {
            self.labels[node] = CUT_OFF;
            return 1;
        }
        self.rest(node);
        while self.waiting_sat[node] > 0 {
            let mut at = self.current[node] as usize;
            while at < degree {
                work += 1;
                let (arc, other, left) = self.step(&out, into, at);
                if left > 0
                    && self.labels[other] != CUT_OFF
                    && self.labels[node] == self.labels[other] + 1
                {
                    self.push(node, other, arc, at < out.len(), left);
                    if self.waiting_sat[node] == 0 {
                        break;
                    }
                }
                at += 1;
            }
            self.current[node] = at as u32;
            if self.waiting_sat[node] == 0 {
                break;
            }
            work += degree as u64;
            if !self.relabel(node, &out, into) {
                break;
            }
        }
        work
    }

    /// An arc from or to a node by its place among them, the node at its other end, and what can be
    /// pushed along it: more of what it can carry, or back what it does.
    fn step(&self, out: &std::ops::Range<usize>, into: &[u32], at: usize) -> (usize, usize, i64) {
        let arcs = self.arcs;
        if at < out.len() {
            let arc = out.start + at;
            let left = arcs.capacities_sat[arc] - self.carried_sat[arc];
            (arc, arcs.heads[arc] as usize, left)
        } else {
            let arc = into[at - out.len()] as usize;
            (arc, arcs.tails[arc] as usize, self.carried_sat[arc])
        }
    }

    fn push(&mut self, node: usize, other: usize, arc: usize, along: bool, left: i64) {
        let sat = self.waiting_sat[node].min(left);
        self.carried_sat[arc] += if along { sat } else { -sat };
        self.waiting_sat[node] -= sat;
        if self.waiting_sat[other] == 0 {
            self.active.add(other, self.labels[other]);
        }
        self.waiting_sat[other] += sat;
    }

    /// Raises a label to what its arcs allow; false where nothing can arrive from there any more.
    fn relabel(&mut self, node: usize, out: &std::ops::Range<usize>, into: &[u32]) -> bool {
        let mut least = CUT_OFF;
        for at in 0..out.len() + into.len() {
            let (_, other, left) = self.step(out, into, at);
            if left > 0 {
                least = least.min(self.labels[other]);
            }
        }
        let old = self.labels[node] as usize;
        self.of_label[old] -= 1;
        if self.of_label[old] == 0 {
            self.gap = self.gap.min(old as u32);
        }
        if least >= self.gap.min(self.network.node_count() as u32) {
            self.labels[node] = CUT_OFF;
            return false;
        }
        self.labels[node] = least + 1;
        self.of_label[least as usize + 1] += 1;
        self.current[node] = 0;
        true
    }
}

fn check_flags(network: &Network, chosen: &[bool]) -> Result<()> {
    if chosen.len() == network.end_count() {
        return Ok(());
    }
    Err(CoreError::Misuse(format!(
        "{} flags choose among {} ends; give one for each",
        chosen.len(),
        network.end_count()
    )))
}

/// The most that can arrive at each of growing sets of ends, and from where more could.
pub fn most(
    network: &Network,
    growing: &[&[bool]],
    pulse: Pulse<'_>,
) -> Result<Vec<(i128, Vec<bool>)>> {
    let seeds_sat: i128 = network.seed_sat.iter().map(|sat| i128::from(*sat)).sum();
    let mut flow: Option<Flow<'_>> = None;
    let mut found = Vec::with_capacity(growing.len());
    for chosen in growing {
        check_flags(network, chosen)?;
        let chosen_sat: i128 = (0..chosen.len())
            .filter(|end| chosen[*end])
            .map(|end| {
                let inflow_sat = network.inflow_sat[network.end_nodes[end] as usize];
                i128::from(network.end_capacities_sat[end].min(inflow_sat))
            })
            .sum();
        let push = if chosen_sat < seeds_sat {
            Push::FromEnds
        } else {
            Push::FromSeeds
        };
        if flow.as_ref().is_none_or(|flow| flow.push != push) {
            flow = Some(Flow::new(network, push));
        }
        if let Some(flow) = &mut flow {
            found.push((flow.grow(chosen, pulse)?, flow.reaches()));
        }
    }
    Ok(found)
}

/// Nodes with something waiting, the highest label first.
struct Active {
    /// The first node of each label, and the next after each node.
    first: Vec<u32>,
    next: Vec<u32>,
    highest: usize,
}

impl Active {
    fn new(nodes: usize) -> Active {
        Active {
            first: vec![NO_NODE; nodes + 2],
            next: vec![NO_NODE; nodes],
            highest: 0,
        }
    }

    fn is_empty(&mut self) -> bool {
        while self.highest > 0 && self.first[self.highest] == NO_NODE {
            self.highest -= 1;
        }
        self.highest == 0
    }

    fn clear(&mut self) {
        self.first[..=self.highest].fill(NO_NODE);
        self.highest = 0;
    }

    fn add(&mut self, node: usize, label: u32) {
        let label = label as usize;
        self.next[node] = self.first[label];
        self.first[label] = node as u32;
        self.highest = self.highest.max(label);
    }

    fn take(&mut self) -> Option<usize> {
        if self.is_empty() {
            return None;
        }
        let node = self.first[self.highest] as usize;
        self.first[self.highest] = self.next[node];
        Some(node)
    }
}
