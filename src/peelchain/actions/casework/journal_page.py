"""The journal of a case a page at a time, as somebody reads it who looks for something."""

import json
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from peelchain.actions.casework.keys import HOLDS, signatures
from peelchain.actions.casework.remembered import remembered
from peelchain.actions.casework.statements import undone_among
from peelchain.actions.casework.work import SECRET
from peelchain.case.casefile import CaseFile, standing
from peelchain.case.disclosure import rests_on, what
from peelchain.case.journal import Entry
from peelchain.errors import CaseError

Row = dict[str, Any]

WITHHELD = "withheld"


def journal_page(
    folder: Path,
    *,
    kinds: Collection[str] = (),
    words: str = "",
    first: int = 0,
    limit: int = 100,
) -> Row:
    """Entries of a case's journal, the last ones first, with what rests on what.

    Of some `kinds` or of all; those that hold all `words` in their kind, number, texts or what they
    are about. `kinds` of the answer counts all entries by kind. `broken` says where the chain
    breaks, `holds` whether chain and signatures do.
    """
    rows, broken = remembered(folder, "journal", lambda: _all(folder))
    wanted = words.casefold().split()
    matching = [
        row
        for row in rows
        if (not kinds or row["kind"] in kinds) and all(word in _sought(row) for word in wanted)
    ]
    return {
        "broken": broken,
        "holds": broken is None and all(row["signed"] in HOLDS for row in rows),
        "total": len(rows),
        "matching": len(matching),
        "kinds": dict(sorted(Counter(row["kind"] for row in rows).items())),
        "last_hash": rows[-1]["hash"] if rows else None,
        "first": first,
        "entries": matching[::-1][first : first + limit],
    }


def journal_entry(folder: Path, seq: int) -> Row:
    """One entry in full, as `journal_page` gives it, with its body and its outputs' files.

    The secret from which a derivation draws its salts is not in it. Raises CaseError for an entry
    that is not there.
    """
    with CaseFile.open(folder) as case:
        found = case.rows()
        entry = next((e for e in found if e.seq == seq), None)
        if entry is None:
            raise CaseError(f"the journal has {case.journal.last_seq} entries, no {seq}")
        rows, _ = remembered(folder, "journal", lambda: _all(folder))
        row = dict(next(row for row in rows if row["entry"] == seq))
        row["signer"] = entry.signer
        row["signature"] = entry.signature
        row["body"] = json.loads(json.dumps(entry.body))
        row["outputs"] = [
            {
                "file": str(path.relative_to(folder)),
                "name": name,
                "sha256": digest,
                "size_bytes": path.stat().st_size if path.is_file() else None,
            }
            for name, path in sorted(case.outputs(entry).items())
            for digest in [entry.body["outputs"][name]]
        ]
        return row


def _all(folder: Path) -> tuple[list[Row], str | None]:
    """Every entry's row with the state of its signature, and where the chain breaks."""
    with CaseFile.open(folder) as case:
        found = case.rows()
        rows = [
            {**row, "signed": of} for row, of in zip(_rows(found), signatures(found), strict=True)
        ]
        return rows, case.journal.broken


def _rows(entries: list[Entry]) -> list[Row]:
    stands = {entry.seq for entry in standing(entries)}
    by = undone_among(entries)
    uses: dict[int, list[int]] = {}
    resting = {}
    for entry in entries:
        resting[entry.seq] = sorted(rests_on(entry, entries))
        for used in resting[entry.seq]:
            uses.setdefault(used, []).append(entry.seq)
    return [
        {
            "entry": entry.seq,
            "time_utc": entry.time_utc,
            "kind": entry.kind,
            "id": entry.body.get("id"),
            "state": _state(entry, stands),
            "undone_by": by.get(entry.seq),
            "what": _what(entry),
            "texts": _texts(entry),
            "withheld": entry.withheld(),
            "rests_on": resting[entry.seq],
            "used_by": uses.get(entry.seq, []),
            "outputs": len(entry.body.get("outputs", {})),
            "prev": entry.prev,
            "hash": entry.hash,
        }
        for entry in entries
    ]


def _state(entry: Entry, stands: set[int]) -> str:
    if entry.withheld():
        return WITHHELD
    return "stands" if entry.seq in stands or entry.kind == "undo" else "undone"


def _what(entry: Entry) -> str:
    try:
        return what(entry)
    except (KeyError, TypeError, AttributeError):
        # an entry of a broken journal need not be what an entry is
        return ""


def _texts(entry: Entry) -> dict[str, str]:
    """What is sealed and opened here, as texts by name."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        for name, opening in sorted(entry.opened.items())
        if name != SECRET
        for value in [opening.value]
    }


def _sought(row: Row) -> str:
    texts = (f"#{row['entry']}", row["kind"], row["id"] or "", row["what"], row["hash"])
    return " ".join([*texts, *row["texts"].values()]).casefold()
