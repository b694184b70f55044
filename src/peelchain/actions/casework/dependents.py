"""What of a case changes when tags are taken back: findings, and what was made of those."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.casework.findings import CaseFindings, derive_findings
from peelchain.actions.casework.views import knowledge_of, view_of
from peelchain.actions.casework.what_if import knowing
from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.case.services import Services
from peelchain.errors import CaseError, NotInChainError

Row = dict[str, Any]
Key = tuple[str, str]
"""The list that a finding is in and its outpoint: its name across reports."""

LISTS = ("inflows", "outflows")
_LETTERS = {"inflows": "I", "outflows": "O", "receipts": "R"}
_IDENTITY = ("id", "entity")


def dependents_in_store(
    case: Path, store: Path, tag_ids: Collection[str], progress: Progress = silent
) -> list[Row]:
    """`dependents_of_tags` on a store at a path."""
    with StoreView(store) as view:
        return dependents_of_tags(case, view, None, tag_ids, progress)


def dependents_of_tags(
    case: Path,
    view: StoreView,
    without: StoreView | None,
    tag_ids: Collection[str],
    progress: Progress = silent,
) -> list[Row]:
    """What changes in a case when these tags are taken back, and nothing else.

    Each standing run of the case is derived with what was known to it and again without the tags;
    a row for each finding that differs: `kind` finding, its `id` and that as `finding`, what it
    `was`, what it `becomes` (None: gone); new ones have neither id nor `was`. Then the exhibits,
    requests and referrals that name one of those, with the `finding` they name. `view` is any of
    the store; what is known to it does not matter, nor does `without`. Raises CaseError where the
    case's runs were made on another chain, or an import that they knew is gone.
    """
    rows: list[Row] = []
    with CaseFile.open(case) as opened:
        entries = opened.standing()
        label = next((str(e.body["subject"]) for e in entries if e.kind == "opened"), "subject")
        runs = [entry for entry in entries if entry.kind == "run"]
        asked: set[str] = set()
        changed: dict[Key, tuple[str | None, Row | None]] = {}
        for entry in reversed(runs):
            question = json.dumps([entry.body["parameters"], entry.body["inputs"]], sort_keys=True)
            if question in asked:
                continue
            asked.add(question)
            found = _changes(view, entry, label, tag_ids, progress)
            for row in found:
                key = (row["list"], (row["was"] or row["becomes"])["outpoint"])
                changed.setdefault(key, (row["id"], row["was"]))
                rows.append(
                    {
                        "case": str(case),
                        "run": entry.seq,
                        "kind": "finding",
                        "id": row["id"],
                        "finding": row["id"],
                        "was": row["was"],
                        "becomes": row["becomes"],
                    }
                )
        rows += [
            {"case": str(case), "run": None, **row, "was": None, "becomes": None}
            for row in _resting(opened, entries, changed)
        ]
    return rows


def _changes(
    view: StoreView, entry: Entry, label: str, tag_ids: Collection[str], progress: Progress
) -> list[Row]:
    inputs = entry.body["inputs"]
    if inputs["tip"]["hash"] != view.tip["tip_hash"] or inputs["policy"] != view.policy.name:
        with view_of(view.store.path, inputs, progress) as cut:
            return _changes_in(cut, entry, label, tag_ids, progress)
    return _changes_in(view, entry, label, tag_ids, progress)


def _changes_in(
    view: StoreView, entry: Entry, label: str, tag_ids: Collection[str], progress: Progress
) -> list[Row]:
    known = knowledge_of(entry.body["inputs"])
    before = knowing(view, known)
    after = knowing(view, known.without(*tag_ids))
    if _same_services(before.services, after.services):
        return []
    parameters = entry.body["parameters"]
    old = derive_findings(before, parameters, label, progress)
    if not _touches(old, before.services, after.services):
        return []
    try:
        new = derive_findings(after, parameters, label, progress)
    except NotInChainError:
        raise AssertionError("seeds do not rest on tags") from None
    return differences(old, new)


def differences(old: CaseFindings, new: CaseFindings) -> list[Row]:
    """The findings that differ between two derivations: `list`, `id`, `was` and `becomes`.

    In the order of the first; new ones follow. Ids and the numbers of entities are no difference.
    """
    rows = []
    for name in LISTS:
        was, becomes = _told(old, name), _told(new, name)
        ids = {row["outpoint"]: row["id"] for row in getattr(old.found, name)}
        for outpoint in [*was, *(o for o in becomes if o not in was)]:
            pair = was.get(outpoint), becomes.get(outpoint)
            if pair[0] != pair[1]:
                rows.append(
                    {"list": name, "id": ids.get(outpoint), "was": pair[0], "becomes": pair[1]}
                )
    return rows


def _told(derived: CaseFindings, name: str) -> dict[str, Row]:
    """The findings of a list by outpoint, their service by what tags call it."""
    services = {entity["entity"]: entity for entity in derived.owned.entities}
    told = {}
    for row in getattr(derived.found, name):
        service = services[row["entity"]]
        told[row["outpoint"]] = {
            "label": service["label"],
            "category": service["category"],
            **{key: value for key, value in row.items() if key not in _IDENTITY},
        }
    return told


def _names(known: Services) -> list[tuple[str, str, str, str]]:
    return [(mark.kind, mark.party, mark.label, mark.category) for mark in known.marks]


def _same_services(before: Services, after: Services) -> bool:
    """Whether each script is held to be the same service's: then no finding can differ."""
    old, new = _names(before), _names(after)
    pairs = (
        (before.scripts, before.mark_of, after.scripts, after.mark_of),
        (before.clusters, before.cluster_mark_of, after.clusters, after.cluster_mark_of),
    )
    return all(
        np.array_equal(ids, others)
        and [old[at] for at in marks.tolist()] == [new[at] for at in new_marks.tolist()]
        for ids, marks, others, new_marks in pairs
    )


def _touches(old: CaseFindings, before: Services, after: Services) -> bool:
    """Whether any script whose service differs is one that the traces came to.

    Where none is, both walk as they did and stop where they did. What a service is paid at
    elsewhere has a part in the deposit candidates of outflows to it.
    """
    if len(before.clusters) or len(after.clusters):
        return True
    scripts = np.union1d(before.scripts, after.scripts).tolist()
    changed = {
        script
        for script, mark, other in zip(
            scripts, before.marks_at(scripts), after.marks_at(scripts), strict=True
        )
        if (mark and (mark.kind, mark.party, mark.label, mark.category))
        != (other and (other.kind, other.party, other.label, other.category))
    }
    chain = old.sources.chain
    reached = [old.forward.reached.txouts, old.backward.reached.txouts]
    makers = np.unique(chain.outputs(old.backward.reached.txouts).tx_id)
    spent = [chain.prevouts(int(tx)) for tx in makers]
    every = np.unique(np.concatenate([*reached, *spent]))
    met = set(chain.outputs(every[every >= 0]).script_id.tolist())
    parties = {old.found.ends["forward", t][0] for t in old.forward.reached.ends("service")}
    named = {
        mark.party
        for known in (before, after)
        for mark in known.marks_at(sorted(changed))
        if mark is not None
    }
    return bool(changed & met) or bool(parties & named)


def _resting(
    case: CaseFile, entries: list[Entry], changed: Mapping[Key, tuple[str | None, Row | None]]
) -> list[Row]:
    """The exhibits, requests and referrals that name a finding that changes."""
    ids = {finding for finding, _ in changed.values() if finding is not None}
    outpoints = {
        (_LETTERS[of], outpoint): finding for (of, outpoint), (finding, _) in changed.items()
    }
    rows = []
    for entry in entries:
        if entry.kind == "exhibit":
            named = _exhibited(entry, outpoints, changed)
        elif entry.kind in ("request", "referral", "forfeiture"):
            named = ids & set(_named_in(case, entry))
        else:
            continue
        name = str(entry.body.get("id") or f"#{entry.seq}")
        rows += [
            {"kind": entry.kind, "id": name, "finding": finding}
            for finding in sorted(named, key=lambda f: (f[0], int(f[1:])))
        ]
    return rows


def _exhibited(
    entry: Entry,
    outpoints: Mapping[tuple[str, str], str | None],
    changed: Mapping[Key, tuple[str | None, Row | None]],
) -> set[str]:
    """The changed findings that an exhibit is of, or is of the service of."""
    of = entry.body.get("of") or {}
    if of.get("type") == "finding":
        finding = outpoints.get((str(of["id"])[:1], str(of.get("outpoint"))))
        return {finding} if finding is not None else set()
    if of.get("type") == "entity":
        label = of.get("label")
        return {f for f, was in changed.values() if f and was and was["label"] == label}
    return set()


def _named_in(case: CaseFile, entry: Entry) -> Iterator[str]:
    """The findings that an entry's own facts and its .json outputs name."""
    yield from _findings_in(entry.body)
    for name in entry.body.get("outputs", {}):
        if name.endswith(".json"):
            try:
                yield from _findings_in(json.loads(case.read(name)))
            except ValueError:
                raise CaseError(f"{case.folder / name} is damaged; bring back the file") from None


def _findings_in(value: Any) -> Iterator[str]:
    """Every text under a key `finding` or in a list under `findings`, however deep."""
    if isinstance(value, list):
        for item in value:
            yield from _findings_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "finding" and isinstance(item, str):
                yield item
            elif key == "findings" and isinstance(item, list):
                yield from (one for one in item if isinstance(one, str))
            yield from _findings_in(item)
