"""A trace led through CoinJoins on request: as an interval only, never as a rule's amount.

Inside a CoinJoin a tracing rule would follow the order of inputs, which says nothing of who paid
whom. What can be said is what any conserving rule could trace beyond it, between the least and the
most; and, where the interpretations of its values could be counted, less of that: an input and an
output that no interpretation of enough parties links carry nothing from one to the other. That
rests on the number of parties, which is a detector's inference: both intervals are given.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from peelchain.errors import MisuseError
from peelchain.store.arrays import ChainArrays
from peelchain.store.chain_rows import ChainRows, Int64
from peelchain.store.stored_chain import StoredChain
from peelchain.trace.bounds import Bound, Chosen, bounds
from peelchain.trace.graph import FlowGraph
from peelchain.trace.linkage import Linkage
from peelchain.trace.network import Network, transaction_network
from peelchain.trace.walk import Boundaries, Progress, TraceRequest, trace


@dataclass(frozen=True)
class Crossed:
    """A CoinJoin that the walk was led through.

    `entering` are the positions by which traced value can enter, rising: of inputs, backward of
    outputs; none where the walk did not come to it. `closed` counts the pairs of an entering and a
    leaving position that the linkage excludes.
    """

    tx_id: int
    linkage: Linkage
    entering: tuple[int, ...]
    closed: int

    def anonymity_sets(self) -> tuple[tuple[int, int], ...]:
        """For each output how many are of its value, and how many inputs may have paid it."""
        found = self.linkage
        return tuple(
            (equal, len(found.possible_inputs(vout)))
            for vout, equal in enumerate(found.equal_outputs)
        )


@dataclass(frozen=True)
class Crossing:
    """The walk through CoinJoins as networks with the same ends.

    `wide` assumes conservation alone, `narrowed` what the linkages of `crossed` exclude too.
    """

    graph: FlowGraph
    wide: Network
    narrowed: Network
    crossed: tuple[Crossed, ...]
    partial: bool


@dataclass(frozen=True)
class Interval:
    """What any conserving rule could trace to a destination through the CoinJoins crossed.

    `wide` by conservation alone; `narrowed` given the linkages. The second lies within the first.
    """

    wide: Bound
    narrowed: Bound


def cross(
    chain: ChainArrays | StoredChain,
    request: TraceRequest,
    linkages: Mapping[int, Linkage],
    progress: Progress | None = None,
) -> Crossing:
    """The request's walk, led through the CoinJoins that `linkages` gives by tx_id.

    Limits and all other boundaries stay. A linkage must be of that transaction and have all its
    inputs and outputs. Raises MisuseError for a transaction that is no CoinJoin of the request.
    """
    stops = request.boundaries
    for tx in linkages:
        if tx not in stops.coinjoin_txs:
            raise MisuseError(
                f"transaction {tx} is no CoinJoin that stops this trace; there is nothing to cross"
            )
    # Claims on one output are one seed: no rule is asked for.
    seeds: dict[int, int] = {}
    for txout, sat in zip(request.seed_txouts.tolist(), request.seed_traced_sat, strict=True):
        seeds[txout] = seeds.get(txout, 0) + int(sat)
    asked = replace(
        request,
        seed_txouts=np.array(list(seeds), np.int64),
        seed_traced_sat=np.array(list(seeds.values()), np.int64),
        seed_claimants=None,
        boundaries=without_coinjoins(stops, linkages),
        graph=True,
        hops=False,
        paths=False,
    )
    walked = trace(chain, asked, progress)
    if walked.graph is None:
        raise AssertionError("a graph was asked for")
    wide = transaction_network(walked.graph, asked.seed_traced_sat)
    narrowed, crossed = wide, []
    for tx in sorted(linkages):
        narrowed, one = _closed(chain, walked.graph, narrowed, tx, linkages[tx])
        crossed.append(one)
    return Crossing(walked.graph, wide, narrowed, tuple(crossed), walked.partial)


def intervals(
    crossing: Crossing,
    destinations: Sequence[Chosen],
    progress: Callable[[str, int, int | None], object] | None = None,
) -> list[Interval]:
    """The interval of each destination: bool[K] over the ends, which both networks share."""
    wide = bounds(crossing.wide, destinations, progress)
    if not any(one.closed for one in crossing.crossed):
        return [Interval(bound, bound) for bound in wide]
    narrowed = bounds(crossing.narrowed, destinations, progress)
    return [Interval(*pair) for pair in zip(wide, narrowed, strict=True)]


def without_coinjoins(stops: Boundaries, txs: Mapping[int, object] | Sequence[int]) -> Boundaries:
    """The boundaries without some CoinJoins."""
    kept = ~np.isin(stops.coinjoin_txs, np.array(sorted(txs), np.int64))
    return replace(stops, coinjoin_txs=stops.coinjoin_txs[kept])


def _closed(
    chain: ChainRows, graph: FlowGraph, network: Network, tx: int, linkage: Linkage
) -> tuple[Network, Crossed]:
    """The network with the excluded pairs of a transaction closed.

    Its node falls apart into one for each output that enters and one for each that leaves, and the
    fee; between those that may belong together run arcs of the lesser of both values.
    """
    visits = np.flatnonzero(graph.visit_tx == tx)
    if not len(visits):
        return network, Crossed(tx, linkage, (), 0)
    visit = int(visits[0])
    prevouts = chain.prevouts(tx)
    first = int(chain.transactions([tx]).first_txout[0])
    if len(prevouts) != len(linkage.input_sat):
        raise MisuseError(f"the linkage given for transaction {tx} is of another transaction")
    vin_of = {int(txout): vin for vin, txout in enumerate(prevouts.tolist())}
    forward = graph.direction == "forward"
    enters = graph.entering[graph.first_entering[visit] : graph.first_entering[visit + 1]]
    entering = graph.node_txout[enters].tolist()
    values_in = graph.node_value_sat[enters].tolist()
    leaves = range(int(graph.first_leaving[visit]), int(graph.first_leaving[visit + 1]))
    leaving = graph.node_txout[leaves.start : leaves.stop].tolist()
    values_out = graph.node_value_sat[leaves.start : leaves.stop].tolist()
    fee_sat = int(graph.visit_fee_sat[visit]) if forward else 0

    def excludes(source: int, target: int) -> bool:
        if forward:
            return linkage.excludes(vin_of[source], target - first)
        return linkage.excludes(vin_of[target], source - first)

    positions = sorted(vin_of[t] if forward else t - first for t in entering)
    allowed = [[not excludes(source, target) for target in leaving] for source in entering]
    closed = sum(row.count(False) for row in allowed)
    gain = linkage.most_gain_sat
    if not closed:
        return network, Crossed(tx, linkage, tuple(positions), 0)

    base = network.node_count
    node_in = {txout: base + at for at, txout in enumerate(entering)}
    node_out = {txout: base + len(entering) + at for at, txout in enumerate(leaving)}
    node_fee = base + len(entering) + len(leaving)
    tails, heads = network.tails.copy(), network.heads.copy()
    for arc in np.flatnonzero(network.heads == visit).tolist():
        heads[arc] = node_in[int(network.arc_txouts[arc])]
    for arc in np.flatnonzero(network.tails == visit).tolist():
        tails[arc] = node_out[int(network.arc_txouts[arc])]
    seed_nodes = network.seed_nodes.copy()
    for seed in np.flatnonzero(network.seed_nodes == visit).tolist():
        seed_nodes[seed] = node_in[int(graph.node_txout[seed])]
    end_nodes = network.end_nodes.copy()
    for end in np.flatnonzero(network.end_nodes == visit).tolist():
        txout = int(network.end_txouts[end])
        end_nodes[end] = node_fee if txout < 0 else node_out[txout]
    # What a party gains comes from others: that much may pass between those not linked.
    inside = [
        (node_in[source], node_out[target], min(value, worth, *([] if is_open else [gain])))
        for source, value, row in zip(entering, values_in, allowed, strict=True)
        for target, worth, is_open in zip(leaving, values_out, row, strict=True)
        if worth and (is_open or gain)
    ]
    if fee_sat:
        # a fee is anybody's
        inside += [
            (node_in[source], node_fee, min(value, fee_sat))
            for source, value in zip(entering, values_in, strict=True)
        ]
    more = np.array(inside, np.int64).reshape(-1, 3).T
    return (
        replace(
            network,
            node_count=node_fee + 1,
            tails=_joined(tails, more[0]),
            heads=_joined(heads, more[1]),
            capacities_sat=_joined(network.capacities_sat, more[2]),
            seed_nodes=seed_nodes,
            end_nodes=end_nodes,
            arc_txouts=_joined(network.arc_txouts, np.full(len(inside), -1, np.int64)),
        ),
        Crossed(tx, linkage, tuple(positions), closed),
    )


def _joined(old: Int64, new: Int64) -> Int64:
    return np.ascontiguousarray(np.concatenate([old, new]), np.int64)
