"""A network of capacities in which every conserving rule of a scope is a flow."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from peelchain.errors import MisuseError
from peelchain.trace.graph import NO_TERMINAL, FlowGraph
from peelchain.trace.walk import TERMINAL_TYPES

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Network:
    """Arcs from seeds to ends, with the satoshis each can carry.

    Nodes are 0 to `node_count` - 1. `tails`, `heads`, `capacities_sat` int64[M] are the arcs. Value
    starts at `seed_nodes` int64[S], `seed_sat` int64[S] at each, all of which must leave. It comes
    to rest at ends: end k takes up to `end_capacities_sat`[k] from `end_nodes`[k], int64[K] both;
    `end_types` uint8[K] are indices into walk.TERMINAL_TYPES, `end_txs` int64[K] the transaction
    that made the output or paid the fee (-1: none, or not among those walked through),
    `end_txouts` int64[K] the output, -1 for a fee and for what an account holds, `end_accounts`
    int64[K] the cluster_id of the account that holds it, -1 in scope transaction. Several ends may
    share a node. Without cycles in arcs. `arc_txouts` int64[M] is the output that an arc is, -1
    for what an account keeps; empty where nobody noted it.
    """

    node_count: int
    tails: Int64
    heads: Int64
    capacities_sat: Int64
    seed_nodes: Int64
    seed_sat: Int64
    end_nodes: Int64
    end_capacities_sat: Int64
    end_types: npt.NDArray[np.uint8]
    end_txs: Int64
    end_txouts: Int64
    end_accounts: Int64
    arc_txouts: Int64 = field(default_factory=lambda: np.empty(0, np.int64))


def transaction_network(graph: FlowGraph, seed_sat: npt.ArrayLike) -> Network:
    """The network of scope transaction over the reached part of the chain.

    A node is a transaction walked through, in the order of the walk; then come those of seeds that
    rest where they are. An arc is an output with its value, an end a terminal or, forward, a fee.
    `seed_sat` are the traced satoshis of the graph's seeds, in order, all claimants' together. Ends
    come in the order of the graph's nodes, then fees in that of the walk. Raises MisuseError where
    there is not one amount for each seed.
    """
    amounts = np.ascontiguousarray(seed_sat, np.int64)
    if amounts.shape != (graph.seed_count,):
        raise MisuseError(
            f"{amounts.size} amounts for {graph.seed_count} seeds; add up what several claimants "
            "have in one output"
        )
    visits = len(graph.visit_tx)
    nodes = len(graph.node_txout)
    seeds = graph.seed_count
    enters = np.full(nodes, -1, np.int64)
    enters[graph.entering] = np.repeat(
        np.arange(visits, dtype=np.int64), np.diff(graph.first_entering)
    )
    leaves = np.full(nodes, -1, np.int64)
    leaves[seeds:] = np.repeat(np.arange(visits, dtype=np.int64), np.diff(graph.first_leaving))

    # A seed that rests at once has a node of its own, which nothing else reaches.
    resting = np.flatnonzero(enters[:seeds] < 0)
    starts = enters[:seeds].copy()
    starts[resting] = visits + np.arange(len(resting))
    leaves[resting] = starts[resting]

    carried = seeds + np.flatnonzero(enters[seeds:] >= 0)
    ends = np.flatnonzero(graph.node_type != NO_TERMINAL)
    forward = graph.direction == "forward"
    paying = np.flatnonzero((graph.visit_fee_sat > 0) & forward)
    makers = leaves[ends]
    # Backward, and where a seed rests at once, no transaction walked through made the output.
    made_here = (makers < visits) & forward
    end_txs = np.full(len(ends), -1, np.int64)
    end_txs[made_here] = graph.visit_tx[makers[made_here]]
    fee = np.full(len(paying), TERMINAL_TYPES.index("fee"), np.uint8)
    none = np.full(len(paying), -1, np.int64)
    return Network(
        node_count=visits + len(resting),
        tails=leaves[carried],
        heads=enters[carried],
        capacities_sat=graph.node_value_sat[carried],
        seed_nodes=starts,
        seed_sat=amounts,
        end_nodes=np.concatenate([makers, paying]),
        end_capacities_sat=np.concatenate(
            [graph.node_value_sat[ends], graph.visit_fee_sat[paying]]
        ),
        end_types=np.concatenate([graph.node_type[ends], fee]),
        end_txs=np.concatenate([end_txs, graph.visit_tx[paying]]),
        end_txouts=np.concatenate([graph.node_txout[ends], none]),
        end_accounts=np.full(len(ends) + len(paying), -1, np.int64),
        arc_txouts=graph.node_txout[carried],
    )
