"""The same trace from seeds drawn at random, to see how often it comes to the same place.

A null control answers the objection that any money, followed far enough, comes to a large service.
What it counts is a coincidence rate, not a probability of guilt.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from peelchain import _core
from peelchain.errors import MisuseError
from peelchain.store.arrays import ChainArrays, Int64
from peelchain.store.stored_chain import StoredChain
from peelchain.trace.network import Network, transaction_network
from peelchain.trace.walk import TERMINAL_TYPES, TraceRequest, trace

Progress = Callable[[str, int, int], bool | None]
"""Told what is being done, draws done and of how many; False stops and keeps those done."""

Namer = Callable[[npt.NDArray[np.uint8], Int64], Sequence[str | None]]
"""Of ends, by type and txout_id (-1: a fee), the destination that each belongs to; None: none."""

Chain = ChainArrays | StoredChain

FIRST_WINDOW = 6
MOST_WINDOW = 4032
"""Blocks each way within which matches are looked for: an hour at first, four weeks at last."""

MOST_OUTPUTS = 4_000_000
"""Outputs in a window that is not widened any more, so that a look takes seconds at most."""

LEAST_FACTOR = 2
MOST_FACTOR = 16
"""How many times as much or as little a match may be worth, at first and at last."""


ScriptTypes = Callable[[Int64], Int64]
"""The code of each script's type, int64[N], by script_id int64[N]; equal for equal types."""

Excluded = Callable[[Int64], npt.NDArray[np.bool_]]
"""Whether what pays each script may stand in for nothing, bool[N], by script_id int64[N]."""


@dataclass(frozen=True)
class Matches:
    """What may stand in for each of S seeds.

    `pools` are rising txout_ids, one array a seed, empty where nothing matches; `window_blocks` and
    `factor` int64[S] say how far each way in height and in value was looked to find them.
    """

    seed_txouts: Int64
    pools: tuple[Int64, ...]
    window_blocks: Int64
    factor: Int64

    @property
    def matched(self) -> int:
        """Seeds for which there is a match."""
        return sum(len(pool) > 0 for pool in self.pools)


@dataclass(frozen=True)
class Arrival:
    """What a trace brought to destinations, by name.

    `arrived_sat` is traced value at rest there under the request's first rule, `reaching` the
    number of seeds from which value can come there, whatever the rule; names with neither are not
    listed. `seeds` and `seeds_sat` are what the trace started from.
    """

    seeds: int
    seeds_sat: int
    arrived_sat: dict[str, int]
    reaching: dict[str, int]

    def share(self, name: str) -> float:
        """The share of the seeds' value that came to a destination."""
        return self.arrived_sat.get(name, 0) / self.seeds_sat if self.seeds_sat else 0.0


def matches(
    chain: Chain,
    seed_txouts: npt.ArrayLike,
    script_types: ScriptTypes,
    is_excluded: Excluded | None = None,
    *,
    least: int = 50,
) -> Matches:
    """Outputs like each seed: of nearby height, of like value, of the same script type.

    Never a seed, an output that pays an excluded script (the case's own), one that can never be
    spent, or, unless the seed is one, a coinbase's. The window of heights is doubled until there
    are `least` of them, then, for the widest, the factor of value; what is found by then must do.
    """
    seeds = np.asarray(seed_txouts, np.int64)
    outputs = chain.outputs(seeds)
    heights = chain.transactions(outputs.tx_id).height.tolist()
    mined = _is_coinbase(chain, outputs.tx_id)
    types = script_types(outputs.script_id)
    tip = int(chain.transactions([chain.tx_count - 1]).height[0])
    pools, windows, factors = [], [], []
    for seed in range(len(seeds)):
        window, factor = FIRST_WINDOW, LEAST_FACTOR
        value, height = int(outputs.value_sat[seed]), heights[seed]
        while True:
            near = _outputs_of_heights(chain, height - window, min(height + window, tip))
            there = chain.outputs(near)
            like = (
                (there.value_sat >= -(-value // factor))
                & (there.value_sat <= value * factor)
                & ~there.unspendable
                & ~np.isin(near, seeds)
            )
            like[like] = _is_coinbase(chain, there.tx_id[like]) == mined[seed]
            like[like] = script_types(there.script_id[like]) == types[seed]
            if is_excluded is not None:
                like[like] = ~is_excluded(there.script_id[like])
            pool = near[like]
            if len(pool) >= least:
                break
            covers = height - window <= 0 and height + window >= tip
            if window < MOST_WINDOW and len(near) < MOST_OUTPUTS and not covers:
                window *= 2
            elif factor < MOST_FACTOR:
                factor *= 2
            else:
                break
        pools.append(pool)
        windows.append(window)
        factors.append(factor)
    return Matches(seeds, tuple(pools), np.array(windows, np.int64), np.array(factors, np.int64))


def drawn_seeds(found: Matches, seed_number: int, draw: int) -> Int64:
    """One match for each seed, int64[S]; -1 where there is none, or none that is left.

    No output stands in for two seeds. The same number and draw give the same outputs: the draws of
    a run that was stopped are the first of one that was not.
    """
    # the raw stream of a bit generator is the one that numpy promises to keep
    stream = np.random.PCG64([seed_number, draw]).random_raw(len(found.pools)).tolist()
    taken: set[int] = set()
    drawn = []
    for pool, number in zip(found.pools, stream, strict=True):
        size = len(pool)
        left = ((number + step) % size for step in range(size))
        chosen = next((int(pool[at]) for at in left if int(pool[at]) not in taken), -1)
        taken.add(chosen)
        drawn.append(chosen)
    return np.array(drawn, np.int64)


def arrival(chain: Chain, request: TraceRequest, names: Namer) -> Arrival:
    """What the request's trace brings to destinations. The request names each output once."""
    done = trace(chain, replace(request, hops=False, graph=True, rules=request.rules[:1]))
    rows = done.rules[request.rules[0]].terminals
    codes = np.array([TERMINAL_TYPES.index(kind) for kind in rows["type"].to_pylist()], np.uint8)
    txouts = rows["txout_id"].fill_null(-1).to_numpy()
    arrived: dict[str, int] = {}
    for name, sat in zip(names(codes, txouts), rows["traced_sat"].to_pylist(), strict=True):
        if name is not None:
            arrived[name] = arrived.get(name, 0) + sat
    assert done.graph is not None
    network = transaction_network(done.graph, request.seed_traced_sat)
    of_ends = list(names(network.end_types, network.end_txouts))
    ways = _Ways(network, request.seed_txouts)
    reaching = {}
    for name in sorted({name for name in of_ends if name is not None}):
        ends = np.array([other == name for other in of_ends], np.bool_)
        reaching[name] = int(ways.reaching(ends).sum())
    return Arrival(
        len(request.seed_txouts), done.seeds_sat, dict(sorted(arrived.items())), reaching
    )


def null_arrivals(
    chain: Chain,
    request: TraceRequest,
    found: Matches,
    names: Namer,
    *,
    draws: int,
    seed_number: int,
    progress: Progress | None = None,
) -> list[Arrival]:
    """What the same trace brings to destinations from each of the draws.

    Of a seed that is traced in part, the same part of its match is. Fewer than `draws` where
    `progress` said to stop. Raises MisuseError where no seed has a match.
    """
    if not found.matched:
        raise MisuseError(
            "no output of the chain is like any of the seeds in height, value and script type; "
            "there is nothing to compare with"
        )
    values = chain.outputs(found.seed_txouts).value_sat.tolist()
    parts = np.asarray(request.seed_traced_sat, np.int64).tolist()
    arrivals: list[Arrival] = []
    for draw in range(draws):
        if progress is not None and progress("null controls", draw, draws) is False:
            return arrivals
        txouts = drawn_seeds(found, seed_number, draw)
        chosen = np.flatnonzero(txouts >= 0)
        worth = chain.outputs(txouts[chosen]).value_sat.tolist()
        traced = [
            sat if parts[at] == values[at] else max(1, sat * parts[at] // values[at])
            for at, sat in zip(chosen.tolist(), worth, strict=True)
        ]
        asked = replace(
            request,
            seed_txouts=txouts[chosen],
            seed_traced_sat=np.array(traced, np.int64),
            seed_claimants=None,
        )
        arrivals.append(arrival(chain, asked, names))
    if progress is not None:
        progress("null controls", draws, draws)
    return arrivals


def _outputs_of_heights(chain: Chain, first: int, last: int) -> Int64:
    low, high = chain.txs_of_heights(max(first, 0), last)
    if low == high:
        return np.empty(0, np.int64)
    ends = chain.transactions([low, high - 1])
    return np.arange(ends.first_txout[0], ends.first_txout[1] + ends.txout_count[1], dtype=np.int64)


def _is_coinbase(chain: Chain, txs: Int64) -> npt.NDArray[np.bool_]:
    """Whether each transaction is the first of its block."""
    before = np.maximum(txs - 1, 0)
    earlier = chain.transactions(before).height < chain.transactions(txs).height
    return np.asarray((txs == 0) | earlier)


class _Ways:
    """Which seeds have a way to some ends."""

    def __init__(self, network: Network, seed_txouts: Int64) -> None:
        self._network = network
        self._seed_txouts = seed_txouts
        self._at_seeds = network.end_types == TERMINAL_TYPES.index("seed")
        # without any value, from where more could arrive is from where there is a way
        self._flows = _core.FlowNetwork(
            network.node_count,
            network.tails,
            network.heads,
            network.capacities_sat,
            network.seed_nodes,
            np.zeros(len(network.seed_sat), np.int64),
            network.end_nodes,
            network.end_capacities_sat,
        )

    def reaching(self, ends: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Of each seed whether value can come from it to the ends, also by way of another seed."""
        network = self._network
        while True:
            reaches = self._flows.most([ends], None)[0][1][network.seed_nodes]
            by_seed = np.isin(network.end_txouts, self._seed_txouts[reaches])
            passed_on = self._at_seeds & by_seed & ~ends
            if not passed_on.any():
                return reaches
            ends = ends | passed_on
