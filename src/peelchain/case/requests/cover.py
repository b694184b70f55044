"""The fewest sets that together cover a given weight: exact for few sets, bounded for many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST_EXACT = 25
"""With more sets than these the greedy answer stands, with a bound."""

_MOST_WORK = 20_000_000
"""Groups weighed before a search is given up: a second or two."""


@dataclass(frozen=True)
class Cover:
    """The sets chosen, the greatest gain first.

    `covered` is the weight that they cover. `at_least`: no cover of the weight has fewer sets; it
    is the number chosen where the choice was proved to be the fewest. `reached` says whether the
    weight was reached at all: else every set of use is chosen.
    """

    chosen: tuple[str, ...]
    covered: int
    at_least: int
    reached: bool

    @property
    def proved(self) -> bool:
        """Whether no cover can do with fewer."""
        return self.reached and self.at_least == len(self.chosen)


def fewest(sets: Mapping[str, Iterable[str]], weights: Mapping[str, int], needed: int) -> Cover:
    """The fewest of `sets` whose members together weigh at least `needed`.

    Of several such choices the heaviest, then the first by name. Up to 25 sets are searched by
    branch and bound, for each size with the sum of the greatest sets as its bound; a search that
    grows past a fixed amount of work, and more sets, give the greedy choice, which needs at most
    1 + ln(needed) times the fewest (Slavik 1997, partial cover), and `at_least` by that bound.
    """
    groups = _grouped(sets, weights)
    order = greedy(sets, weights)
    total = 0
    taken: list[str] = []
    for name, gain in order:
        if total >= needed:
            break
        taken.append(name)
        total += gain
    if total < needed:
        return Cover(tuple(taken), total, len(taken), reached=False)
    at_least = _least_size(groups, needed)
    if len(sets) <= MOST_EXACT:
        names = sorted(sets)
        for size in range(at_least, len(taken) + 1):
            found, done = _heaviest(names, groups, size, needed)
            if not done:
                return Cover(tuple(taken), total, size, reached=True)
            if found is not None:
                chosen = {name: sets[name] for name in found}
                ranked = greedy(chosen, weights)
                # A set that adds nothing could be left out, so a smaller size would have done.
                weight = sum(gain for _, gain in ranked)
                return Cover(tuple(name for name, _ in ranked), weight, size, reached=True)
    return Cover(tuple(taken), total, at_least, reached=True)


def heaviest(
    sets: Mapping[str, Iterable[str]], weights: Mapping[str, int], size: int
) -> tuple[str, ...]:
    """So many sets at most that weigh the most together, greatest gain first.

    Searched as `fewest` does, and greedy where it would give up; the greedy choice has at least
    1 - 1/e of the greatest weight (Nemhauser, Wolsey and Fisher 1978).
    """
    order = [name for name, _ in greedy(sets, weights)]
    if len(order) <= size:
        return tuple(order)
    found, done = None, False
    if len(sets) <= MOST_EXACT:
        found, done = _heaviest(sorted(sets), _grouped(sets, weights), size, 0)
    if not done or found is None:
        return tuple(order[:size])
    return tuple(name for name, _ in greedy({name: sets[name] for name in found}, weights))


def greedy(sets: Mapping[str, Iterable[str]], weights: Mapping[str, int]) -> list[tuple[str, int]]:
    """Every set that adds anything with what it adds, the greatest gain first, ties by name."""
    left = {name: set(members) for name, members in sets.items()}
    covered: set[str] = set()
    order = []
    while left:
        gains = {name: sum(weights[m] for m in members) for name, members in left.items()}
        best = min(gains, key=lambda name: (-gains[name], name))
        if not gains[best]:
            break
        order.append((best, gains[best]))
        covered = left.pop(best)
        for members in left.values():
            members -= covered
    return order


Groups = dict[frozenset[str], int]


def _grouped(sets: Mapping[str, Iterable[str]], weights: Mapping[str, int]) -> Groups:
    """The weight of the members that lie in just the same sets, by those sets."""
    where: dict[str, set[str]] = {}
    for name, members in sets.items():
        for member in members:
            where.setdefault(member, set()).add(name)
    groups: Groups = {}
    for member, names in where.items():
        key = frozenset(names)
        groups[key] = groups.get(key, 0) + weights[member]
    return groups


def _sizes(groups: Groups) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for names, weight in groups.items():
        for name in names:
            sizes[name] = sizes.get(name, 0) + weight
    return sizes


def _least_size(groups: Groups, needed: int) -> int:
    """So many of the heaviest sets would be needed even if no two shared a member."""
    total, size = 0, 0
    for weight in sorted(_sizes(groups).values(), reverse=True):
        if total >= needed:
            break
        total += weight
        size += 1
    return size


def _heaviest(
    names: Sequence[str], groups: Groups, size: int, needed: int
) -> tuple[tuple[str, ...] | None, bool]:
    """The heaviest choice of `size` sets that weighs `needed`, None for none; and whether it ended.

    Depth first over the sets, heaviest first; a branch is left when even the sum of the heaviest
    sets still to come could not beat what was found.
    """
    sizes = _sizes(groups)
    order = sorted(names, key=lambda name: (-sizes.get(name, 0), name))
    bit = [1 << i for i in range(len(order))]
    place = {name: i for i, name in enumerate(order)}
    masks = [(sum(bit[place[name]] for name in key), weight) for key, weight in groups.items()]
    work = 0
    best: tuple[str, ...] | None = None
    most = needed - 1

    def visit(at: int, chosen: tuple[str, ...], left: list[tuple[int, int]], covered: int) -> bool:
        nonlocal work, best, most
        wanted = size - len(chosen)
        if wanted == 0:
            if covered > most:
                best, most = chosen, covered
            return True
        work += len(left) * (len(order) - at)
        if work > _MOST_WORK:
            return False
        gains = [sum(weight for group, weight in left if group & b) for b in bit[at:]]
        for step, gain in enumerate(gains):
            rest = gains[step:]
            if len(rest) < wanted or covered + sum(sorted(rest)[-wanted:]) <= most:
                return True
            here = bit[at + step]
            others = [group for group in left if not group[0] & here]
            if not visit(at + step + 1, (*chosen, order[at + step]), others, covered + gain):
                return False
        return True

    done = visit(0, (), sorted(masks), 0)
    return (best if done else None), done
