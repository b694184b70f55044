"""What of a case went out to whom: the disclosure schedule, read from what was handed out."""

import json
import zipfile
from pathlib import Path
from typing import Any

from peelchain.case.casefile import CaseFile
from peelchain.case.disclosure import STANDS, Handed, schedule
from peelchain.case.journal import Entry

Row = dict[str, Any]

_MOST_JOURNAL_BYTES = 1 << 30
_TO = ("to", "for", "recipient")


def disclosure(folder: Path) -> Row:
    """The schedule of a case, and how much of it was never disclosed.

    What a bundle shows is read from the bundle itself, where the case still has it.
    """
    with CaseFile.open(folder) as case:
        entries = case.entries()
        handed = [h for entry in entries for h in _handed(case, entry, entries)]
        rows = schedule(entries, handed)
        return {
            "case": str(folder),
            "broken": case.journal.broken,
            "undisclosed": sum(not row["disclosed"] for row in rows),
            "not_standing": sum(row["state"] != STANDS for row in rows),
            "handed_out": [
                {"entry": h.entry, "how": h.how, "to": h.to, "entries": len(h.shown)}
                for h in handed
            ],
            "entries": rows,
        }


def _handed(case: CaseFile, entry: Entry, entries: list[Entry]) -> list[Handed]:
    to = next((str(v) for name in _TO if (v := entry.value(name)) is not None), None)
    if entry.kind in ("report", "redaction"):
        how = "bundle" if entry.kind == "report" else "redacted bundle"
        name = next((n for n in entry.body.get("outputs", {}) if n.endswith("bundle.zip")), None)
        shown = None if name is None else _in_bundle(case.output(entry, name))
        if shown is None:
            # the file is gone: a report's shows all before it, a redaction's nothing for certain
            whole = entry.kind == "report"
            shown = {e.seq: _names(e) if whole else None for e in entries if e.seq < entry.seq}
        return [Handed(entry.seq, how, to, shown)]
    if entry.kind == "export":
        until = int(entry.body["last_seq"])
        return [
            Handed(entry.seq, "export", to, {e.seq: _names(e) for e in entries if e.seq <= until})
        ]
    if entry.kind == "request":
        services = [str(s["entity"]) for s in entry.body.get("services", [])]
        return [Handed(entry.seq, "request", name, {entry.seq: frozenset()}) for name in services]
    if entry.kind == "referral" and "packages" in entry.body:
        sent = entry.value("recipients") or dict.fromkeys(entry.body.get("outputs", {"": ""}))
        return [
            Handed(entry.seq, "referral", name, {entry.seq: frozenset()})
            for _, name in sorted(sent.items())
        ]
    return []


def _names(entry: Entry) -> frozenset[str]:
    return frozenset(entry.body.get("sealed", {}))


def _in_bundle(path: Path) -> dict[int, frozenset[str] | None] | None:
    """The entries in a bundle's journal; None where the bundle is not to be read."""
    try:
        with zipfile.ZipFile(path) as bundle:
            name = next(n for n in bundle.namelist() if n.endswith("/data/journal.jsonl"))
            if bundle.getinfo(name).file_size > _MOST_JOURNAL_BYTES:
                return None
            rows = [json.loads(line) for line in bundle.read(name).splitlines()]
        return {r["seq"]: None if r["body"] is None else frozenset(r["opened"]) for r in rows}
    except (OSError, zipfile.BadZipFile, StopIteration, ValueError, KeyError, TypeError):
        return None
