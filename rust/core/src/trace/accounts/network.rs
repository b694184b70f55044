//! The books as a network of capacities: an account is a chain of nodes with storage between them.

use super::journal::{Journal, Origin};
use crate::trace::NO_TERMINAL;

/// Columns of `peelchain.trace.network.Network`.
///
/// A node stands for an account between two of its payments. It is reached by what the account
/// then held of the node before, at most the balance left by the payment, and by receipts; it is
/// left by the next payment's positions. Every account rule is a flow in it: under each, what is
/// paid and what is left hold at most their own value of traced satoshis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountNetwork {
    pub nodes: i64,
    pub tails: Vec<i64>,
    pub heads: Vec<i64>,
    pub capacities_sat: Vec<i64>,
    /// The output that an arc is, -1 for what an account keeps.
    pub arc_txouts: Vec<i64>,
    pub seed_nodes: Vec<i64>,
    pub seed_sat: Vec<i64>,
    pub end_nodes: Vec<i64>,
    pub end_capacities_sat: Vec<i64>,
    pub end_types: Vec<u8>,
    pub end_txs: Vec<i64>,
    pub end_txouts: Vec<i64>,
    pub end_accounts: Vec<i64>,
}

struct End {
    node: i64,
    capacity_sat: i64,
    end: u8,
    tx: i64,
    txout: i64,
    account: i64,
}

impl AccountNetwork {
    fn node(&mut self) -> i64 {
        self.nodes += 1;
        self.nodes - 1
    }

    fn arc(&mut self, tail: i64, head: i64, capacity_sat: i64, txout: i64) {
        self.tails.push(tail);
        self.heads.push(head);
        self.capacities_sat.push(capacity_sat);
        self.arc_txouts.push(txout);
    }

    fn end(&mut self, end: End) {
        self.end_nodes.push(end.node);
        self.end_capacities_sat.push(end.capacity_sat);
        self.end_types.push(end.end);
        self.end_txs.push(end.tx);
        self.end_txouts.push(end.txout);
        self.end_accounts.push(end.account);
    }

    /// Numbers the nodes in the order in which value leaves them, those it does not leave last.
    fn renumber(&mut self, left_nodes: &[i64]) {
        let mut number = vec![-1; self.nodes as usize];
        let mut next = 0;
        for node in left_nodes.iter().copied().chain(0..self.nodes) {
            let number = &mut number[node as usize];
            if *number == -1 {
                *number = next;
                next += 1;
            }
        }
        for nodes in [
            &mut self.tails,
            &mut self.heads,
            &mut self.seed_nodes,
            &mut self.end_nodes,
        ] {
            for node in nodes {
                *node = number[*node as usize];
            }
        }
    }

    fn seed(&mut self, node: i64, claims: &[(usize, i64)]) {
        self.seed_nodes.push(node);
        self.seed_sat.push(claims.iter().map(|(_, sat)| sat).sum());
    }
}

/// The network of a journal's books. Every arc leads to a greater node.
pub fn network(journal: &Journal) -> AccountNetwork {
    let mut found = AccountNetwork::default();
    let mut node_of_slot = Vec::with_capacity(journal.slot_accounts.len());
    let mut from_nodes = Vec::new();
    let mut left_nodes = Vec::new();
    for turn in 0..journal.turn_count() {
        from_nodes.clear();
        let mut first_position = 0;
        for (payment, positions) in journal.payments(turn) {
            if from_nodes.is_empty() {
                first_position = positions.start;
            }
            let from: i64 = node_of_slot[payment.slot];
            left_nodes.push(from);
            for at in positions {
                let position = journal.positions[at];
                from_nodes.push(from);
                if position.end != NO_TERMINAL {
                    found.end(End {
                        node: from,
                        capacity_sat: position.value_sat,
                        end: position.end,
                        tx: position.made_in,
                        txout: position.txout,
                        account: -1,
                    });
                }
            }
            let next = found.node();
            node_of_slot[payment.slot] = next;
            if payment.rest_sat > 0 {
                found.arc(from, next, payment.rest_sat, -1);
            }
        }
        for _ in journal.openings_sat(turn) {
            let node = found.node();
            node_of_slot.push(node);
        }
        for receipt in journal.receipts(turn) {
            let to = node_of_slot[receipt.slot];
            match receipt.origin {
                Origin::Clean => {}
                Origin::Position(position) => {
                    let from = from_nodes[position - first_position];
                    let txout = journal.positions[position].txout;
                    found.arc(from, to, receipt.value_sat, txout);
                }
                Origin::Seed(seed) => found.seed(to, &journal.seeds[seed].claims),
            }
        }
    }
    for holding in &journal.holdings {
        if holding.balance_sat > 0 {
            found.end(End {
                node: node_of_slot[holding.slot],
                capacity_sat: holding.balance_sat,
                end: holding.end,
                tx: -1,
                txout: -1,
                account: journal.slot_accounts[holding.slot],
            });
        }
    }
    for rest in &journal.rests {
        let seed = &journal.seeds[rest.seed];
        let node = found.node();
        found.seed(node, &seed.claims);
        found.end(End {
            node,
            capacity_sat: seed.value_sat,
            end: rest.end,
            tx: rest.made_in,
            txout: seed.txout,
            account: -1,
        });
    }
    found.renumber(&left_nodes);
    found
}
