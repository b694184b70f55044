"""A case at a glance: what was asked, found, said and made, as its journal leaves it."""

from collections import Counter
from pathlib import Path
from typing import Any

from peelchain.actions.casework.seeds import seeds_of
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.case.references import named

Row = dict[str, Any]

_MADE = ("request", "return", "table", "expansion", "extraction", "interchange", "referral",
         "forfeiture", "redaction", "challenge", "timestamp", "erasure", "export",
         "watch", "watched", "mempool", "reorganisation")  # fmt: skip
_WITHHELD = "(withheld)"


def show(folder: Path) -> Row:
    """What stands in a case. A sealed text that has lost its opening reads `(withheld)`."""
    with CaseFile.open(folder) as case:
        entries = case.entries()
        first = entries[0].body if entries else {}
        stands = case.standing()
        by_kind = {kind: [e for e in stands if e.kind == kind] for kind in {e.kind for e in stands}}
        reports = by_kind.get("report", [])
        return {
            "case": str(folder),
            **{key: first.get(key) for key in ("name", "title", "subject", "network")},
            "entries": len(entries),
            "undone": len(entries) - len(stands) - sum(entry.kind == "undo" for entry in entries),
            "first_utc": entries[0].time_utc if entries else None,
            "last_utc": entries[-1].time_utc if entries else None,
            "last_hash": entries[-1].hash if entries else None,
            "broken": case.journal.broken,
            "seeds": seeds_of(case),
            "runs": [_run(e) for e in by_kind.get("run", [])],
            "reports": [
                {**_dated(e), "run": e.body["run"], "digest": e.body["digest"]} for e in reports
            ],
            "hypotheses": [_hypothesis(e, stands) for e in by_kind.get("hypothesis", [])],
            "notes": [
                {
                    **_dated(e),
                    "text": _text(e),
                    "about": [named(a) for a in e.body.get("about", [])],
                }
                for e in by_kind.get("note", [])
            ],
            "decisions": [
                {
                    **_dated(e),
                    "text": _text(e),
                    "by": _text(e, "by"),
                    "on": [named(a) for a in e.body.get("on", [])],
                }
                for e in by_kind.get("decision", [])
                if "decides" not in e.body
            ],
            "exhibits": [_exhibit(e) for e in by_kind.get("exhibit", [])],
            "made": {
                **{kind: len(by_kind[kind]) for kind in _MADE if kind in by_kind},
                **Counter(f"decided: {_decided(e)}" for e in stands if "decides" in e.body),
            },
        }


def _decided(entry: Entry) -> str:
    """What a decision that a verb asked for was about, such as `referral`."""
    return str(entry.body["decides"]).replace("_", " ")


def _dated(entry: Entry) -> Row:
    return {"entry": entry.seq, "time_utc": entry.time_utc}


def _text(entry: Entry, name: str = "text") -> str:
    return str(entry.value(name, _WITHHELD))


def _run(entry: Entry) -> Row:
    body = entry.body
    return {
        **_dated(entry),
        "seeds": body["parameters"]["seeds"],
        "rules": body["parameters"]["rules"],
        "tip_height": body["inputs"]["tip"]["height"],
        "as_of": body["inputs"]["knowledge"]["as_of"],
        "without_tags": body["inputs"]["knowledge"]["without_tags"],
        "totals": body["totals"],
    }


def _hypothesis(entry: Entry, stands: list[Entry]) -> Row:
    mine = [e for e in stands if e.kind == "evidence" and e.body["hypothesis"] == entry.body["id"]]
    return {
        "id": entry.body["id"],
        **_dated(entry),
        "text": _text(entry),
        **{
            side: [
                {**_dated(e), "what": named(e.body["what"]) if "what" in e.body else _text(e)}
                for e in mine
                if e.body["speaks"] == side
            ]
            for side in ("for", "against")
        },
    }


def _exhibit(entry: Entry) -> Row:
    body = entry.body
    return {
        "id": body["id"],
        **_dated(entry),
        "type": body["type"],
        "of": named(body["of"]) if "of" in body else entry.value("file", _WITHHELD),
        "sha256": body.get("sha256"),
        "kept": body.get("kept"),
        "text": _text(entry),
    }
