"""Replay: every result of a case derived again on the same chain, and compared."""

from pathlib import Path
from typing import Any

from peelchain.actions.casework.derivations import DERIVATIONS
from peelchain.actions.casework.views import Views
from peelchain.actions.casework.work import SOFTWARE, derive_again
from peelchain.actions.progress import Progress, silent
from peelchain.case.canonical import canonical_json
from peelchain.case.casefile import CaseFile
from peelchain.case.digests import digest_of
from peelchain.case.journal import Entry
from peelchain.case.watching.notice import REORGANISATION
from peelchain.errors import (
    CaseError,
    ErasedError,
    MissingInputError,
    OtherChainError,
    PeelchainError,
    StoreError,
)

Row = dict[str, Any]

SAME = "same"
DIFFERENT = "different"
RECORDED = "recorded"
ERASED = "erased"
MISSING = "missing input"
OTHER_CHAIN = "not on this chain"
FAILED = "failed"
REORGANISED = "reorganised away"
"""A watch journalled that the blocks it was made on are gone."""
AGREES = (SAME, RECORDED, ERASED, REORGANISED)
"""Results that say nothing against a case."""


def replay(
    folder: Path, store: Path | None = None, only: int | None = None, progress: Progress = silent
) -> Row:
    """What each entry comes to when it is derived again; `agrees` is whether all is as it was.

    `result` of an entry: `same`; `different`, with what differs; `missing input`; `erased`; `not
    on this chain`; `reorganised away` where a watch journalled that; `failed`, with why; `recorded`
    for what somebody said or did, which nothing derives. `files` are the outputs that lie in the
    case and are not what the entry says. Nothing is written. Raises CaseError for an entry that is
    not there.
    """
    with CaseFile.open(folder) as case:
        entries = [e for e in case.entries() if only is None or e.seq == only]
        if only is not None and not entries:
            raise CaseError(f"the journal has {case.journal.last_seq} entries, no {only}")
        stands = {entry.seq for entry in case.standing()}
        rows = []
        with Views(store or Path(), progress) as views:
            for done, entry in enumerate(entries):
                progress("entries", done, len(entries))
                row = _replayed(case, entry, None if store is None else views, progress)
                state = "stands" if entry.seq in stands or entry.kind == "undo" else "undone"
                rows.append(
                    {
                        "entry": entry.seq,
                        "kind": entry.kind,
                        "time_utc": entry.time_utc,
                        "state": state,
                        **row,
                        "files": _files(case, entry),
                        "software": entry.body.get("software")
                        if row["result"] != RECORDED
                        else None,
                    }
                )
        progress("entries", len(entries), len(entries))
        agrees = case.journal.broken is None and all(
            row["result"] in AGREES and not row["files"] for row in rows
        )
        return {
            "case": str(folder),
            "software": SOFTWARE,
            "broken": case.journal.broken,
            "agrees": agrees,
            "entries": rows,
        }


def _replayed(case: CaseFile, entry: Entry, views: Views | None, progress: Progress) -> Row:
    derivation = DERIVATIONS.get(entry.kind)
    if derivation is None or "parameters" not in entry.body:
        return {"result": RECORDED, "differs": [], "why": None}
    try:
        view = None
        if "inputs" in entry.body:
            if views is None:
                raise MissingInputError("this was made from a chain; give --store")
            view = views.of(entry.body["inputs"])
        again = derive_again(case, entry, derivation, view=view, progress=progress)
    except ErasedError as e:
        return {"result": ERASED, "differs": [], "why": str(e)}
    except OtherChainError as e:
        result = REORGANISED if _is_taken_back(case, entry) else OTHER_CHAIN
        return {"result": result, "differs": [], "why": str(e)}
    except (MissingInputError, StoreError) as e:
        return {"result": MISSING, "differs": [], "why": str(e)}
    except PeelchainError as e:
        return {"result": FAILED, "differs": [], "why": str(e)}
    recorded = entry.body.get("outputs", {})
    differs = [
        f"output {name}"
        for name in sorted({*recorded, *again.outputs})
        if recorded.get(name) != again.outputs.get(name)
    ]
    for name, value in again.facts.items():
        if name not in entry.body or _canonical(value) != _canonical(entry.body[name]):
            differs.append(f"fact {name}")
    for name, value in again.sealed.items():
        if name in entry.opened and _canonical(value) != _canonical(entry.opened[name].value):
            differs.append(f"sealed {name}")
    return {"result": DIFFERENT if differs else SAME, "differs": differs, "why": None}


def _is_taken_back(case: CaseFile, entry: Entry) -> bool:
    """Whether a later entry says that the chain this one was made on is gone."""
    later = (e for e in case.entries() if e.kind == REORGANISATION and e.seq > entry.seq)
    return any(entry.seq in e.body["entries"] for e in later)


def _canonical(value: Any) -> bytes:
    return canonical_json(value)


def _files(case: CaseFile, entry: Entry) -> list[Row]:
    """The outputs of an entry that are gone, or not what the journal says."""
    wrong = []
    for name, digest in sorted(entry.body.get("outputs", {}).items()):
        path = case.output(entry, name)
        try:
            state = None if digest_of(path) == digest else "changed"
        except OSError:
            state = "missing"
        if state is not None:
            wrong.append({"file": str(path.relative_to(case.folder)), "state": state})
    return wrong
