"""The annexes: the largest receipts, inflows and outflows, one row each, and the sum of all."""

from collections.abc import Sequence
from typing import Any

from peelchain.case.report.blocks import Block, column, heading, line, page, para, table
from peelchain.case.report.catalogue import Texts
from peelchain.case.report.inert import breakable, printable
from peelchain.case.report.nearness import between, largest_first
from peelchain.case.report.reading import (
    Report,
    Row,
    currencies_of,
    fiat_total,
    grouped,
    label_of,
    rules_of,
    subject_of,
    traced_total,
)
from peelchain.units import format_btc

_NUMBERS_WIDTH = 352
_WIDEST_NUMBER = 92
_ADDRESS_LINE = 68
_IDS = 8
_MOST_ROWS = 100


def annexes(texts: Texts, report: Report) -> list[Block]:
    """The three detail tables, on turned pages."""
    return [
        page(landscape=True),
        *_receipts(texts, report),
        *_flows(texts, report, "inflows"),
        *_flows(texts, report, "outflows"),
    ]


def _receipts(texts: Texts, report: Report) -> list[Block]:
    made = [heading(texts.say("details.receipts"))]
    rows: Sequence[Row] = report["receipts"]
    if not rows:
        return [*made, para(texts.say("details.none_receipts"))]
    currencies = currencies_of(report)
    heads = [texts.say("details.value"), *(printable(c, 8) for c in currencies)]
    columns = [*_place_columns(texts), *_number_columns(heads)]
    ordered = sorted(rows, key=lambda row: -row["value_sat"])
    listed, rest = ordered[:_MOST_ROWS], ordered[_MOST_ROWS:]
    cells: list[list[Any]] = [
        [*_place(texts, row, []), format_btc(row["value_sat"]), *_fiat(texts, row, currencies)]
        for row in listed
    ]

    def sums(of: Sequence[Row]) -> list[str]:
        return [format_btc(sum(row["value_sat"] for row in of)), *_fiat_totals(of, currencies)]

    if rest:
        cells.append([*_more(texts, rest, "receipts"), *sums(rest)])
    intro = [texts.say("details.receipts_intro", subject=breakable(subject_of(report)))]
    if rest:
        intro.append(_capped(texts, rows, "receipts"))
    total = [*_all(texts, rows), *sums(rows)]
    return [*made, para(" ".join(intro)), table(columns, cells, total)]


def _flows(texts: Texts, report: Report, side: str) -> list[Block]:
    made = [heading(texts.say(f"details.{side}"))]
    rows: Sequence[Row] = report[side]
    if not rows:
        return [*made, para(texts.say(f"details.none_{side}"))]
    rules, currencies = rules_of(report), currencies_of(report)
    heads = [
        texts.say("details.value"),
        *(texts.say("details.traced", rule=texts.name("rule", rule)) for rule in rules),
        *(printable(c, 8) for c in currencies),
    ]
    columns = [*_place_columns(texts), *_number_columns(heads)]
    ordered = largest_first(rows, rules)
    listed, rest = ordered[:_MOST_ROWS], ordered[_MOST_ROWS:]
    cells = [_flow_row(texts, report, row, side, rules, currencies) for row in listed]

    def sums(of: Sequence[Row]) -> list[str]:
        traced = [format_btc(traced_total(of, rule)) for rule in rules]
        return ["", *traced, *_fiat_totals(of, currencies)]

    if rest:
        cells.append([*_more(texts, rest, side), *sums(rest)])
    intro = [texts.say(f"details.{side}_intro")]
    if rest:
        intro.append(_capped(texts, rows, side))
    if empty := len(rows) - len(ordered):
        intro.append(texts.count("details.weightless", empty))
    total = [*_all(texts, rows), *sums(rows)]
    return [*made, para(" ".join(intro)), table(columns, cells, total)]


def _capped(texts: Texts, rows: Sequence[Row], side: str) -> str:
    return texts.say(f"details.{side}_capped", shown=_MOST_ROWS, count=f"{len(rows):,}")


def _more(texts: Texts, rest: Sequence[Row], side: str) -> list[Any]:
    said = texts.count("details.more", len(rest))
    file = texts.say("details.more_in", file=f"data/{side}.csv")
    return ["", [line(said, "strong"), line(file, "small")], ""]


def _all(texts: Texts, rows: Sequence[Row]) -> list[str]:
    return ["", texts.count("details.total", len(rows)), ""]


def _flow_row(
    texts: Texts,
    report: Report,
    row: Row,
    side: str,
    rules: Sequence[str],
    currencies: Sequence[str],
) -> list[Any]:
    far = between(row, side)
    near = texts.say("details.straight") if far == 0 else texts.count("details.between", far)
    service = texts.say(
        "details.service",
        label=breakable(label_of(report, row["entity"], 60)),
        near=near,
        basis=texts.name("basis", row["basis"]),
    )
    return [
        *_place(texts, row, [line(service), *_joined(texts, row)]),
        format_btc(row["value_sat"]),
        *(format_btc(row["traced_sat"].get(rule, 0)) for rule in rules),
        *_fiat(texts, row, currencies),
    ]


def _joined(texts: Texts, row: Row) -> list[dict[str, str]]:
    receipts = row.get("receipts")
    if receipts:
        ids = ", ".join(printable(i, 12) for i in receipts[:_IDS])
        if len(receipts) > _IDS:
            ids = texts.say("details.ids_more", ids=ids, count=len(receipts) - _IDS)
        return [line(texts.say("details.feeds", ids=ids), "small")]
    candidates = row.get("deposit_candidates")
    if candidates:
        first = printable(candidates[0])
        text = texts.say("details.deposits", count=len(candidates))
        return [line(text, "small"), line(first, "mono")]
    return []


def _place_columns(texts: Texts) -> list[dict[str, Any]]:
    return [
        column(texts.say("details.id"), 34),
        column(texts.say("details.outpoint"), "1fr"),
        column(texts.say("details.time"), 92),
    ]


def _number_columns(heads: Sequence[str]) -> list[dict[str, Any]]:
    # The room that the longest outpoint leaves on a turned page, shared alike.
    width = min(_WIDEST_NUMBER, _NUMBERS_WIDTH // len(heads))
    return [column(head, width, "right") for head in heads]


def _place(texts: Texts, row: Row, more: Sequence[dict[str, str]]) -> list[Any]:
    address = row["address"]
    shown = printable(address, 120) if address else ""
    lines = [shown[i : i + _ADDRESS_LINE] for i in range(0, len(shown), _ADDRESS_LINE)]
    where = [line(part, "mono") for part in lines]
    if not address:
        where = [line(texts.say("details.no_address"), "small")]
    return [
        printable(row["id"], 12),
        [line(printable(row["outpoint"]), "mono"), *where, *more],
        [line(printable(row["time_utc"], 24)), line(f"{row['height']}", "small")],
    ]


def _fiat(texts: Texts, row: Row, currencies: Sequence[str]) -> list[str]:
    fiat = row["fiat"]
    missing = texts.say("details.no_rate")
    return [grouped(fiat[c]) if c in fiat else missing for c in currencies]


def _fiat_totals(rows: Sequence[Row], currencies: Sequence[str]) -> list[str]:
    return [grouped(fiat_total(rows, c)) or "–" for c in currencies]
