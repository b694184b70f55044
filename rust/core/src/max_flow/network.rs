//! Arcs, seeds and ends, ordered so that every arc leads to a later node.

use crate::error::{CoreError, Result};

/// A network as columns; see `peelchain.trace.network.Network`. Seeds and ends may share nodes.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    pub node_count: usize,
    pub tails: &'a [i64],
    pub heads: &'a [i64],
    pub capacities_sat: &'a [i64],
    pub seed_nodes: &'a [i64],
    pub seed_sat: &'a [i64],
    pub end_nodes: &'a [i64],
    pub end_capacities_sat: &'a [i64],
}

/// What a flow is asked of: the same arcs in both directions.
#[derive(Debug)]
pub struct Network {
    pub(super) along: Arcs,
    pub(super) against: Arcs,
    /// The numbers of the nodes in `along`; of each seed, of each end.
    pub(super) number: Vec<u32>,
    pub(super) seed_nodes: Vec<u32>,
    pub(super) end_nodes: Vec<u32>,
    pub(super) seed_sat: Vec<i64>,
    pub(super) end_capacities_sat: Vec<i64>,
    /// Of each number: no more than this can ever come to the node.
    pub(super) inflow_sat: Vec<i64>,
}

/// Arcs from lower to higher numbers, in order of tail and then head, parallel ones as one.
///
/// Against the flow a node's number is counted from the other end, so that holds there too.
#[derive(Debug)]
pub(super) struct Arcs {
    /// The arcs from node v are `first_out[v]..first_out[v + 1]`.
    first_out: Vec<u32>,
    pub tails: Vec<u32>,
    pub heads: Vec<u32>,
    pub capacities_sat: Vec<i64>,
    /// The arcs to node v are `arcs_in[first_in[v]..first_in[v + 1]]`.
    first_in: Vec<u32>,
    arcs_in: Vec<u32>,
}

impl Arcs {
    pub fn out(&self, node: usize) -> std::ops::Range<usize> {
        self.first_out[node] as usize..self.first_out[node + 1] as usize
    }

    pub fn into(&self, node: usize) -> &[u32] {
        &self.arcs_in[self.first_in[node] as usize..self.first_in[node + 1] as usize]
    }
}

impl Network {
    /// The network of the columns. Refuses ids beyond the nodes, amounts below 0, cycles, and a node
    /// through which 2^63 satoshis could pass, since amounts at a node are counted in 64 bits.
    pub fn build(columns: &Columns<'_>) -> Result<Network> {
        let nodes = columns.node_count;
        check_lengths(columns)?;
        let tails = numbers("tails", columns.tails, nodes)?;
        let heads = numbers("heads", columns.heads, nodes)?;
        let seeds = numbers("seed_nodes", columns.seed_nodes, nodes)?;
        let ends = numbers("end_nodes", columns.end_nodes, nodes)?;
        for (name, amounts) in [
            ("capacities_sat", columns.capacities_sat),
            ("seed_sat", columns.seed_sat),
            ("end_capacities_sat", columns.end_capacities_sat),
        ] {
            if let Some(row) = amounts.iter().position(|sat| *sat < 0) {
                return Err(misuse(format!(
                    "{name}[{row}] is {} sat; give 0 or more",
                    amounts[row]
                )));
            }
        }
        let number = topological(nodes, &tails, &heads)?;
        let renumbered =
            |ids: Vec<u32>| -> Vec<u32> { ids.into_iter().map(|id| number[id as usize]).collect() };
        let (tails, heads) = (renumbered(tails), renumbered(heads));
        let mut along = merged(nodes, &tails, &heads, columns.capacities_sat)?;
        let seed_nodes = renumbered(seeds);
        let inflow_sat = inflows(&seed_nodes, columns.seed_sat, &along)?;
        clip(&mut along, &inflow_sat)?;
        let turned =
            |ids: &[u32]| -> Vec<u32> { ids.iter().map(|id| nodes as u32 - 1 - id).collect() };
        let against = merged(
            nodes,
            &turned(&along.heads),
            &turned(&along.tails),
            &along.capacities_sat,
        )?;
        Ok(Network {
            end_nodes: renumbered(ends),
            seed_nodes,
            seed_sat: columns.seed_sat.to_vec(),
            end_capacities_sat: columns.end_capacities_sat.to_vec(),
            along,
            against,
            inflow_sat,
            number,
        })
    }

    pub fn node_count(&self) -> usize {
        self.number.len()
    }

    pub fn end_count(&self) -> usize {
        self.end_nodes.len()
    }
}

fn misuse(what: String) -> CoreError {
    CoreError::Misuse(what)
}

fn check_lengths(columns: &Columns<'_>) -> Result<()> {
    let Columns { tails, .. } = columns;
    if columns.node_count >= u32::MAX as usize || tails.len() >= u32::MAX as usize {
        return Err(misuse(format!(
            "{} nodes and {} arcs are more than 4294967294; set a limit of hops, value or height",
            columns.node_count,
            tails.len()
        )));
    }
    let fits = columns.heads.len() == tails.len()
        && columns.capacities_sat.len() == tails.len()
        && columns.seed_nodes.len() == columns.seed_sat.len()
        && columns.end_nodes.len() == columns.end_capacities_sat.len();
    if fits {
        Ok(())
    } else {
        Err(misuse(
            "the columns of arcs, of seeds or of ends differ in length".to_string(),
        ))
    }
}

fn numbers(name: &str, ids: &[i64], nodes: usize) -> Result<Vec<u32>> {
    let checked = ids.iter().enumerate().map(|(row, id)| {
        let inside = usize::try_from(*id).is_ok_and(|id| id < nodes);
        inside.then_some(*id as u32).ok_or_else(|| {
            misuse(format!(
                "{name}[{row}] is {id}, which is not among {nodes} nodes"
            ))
        })
    });
    checked.collect()
}

/// The place of each node in an order in which every arc leads on; the given one where it does.
fn topological(nodes: usize, tails: &[u32], heads: &[u32]) -> Result<Vec<u32>> {
    if tails.iter().zip(heads).all(|(tail, head)| tail < head) {
        return Ok((0..nodes as u32).collect());
    }
    let (first, arcs) = by_node(nodes, tails);
    let mut waiting = vec![0u32; nodes];
    for head in heads {
        waiting[*head as usize] += 1;
    }
    let mut order: Vec<u32> = (0..nodes as u32)
        .filter(|node| waiting[*node as usize] == 0)
        .collect();
    let mut done = 0;
    while done < order.len() {
        let node = order[done] as usize;
        done += 1;
        for arc in &arcs[first[node] as usize..first[node + 1] as usize] {
            let head = heads[*arc as usize];
            waiting[head as usize] -= 1;
            if waiting[head as usize] == 0 {
                order.push(head);
            }
        }
    }
    if let Some(node) = waiting.iter().position(|arcs| *arcs > 0) {
        return Err(misuse(format!(
            "the network has a cycle that node {node} is on or behind; value moves in chain order only"
        )));
    }
    let mut number = vec![0u32; nodes];
    for (place, node) in order.into_iter().enumerate() {
        number[node as usize] = place as u32;
    }
    Ok(number)
}

/// The arcs of each node by one of their columns, in order.
fn by_node(nodes: usize, column: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut first = vec![0u32; nodes + 1];
    for node in column {
        first[*node as usize + 1] += 1;
    }
    for node in 0..nodes {
        first[node + 1] += first[node];
    }
    let mut next = first.clone();
    let mut arcs = vec![0u32; column.len()];
    for (arc, node) in column.iter().enumerate() {
        arcs[next[*node as usize] as usize] = arc as u32;
        next[*node as usize] += 1;
    }
    (first, arcs)
}

/// The arcs in order of tail and head, those that share both as one; those that carry nothing left
/// out.
fn merged(nodes: usize, tails: &[u32], heads: &[u32], capacities_sat: &[i64]) -> Result<Arcs> {
    let (first, mut order) = by_node(nodes, tails);
    let mut arcs = Arcs {
        first_out: Vec::with_capacity(nodes + 1),
        tails: Vec::with_capacity(tails.len()),
        heads: Vec::with_capacity(tails.len()),
        capacities_sat: Vec::with_capacity(tails.len()),
        first_in: Vec::new(),
        arcs_in: Vec::new(),
    };
    for node in 0..nodes {
        let own = arcs.heads.len();
        arcs.first_out.push(own as u32);
        let group = &mut order[first[node] as usize..first[node + 1] as usize];
        group.sort_unstable_by_key(|arc| heads[*arc as usize]);
        for arc in group {
            let (head, sat) = (heads[*arc as usize], capacities_sat[*arc as usize]);
            if sat == 0 {
                continue;
            }
            if arcs.heads.len() > own && arcs.heads.last() == Some(&head) {
                let last = arcs.capacities_sat.len() - 1;
                let sum = arcs.capacities_sat[last].checked_add(sat);
                arcs.capacities_sat[last] = sum.ok_or_else(|| too_much(head as usize))?;
            } else {
                arcs.tails.push(node as u32);
                arcs.heads.push(head);
                arcs.capacities_sat.push(sat);
            }
        }
    }
    arcs.first_out.push(arcs.heads.len() as u32);
    (arcs.first_in, arcs.arcs_in) = by_node(nodes, &arcs.heads);
    Ok(arcs)
}

fn too_much(node: usize) -> CoreError {
    misuse(format!(
        "2^63 sat or more could pass through node {node}; trace fewer seeds at a time"
    ))
}

/// The most that could come to each node. Refuses one to which more could than 64 bits count.
fn inflows(seed_nodes: &[u32], seed_sat: &[i64], arcs: &Arcs) -> Result<Vec<i64>> {
    let all: i128 = seed_sat.iter().map(|sat| i128::from(*sat)).sum();
    let mut inflow = vec![0i128; arcs.first_out.len() - 1];
    for (node, sat) in seed_nodes.iter().zip(seed_sat) {
        inflow[*node as usize] += i128::from(*sat);
    }
    let mut checked = Vec::with_capacity(inflow.len());
    for node in 0..inflow.len() {
        let most = inflow[node].min(all);
        if most >= i128::from(i64::MAX) {
            return Err(too_much(node));
        }
        for arc in arcs.out(node) {
            inflow[arcs.heads[arc] as usize] += i128::from(arcs.capacities_sat[arc]).min(most);
        }
        checked.push(most as i64);
    }
    Ok(checked)
}

/// Lowers each capacity to one more than can come to its tail: still never used up, so never part of
/// a cut. Refuses a node at which, against the flow, more could be than 64 bits count.
fn clip(arcs: &mut Arcs, inflow_sat: &[i64]) -> Result<()> {
    for (node, inflow_sat) in inflow_sat.iter().enumerate() {
        // what is asked of the ends at the node, and of those beyond each arc
        let mut sum = inflow_sat + 1;
        for arc in arcs.out(node) {
            let capacity_sat = &mut arcs.capacities_sat[arc];
            *capacity_sat = (*capacity_sat).min(inflow_sat + 1);
            sum = sum
                .checked_add(*capacity_sat)
                .ok_or_else(|| too_much(node))?;
        }
    }
    Ok(())
}
