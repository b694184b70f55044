"""Why a walk over a partial store could not go on at an output: what was not fetched."""

from collections.abc import Iterable

import numpy as np

from peelchain.actions.view import StoreView
from peelchain.trace.walk import Direction
from peelchain.units import format_hash

NOT_FETCHED = -2
"""Of a spender and a prevout in ChainRows: a partial store does not know it."""


def not_fetched(view: StoreView, direction: Direction, txouts: Iterable[int]) -> dict[int, str]:
    """The reason at each of these unresolved ends, by txout_id, in words."""
    ends = np.array(sorted(set(txouts)), np.int64)
    outputs = view.chain.outputs(ends)
    nexts = (outputs.spender if direction == "forward" else outputs.tx_id).tolist()
    txids = view.lookup.txids({tx for tx in nexts if tx >= 0})
    return {
        txout: "not fetched: what spends it"
        if tx == NOT_FETCHED
        else f"not fetched: inputs of {format_hash(txids[tx])}"
        for txout, tx in zip(ends.tolist(), nexts, strict=True)
    }
