"""A kept table as a file to take away."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from peelchain import _core
from peelchain.case.spreadsheet import Sheet, xlsx
from peelchain.csv_text import csv_bytes

Row = dict[str, Any]
Cell = str | int | None


def write_table(path: Path, name: str, rows: Iterable[Row]) -> None:
    """Writes rows as CSV or XLSX, as the path ends: a column for each value of a row.

    Amounts by rule have a column each, such as `traced_sat pro-rata`. Raises CaseError for more
    rows than a sheet holds.
    """
    flat = [_flat(row) for row in rows]
    columns = list(dict.fromkeys(column for row in flat for column in row))
    cells: Sequence[Sequence[Cell]] = [[row.get(column) for column in columns] for row in flat]
    if path.suffix == ".xlsx":
        _core.replace_file(path, xlsx([Sheet(name[:31], columns, cells)]))
    else:
        _core.replace_file(path, csv_bytes(columns, cells))


def _flat(row: Row) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            by_rule = name in ("traced_sat", "fiat")
            for inner, part in value.items():
                found[f"{name} {inner}" if by_rule else f"{name}_{inner}"] = _cell(part)
        else:
            found[name] = _cell(value)
    return found


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    if isinstance(value, list):
        return "; ".join(map(str, value)) or None
    return str(value)
