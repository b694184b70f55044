"""Networks like those of a trace, for the benchmark of bounds: the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import numpy as np

from peelchain.trace.network import Network
from peelchain.trace.walk import TERMINAL_TYPES

_FEE = TERMINAL_TYPES.index("fee")
_SERVICE = TERMINAL_TYPES.index("service")


@dataclass
class _Making:
    """A network in the making: rows of arcs, seeds and ends."""

    arcs: list[tuple[int, int, int]] = field(default_factory=list)
    seeds: list[tuple[int, int]] = field(default_factory=list)
    ends: list[tuple[int, int, int]] = field(default_factory=list)

    def made(self, nodes: int) -> Network:
        """The network."""
        tails, heads, capacities = _columns(self.arcs, 3)
        seed_nodes, seed_sat = _columns(self.seeds, 2)
        end_nodes, end_capacities, end_types = _columns(self.ends, 3)
        none = np.full(len(self.ends), -1, np.int64)
        return Network(
            nodes,
            tails,
            heads,
            capacities,
            seed_nodes,
            seed_sat,
            end_nodes,
            end_capacities,
            end_types.astype(np.uint8),
            none,
            none,
            none,
        )


def merging(visits: int, seed: int) -> Network:
    """Transactions that spend one to three of the outputs before them, mostly late ones.

    A third bring clean money in; one output in ten comes to rest; a hundred seeds, value to 10 BTC.
    """
    chance = Random(seed)
    making = _Making()
    loose: list[tuple[int, int]] = []
    for visit in range(visits):
        total = 0
        for _ in range(chance.choice((1, 1, 2, 3))):
            if len(making.seeds) < 100 and (not loose or chance.random() < 0.1):
                making.seeds.append((visit, chance.randrange(10**5, 10**9)))
                total += making.seeds[-1][1]
            elif loose:
                at = len(loose) - 1 - chance.randrange(min(50, len(loose)))
                tail, sat = loose.pop(at if chance.random() < 0.8 else chance.randrange(len(loose)))
                making.arcs.append((tail, visit, sat))
                total += sat
        if chance.random() < 0.33:
            total += chance.randrange(10**8)
        fee = min(total, chance.randrange(200, 5000))
        making.ends.append((visit, fee, _FEE))
        for sat in _cut(chance, total - fee, chance.randint(1, 3) if len(loose) > 5 else 3):
            if chance.random() < 0.1 and len(loose) > 5:
                making.ends.append((visit, sat, _SERVICE))
            else:
                loose.append((visit, sat))
    making.ends += [(tail, sat, _SERVICE) for tail, sat in loose]
    return making.made(visits)


def peeling(visits: int, seed: int) -> Network:
    """Twenty peel chains of a million BTC; half of the peels come to rest, half join a chain."""
    chance = Random(seed)
    making = _Making()
    tips: list[tuple[int, int]] = []
    loose: list[tuple[int, int]] = []
    for visit in range(visits):
        chain = visit % 20
        if len(tips) <= chain:
            total = 10**14
            making.seeds.append((visit, total))
            tips.append((visit, total))
        else:
            tail, total = tips[chain]
            making.arcs.append((tail, visit, total))
        while loose and chance.random() < 0.3:
            tail, sat = loose.pop(chance.randrange(len(loose)))
            making.arcs.append((tail, visit, sat))
            total += sat
        making.ends.append((visit, 1000, _FEE))
        peel = chance.randrange(10**5, 10**9)
        if chance.random() < 0.5:
            loose.append((visit, peel))
        else:
            making.ends.append((visit, peel, _SERVICE))
        tips[chain] = (visit, total - 1000 - peel)
    making.ends += [(tail, sat, _SERVICE) for tail, sat in [*tips, *loose]]
    return making.made(visits)


def destinations(network: Network, count: int, share: float, seed: int) -> list[np.ndarray]:
    """Groups of ends, each of about so great a share of them."""
    stream = np.random.Generator(np.random.PCG64(seed))
    return [stream.random(len(network.end_nodes)) < share for _ in range(count)]


def _cut(chance: Random, total: int, parts: int) -> Iterator[int]:
    places = sorted(chance.randrange(total + 1) for _ in range(parts - 1))
    for low, high in zip([0, *places], [*places, total], strict=True):
        if high > low:
            yield high - low


def _columns(rows: list[tuple[int, ...]], count: int) -> tuple[np.ndarray, ...]:
    return tuple(np.array([row[at] for row in rows], np.int64) for at in range(count))
