"""What a statement in a case is about: a finding, an entry, a hypothesis, a transaction, ..."""

import json
import re
from typing import Any

from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.errors import CaseError, MisuseError
from peelchain.network import by_name
from peelchain.script import script_pubkey
from peelchain.units import OutPoint, parse_txid, shown

Row = dict[str, Any]

_FINDING = re.compile(r"([RIO])([1-9][0-9]{0,8})")
_PARTY = re.compile(r"S[1-9][0-9]{0,8}|subject")
_ENTRY = re.compile(r"#([1-9][0-9]{0,8})")
_NUMBERED = re.compile(r"([HE])([1-9][0-9]{0,8})")
_TXID = re.compile(r"[0-9a-f]{64}")
_LISTS = {"R": "receipts", "I": "inflows", "O": "outflows"}
NUMBERED = {"hypothesis": "H", "exhibit": "E"}
"""Kinds of entries that have a name of their own, and the letter it begins with."""


def last_report(case: CaseFile) -> tuple[Entry, Row] | None:
    """The last report's entry that stands, and its report.json; None for none."""
    entry = case.last("report")
    if entry is None:
        return None
    path = case.output(entry, "report.json")
    try:
        return entry, json.loads(path.read_bytes())
    except OSError as e:
        raise CaseError(f"{path}: {e.strerror}; 'peelchain case report' makes it anew") from None
    except ValueError:
        raise CaseError(f"{path} is damaged; 'peelchain case report' makes it anew") from None


def name_next(case: CaseFile, kind: str) -> str:
    """The name of the next entry of a numbered kind, such as H3. Undone ones keep theirs."""
    return f"{NUMBERED[kind]}{sum(e.kind == kind for e in case.entries()) + 1}"


def is_reference(text: str) -> bool:
    """Whether a text has the form of a reference rather than of a sentence."""
    forms = (_FINDING, _PARTY, _ENTRY, _NUMBERED, _TXID)
    return any(form.fullmatch(text) for form in forms) or _is_outpoint(text)


def refer(case: CaseFile, text: str) -> Row:
    """What a reference means, as the journal keeps it: `type` and what names it in other reports.

    A finding (R1, I4, O2) or a party (S1, subject) of the last report, an entry (#7), a hypothesis
    (H1), an exhibit (E1), a txid, an outpoint or an address. Raises CaseError for one that is not
    there, MisuseError for what is no reference at all.
    """
    if match := _FINDING.fullmatch(text):
        return _finding(case, text, _LISTS[match[1]])
    if _PARTY.fullmatch(text):
        return _party(case, text)
    if match := _ENTRY.fullmatch(text):
        return _entry(case, int(match[1]))
    if match := _NUMBERED.fullmatch(text):
        return _numbered(case, text)
    if _TXID.fullmatch(text):
        parse_txid(text)
        return {"type": "transaction", "txid": text}
    if _is_outpoint(text):
        return {"type": "outpoint", "outpoint": str(OutPoint.parse(text))}
    try:
        script_pubkey(text, by_name(str(case.opening().body["network"])))
    except MisuseError as e:
        raise MisuseError(
            f"{shown(text)} names nothing: give a finding (R1, I1, O1), a party (S1), an entry "
            f"(#3), a hypothesis (H1), an exhibit (E1), a txid, an outpoint or an address; {e}"
        ) from None
    return {"type": "address", "address": text}


def named(about: Row) -> str:
    """A reference as people write it."""
    kind = about["type"]
    if kind == "entry":
        return f"#{about['seq']}"
    key = {"transaction": "txid", "outpoint": "outpoint", "address": "address"}.get(kind, "id")
    return str(about[key])


def _is_outpoint(text: str) -> bool:
    return bool(_TXID.fullmatch(text.partition(":")[0])) and ":" in text


def _report_for(case: CaseFile, text: str) -> tuple[Entry, Row]:
    found = last_report(case)
    if found is None:
        raise CaseError(
            f"{text} is a finding of a report, and the case has none yet; run 'peelchain case run' "
            "and 'peelchain case report' first"
        )
    return found


def _finding(case: CaseFile, text: str, where: str) -> Row:
    entry, report = _report_for(case, text)
    for row in report[where]:
        if row["id"] == text:
            about = {"type": "finding", "id": text, "report": entry.seq}
            about["outpoint"] = row["outpoint"]
            if "entity" in row:
                about["entity"] = row["entity"]
                about["label"] = report["entities"].get(row["entity"], {}).get("label")
            return about
    raise CaseError(
        f"the last report (entry {entry.seq}) has {len(report[where])} {where}, no {text}"
    )


def _party(case: CaseFile, text: str) -> Row:
    entry, report = _report_for(case, text)
    known = report["entities"]
    if text not in known:
        raise CaseError(f"the last report (entry {entry.seq}) has {len(known)} parties, no {text}")
    return {"type": "entity", "id": text, "report": entry.seq, "label": known[text]["label"]}


def _entry(case: CaseFile, seq: int) -> Row:
    for entry in case.entries():
        if entry.seq == seq:
            return {"type": "entry", "seq": seq, "kind": entry.kind}
    raise CaseError(f"the journal has {case.journal.last_seq} entries, no #{seq}")


def _numbered(case: CaseFile, text: str) -> Row:
    kind = next(kind for kind, letter in NUMBERED.items() if text.startswith(letter))
    stands = {entry.seq for entry in case.standing(kind)}
    for entry in case.entries():
        if entry.kind == kind and entry.body.get("id") == text:
            if entry.seq not in stands:
                raise CaseError(f"{text} was undone; add a new {kind}")
            return {"type": kind, "id": text, "seq": entry.seq}
    raise CaseError(f"the case has no {kind} {text}; 'peelchain case show' lists what it has")
