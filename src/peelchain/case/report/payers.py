"""Who paid: the receipts gathered by the subject's address, with the services near each."""

from collections.abc import Mapping, Sequence
from typing import Any

from peelchain.case.report.blocks import Block, column, heading, line, page, para, table
from peelchain.case.report.catalogue import Texts
from peelchain.case.report.inert import breakable, printable
from peelchain.case.report.nearness import TIERS, tier_of
from peelchain.case.report.reading import (
    Report,
    Row,
    currencies_of,
    fiat_total,
    first_and_last,
    grouped,
    label_of,
    subject_of,
)
from peelchain.units import format_btc

_MOST_ROWS = 40
_MOST_SERVICES = 4
# One line of typewriter letters holds the longest address of every kind in use.
_ADDRESS_WIDTH, _ADDRESS_LINE = 266, 66

Near = dict[tuple[str, str], int]


def payers(texts: Texts, report: Report) -> list[Block]:
    """The table of the subject's addresses, greatest first, on turned pages; then upright again."""
    if not report["receipts"]:
        return []
    groups = by_address(report["receipts"])
    near = near_services(report)
    currencies = currencies_of(report)
    columns = [
        column(texts.say("payers.address"), _ADDRESS_WIDTH),
        column(texts.say("payers.payments"), 50, "right"),
        column(texts.say("payers.value"), 72, "right"),
        *(column(printable(c, 8), 66, "right") for c in currencies),
        column(texts.say("payers.between"), 60),
        column(texts.say("payers.services"), "1fr"),
    ]
    rows: list[list[Any]] = [
        [
            _address(texts, address),
            *_sums(mine, currencies),
            _days(mine),
            _services(texts, report, mine, near),
        ]
        for address, mine in groups[:_MOST_ROWS]
    ]
    if rest := [row for _, mine in groups[_MOST_ROWS:] for row in mine]:
        more = texts.count("payers.more", len(groups) - _MOST_ROWS)
        rows.append([[line(more, "strong")], *_sums(rest, currencies), "", ""])
    all_of_them = texts.count("payers.total", len(groups))
    total = [all_of_them, *_sums(report["receipts"], currencies), "", ""]
    return [
        page(landscape=True),
        heading(texts.say("payers.heading")),
        para(texts.say("payers.intro", subject=breakable(subject_of(report)))),
        table(columns, rows, total),
        page(landscape=False),
    ]


def by_address(receipts: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """(address, its receipts), greatest sum first; scripts without an address are one, as ""."""
    groups: dict[str, list[Row]] = {}
    for row in receipts:
        groups.setdefault(row["address"] or "", []).append(row)
    return sorted(groups.items(), key=lambda item: (-_value(item[1]), item[0]))


def near_services(report: Report) -> dict[str, Near]:
    """For each receipt's id, the withdrawals that paid it: {(tier, entity): count}.

    Straight, or through one transaction. Of the receipts that an inflow leads to, only those made
    by the transaction at the end of its path are as near as its hops say; others lie further on.
    """
    made_by = {row["id"]: _txid(row["outpoint"]) for row in report["receipts"]}
    near: dict[str, Near] = {}
    for row in report["inflows"]:
        tier = tier_of(row, "inflows")
        if tier == "more":
            continue
        end = _txid(row["path"][-1])
        for receipt in row["receipts"]:
            if made_by.get(receipt) == end:
                counts = near.setdefault(receipt, {})
                key = (tier, row["entity"])
                counts[key] = counts.get(key, 0) + 1
    return near


def _txid(outpoint: str) -> str:
    return outpoint.partition(":")[0]


def _value(rows: Sequence[Row]) -> int:
    return sum(row["value_sat"] for row in rows)


def _address(texts: Texts, address: str) -> list[dict[str, str]]:
    if not address:
        return [line(texts.say("details.no_address"), "small")]
    shown = printable(address, 120)
    return [line(shown[i : i + _ADDRESS_LINE], "mono") for i in range(0, len(shown), _ADDRESS_LINE)]


def _sums(rows: Sequence[Row], currencies: Sequence[str]) -> list[str]:
    return [
        f"{len(rows):,}",
        format_btc(_value(rows)),
        *(grouped(fiat_total(rows, c)) or "–" for c in currencies),
    ]


def _days(rows: Sequence[Row]) -> list[dict[str, str]]:
    first, last = first_and_last(rows)
    return [line(printable(day, 10)) for day in dict.fromkeys((first, last))]


def _services(
    texts: Texts, report: Report, rows: Sequence[Row], near: Mapping[str, Near]
) -> list[dict[str, str]]:
    counts: Near = {}
    for row in rows:
        for key, count in near.get(row["id"], {}).items():
            counts[key] = counts.get(key, 0) + count
    ordered = sorted(counts.items(), key=lambda i: (TIERS.index(i[0][0]), -i[1], i[0][1]))
    lines = [
        line(
            texts.say(f"payers.{tier}", label=breakable(label_of(report, entity, 40)), count=count),
            "small",
        )
        for (tier, entity), count in ordered[:_MOST_SERVICES]
    ]
    if len(ordered) > _MOST_SERVICES:
        lines.append(line(texts.say("flow.more", count=len(ordered) - _MOST_SERVICES), "small"))
    return lines or [line(texts.say("payers.none"), "small")]
