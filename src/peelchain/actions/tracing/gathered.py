"""The terminals of a trace gathered: by whose they are, and by when value came there."""

from collections.abc import Iterable, Mapping
from typing import Any

from peelchain.actions.tracing.fiat import sum_fiat

Row = dict[str, Any]
End = tuple[str, str | None, bool]

MOST_ARRIVALS = 4_000
"""Rows of `arrivals` beyond which they are summed by month and not by day."""


def by_destination(answer: Row, services: Mapping[str, Row]) -> list[Row]:
    """What each rule leaves at each service and, elsewhere, at each kind of end; the most first.

    `services` are party and category by label. `held` rows are what accounts hold under rules of
    scope account. Under each rule the rows add up to its seeds. `fiat` sums the worths known;
    `unpriced` counts the outputs that have none.
    """
    found: dict[End, Row] = {}
    for end, row in _ends(answer):
        kind, label, held = end
        known = services.get(label or "", {})
        told = found.setdefault(
            end,
            {
                "type": kind,
                "label": label,
                "party": known.get("party"),
                "category": known.get("category"),
                "held": held,
                "outputs": 0,
                "first_utc": None,
                "last_utc": None,
                "traced_sat": {rule["rule"]: 0 for rule in answer["rules"]},
                "worths": {},
                "unpriced": 0,
            },
        )
        told["outputs"] += 1
        _add(told["traced_sat"], row["traced_sat"])
        when = row.get("time_utc")
        if when is not None:
            told["first_utc"] = min(filter(None, (told["first_utc"], when)))
            told["last_utc"] = max(filter(None, (told["last_utc"], when)))
        if row.get("fiat") is not None:
            told["unpriced"] += None in row["fiat"].values()
            for rule, worth in row["fiat"].items():
                told["worths"].setdefault(rule, []).append(worth)
    rows = [_with_sums(row, answer) for row in found.values()]
    first = answer["rules"][0]["rule"]
    most = {id(row): max(row["traced_sat"].values(), default=0) for row in rows}
    rows.sort(key=lambda row: (-row["traced_sat"][first], -most[id(row)], row["type"]))
    return rows


def arrivals(answer: Row) -> Row:
    """What came to each kind of end on each day or, where those are many, in each month.

    `step` is `day` or `month`; of `rows` each has the day (or the month's first), UTC, the end, and
    the satoshis of each rule that is not 0. `time_utc` is None of what accounts hold.
    """
    step, rows = "day", _summed(answer, 10)
    if len(rows) > MOST_ARRIVALS:
        step, rows = "month", _summed(answer, 7)
    return {"step": step, "rows": rows}


def _summed(answer: Row, letters: int) -> list[Row]:
    found: dict[tuple[str, End], dict[str, int]] = {}
    for end, row in _ends(answer):
        day = (row.get("time_utc") or "")[:letters]
        _add(found.setdefault((day, end), {}), row["traced_sat"])
    return [
        {
            "time_utc": f"{day}-01"[:10] if day else None,
            "type": kind,
            "label": label,
            "held": held,
            "traced_sat": {rule: sat for rule, sat in sums.items() if sat},
        }
        for (day, (kind, label, held)), sums in sorted(
            found.items(), key=lambda item: (not item[0][0], item[0][0], str(item[0][1]))
        )
    ]


def _ends(answer: Row) -> Iterable[tuple[End, Row]]:
    for row in answer["terminals"]:
        yield (row["type"], row["label"], False), row
    for row in answer["holdings"]:
        yield (row["type"], None, True), row


def _add(sums: dict[str, int], amounts: Mapping[str, int]) -> None:
    for rule, sat in amounts.items():
        sums[rule] = sums.get(rule, 0) + sat


def _with_sums(row: Row, answer: Row) -> Row:
    worths = row.pop("worths")
    priced = answer["fiat"] is not None and not row["held"]
    fiat = {rule: sum_fiat(amounts) for rule, amounts in worths.items()} if priced else None
    return {**row, "fiat": fiat}
