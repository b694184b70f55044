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

/// Nodes are numbered in a topological order, arcs by tail and then head, parallel ones as one.
#[derive(Debug)]
pub struct Network {
    /// The number of each of the caller's nodes.
    pub(super) number: Vec<u32>,
    /// The arcs from node v are `first_out[v]..first_out[v + 1]`.
    pub(super) first_out: Vec<u32>,
    pub(super) tails: Vec<u32>,
    pub(super) heads: Vec<u32>,
    pub(super) capacities_sat: Vec<i64>,
    /// The arcs to node v are `arcs_in[first_in[v]..first_in[v + 1]]`.
    pub(super) first_in: Vec<u32>,
    pub(super) arcs_in: Vec<u32>,
    /// Of each node.
    pub(super) seed_sat: Vec<i64>,
    /// Of each end.
    pub(super) end_nodes: Vec<u32>,
    pub(super) end_capacities_sat: Vec<i64>,
}

impl Network {
    /// The network of the columns. Refuses ids beyond the nodes, amounts below 0, cycles, and a node
    /// that could be sent 2^63 satoshis, since amounts at a node are counted in 64 bits.
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
        let arcs = merged(
            nodes,
            &renumbered(tails),
            &renumbered(heads),
            columns.capacities_sat,
        )?;
        let mut seed_sat = vec![0i128; nodes];
        for (node, sat) in renumbered(seeds).into_iter().zip(columns.seed_sat) {
            seed_sat[node as usize] += i128::from(*sat);
        }
        check_inflow(&seed_sat, &arcs)?;
        let (first_in, arcs_in) = by_head(nodes, &arcs.heads);
        Ok(Network {
            // `check_inflow` has bounded these to 64 bits
            seed_sat: seed_sat.into_iter().map(|sat| sat as i64).collect(),
            end_nodes: renumbered(ends),
            end_capacities_sat: columns.end_capacities_sat.to_vec(),
            first_in,
            arcs_in,
            first_out: arcs.first_out,
            tails: arcs.tails,
            heads: arcs.heads,
            capacities_sat: arcs.capacities_sat,
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
    let (first, arcs) = by_head(nodes, tails);
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
fn by_head(nodes: usize, column: &[u32]) -> (Vec<u32>, Vec<u32>) {
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

struct Arcs {
    first_out: Vec<u32>,
    tails: Vec<u32>,
    heads: Vec<u32>,
    capacities_sat: Vec<i64>,
}

/// The arcs in order of tail and head, those that share both as one; those that carry nothing left
/// out.
fn merged(nodes: usize, tails: &[u32], heads: &[u32], capacities_sat: &[i64]) -> Result<Arcs> {
    let (first, mut order) = by_head(nodes, tails);
    let mut arcs = Arcs {
        first_out: Vec::with_capacity(nodes + 1),
        tails: Vec::with_capacity(tails.len()),
        heads: Vec::with_capacity(tails.len()),
        capacities_sat: Vec::with_capacity(tails.len()),
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
                arcs.capacities_sat[last] = sum.ok_or_else(|| too_much(head))?;
            } else {
                arcs.tails.push(node as u32);
                arcs.heads.push(head);
                arcs.capacities_sat.push(sat);
            }
        }
    }
    arcs.first_out.push(arcs.heads.len() as u32);
    Ok(arcs)
}

fn too_much(node: u32) -> CoreError {
    misuse(format!(
        "node {node} could be sent 2^63 sat or more; trace fewer seeds at a time"
    ))
}

/// Refuses a node that could be sent more than 64 bits count. What passes has at most that much at
/// any node at any time.
fn check_inflow(seed_sat: &[i128], arcs: &Arcs) -> Result<()> {
    let all: i128 = seed_sat.iter().sum();
    let mut inflow = seed_sat.to_vec();
    for node in 0..seed_sat.len() {
        inflow[node] = inflow[node].min(all);
        if inflow[node] > i128::from(i64::MAX) {
            return Err(too_much(node as u32));
        }
        for arc in arcs.first_out[node] as usize..arcs.first_out[node + 1] as usize {
            inflow[arcs.heads[arc] as usize] +=
                i128::from(arcs.capacities_sat[arc]).min(inflow[node]);
        }
    }
    Ok(())
}
