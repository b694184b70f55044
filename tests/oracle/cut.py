"""The weakest cut by trying every set of transactions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from tests.oracle.cluster import Link, distances


@dataclass(frozen=True)
class Parted:
    """A least set of transactions, and the scripts on each side when they are gone."""

    tx_ids: tuple[int, ...]
    with_a: frozenset[int]
    with_b: frozenset[int]


def joined(links: Iterable[Link], sources: Iterable[int]) -> frozenset[int]:
    """The scripts that links join to a source, the sources included."""
    return frozenset(distances(links, sources))


def least_cuts(links: Sequence[Link], a: Iterable[int], b: Iterable[int]) -> list[Parted]:
    """Every least set of transactions whose exclusion parts the scripts a from the scripts b."""
    side_a, side_b = set(a), set(b)
    tx_ids = sorted({tx for tx, _, _ in links})
    for size in range(len(tx_ids) + 1):
        found = []
        for gone in combinations(tx_ids, size):
            left = [link for link in links if link[0] not in gone]
            with_a = joined(left, side_a)
            if not with_a & side_b:
                found.append(Parted(gone, with_a, joined(left, side_b)))
        if found:
            return found
    raise AssertionError("without any transaction nothing is joined")
