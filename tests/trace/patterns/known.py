"""Random and written chains with all that the detectors of patterns ask of a chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from hypothesis import strategies as st
from tests.oracle.patterns import Known
from tests.strategies import ChainBuilder

from peelchain.trace.patterns.scene import Made, Scene

LATE, NONE = "late height", "none"
SEQUENCES = {"final": 0xFFFFFFFF, "locktime in force": 0xFFFFFFFE, "replaceable": 0}


@dataclass(frozen=True)
class Written:
    """The details of a chain, from its habits and types."""

    known: Known

    def made(self, txs) -> Made:
        rows = [self.known.habits[tx] for tx in txs.tolist()]
        heights = self.known.arrays.tx_height[txs]
        return Made(
            np.array([version for version, _, _ in rows], np.int64),
            np.array(
                [h if lock == LATE else 0 for (_, lock, _), h in zip(rows, heights, strict=True)],
                np.int64,
            ),
            np.array([SEQUENCES[sequence] for _, _, sequence in rows], np.int64),
        )

    def script_types(self, txouts) -> list[str]:
        return [self.known.types[txout] for txout in txouts.tolist()]


def scene_of(known: Known) -> Scene:
    clusters = np.array(known.cluster, np.int64)
    return Scene(known.arrays, Written(known), clusters.__getitem__, known.party.get, known.mixes)


def every(known: Known) -> range:
    return known.every_tx()


def known_of(
    builder: ChainBuilder,
    *,
    party: Mapping[int, str] | None = None,
    cluster: Sequence[int] | None = None,
    habits: Mapping[int, tuple[int, str, str]] | None = None,
    types: Mapping[int, str] | None = None,
    mixes: Sequence[int] = (),
) -> Known:
    """A chain in which all is alike but what is given: by script, habits by transaction."""
    arrays = builder.arrays()
    scripts = range(int(arrays.txout_script.max()) + 1)
    usual = (2, NONE, "final")
    return Known(
        arrays,
        [(habits or {}).get(tx, usual) for tx in range(arrays.tx_count)],
        [(types or {}).get(script, "p2wpkh") for script in arrays.txout_script.tolist()],
        list(cluster or scripts),
        dict(party or {}),
        frozenset(mixes),
    )


WAYS = ("peel", "sweep", "payout", "join", "any")


def knowns(
    *, most_inputs: int = 3, scripts: int = 10, ways: Sequence[str] = WAYS
) -> st.SearchStrategy[Known]:
    """Chains on which patterns are likely, by seed: drawn one by one they would be few and slow."""
    return st.integers(0, 2**32).map(lambda seed: _random(Random(seed), most_inputs, scripts, ways))


def _random(rng: Random, most_inputs: int, scripts: int, every_way: Sequence[str]) -> Known:
    builder = ChainBuilder()
    unspent: list[tuple[int, int, int]] = []  # txout, value, script
    ways = rng.choices(every_way, k=3)
    height = 0
    for _ in range(rng.randint(4, 18)):
        # as late heights must differ from none
        height += rng.randint(1, 2)
        way = rng.choice(ways)
        hot = [o for o in unspent if o[2] < 2]
        spent = {
            "peel": sorted(unspent[-2:], key=lambda o: o[1])[-1:] if rng.random() < 0.9 else [],
            "sweep": rng.sample(unspent, min(len(unspent), rng.randint(1, 3))),
            "payout": hot[:1],
            "join": rng.sample(unspent, min(len(unspent), rng.randint(1, most_inputs))),
            "any": unspent[: rng.randint(0, 2)],
        }[way]
        total = sum(value for _, value, _ in spent) if spent else 64
        if not spent:
            values = [total - 3 * (total // 4), *[total // 4] * 3]
        elif way in ("sweep", "join") or rng.random() < 0.1:
            values = [total]
        elif way == "payout":
            values = [total - 2 * (total // 3), total // 3, total // 3]
        else:
            values = [total - total // 4 - rng.randint(0, 1), total // 4]
        rng.shuffle(values)
        to = [rng.randrange(2 if way == "sweep" else scripts) for _ in values]
        prevouts = [txout for txout, _, _ in spent] or [-1]
        prevouts += [-2] if spent and rng.random() < 0.03 else []
        made = builder.tx(prevouts, list(zip(values, to, strict=True)), height)
        unspent = [o for o in unspent if o not in spent]
        unspent += zip(made, values, to, strict=True)
        if rng.random() < 0.05:
            builder.unspendable.add(unspent.pop()[0])
    arrays = builder.arrays()
    kinds = [rng.choice(("p2wpkh", "p2wpkh", "p2wpkh", "p2tr")) for _ in range(scripts)]
    groups = [rng.choice((at, at, at, rng.randrange(scripts))) for at in range(scripts)]
    other = ((1, NONE, "final"), (2, LATE, "replaceable"))
    usual = (2, NONE, "final")
    return Known(
        arrays,
        [rng.choice(other) if rng.random() < 0.1 else usual for _ in range(arrays.tx_count)],
        [kinds[script] for script in arrays.txout_script.tolist()],
        # the least of a cluster names it
        [groups.index(group) for group in groups],
        {script: rng.choice("AAAB") for script in range(3) if rng.random() < 0.8},
        frozenset(rng.sample(range(arrays.tx_count), int(rng.random() < 0.2))),
    )
