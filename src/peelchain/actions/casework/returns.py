"""Answers of services: read, kept in the vault, linked to the payments that were asked about."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.views import view_of
from peelchain.actions.casework.work import Result, Work, carry_out
from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.case.answers.file import AnswerFile, Reading, read_answer
from peelchain.case.answers.match import Asked, Matched, match
from peelchain.case.answers.returns import LINK_COLUMNS, checked_grade, read_output
from peelchain.case.answers.same_person import identity_keys, sayings
from peelchain.case.canonical import canonical_json
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.case.vault.vault import Batch, KeyColumn, Vault
from peelchain.csv_text import csv_bytes
from peelchain.errors import CaseError, ErasedError, MisuseError
from peelchain.units import parse_txid, shown

Row = dict[str, Any]

TOLERANCE_MINUTES = 360
"""How far a service's time may be from the block's: it books before, and headers are hours off."""

_MOST_BYTES = 1 << 30
_MISMATCH_COLUMNS = ("row", "finding", "outpoint", "kind", "told", "expected")


@dataclass(frozen=True)
class ReturnRequest:
    """An answer to import: of which service, to which request (None: the last to it), how read."""

    case: Path
    store: Path
    file: Path
    service: str
    reading: Reading
    grade: str
    request: int | None = None
    tolerance_minutes: int = TOLERANCE_MINUTES
    date_utc: datetime | None = None


def import_return(request: ReturnRequest, progress: Progress = silent) -> Row:
    """Imports an answer: what it says of persons goes to the vault, the rest is journalled.

    Nothing is kept where the answer cannot be read at all. Raises CaseError for a service or a
    request that is not there, a file that cannot be read, lacks a heading or holds a secret.
    """
    grade, moment = checked_grade(request.grade), moment_of(request.date_utc)
    if not 0 <= request.tolerance_minutes <= 60 * 24 * 366:
        raise MisuseError(f"a tolerance of {request.tolerance_minutes} minutes is out of range")
    content = _content(request.file)
    with CaseFile.open(request.case) as case, case.at_work(lambda whom: progress(whom, 0, 0)):
        entry, service = _asked_of(case.standing("request"), case, request.service, request.request)
        answer = read_answer(content, shown(request.file.name), request.reading)
        label = str(service["label"])
        with view_of(request.store, entry.body["inputs"], progress) as view:
            tolerance = request.tolerance_minutes
            matched = _matched(answer, _asked(service), view, tolerance)
            with Vault.open(case.folder) as vault:
                kept = _keep(vault, content, _holders(answer, matched, label, grade))
            parameters = {
                "service": service["entity"],
                "request": entry.seq,
                "grade": grade,
                "reading": {**asdict(request.reading), "mapping": dict(request.reading.mapping)},
                "tolerance_minutes": tolerance,
                "file": kept.file,
                "commitment": kept.commitment,
            }
            try:
                made = carry_out(
                    case, "return", return_of_case, parameters, moment, view=view, progress=progress
                )
            except BaseException:
                with Vault.open(case.folder) as vault, suppress(CaseError):
                    vault.erase([kept.file])
                    if kept.new is not None:
                        vault.discard(kept.new)
                raise
            with Vault.open(case.folder) as vault:
                for ref, holder in kept.known:
                    vault.add(holder.record, ref, holder.keys)
            return {"case": str(request.case), **view.tip, **made}


def return_of_case(work: Work) -> Result:
    """The derivation of a `return` entry: links, mismatches and rejects of an answer in the vault.

    Raises ErasedError where somebody whom the answer speaks of was erased.
    """
    parameters = work.parameters
    requests = [entry for entry in work.before if entry.kind == "request"]
    entry, service = _asked_of(
        requests, work.case, str(parameters["service"]), int(parameters["request"])
    )
    label, reading = str(service["label"]), Reading(**parameters["reading"])
    with work.vault() as vault:
        content = vault.kept(str(parameters["file"]))
        answer = read_answer(content, str(parameters["file"]), reading)
        work.progress("answer", 0, len(answer.rows))
        tolerance = int(parameters["tolerance_minutes"])
        matched = _matched(answer, _asked(service), work.store, tolerance)
        refs = {a: _ref(vault, label, a) for a in {link.account for link in matched.links}}
    work.progress("answer", len(answer.rows), len(answer.rows))
    links = [_link_row(link, refs) for link in matched.links]
    counts = _counts(answer, matched, len(refs))
    persons = [f"P{n}" for n in sorted(int(ref[1:]) for ref in refs.values())]
    facts = {
        "service": {"entity": service["entity"], "label": label},
        "request": entry.seq,
        "basis": "assertion",
        "source": label,
        "grade": parameters["grade"],
        "encoding": answer.encoding,
        "delimiter": answer.delimiter,
        "counts": counts,
        "persons": persons,
    }
    mismatches = [asdict(mismatch) for mismatch in matched.mismatches]
    folder = f"returns/{work.seq}"
    outputs: dict[str, bytes | Path] = {
        f"{folder}/return.json": canonical_json(
            {**facts, "links": links, "mismatches": mismatches}
        ),
        f"{folder}/links.csv": csv_bytes(
            LINK_COLUMNS, [[r[c] for c in LINK_COLUMNS] for r in links]
        ),
        f"{folder}/mismatches.csv": csv_bytes(
            _MISMATCH_COLUMNS, [[r[c] for c in _MISMATCH_COLUMNS] for r in mismatches]
        ),
        f"{folder}/rejects.csv": csv_bytes(("row", "reason"), answer.rejects),
    }
    return Result(outputs=outputs, facts=facts, answer={**facts, "mismatches": mismatches})


def show_returns(folder: Path, entry: int | None = None) -> Row:
    """The returns of a case that stand, each with its links and mismatches; refs, no names."""
    with CaseFile.open(folder) as case:
        entries = [e for e in case.standing("return") if entry in (None, e.seq)]
        if entry is not None and not entries:
            raise CaseError(f"entry {entry} is no return that stands; see 'peelchain case journal'")
        returns = [
            {"entry": e.seq, "time_utc": e.time_utc, **_return_json(case, e)} for e in entries
        ]
    return {"case": str(folder), "returns": returns}


def _return_json(case: CaseFile, entry: Entry) -> Row:
    found: Row = json.loads(read_output(case, entry, f"returns/{entry.seq}/return.json"))
    return found


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as e:
        raise CaseError(f"{path}: {e.strerror}; name the file that the service sent") from None
    if len(content) > _MOST_BYTES:
        raise CaseError(f"{path} is larger than {_MOST_BYTES:,} bytes; split it")
    return content


def _asked_of(
    requests: Sequence[Entry], case: CaseFile, service: str, number: int | None
) -> tuple[Entry, Row]:
    """The request entry and what it asked of a service, named by entity or label."""
    for entry in reversed(requests):
        if number not in (None, entry.seq):
            continue
        name = f"requests/{entry.seq}/requests.json"
        for asked in json.loads(read_output(case, entry, name))["services"]:
            if service.casefold() in (asked["entity"].casefold(), asked["label"].casefold()):
                return entry, asked
    which = "no request" if number is None else f"entry {number} is no request that"
    raise CaseError(
        f"{which} asks {shown(service)} anything; an answer is held against what was asked: see "
        "'peelchain case requests write'"
    )


def _asked(service: Mapping[str, Any]) -> list[Asked]:
    asked = []
    for row in service["rows"]:
        txid, _, vout = row["outpoint"].partition(":")
        asked.append(
            Asked(
                finding=" ".join(row["findings"]),
                direction=row["direction"],
                txid=txid,
                vout=int(vout),
                address=row["address"] or "",
                time=int(datetime.fromisoformat(row["time_utc"]).timestamp()),
                value_sat=row["value_sat"],
            )
        )
    return asked


def _matched(
    answer: AnswerFile, asked: Sequence[Asked], view: StoreView, tolerance_minutes: int
) -> Matched:
    def outputs(txid: str) -> int | None:
        tx_ids = view.lookup.find_tx_ids(parse_txid(txid))
        if not tx_ids:
            return None
        rows = view.lookup.rows_of("txs", tx_ids, ["txout_count"])
        return max(int(row["txout_count"]) for row in rows.values())

    return match(answer.rows, asked, outputs, tolerance_minutes * 60)


@dataclass(frozen=True)
class _Holder:
    """What an answer says of the holder of an account, and what that is found by."""

    account_key: tuple[str, str]
    record: Row

    @property
    def keys(self) -> list[tuple[str, str]]:
        said = (key for saying in sayings(self.record) for key in identity_keys(saying))
        return [self.account_key, *dict.fromkeys(said)]


@dataclass(frozen=True)
class _Kept:
    """What the vault holds of an answer: the file, the new holders, and more on `known` ones."""

    file: str
    commitment: str
    new: Batch | None
    known: list[tuple[str, _Holder]]


def _holders(answer: AnswerFile, matched: Matched, label: str, grade: str) -> list[_Holder]:
    """The holders of the accounts that were asked about, one for each account.

    Of others, whom the service named without being asked, no record is made.
    """
    linked = {link.account for link in matched.links}
    said: dict[str, list[Mapping[str, str]]] = {}
    for row in answer.rows:
        if row.account in linked:
            of_account = said.setdefault(row.account, [])
            if row.who not in of_account:
                of_account.append(row.who)
    holders = []
    for account, (first, *others) in said.items():
        record: Row = {"kind": "account", "service": label, "account": account, **first}
        record["grade"] = grade
        if others:
            record["also"] = [dict(who) for who in others]
        holders.append(_Holder(_account_key(label, account), record))
    return holders


def _keep(vault: Vault, content: bytes, holders: Sequence[_Holder]) -> _Kept:
    """Keeps an answer, which is erased with the first of those it tells of, and its new holders."""
    new: list[_Holder] = []
    known: list[tuple[str, _Holder]] = []
    mentioned: list[str] = []
    for holder in holders:
        there = vault.find(*holder.account_key)
        if not there:
            new.append(holder)
            continue
        mentioned.append(there[0])
        if holder.record not in vault.records(there[0]):
            known.append((there[0], holder))
    batch = None
    if new:
        columns: dict[str, tuple[list[str], list[int]]] = {}
        for at, holder in enumerate(new):
            for kind, text in holder.keys:
                texts, places = columns.setdefault(kind, ([], []))
                texts.append(text)
                places.append(at)
        batch = vault.add_many(
            [canonical_json(holder.record) for holder in new],
            [KeyColumn(kind, texts, places) for kind, (texts, places) in sorted(columns.items())],
        )
        mentioned += batch.refs()
    file, commitment = vault.keep(content, mentioned)
    return _Kept(file, commitment, batch, known)


def _account_key(label: str, account: str) -> tuple[str, str]:
    return "account", f"{label}\n{account}"


def _ref(vault: Vault, label: str, account: str) -> str:
    found = vault.find(*_account_key(label, account))
    if not found:
        raise ErasedError(
            "somebody whom the answer speaks of was erased; it cannot be linked again"
        )
    return found[0]


def _link_row(link: Any, refs: Mapping[str, str]) -> Row:
    ref = refs[link.account]
    return {
        "row": link.row,
        "finding": link.asked.finding,
        "direction": link.asked.direction,
        "outpoint": link.asked.outpoint,
        "value_sat": link.asked.value_sat,
        "account": f"A{ref[1:]}",
        "person": ref,
        "agrees": int(link.agrees),
    }


def _counts(answer: AnswerFile, matched: Matched, accounts: int) -> Row:
    kinds: dict[str, int] = {}
    for mismatch in matched.mismatches:
        kinds[mismatch.kind] = kinds.get(mismatch.kind, 0) + 1
    return {
        "rows": len(answer.rows) + len(answer.rejects),
        "rejected": len(answer.rejects),
        "linked": len(matched.links),
        "agree": sum(link.agrees for link in matched.links),
        "accounts": accounts,
        "mismatches": dict(sorted(kinds.items())),
    }
