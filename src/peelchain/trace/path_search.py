"""The paths of value between seeds and chosen ends of a walk, the surest first."""

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peelchain.errors import MisuseError
from peelchain.trace.graph import FlowGraph

Int64 = npt.NDArray[np.int64]

MOST_STEPS = 2_000_000
"""Steps above which a search is refused: some 100 bytes each."""

_FAR = np.iinfo(np.int64).max // 4
_MOST_COST = 2**40


@dataclass(frozen=True)
class Steps:
    """Every step that lies on a path from a seed to an end, int64[M], sorted by tail, then head.

    Value moves from node `tails` through transaction `visits` (both as in FlowGraph) to `heads`.
    """

    tails: Int64
    heads: Int64
    visits: Int64


@dataclass(frozen=True)
class Path:
    """Nodes from a seed to an end, the rows of Steps between them, and the sum of their costs."""

    nodes: tuple[int, ...]
    steps: tuple[int, ...]
    cost: int


def steps_to(graph: FlowGraph, ends: npt.ArrayLike, max_hops: int) -> Steps:
    """The steps on paths of at most `max_hops` from a seed to the first of the nodes `ends`.

    Each input of a transaction may have paid each of its outputs: no rule shapes the paths. Raises
    MisuseError where there are more than MOST_STEPS.
    """
    count = len(graph.node_txout)
    stops = np.zeros(count, bool)
    stops[np.asarray(ends, np.int64)] = True
    from_seed = _from_seeds(graph, stops, max_hops)
    is_end, near = stops.tolist(), from_seed.tolist()
    far = max_hops + 1
    left = [0 if end and hops <= max_hops else far for end, hops in zip(is_end, near, strict=True)]
    first_in, entering = graph.first_entering.tolist(), graph.entering.tolist()
    first_out = graph.first_leaving.tolist()
    tails: list[int] = []
    heads: list[int] = []
    visits: list[int] = []
    # value walks on from visits in their order, so that backward each node's way out is known
    for visit in range(len(graph.visit_tx) - 1, -1, -1):
        out = [n for n in range(first_out[visit], first_out[visit + 1]) if left[n] < far]
        if not out:
            continue
        nearest = 1 + min(left[n] for n in out)
        for tail in entering[first_in[visit] : first_in[visit + 1]]:
            if is_end[tail] or near[tail] + nearest > max_hops:
                continue
            left[tail] = min(left[tail], nearest)
            kept = [n for n in out if near[tail] + 1 + left[n] <= max_hops]
            tails += [tail] * len(kept)
            heads += kept
            visits += [visit] * len(kept)
        if len(tails) > MOST_STEPS:
            raise MisuseError(
                f"more than {MOST_STEPS:,} steps lie between the two; give fewer hops, a least "
                "value, or a shorter period"
            )
    rows = np.array([tails, heads, visits], np.int64)
    order = np.lexsort((rows[1], rows[0]))
    return Steps(*rows[:, order])


def best_paths(
    graph: FlowGraph,
    ends: npt.ArrayLike,
    steps: Steps,
    costs: npt.ArrayLike,
    max_hops: int,
    most: int,
) -> tuple[list[Path], bool]:
    """The `most` cheapest paths, and whether there are more.

    `costs` int64[M] are the steps' own, 0 to 2**40. Of equal cost the one with fewer hops comes
    first, then the one whose nodes come earlier in the walk. Exact: a search by the least cost that
    each beginning can come to within the hops it has left, known from a pass backward.
    """
    own = np.asarray(costs, np.int64)
    if len(own) and (own.min() < 0 or own.max() > _MOST_COST):
        raise MisuseError(f"a step costs {own.min()} to {own.max()}; costs are 0 to {_MOST_COST}")
    scale = max_hops + 1
    weights = own * scale + 1
    least = _least(graph, ends, steps, weights, max_hops)
    count = len(graph.node_txout)
    first = np.searchsorted(steps.tails, np.arange(count + 1)).tolist()
    heads, weight = steps.heads.tolist(), weights.tolist()
    stops = set(np.asarray(ends, np.int64).tolist())
    begun: list[tuple[int, tuple[int, ...], tuple[int, ...], int]] = [
        (int(least[-1][seed]), (seed,), (), 0)
        for seed in range(graph.seed_count)
        if least[-1][seed] < _FAR
    ]
    heapq.heapify(begun)
    found: list[Path] = []
    while begun and len(found) < most:
        _, nodes, taken, spent = heapq.heappop(begun)
        if nodes[-1] in stops:
            found.append(Path(nodes, taken, spent // scale))
            continue
        left = least[max_hops - len(taken) - 1]
        for step in range(first[nodes[-1]], first[nodes[-1] + 1]):
            rest = int(left[heads[step]])
            if rest < _FAR:
                cost = spent + weight[step]
                beginning = (cost + rest, (*nodes, heads[step]), (*taken, step), cost)
                heapq.heappush(begun, beginning)
    return found, bool(begun)


def _from_seeds(graph: FlowGraph, stops: npt.NDArray[np.bool_], max_hops: int) -> Int64:
    """The fewest hops to each node from a seed, ends passed by none; beyond `max_hops` if more."""
    far = max_hops + 1
    near = [far] * len(graph.node_txout)
    near[: graph.seed_count] = [0] * graph.seed_count
    is_end = stops.tolist()
    first_in, entering = graph.first_entering.tolist(), graph.entering.tolist()
    first_out = graph.first_leaving.tolist()
    for visit in range(len(graph.visit_tx)):
        sources = entering[first_in[visit] : first_in[visit + 1]]
        nearest = min((near[n] for n in sources if not is_end[n]), default=far)
        for node in range(first_out[visit], first_out[visit + 1]):
            near[node] = min(near[node], nearest + 1, far)
    return np.array(near, np.int64)


def _least(
    graph: FlowGraph, ends: npt.ArrayLike, steps: Steps, weights: Int64, max_hops: int
) -> list[Int64]:
    """The least cost from each node to an end with at most 0, 1, ... `max_hops` hops."""
    none = np.full(len(graph.node_txout), _FAR, np.int64)
    none[np.asarray(ends, np.int64)] = 0
    least = [none]
    starts = np.flatnonzero(np.diff(steps.tails, prepend=-1))
    tails = steps.tails[starts]
    for _ in range(max_hops):
        now = least[-1].copy()
        if len(starts):
            reached = np.minimum.reduceat(
                np.minimum(weights + least[-1][steps.heads], _FAR), starts
            )
            now[tails] = np.minimum(now[tails], reached)
        # once no way is cheaper, more hops change nothing
        if np.array_equal(now, least[-1]):
            least += [now] * (max_hops + 1 - len(least))
            break
        least.append(now)
    return least
