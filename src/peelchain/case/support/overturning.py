"""The cheapest set of reasons whose falsity overturns a conclusion that has several supports.

A *support* is a set of reasons that suffices for the conclusion, whatever else falls: the
conclusion falls only if every support does, that is, if at least one reason of each falls.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Reason = tuple[str, str]
"""Kind and name of a reason, such as ("tag", TAG_ID)."""

Reasons = frozenset[Reason]

SupportWithout = Callable[[Reasons], Reasons | None]
"""A support that is left when these reasons fall, free of them; None where none is left."""

Cost = Callable[[Reason], tuple[int, int]]
"""What a reason's falsity costs: sums are compared by the first number, then the second."""

_MOST_NODES = 20_000


@dataclass(frozen=True)
class Overturned:
    """The cheapest set that overturns a conclusion.

    `reasons` is None where it was not found: the conclusion rests on nothing that may be false
    (`rests_on_facts`), or looking was given up. `at_least` is the least number of reasons that any
    such set has, as far as shown; `looks` counts how often the conclusion was derived.
    """

    reasons: Reasons | None
    at_least: int
    rests_on_facts: bool
    looks: int


def overturned(support_without: SupportWithout, cost: Cost, most_looks: int) -> Overturned:
    """The cheapest set of reasons whose falsity overturns a conclusion, exactly.

    The cheapest set that hits all supports seen so far is tried; where the conclusion still holds,
    that shows another support. Each set tried is a lower bound, and the first that overturns is the
    cheapest. Given up after `most_looks` tries. Source: Moreno-Centeno and Karp 2013, the implicit
    hitting set approach.
    """
    supports: list[Reasons] = []
    shown = 0
    for look in range(most_looks):
        tried = cheapest_hitting_set(supports, cost)
        if tried is None:
            return Overturned(None, shown, False, look)
        shown = max(shown, fewest_hitting(supports, len(tried)))
        support = support_without(tried)
        if support is None:
            return Overturned(tried, shown, False, look + 1)
        if not support:
            return Overturned(None, shown, True, look + 1)
        if support & tried:
            raise AssertionError("a support that is left holds nothing that fell")
        supports.append(support)
    return Overturned(None, fewest_hitting(supports, None), False, most_looks)


def cheapest_hitting_set(supports: Iterable[Reasons], cost: Cost) -> Reasons | None:
    """The cheapest set with a reason of every support, of several the first by its reasons.

    None where the search grows too large.
    """
    needed = sorted(set(supports), key=lambda s: (len(s), sorted(s)))
    best: tuple[tuple[int, int], list[Reason]] | None = None
    nodes = 0

    def search(left: list[Reasons], taken: list[Reason], spent: tuple[int, int]) -> None:
        nonlocal best, nodes
        nodes += 1
        if nodes > _MOST_NODES:
            return
        if not left:
            if best is None or (spent, sorted(taken)) < (best[0], sorted(best[1])):
                best = (spent, list(taken))
            return
        if best is not None and _add(spent, _disjoint(left, cost)) > best[0]:
            return
        for reason in sorted(left[0], key=lambda r: (cost(r), r)):
            rest = [support for support in left if reason not in support]
            search(rest, [*taken, reason], _add(spent, cost(reason)))

    search(needed, [], (0, 0))
    if nodes > _MOST_NODES or best is None:
        return None
    return frozenset(best[1])


def fewest_hitting(supports: list[Reasons], known: int | None) -> int:
    """A number of reasons that any set with one of every support has at least.

    `known` is one that is enough, None where none is known.
    """
    found = cheapest_hitting_set(supports, lambda _: (1, 0))
    if found is not None:
        return len(found)
    count = _disjoint(sorted(supports, key=len), lambda _: (1, 0))[0]
    return count if known is None else min(count, known)


def _add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return a[0] + b[0], a[1] + b[1]


def _disjoint(supports: list[Reasons], cost: Cost) -> tuple[int, int]:
    """What supports that share nothing cost at least, chosen greedily."""
    seen: set[Reason] = set()
    total = (0, 0)
    for support in supports:
        if support & seen:
            continue
        seen |= support
        total = _add(total, min(cost(reason) for reason in support))
    return total
