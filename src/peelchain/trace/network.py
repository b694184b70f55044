"""A network of capacities in which every conserving rule of a scope is a flow."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Network:
    """Arcs from seeds to ends, with the satoshis each can carry.

    Nodes are 0 to `node_count` - 1. `tails`, `heads`, `capacities_sat` int64[M] are the arcs. Value
    starts at `seed_nodes` int64[S], `seed_sat` int64[S] at each, all of which must leave. It comes
    to rest at ends: end k takes up to `end_capacities_sat`[k] from `end_nodes`[k], int64[K] both;
    `end_types` uint8[K] are indices into walk.TERMINAL_TYPES, `end_txs` int64[K] the transaction
    that made the output or paid the fee (-1: none), `end_txouts` int64[K] the output, -1 for a fee
    and for what an account holds, `end_accounts` int64[K] the cluster_id of the account that holds
    it, -1 in scope transaction. Several ends may share a node. Without cycles in arcs.
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
