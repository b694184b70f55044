"""Which services to ask: the fewest that cover a share, and what each further one adds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from peelchain.case.payments import Payment
from peelchain.case.requests.cover import Cover, fewest, greedy, heaviest
from peelchain.errors import MisuseError

Of = Literal["value", "payers"]

NEAR = 1
"""Withdrawals with more private transactions than this between are not asked about by default."""

_SHARE = re.compile(r"0\.[0-9]{1,6}|1(\.0{1,6})?")


@dataclass(frozen=True)
class Step:
    """One request: what it adds to those before it, what they come to, and if the plan has it."""

    entity: str
    adds: int
    sum: int
    planned: bool


@dataclass(frozen=True)
class Plan:
    """The requests in the order of what they add, those planned first.

    `weight` is what there is to cover: satoshis under the report's first rule, or payers. `reach`
    is what all requests together cover: payers that no service near can name are beyond it.
    """

    of: Of
    weight: int
    needed: int
    reach: int
    cover: Cover
    steps: tuple[Step, ...]


def parse_share(text: str) -> tuple[int, int]:
    """A share from 0 to 1 as millionths of 1,000,000. Raises MisuseError."""
    if _SHARE.fullmatch(text) is None or not int(text.replace(".", "")):
        raise MisuseError(
            f"--share {text[:40]!a} is no share; give a decimal such as 0.9, at most 1"
        )
    whole, _, rest = text.partition(".")
    return int(whole) * 10**6 + int(rest.ljust(6, "0") or 0), 10**6


def to_ask(payments: Sequence[Payment], near: int | None) -> list[Payment]:
    """The payments that a request names.

    Those that carry an amount; of withdrawals those with at most `near` private transactions
    between, None for all: from further away the customer is hardly ever the subject's payer, and
    a request names no more people than it must.
    """
    return [
        p
        for p in payments
        if p.carries and (near is None or p.direction == "paid_in" or p.between <= near)
    ]


def plan(
    report: Mapping[str, Any],
    payments: Sequence[Payment],
    of: Of,
    share: tuple[int, int],
    most: int | None = None,
) -> Plan:
    """The fewest services that cover `share` of the value, or of the payers, and what all add.

    `payments` are those that would be asked about. The value is what the first rule assigns to
    them; the payers are the subject's addresses that received anything. `most` caps the requests:
    where the share would take more, the choice is the one of so many that covers the most.
    """
    sets, weights, weight = (
        _by_value(report, payments) if of == "value" else _by_payers(report, payments)
    )
    needed = -(-weight * share[0] // share[1])
    cover = fewest(sets, weights, needed)
    if most is not None and len(cover.chosen) > most:
        chosen = heaviest(sets, weights, most)
        covered = sum(gain for _, gain in greedy({n: sets[n] for n in chosen}, weights))
        cover = Cover(chosen, covered, cover.at_least, reached=False)
    steps: list[Step] = []
    total = 0
    for name, gain in _order(sets, weights, cover.chosen):
        total += gain
        steps.append(Step(name, gain, total, name in cover.chosen))
    return Plan(of, weight, needed, total, cover, tuple(steps))


def _order(
    sets: Mapping[str, set[str]], weights: Mapping[str, int], chosen: Sequence[str]
) -> list[tuple[str, int]]:
    """The chosen sets and then the others, each in greedy order with what it adds."""
    first = greedy({name: sets[name] for name in chosen}, weights)
    covered = set().union(*(sets[name] for name in chosen)) if chosen else set()
    others = {name: members - covered for name, members in sets.items() if name not in chosen}
    return [*first, *greedy(others, weights)]


def _by_value(
    report: Mapping[str, Any], payments: Sequence[Payment]
) -> tuple[dict[str, set[str]], dict[str, int], int]:
    rule = report["rules"][0]
    sets: dict[str, set[str]] = {}
    weights: dict[str, int] = {}
    for payment in payments:
        sets.setdefault(payment.entity, set()).add(payment.finding)
        weights[payment.finding] = payment.traced_sat.get(rule, 0)
    return sets, weights, sum(weights.values())


def _by_payers(
    report: Mapping[str, Any], payments: Sequence[Payment]
) -> tuple[dict[str, set[str]], dict[str, int], int]:
    sets: dict[str, set[str]] = {}
    for payment in payments:
        if payment.payers:
            sets.setdefault(payment.entity, set()).update(payment.payers)
    payers = {row["address"] or row["outpoint"] for row in report["receipts"]}
    return sets, dict.fromkeys(payers, 1), len(payers)
