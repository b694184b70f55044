"""What a newer tip, other tags or another version change in the findings of a run."""

from pathlib import Path
from typing import Any

from peelchain.actions.casework.findings import CaseFindings, derive_findings
from peelchain.actions.casework.views import view_of
from peelchain.actions.casework.work import SOFTWARE, inputs_of_store
from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.cluster.policy import Policy
from peelchain.errors import CaseError, NotInChainError
from peelchain.tags.knowledge import ALL, Knowledge

Row = dict[str, Any]

LISTS = ("receipts", "inflows", "outflows")
_COMPARED = ("value_sat", "traced_sat", "fiat", "hops", "path", "receipts", "deposit_candidates")


def diff(
    folder: Path,
    store: Path,
    run: int | None = None,
    knowledge: Knowledge = ALL,
    progress: Progress = silent,
) -> Row:
    """How the findings of a run (the last one) would change if it were made now.

    Under the same parameters and policy, on the store's present tip, with every tag that
    `knowledge` lets count. Findings are matched by outpoint: one is `added`, `gone`, or `changed`
    in what `was` and `becomes` say. The run itself is derived again, so that its own inputs must be
    there. Raises CaseError where the case has no such run, and as `view_of`.
    """
    with CaseFile.open(folder) as case:
        entry = _run(case, run)
        label = str(case.opening().body["subject"])
    inputs, parameters = entry.body["inputs"], entry.body["parameters"]
    with view_of(store, inputs, progress) as view:
        before = findings_by_place(derive_findings(view, parameters, label, progress))
    policy = Policy.from_json(inputs["definition"])
    with StoreView(store, policy, knowledge=knowledge) as view:
        now = inputs_of_store(view)
        after = _or_none(view, parameters, label, progress)
    changes = _changes(before, after)
    return {
        "case": str(folder),
        "run": entry.seq,
        "was": _stood_on(inputs, str(entry.body.get("software"))),
        "becomes": _stood_on(now, SOFTWARE),
        "imports_added": sorted(set(now["imports"]) - set(inputs["imports"])),
        "imports_gone": sorted(set(inputs["imports"]) - set(now["imports"])),
        "totals": {"was": before["totals"], "becomes": after["totals"]},
        "unchanged": sum(len(before[name]) for name in LISTS)
        - sum(change["change"] != "added" for change in changes),
        "changes": changes,
    }


def findings_by_place(derived: CaseFindings) -> Row:
    """The rows of each list of findings by outpoint, with the party's label, and the totals."""
    labels = {e["entity"]: e["label"] for e in derived.owned.entities}
    found: Row = {"totals": derived.found.totals}
    rows = (derived.found.receipts, derived.found.inflows, derived.found.outflows)
    for name, listed in zip(LISTS, rows, strict=True):
        found[name] = {
            row["outpoint"]: {**row, "party": labels.get(row.get("entity"))} for row in listed
        }
    return found


def _or_none(view: StoreView, parameters: Row, label: str, progress: Progress) -> Row:
    try:
        return findings_by_place(derive_findings(view, parameters, label, progress))
    except NotInChainError:
        return {"totals": None, **{name: {} for name in LISTS}}


def _run(case: CaseFile, seq: int | None) -> Entry:
    if seq is None:
        found = case.last("run")
        if found is None:
            raise CaseError(f"{case.folder} has no run yet; run 'peelchain case run' first")
        return found
    for entry in case.entries():
        if entry.seq == seq and entry.kind == "run":
            return entry
    raise CaseError(f"entry {seq} of {case.folder} is no run; 'peelchain case show' lists them")


def _stood_on(inputs: Row, software: str) -> Row:
    return {
        "tip_height": inputs["tip"]["height"],
        "tip_hash": inputs["tip"]["hash"],
        "policy": inputs["policy"],
        "as_of": inputs["knowledge"]["as_of"],
        "without_tags": inputs["knowledge"]["without_tags"],
        "software": software,
    }


def _changes(before: Row, after: Row) -> list[Row]:
    found = []
    for name in LISTS:
        was, becomes = before[name], after[name]
        for outpoint in [*was, *(o for o in becomes if o not in was)]:
            old, new = was.get(outpoint), becomes.get(outpoint)
            change = "added" if old is None else "gone" if new is None else "changed"
            if old is not None and new is not None and _told(old, before) == _told(new, after):
                continue
            found.append(
                {
                    "change": change,
                    "list": name,
                    "outpoint": outpoint,
                    "was": None if old is None else _told(old, before),
                    "becomes": None if new is None else _told(new, after),
                }
            )
    return found


def _told(row: Row, found: Row) -> Row:
    """What is compared of a finding: nothing that is numbered within one report."""
    told = {"party": row["party"], **{key: row[key] for key in _COMPARED if key in row}}
    if "receipts" in told:
        places = {r["id"]: outpoint for outpoint, r in found["receipts"].items()}
        told["receipts"] = sorted(places[i] for i in told["receipts"])
    return told
