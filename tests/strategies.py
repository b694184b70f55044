"""Random chains as flat arrays, for properties that must hold on any of them."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st
from tests.oracle.trace import Question

from peelchain.store.arrays import ChainArrays


@dataclass
class ChainBuilder:
    """A chain under construction, transaction by transaction."""

    heights: list[int] = field(default_factory=list)
    inputs: list[list[int]] = field(default_factory=list)
    outputs: list[list[tuple[int, int]]] = field(default_factory=list)
    unspendable: set[int] = field(default_factory=set)

    def tx(
        self, prevouts: list[int], outputs: list[tuple[int, int]], height: int | None = None
    ) -> list[int]:
        """The txout_ids of a new transaction with (value, script) outputs."""
        first = sum(len(made) for made in self.outputs)
        self.heights.append(len(self.heights) if height is None else height)
        self.inputs.append(prevouts)
        self.outputs.append(outputs)
        return list(range(first, first + len(outputs)))

    def coinbase(self, *outputs: tuple[int, int], height: int | None = None) -> list[int]:
        """The txout_ids of a new coinbase."""
        return self.tx([-1], list(outputs), height)

    def arrays(self) -> ChainArrays:
        """The chain as the kernels take it."""
        made = [output for outputs in self.outputs for output in outputs]
        spender = np.full(len(made), -1, np.int64)
        for tx, prevouts in enumerate(self.inputs):
            spender[[prevout for prevout in prevouts if prevout >= 0]] = tx
        counts = [len(outputs) for outputs in self.outputs]
        return ChainArrays(
            tx_height=np.array(self.heights, np.int32),
            tx_first_txin=np.cumsum([0, *map(len, self.inputs)], dtype=np.int64),
            tx_first_txout=np.cumsum([0, *counts], dtype=np.int64),
            txin_prev_txout=np.array([p for row in self.inputs for p in row], np.int64),
            txout_value=np.array([value for value, _ in made], np.int64),
            txout_script=np.array([script for _, script in made], np.int64),
            txout_tx=np.repeat(np.arange(len(counts), dtype=np.int64), counts),
            txout_spender=spender,
            txout_unspendable=np.isin(np.arange(len(made)), list(self.unspendable)),
        )


def values_within(draw: st.DrawFn, total: int) -> list[int]:
    """Values that leave a fee, often none: equal, of nothing, or cut anywhere."""
    count = draw(st.integers(1, 4))
    fee = draw(st.sampled_from([0, 0, 0, min(1, total), min(2, total), total // 3]))
    rest = total - fee
    if draw(st.booleans()):
        return [rest // count] * count
    cuts = sorted(draw(st.lists(st.integers(0, rest), min_size=count - 1, max_size=count - 1)))
    return [b - a for a, b in zip([0, *cuts], [*cuts, rest], strict=True)]


@st.composite
def chains(draw: st.DrawFn, *, most_txs: int = 14, most_sat: int = 30) -> ChainArrays:
    """A chain with merges, splits, self-spends, equal and zero values, partly not fetched."""
    builder = ChainBuilder()
    unspent: list[int] = []
    value: dict[int, int] = {}
    scripts = st.integers(0, 6)
    height = 0
    for _ in range(draw(st.integers(2, most_txs))):
        height += draw(st.integers(0, 1))
        spent: list[int] = []
        if draw(st.integers(0, 5)) and unspent:
            some_of = st.lists(st.sampled_from(unspent), min_size=1, max_size=4, unique=True)
            spent = draw(some_of)
        prevouts = spent or [-1]
        total = sum(value[txout] for txout in spent)
        if not spent:
            total = draw(st.integers(0, most_sat))
        elif draw(st.integers(0, 30)) == 30:
            prevouts = [*spent, -2]
        values = values_within(draw, total)
        made = builder.tx(prevouts, [(sat, draw(scripts)) for sat in values], height)
        for txout, sat in zip(made, values, strict=True):
            value[txout] = sat
            if draw(st.integers(0, 20)) == 20:
                builder.unspendable.add(txout)
            else:
                unspent.append(txout)
        unspent = [txout for txout in unspent if txout not in spent]
    return builder.arrays()


def some(limit: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    """A limit, more often none."""
    return st.integers(0, 4).flatmap(lambda n: limit if n == 4 else st.none())


def parts_of(draw: st.DrawFn, total: int) -> dict[int, int]:
    """A sum by claimant, none of whom has nothing."""
    claimants = draw(st.lists(st.integers(0, 3), min_size=1, max_size=min(3, total), unique=True))
    cuts = st.lists(
        st.integers(1, max(1, total - 1)),
        min_size=len(claimants) - 1,
        max_size=len(claimants) - 1,
        unique=True,
    )
    places = [0, *sorted(draw(cuts)), total]
    return {c: b - a for c, a, b in zip(claimants, places, places[1:], strict=False)}


def set_of(one: int | None) -> frozenset[int]:
    """The set of one, or the empty one."""
    return frozenset() if one is None else frozenset([one])


@st.composite
def questions(draw: st.DrawFn, arrays: ChainArrays) -> Question:
    """Seeds of `arrays`, some of which spend each other, with boundaries and limits."""
    worth = np.flatnonzero(arrays.txout_value > 0).tolist()
    chosen = draw(st.lists(st.sampled_from(worth), min_size=1, max_size=4, unique=True))
    seeds = {}
    for txout in chosen:
        value = int(arrays.txout_value[txout])
        seeds[txout] = draw(st.just(value) | st.integers(1, value))
    parts = {}
    if draw(st.booleans()):
        parts = {txout: parts_of(draw, traced) for txout, traced in seeds.items()}
    # Scripts beyond those of the chain, transactions beyond its end: most chains have no boundary.
    scripts = st.integers(0, 20)
    return Question(
        direction=draw(st.sampled_from(["forward", "backward"])),
        seeds=seeds,
        parts=parts,
        boundary=draw(st.dictionaries(scripts, st.sampled_from(["service", "mixer"]), max_size=2)),
        exempt=draw(st.frozensets(st.integers(0, 6), max_size=2)),
        coinjoins=draw(st.frozensets(st.integers(0, 3 * len(arrays.tx_height)), max_size=2)),
        target_scripts=draw(some(scripts).map(set_of)),
        target_txouts=draw(some(st.integers(0, len(arrays.txout_value))).map(set_of)),
        max_hops=draw(some(st.integers(0, 4))),
        min_value_sat=draw(some(st.integers(0, 8))),
        min_height=draw(some(st.integers(0, 3))),
        max_height=draw(some(st.integers(3, 10))),
    )


@st.composite
def traced_chains(draw: st.DrawFn) -> tuple[ChainArrays, Question]:
    """A chain with something to trace on it, and what to trace."""
    arrays = draw(chains().filter(lambda arrays: (arrays.txout_value > 0).any()))
    return arrays, draw(questions(arrays))
