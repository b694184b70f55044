"""Whether accounts that returns name belong to one person: what is suggested, what was decided."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.casework.statements import checked_text, said
from peelchain.case.answers.returns import LinkedPerson, linked_persons, said_of
from peelchain.case.answers.same_person import DIFFERENT, SAME, first_refs, suggestions
from peelchain.case.casefile import CaseFile
from peelchain.case.lock import Waiting, silently
from peelchain.case.vault.vault import Vault
from peelchain.errors import CaseError, MisuseError

Row = dict[str, Any]

_SHOWN = ("name", "birth_date", "email", "document", "country")


def persons(folder: Path, *, names: bool = False) -> Row:
    """Every person that returns name, with accounts and payments, and who may be the same.

    Persons decided to be one are one row, under the first of their refs. `names` adds what the
    services said of each, out of the vault.
    """
    with CaseFile.open(folder) as case:
        if not Vault.exists(folder):
            return {"case": str(folder), "persons": [], "suggestions": []}
        with Vault.open(folder) as vault:
            linked = linked_persons(case, vault)
            refs = list(dict.fromkeys(row.ref for row in linked))
            entries = case.standing("decision")
            found = suggestions(refs, vault.records, entries)
            rows = [
                _person(first, [r for r in linked if r.person == first], vault, names=names)
                for first in dict.fromkeys(row.person for row in linked)
            ]
    pairs = [{"persons": [s.first, s.second], "by": list(s.by)} for s in found]
    return {"case": str(folder), "persons": rows, "suggestions": pairs}


def decide_persons(
    folder: Path,
    refs: Sequence[str],
    *,
    same: bool,
    by: str,
    reason: str,
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Records that refs are one person, or different persons, by whom and why; gives the entry.

    Raises CaseError for a ref that no return links, and for what contradicts a standing decision.
    """
    chosen = list(dict.fromkeys(refs))
    if len(chosen) < 2:
        raise MisuseError("give two refs or more, such as P3 P9")
    with CaseFile.open(folder) as case, case.at_work(waiting):
        with Vault.open(folder) as vault:
            known = {row.ref for row in linked_persons(case, vault)}
        unknown = [ref for ref in chosen if ref not in known]
        if unknown:
            raise CaseError(f"{unknown[0][:20]!a} is nobody whom a return links to a payment")
        _check_decided(case, chosen, same=same)
        body = {"decides": SAME if same else DIFFERENT, "persons": chosen}
        sealed = {"text": checked_text(reason), "by": checked_text(by)}
        return said(case, "decision", body, sealed, date_utc)


def _check_decided(case: CaseFile, refs: Sequence[str], *, same: bool) -> None:
    entries = case.standing("decision")
    joined = first_refs(entries)
    if not same:
        if len({joined.get(ref, ref) for ref in refs}) < len(refs):
            raise CaseError("a standing decision says that they are one person; undo it first")
        return
    mine = {joined.get(ref, ref) for ref in refs}
    for entry in entries:
        if entry.body.get("decides") == DIFFERENT:
            apart = [joined.get(str(ref), str(ref)) for ref in entry.body["persons"]]
            if sum(ref in mine for ref in apart) > 1:
                raise CaseError(f"entry {entry.seq} says that they are different; undo it first")


def _person(first: str, linked: Sequence[LinkedPerson], vault: Vault, *, names: bool) -> Row:
    refs = list(dict.fromkeys(row.ref for row in linked))
    row: Row = {
        "person": first,
        "refs": refs,
        "countries": sorted({row.country for row in linked} - {""}),
        "accounts": [
            {
                "account": row.account,
                "entity": row.entity,
                "label": row.label,
                "entry": row.entry,
                "grade": row.grade,
                "payments": [_payment(*payment) for payment in row.payments],
                "differing": [_payment(*payment) for payment in row.differing],
            }
            for row in linked
        ],
        "paid_sat": sum({p[1]: p[2] for row in linked for p in row.payments}.values()),
    }
    if names:
        records = [record for ref in refs for record in vault.records(ref)]
        row["said"] = {field: said_of(records, field) for field in _SHOWN}
    return row


def _payment(finding: str, outpoint: str, value_sat: int) -> Row:
    return {"findings": finding.split(), "outpoint": outpoint, "value_sat": value_sat}
