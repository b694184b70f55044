"""The part of the chain that a walk reached, as flat arrays: what no rule shapes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]

NO_TERMINAL = 255
"""The type of a node that value walks on from, or that has no value."""


@dataclass(frozen=True)
class FlowGraph:
    """The reached part of the chain, in the order of the walk.

    Of N nodes, the reached outputs, `node_txout` int64[N] is the txout_id, `node_value_sat`
    int64[N] its value, `node_type` uint8[N] an index into walk.TERMINAL_TYPES or NO_TERMINAL. The
    first `seed_count` nodes are the seeds in the order of the request; a seed that another's flow
    reaches has a second node, of type `seed`. Of V transactions walked through, `visit_tx` int64[V]
    is the tx_id and `visit_fee_sat` int64[V] the fee. Value enters transaction v by the nodes
    `entering[first_entering[v]:first_entering[v + 1]]` (in order of input; backward, of output) and
    leaves it by the nodes from `first_leaving[v]` up to, not with, `first_leaving[v + 1]` (in order
    of output; backward, of input) and, forward, by the fee. `first_entering` and `first_leaving`
    are int64[V + 1]. Only reached outputs are nodes: other inputs of a transaction are not here.
    """

    direction: Literal["forward", "backward"]
    seed_count: int
    node_txout: Int64
    node_value_sat: Int64
    node_type: npt.NDArray[np.uint8]
    visit_tx: Int64
    visit_fee_sat: Int64
    first_entering: Int64
    entering: Int64
    first_leaving: Int64
