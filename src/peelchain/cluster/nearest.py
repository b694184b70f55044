"""What came nearest to joining two scripts that are not joined: the transactions left out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peelchain import _core
from peelchain.store.arrays import Int64

ClusterOf = Callable[[npt.ArrayLike], Int64]


@dataclass(frozen=True)
class LeftOut:
    """What a policy did not link by: who is in which transaction, a row for each, in any order.

    `tx_id` int64[N], `script` int64[N] a script of it that the rule would have joined with the
    others, `reason` int64[N] why it gives no link, as a place in `reasons`. Rows of one transaction
    and reason belong together.
    """

    tx_id: Int64
    script: Int64
    reason: Int64
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Crossing:
    """A transaction left out, which would join cluster_a (by script_a) with cluster_b (script_b).

    The scripts are the least that the transaction has in each cluster.
    """

    tx_id: int
    reason: str
    cluster_a: int
    cluster_b: int
    script_a: int
    script_b: int


def nearest_crossings(
    left_out: LeftOut, cluster_of: ClusterOf, a: int, b: int
) -> list[Crossing] | None:
    """The fewest transactions left out that would join scripts a and b; None where all would not.

    In order from a to b, the same in both directions; of several ways that with the lowest tx_ids
    from the lesser cluster on. Empty where they are in one cluster. A breadth-first search over the
    clusters, in which what a policy links costs nothing and each transaction left out counts 1.
    """
    start, end = (int(cluster) for cluster in cluster_of([a, b]))
    if start == end:
        return []
    clusters = np.asarray(cluster_of(left_out.script), dtype=np.int64)
    order = np.lexsort((left_out.script, clusters, left_out.reason, left_out.tx_id))
    tx_id, reason = left_out.tx_id[order], left_out.reason[order]
    clusters, scripts = clusters[order], left_out.script[order]
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (tx_id[1:] != tx_id[:-1]) | (reason[1:] != reason[:-1])
    hubs = clusters[np.flatnonzero(fresh)[np.cumsum(fresh) - 1]] if len(order) else clusters
    graph = _core.LinkGraph(tx_id, reason, hubs, clusters, by_rule=True)
    low, high = min(start, end), max(start, end)
    ends = (np.array([low], dtype=np.int64), np.array([high], dtype=np.int64))
    near, far, tx, code, unjoined = graph.shortest_steps(*ends)
    if len(unjoined):
        return None
    before = {there: row for row, there in enumerate(far.tolist())}
    chain = []
    at = high
    while at != low:
        row = before[at]
        here = int(near[row])
        in_tx = (tx_id == tx[row]) & (reason == code[row])
        chain.append(
            Crossing(
                int(tx[row]),
                left_out.reasons[int(code[row])],
                here,
                at,
                int(scripts[in_tx & (clusters == here)][0]),
                int(scripts[in_tx & (clusters == at)][0]),
            )
        )
        at = here
    if start == high:
        return [
            Crossing(c.tx_id, c.reason, c.cluster_b, c.cluster_a, c.script_b, c.script_a)
            for c in chain
        ]
    return chain[::-1]
