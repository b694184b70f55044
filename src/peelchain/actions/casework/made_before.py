"""What was made of a case before: its requests, tables and schedules, and the rows refused."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.errors import CaseError

Row = dict[str, Any]

AT_ONCE = 200
"""Rejected rows that are given at once."""

_LONG = ("inputs", "outputs", "software", "sealed")


def made_before(folder: Path, kind: str) -> Row:
    """Every entry of a kind that stands: `made`, each with its parameters, facts and `files`.

    `files` are names in the case's folder, of those that are still there. A request names its
    services by their labels, too, where its file is still there.
    """
    with CaseFile.open(folder) as case:
        return {"case": folder.name, "made": [_made(case, e) for e in case.standing(kind)]}


def rejects(folder: Path, number: int, first: int = 0) -> Row:
    """The rejected rows of a table or an answer, 200 from `first` on: columns, rows, how many.

    Raises CaseError for an entry that is neither, MissingInputError where what was kept is gone.
    """
    with CaseFile.open(folder) as case:
        found = [e for e in case.standing("table", "return") if e.seq == number]
        if not found:
            raise CaseError(f"entry {number} is no table and no return that stands")
        (entry,) = found
        if entry.kind == "table":
            content = case.kept(str(entry.body["parameters"]["rejects"]))
        else:
            name = f"returns/{entry.seq}/rejects.csv"
            content = case.read(str(case.output(entry, name).relative_to(folder)))
    columns, *rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    return {
        "entry": number,
        "columns": columns,
        "rows": rows[first : first + AT_ONCE],
        "first": first,
        "count": len(rows),
    }


def content_of(folder: Path, entry: int, name: str) -> Mapping[str, Any]:
    """The JSON object in a file that an entry made. Raises CaseError where it is not there."""
    with CaseFile.open(folder) as case:
        for found in case.standing():
            if found.seq == entry and name in found.body.get("outputs", {}):
                path = case.output(found, name).relative_to(folder)
                content: Mapping[str, Any] = json.loads(case.read(str(path)))
                return content
    raise CaseError(f"entry {entry} made no {name} that stands")


def _made(case: CaseFile, entry: Entry) -> Row:
    names = entry.body.get("outputs", {})
    paths = {name: case.output(entry, name) for name in names}
    return {
        "entry": entry.seq,
        "time_utc": entry.time_utc,
        **{key: value for key, value in entry.body.items() if key not in _LONG},
        **(_asked(case, entry) if entry.kind == "request" else {}),
        "tip_height": entry.body.get("inputs", {}).get("tip", {}).get("height"),
        "files": [str(path.relative_to(case.folder)) for path in paths.values() if path.is_file()],
    }


def _asked(case: CaseFile, entry: Entry) -> Row:
    path = case.output(entry, f"requests/{entry.seq}/requests.json")
    labels: dict[str, str] = {}
    if path.is_file():
        said = json.loads(case.read(str(path.relative_to(case.folder))))
        labels = {str(s["entity"]): str(s["label"]) for s in said["services"]}
    services = entry.body.get("services", [])
    return {"services": [{**s, "label": labels.get(s["entity"], s["entity"])} for s in services]}
