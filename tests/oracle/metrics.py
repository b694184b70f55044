"""Slow, plain versions of the measures of agreement: every pair and every script by itself.

`owners` and `clusters` give, by position, the owner and the cluster of each script.
"""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import combinations
from math import comb


def pairs(owners: Sequence[int], clusters: Sequence[int]) -> tuple[int, int, int, int]:
    """Pairs right, in one cluster, of one owner, and in all."""
    both = same_cluster = same_owner = every = 0
    for i, j in combinations(range(len(owners)), 2):
        every += 1
        same_cluster += clusters[i] == clusters[j]
        same_owner += owners[i] == owners[j]
        both += clusters[i] == clusters[j] and owners[i] == owners[j]
    return both, same_cluster, same_owner, every


def b_cubed(
    owners: Sequence[int], clusters: Sequence[int], chosen: Iterable[int] | None = None
) -> tuple[Fraction, Fraction]:
    """Sums of precision and recall over the chosen scripts."""
    precision = recall = Fraction(0)
    for i in range(len(owners)) if chosen is None else chosen:
        with_me = [j for j in range(len(owners)) if clusters[j] == clusters[i]]
        mine = [j for j in range(len(owners)) if owners[j] == owners[i]]
        right = len(set(with_me) & set(mine))
        precision += Fraction(right, len(with_me))
        recall += Fraction(right, len(mine))
    return precision, recall


def whole_clusters(owners: Sequence[int], clusters: Sequence[int]) -> tuple[int, int, int, int]:
    """Clusters of two or more, the pure ones, owners of two or more, the whole ones."""

    def count(groups: Sequence[int], others: Sequence[int]) -> tuple[int, int]:
        big = one = 0
        for group in set(groups):
            members = [i for i, g in enumerate(groups) if g == group]
            if len(members) > 1:
                big += 1
                one += len({others[i] for i in members}) == 1
        return big, one

    return (*count(clusters, owners), *count(owners, clusters))


def merges(links: Sequence[tuple[int, int]], owners: Sequence[int]) -> list[tuple[int, int]]:
    """(row, verdict) of each link that joins two parts: 1 right, 0 false, -1 not to be judged."""
    parts = [{script} for script in range(len(owners))]
    found = []
    for row, (a, b) in enumerate(links):
        left = next(part for part in parts if a in part)
        right = next(part for part in parts if b in part)
        if left is right:
            continue
        here = {owners[s] for s in left if owners[s] >= 0}
        there = {owners[s] for s in right if owners[s] >= 0}
        found.append((row, -1 if not here or not there else int(bool(here & there))))
        parts.remove(right)
        left |= right
    return found


def exact_limits(right: int, total: int, level: float) -> tuple[float, float]:
    """Clopper and Pearson's limits by halving, each tail summed term by term in fractions."""

    def at_least(k: int, share: Fraction) -> Fraction:
        return sum(
            (comb(total, i) * share**i * (1 - share) ** (total - i) for i in range(k, total + 1)),
            Fraction(0),
        )

    def solve(holds: Callable[[Fraction], bool]) -> float:
        """The greatest share at which it still holds."""
        low, high = Fraction(0), Fraction(1)
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if holds(middle) else (low, middle)
        return float(low)

    tail = Fraction(1 - level) / 2
    low = 0.0 if right == 0 else solve(lambda p: at_least(right, p) <= tail)
    high = 1.0 if right == total else solve(lambda p: 1 - at_least(right + 1, p) >= tail)
    return low, high
