"""Error rates of policies, rules and detectors, from the counts of many simulated economies."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from peelchain.evaluate.conditions import STATED
from peelchain.evaluate.detector_error import BROAD, HIDDEN, NAMES, NEGATIVES, TYPES, Row, total
from peelchain.evaluate.error_rates import Counted, ErrorRate, mean_rate, rate
from peelchain.evaluate.intervals import grouped
from peelchain.evaluate.runs import Result

MERGES = "merges"
PAIRS = "pairs of scripts"
SCRIPTS = "scripts (B-cubed)"
SCRIPTS_LEFT = "scripts outside the five largest clusters (B-cubed)"
CLUSTERS = "clusters; owners found whole"
BESIDE_PAIRS = "pairs, of those of the oracle"
BESIDE_SCRIPTS = "scripts (B-cubed), of those of the oracle"
CASE = "false merges in clusters of the case, right where flagged"
CASE_RIGHT = "right merges in clusters of the case, right where not flagged"
CASE_SUSPECTED = "false merges in clusters of the case, right where suspected"
CASE_RIGHT_SUSPECTED = "right merges in clusters of the case, right where not suspected"
FLAGGED = "transactions flagged as mixes"
NAMED = "transactions given this name"

QUOTED = "policy:default"
"""The policy whose rates are given by stratum."""

ANY_MIX = "coinjoin"
"""The name under which all detectors together are rated."""


def simulated_rates(
    results: Sequence[Result], mixes: Iterable[str], made_by: str
) -> list[ErrorRate]:
    """The rows of these results; `mixes` are the verdicts that flag a transaction as a mix.

    Of the condition that is quoted, by stratum; of each other one as a whole, its name the stratum.
    """
    rows: list[ErrorRate] = []
    by_condition: dict[str, list[Result]] = {}
    for result in results:
        by_condition.setdefault(result.condition, []).append(result)
    order = sorted(by_condition, key=lambda name: (name != STATED, list(by_condition).index(name)))
    for name in order:
        some = by_condition[name]
        group = _Group(name, some, made_by)
        rows += _policy_rows(group)
        rows += _detector_rows(group, frozenset(mixes))
    return rows


def verdict_rows(results: Iterable[Result]) -> list[tuple[str, str, str, int]]:
    """(condition, class, verdict, transactions), summed over the economies, sorted."""
    sums: dict[tuple[str, str, str], int] = {}
    for result in results:
        for name, verdict, n in result.counts["verdicts"]:
            key = (result.condition, name, verdict)
            sums[key] = sums.get(key, 0) + n
    return [(*key, n) for key, n in sorted(sums.items())]


def rand_rows(results: Iterable[Result]) -> list[tuple[str, str, float, float, float]]:
    """(condition, policy, adjusted Rand index, its limits): means over the economies, sorted."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for result in results:
        for policy, counts in result.counts["policies"].items():
            value = (counts["adjusted_rand"], 1.0)
            found.setdefault((result.condition, policy), []).append(value)
    rows = []
    for (condition, policy), parts in sorted(found.items()):
        limits = grouped(parts)
        mean = math.fsum(v for v, _ in parts) / len(parts)
        rows.append((condition, policy, mean, limits.low, limits.high))
    return rows


def seed_text(seeds: Iterable[int]) -> str:
    """Seeds in words: ranges of those that follow on."""
    parts: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if parts and parts[-1][-1] == seed - 1:
            parts[-1][-1] = seed
        else:
            parts.append([seed, seed])
    return ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in parts)


class _Group:
    """The economies of one condition, and what every row of theirs says."""

    def __init__(self, condition: str, results: Sequence[Result], made_by: str) -> None:
        self.condition = condition
        self.results = results
        blocks = sorted({r.blocks for r in results})
        data = f"{condition}: {len(results)} economies of {' or '.join(map(str, blocks))} blocks"
        self.said: dict[str, Any] = {
            "data": data,
            "basis": "simulated",
            "made_by": made_by,
            "seeds": seed_text(r.seed for r in results),
        }

    @property
    def is_quoted(self) -> bool:
        return self.condition == STATED

    def stratum(self, name: str) -> str:
        if self.is_quoted:
            return name
        return f"condition:{self.condition}" if name == "all" else f"{name},{self.condition}"

    def rate(self, rule: str, stratum: str, unit: str, counted: Counted) -> ErrorRate:
        return rate(rule, self.stratum(stratum), counted, unit=unit, **self.said)

    def of_policy(self, policy: str) -> list[dict[str, Any]]:
        return [r.counts["policies"][policy] for r in self.results]


def _policy_rows(group: _Group) -> Iterator[ErrorRate]:
    policies = list(dict.fromkeys(p for r in group.results for p in r.counts["policies"]))
    for policy in policies:
        counts = group.of_policy(policy)
        if policy in ("default", "with_change"):
            for rule in sorted({s for c in counts for s in c["merges"] if s.startswith("rule:")}):
                if policy == "with_change" and rule == "rule:multi_input":
                    continue
                said = tuple(_said(c["merges"].get(rule)) for c in counts)
                yield group.rate(rule.removeprefix("rule:"), "all", MERGES, Counted(said=said))
        yield from _clustering_rows(group, f"policy:{policy}", counts)


def _clustering_rows(group: _Group, rule: str, counts: list[dict[str, Any]]) -> Iterator[ErrorRate]:
    strata = ["all"]
    if group.is_quoted and rule == QUOTED:
        names = {s for c in counts for kind in ("merges", "pairs") for s in c[kind]}
        strata += sorted(s for s in names if s != "all" and not s.startswith("rule:"))
    for stratum in strata:
        beside = [c["beside_oracle"].get(stratum) or _NONE for c in counts]
        merges = tuple(_said(c["merges"].get(stratum)) for c in counts)
        sought = tuple((b["merges"][0], b["merges"][1]) for b in beside)
        yield group.rate(rule, stratum, MERGES, Counted(merges, sought))
        pairs = [c["pairs"].get(stratum) or [0, 0, 0] for c in counts]
        yield group.rate(
            rule,
            stratum,
            PAIRS,
            Counted(tuple((b, c) for b, c, _ in pairs), tuple((b, o) for b, _, o in pairs)),
        )
        yield _b_cubed(group, rule, stratum, SCRIPTS, [c["b_cubed"].get(stratum) for c in counts])
        if stratum == "all":
            left = [c["b_cubed"].get("outside_five_largest") for c in counts]
            yield _b_cubed(group, rule, stratum, SCRIPTS_LEFT, left)
            yield group.rate(
                rule,
                stratum,
                BESIDE_PAIRS,
                Counted(sought=tuple((b["pairs"][0], b["pairs"][1]) for b in beside)),
            )
            near = [(b["b_cubed"][1], b["b_cubed"][0]) for b in beside]
            yield mean_rate(
                rule, group.stratum(stratum), None, near, unit=BESIDE_SCRIPTS, **group.said
            )
            whole = [c["clusters"] for c in counts]
            yield group.rate(
                rule,
                stratum,
                CLUSTERS,
                Counted(tuple((p, n) for n, p, _, _ in whole), tuple((w, n) for *_, n, w in whole)),
            )
            case = [c["case"] for c in counts]
            for unit, at in ((CASE, 2), (CASE_SUSPECTED, 1)):
                flagged = tuple((of[at], of[0]) for of in case)
                yield group.rate(rule, stratum, unit, Counted(said=flagged))
            for unit, at in ((CASE_RIGHT, 5), (CASE_RIGHT_SUSPECTED, 4)):
                spared = tuple((of[3] - of[at], of[3]) for of in case)
                yield group.rate(rule, stratum, unit, Counted(said=spared))


_NONE: dict[str, Any] = {"pairs": [0, 0], "b_cubed": [0, 0.0], "merges": [0, 0]}


def _said(counts: list[int] | None) -> tuple[int, int]:
    right, false = counts or (0, 0)
    return right, right + false


def _b_cubed(
    group: _Group, rule: str, stratum: str, unit: str, sums: list[list[Any] | None]
) -> ErrorRate:
    parts = [s or [0, 0.0, 0.0] for s in sums]
    return mean_rate(
        rule,
        group.stratum(stratum),
        [(p, n) for n, p, _ in parts],
        [(r, n) for n, _, r in parts],
        unit=unit,
        **group.said,
    )


def _detector_rows(group: _Group, mixes: frozenset[str]) -> Iterator[ErrorRate]:
    tables: list[list[Row]] = [r.counts["verdicts"] for r in group.results]
    classes = {name for table in tables for name, _, _ in table}
    types = [name for name in TYPES if name in classes]
    flags = sorted({v for table in tables for _, v, _ in table} & mixes)
    every_mix = [*TYPES, *HIDDEN]

    def said(right: Iterable[str], verdicts: list[str]) -> tuple[tuple[int, int], ...]:
        """(of these classes, of any class) with these verdicts, an economy each."""
        return tuple((total(t, right, verdicts), total(t, None, verdicts)) for t in tables)

    def sought(name: Iterable[str], verdicts: list[str]) -> tuple[tuple[int, int], ...]:
        """(with these verdicts, with any) of these classes."""
        return tuple((total(t, name, verdicts), total(t, name, None)) for t in tables)

    both = Counted(said(every_mix, flags), sought(types, flags))
    yield group.rate(ANY_MIX, "all", FLAGGED, both)
    if not group.is_quoted and group.condition != "shifted":
        return
    for name in HIDDEN:
        if name in classes:
            hidden = Counted(sought=sought([name], flags))
            yield group.rate(ANY_MIX, f"hidden:{name}", FLAGGED, hidden)
    for name in NEGATIVES:
        if name in classes:
            at_base_rate = tuple(
                (total(t, every_mix, flags), total(t, [*every_mix, name], flags)) for t in tables
            )
            yield group.rate(ANY_MIX, f"negative:{name}", FLAGGED, Counted(said=at_base_rate))
    for name in types:
        verdict = NAMES[name]
        yield group.rate(
            verdict, "all", FLAGGED, Counted(said(every_mix, [verdict]), sought([name], flags))
        )
    for verdict in flags:
        if verdict not in NAMES.values():
            # a shape that several protocols share: whatever it flags should be some mix
            yield group.rate(verdict, "all", FLAGGED, Counted(said(every_mix, [verdict])))
    for verdict in dict.fromkeys(NAMES.values()):
        right = [name for name, its in NAMES.items() if its == verdict and name in classes]
        if right:
            # the truth has classes for what is equal or large; payouts and consolidations of other
            # shapes are ordinary to it, and rightly named all the same
            precise = None if verdict in BROAD else said(right, [verdict])
            named = Counted(precise, sought(right, [verdict]))
            yield group.rate(verdict, "all", NAMED, named)
