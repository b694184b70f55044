"""The findings as CSV files, row for row the same as report.json."""

import re
from collections.abc import Iterable, Mapping, Sequence

from peelchain.case.report.reading import Report, Row
from peelchain.errors import BundleError
from peelchain.units import shown

# What needs no quoting, and what no spreadsheet runs as a formula.
_PLAIN = re.compile(r"([0-9A-Za-z][0-9A-Za-z:._ -]*)?")


def csv_twins(report: Report) -> dict[str, bytes]:
    """inflows.csv, outflows.csv and receipts.csv by name, in UTF-8 with LF line ends.

    The columns are those of docs/evidence-format.md: the report's rules, in its order, and the
    currencies of its rates, sorted; lists are joined by a space; null is an empty cell. Raises
    BundleError for a cell that would need quoting, which no report of that format has.
    """
    rules = list(report["rules"])
    currencies = sorted({rate["currency"] for rate in report["rates"]})
    return {
        "inflows.csv": _flows(
            "inflows.csv", report["inflows"], rules, currencies, ("receipts", "hops", "basis")
        ),
        "outflows.csv": _flows(
            "outflows.csv",
            report["outflows"],
            rules,
            currencies,
            ("hops", "deposit_candidates", "basis"),
        ),
        "receipts.csv": _receipts(report["receipts"], currencies),
    }


def _receipts(rows: Sequence[Row], currencies: Sequence[str]) -> bytes:
    head = ["id", "outpoint", "address", "time_utc", "height", "value_sat"]
    return _written(
        "receipts.csv",
        head + [f"fiat_{c}" for c in currencies],
        (_place(row) + _picked(row["fiat"], currencies) for row in rows),
    )


def _flows(
    name: str,
    rows: Sequence[Row],
    rules: Sequence[str],
    currencies: Sequence[str],
    last: Sequence[str],
) -> bytes:
    head = [
        *("id", "entity", "outpoint", "address", "time_utc", "height", "value_sat"),
        *(f"traced_sat_{rule}" for rule in rules),
        *(f"fiat_{c}" for c in currencies),
        *last,
    ]
    body = []
    for row in rows:
        number, *place = _place(row)
        body.append(
            [
                *(number, row["entity"], *place),
                *_picked(row["traced_sat"], rules),
                *_picked(row["fiat"], currencies),
                *(" ".join(v) if isinstance(v := row[key], (list, tuple)) else v for key in last),
            ]
        )
    return _written(name, head, body)


def _place(row: Row) -> list[object]:
    fields = ("id", "outpoint", "address", "time_utc", "height", "value_sat")
    return ["" if row[field] is None else row[field] for field in fields]


def _picked(values: Mapping[str, object], keys: Sequence[str]) -> list[object]:
    return [values.get(key, "") for key in keys]


def _written(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    lines = []
    for number, row in enumerate([head, *rows]):
        cells = [str(cell) for cell in row]
        for cell in cells:
            if not _PLAIN.fullmatch(cell):
                raise BundleError(
                    f"{name}: row {number} has the cell {shown(cell)}, which a file without "
                    "quotes cannot hold; report.json is not in the form of evidence-format.md"
                )
        lines.append(",".join(cells) + "\n")
    return "".join(lines).encode("utf-8")
