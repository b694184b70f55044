"""How near a service's payment is to the subject: straight, through one transaction, or more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from peelchain.case.report.catalogue import Texts
from peelchain.case.report.reading import Report, Row, btc, rules_of

TIERS = ("straight", "one", "more")


@dataclass(frozen=True)
class Tier:
    """Rows of one nearness: how many, and the satoshis the report's first rule assigns to them."""

    count: int
    traced_sat: int


def between(row: Row, side: str) -> int:
    """The private transactions between the service and the subject on the row's shortest path.

    An inflow of 0 hops is itself the receipt. An outflow has a hop more: the subject's own payment.
    """
    hops = int(row["hops"])
    return hops if side == "inflows" else max(0, hops - 1)


def tier_of(row: Row, side: str) -> str:
    """`straight`, `one` or `more`: the transactions between, as a reader weighs them."""
    return TIERS[min(2, between(row, side))]


def tiers(report: Report, side: str, entity: str | None = None) -> dict[str, Tier]:
    """The rows of `inflows` or `outflows` by nearness, nearest first; of one entity if given."""
    rule = next(iter(rules_of(report)), "")
    counts, sums = dict.fromkeys(TIERS, 0), dict.fromkeys(TIERS, 0)
    for row in report[side]:
        if entity is None or row["entity"] == entity:
            tier = tier_of(row, side)
            counts[tier] += 1
            sums[tier] += row["traced_sat"].get(rule, 0)
    return {tier: Tier(counts[tier], sums[tier]) for tier in TIERS}


def tiers_text(texts: Texts, found: Mapping[str, Tier], *, counted: bool = True) -> str:
    """The tiers that have rows as one phrase, nearest first; empty if none has.

    Rows of one tier alone are said to be all of it. `counted` names the payments, else there is
    the bare number.
    """
    full = [tier for tier, of in found.items() if of.count]
    if len(full) == 1:
        (only,) = full
        return texts.say(f"near.all_{only}")
    return ", ".join(
        texts.say(
            f"near.{tier}",
            amount=btc(found[tier].traced_sat),
            payments=texts.count("near.payments", found[tier].count)
            if counted
            else f"{found[tier].count:,}",
        )
        for tier in full
    )


def apart(texts: Texts, report: Report, side: str, entity: str) -> str:
    """The tiers of one service as a phrase; empty where the whole side is of one tier anyway."""
    if sum(1 for of in tiers(report, side).values() if of.count) < 2:
        return ""
    return tiers_text(texts, tiers(report, side, entity), counted=False)


def weightless(row: Row) -> bool:
    """Whether a path reaches the row while every rule's amount rounds to nothing on the way."""
    return not any(row["traced_sat"].values())


def largest_first(rows: Iterable[Row], rules: Sequence[str]) -> list[Row]:
    """The rows that carry an amount, greatest first by the first rule; ties by the next."""
    carrying = [row for row in rows if not weightless(row)]
    return sorted(carrying, key=lambda row: [-row["traced_sat"].get(rule, 0) for rule in rules])
