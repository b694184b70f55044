"""Tables of an answer that may be too long for one message: kept beside it, read in parts."""

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.errors import MisuseError, NotInChainError
from peelchain.units import shown
from peelchain.web.folders import Folders

Row = dict[str, Any]

_KEY = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[a-z_]{1,40}")

MOST_ROWS = 1_000
"""Rows of one part."""

SORTS: Mapping[str, Callable[[Row], Any]] = {
    "time": lambda row: (row.get("height") or -1, row.get("time_utc") or ""),
    "value": lambda row: _most(row.get("traced_sat")),
    "output": lambda row: row.get("output_sat") or 0,
    "type": lambda row: (row.get("type") or "", row.get("label") or ""),
    "label": lambda row: (row.get("label") or "", row.get("type") or ""),
}
"""By what rows may be asked for in order: `time`, `value` (the most under any rule) ..."""


def _most(traced: Any) -> int:
    return max(traced.values(), default=0) if isinstance(traced, dict) else int(traced or 0)


def keep(folders: Folders, tables: Mapping[str, Sequence[Row]]) -> Row:
    """Writes tables for `part` and `every`; gives what the answer says of them: key and counts."""
    key = secrets.token_hex(16)
    folder = folders.scratch / "kept" / key
    folder.mkdir(parents=True, mode=0o700)
    for name, rows in tables.items():
        starts = np.zeros(len(rows) + 1, np.int64)
        with (folder / f"{name}.jsonl").open("wb") as file:
            for n, row in enumerate(rows):
                starts[n + 1] = starts[n] + file.write(json.dumps(row).encode("ascii") + b"\n")
        np.save(folder / f"{name}.starts.npy", starts)
        for sort, key_of in SORTS.items():
            order = sorted(range(len(rows)), key=lambda n: key_of(rows[n]))
            np.save(folder / f"{name}.{sort}.npy", np.array(order, np.int32))
    return {"key": key, "counts": {name: len(rows) for name, rows in tables.items()}}


def part(
    folders: Folders, kept: Mapping[str, Any], table: str, start: int, limit: int, sort: str | None
) -> Row:
    """Some rows of a table: `limit` from `start` in the order of `sort`, which `-` turns around.

    Raises MisuseError for a sort that there is not, NotInChainError for such a table.
    """
    folder = _folder(folders, kept, table)
    starts = np.load(folder / f"{table}.starts.npy")
    count = len(starts) - 1
    wanted = np.arange(start, min(start + min(limit, MOST_ROWS), count))
    if sort:
        name = sort.removeprefix("-")
        if name not in SORTS:
            raise MisuseError(f"rows are not sorted by {shown(name)}; use {', '.join(SORTS)}")
        order = np.load(folder / f"{table}.{name}.npy", mmap_mode="r")
        wanted = order[count - 1 - wanted] if sort.startswith("-") else order[wanted]
    rows = []
    with (folder / f"{table}.jsonl").open("rb") as file:
        for n in wanted.tolist():
            file.seek(starts[n])
            rows.append(json.loads(file.read(starts[n + 1] - starts[n])))
    return {"table": table, "total": count, "from": start, "rows": rows}


def every(folders: Folders, kept: Mapping[str, Any], table: str) -> Iterator[Row]:
    """Every row of a table in its own order, one at a time. Raises NotInChainError for none."""
    with (_folder(folders, kept, table) / f"{table}.jsonl").open("rb") as file:
        for line in file:
            yield json.loads(line)


def _folder(folders: Folders, kept: Mapping[str, Any], table: str) -> Path:
    key = str(kept.get("key", ""))
    if not _KEY.fullmatch(key) or not _NAME.fullmatch(table) or table not in kept["counts"]:
        names = ", ".join(kept.get("counts", {})) or "none"
        raise NotInChainError(f"the answer has no table {shown(table)}; it has {names}")
    return folders.scratch / "kept" / key
