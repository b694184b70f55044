"""Referrals: who may be told of to which country, approved, decided, and sent as packages."""

import hmac
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.statements import checked_text, said
from peelchain.actions.casework.work import Result, Work, carry_out
from peelchain.actions.progress import Progress, silent
from peelchain.case.answers.returns import linked_persons, read_output
from peelchain.case.bundle import pack
from peelchain.case.canonical import canonical_json
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.case.lock import Waiting, silently
from peelchain.case.redacted.redaction import Keep, date_of, part_of_bundle
from peelchain.case.referral_package import MANIFEST, package_files, payment_rows, person_row
from peelchain.case.referrals import (
    DECIDES,
    LACKS,
    ROLES,
    TRANSFERS,
    Candidate,
    Payment,
    State,
    candidates,
    folded_name,
    states,
)
from peelchain.case.vault.vault import Vault
from peelchain.case.verify import read_files
from peelchain.csv_text import csv_bytes
from peelchain.errors import CaseError, ErasedError, MisuseError
from peelchain.units import format_time

KIND = "referral"
COLUMNS = ("person", "countries", "country", "services", "payments", "value_sat", "basis",
           "approvals", "role", "lacks")  # fmt: skip
_REGISTER = ("package", "country", "persons", "payments", "manifest_sha256", "bundle_digest",
             "recipient_hmac")  # fmt: skip

Row = dict[str, Any]
Packages = dict[str, dict[str, bytes]]


@dataclass(frozen=True)
class Decision:
    """What somebody decides of a referral. Texts may be empty where `refer` is false."""

    person: str
    by: str
    role: str = ""
    legal_basis: str = ""
    recipient: str = ""
    transfer: str = "member_state"
    country: str = ""
    alternatives: str = ""
    exculpatory: str = ""
    include_inferred: bool = False
    refer: bool = True


def prepare(folder: Path, date_utc: datetime | None = None, progress: Progress = silent) -> Row:
    """Lists whom returns and joined tables link to payments of the last report, each once.

    Raises CaseError where the case has no report or no return.
    """
    with CaseFile.open(folder) as case, case.at_work():
        entries = case.standing()
        with _vault(case) as vault:
            erased = _erased(vault, entries)
        parameters = {"step": "prepare", "without": erased}
        made = carry_out(
            case, KIND, referral_of_case, parameters, moment_of(date_utc), progress=progress
        )
    return {**made, "referrals": show(folder)["referrals"]}


def show(folder: Path) -> Row:
    """The referrals as last prepared, each with what is on record and what it lacks."""
    with CaseFile.open(folder) as case:
        entry, found = _prepared(case, case.standing())
        return {
            "case": str(folder),
            "prepared": entry.seq,
            "referrals": [_row(state) for state in states(found, case.standing())],
        }


def approve(
    folder: Path,
    persons: Sequence[str],
    by: str,
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Records one person's approval of referrals, of what is known of each now; gives the entries.

    Raises MisuseError where that person has approved one already.
    """
    if not by.strip():
        raise MisuseError("an approval is somebody's; say whose with --by")
    name = checked_text(by)
    with CaseFile.open(folder) as case, case.at_work(waiting):
        entry, found = _prepared(case, case.standing())
        chosen = [_candidate(found, person) for person in persons]
        made = []
        for state in states(chosen, case.standing()):
            person = state.candidate.person
            if folded_name(name) in map(folded_name, state.approved_by):
                raise MisuseError(
                    f"that person has approved {person} already; two different people must"
                )
            body = {"person": person, "prepared": entry.seq, "approves": state.candidate.digest()}
            row = said(case, "approval", body, {"by": name}, date_utc)
            made.append({"person": person, "entry": row["entry"],
                         "approvals": len(state.approved_by) + 1})  # fmt: skip
        return {"case": str(folder), "approved": made}


def decide(
    folder: Path, decision: Decision, date_utc: datetime | None = None, waiting: Waiting = silently
) -> Row:
    """Records what somebody decides of a referral; the last decision on a person counts."""
    texts = {
        name: getattr(decision, name).strip()
        for name in ("by", "legal_basis", "recipient", "alternatives", "exculpatory")
    }
    if not texts["by"]:
        raise MisuseError("a decision is somebody's; say whose with --by")
    if decision.refer:
        if decision.role not in ROLES:
            raise MisuseError(f"say the person's role with --role: {', '.join(ROLES)}")
        if decision.transfer not in TRANSFERS:
            raise MisuseError(f"the ground of a transfer is one of {', '.join(TRANSFERS)}")
        for name in ("legal_basis", "recipient", "alternatives", "exculpatory"):
            if not texts[name]:
                option = name.replace("_", "-")
                raise MisuseError(f"say it with --{option}; 'none known' is an answer, too")
    country = decision.country.strip().upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise MisuseError("a country is two letters of ISO 3166, such as SE")
    with CaseFile.open(folder) as case, case.at_work(waiting):
        _, found = _prepared(case, case.standing())
        _candidate(found, decision.person)
        body = {
            "decides": DECIDES,
            "on": [],
            "person": decision.person,
            "refer": decision.refer,
            "role": decision.role,
            "transfer": decision.transfer,
            "country": country,
            "include_inferred": decision.include_inferred,
        }
        sealed = {name: checked_text(text) for name, text in texts.items() if text}
        return said(case, "decision", body, sealed, date_utc)


def write(
    folder: Path, out: Path, date_utc: datetime | None = None, progress: Progress = silent
) -> Row:
    """Writes a package for each country and recipient to a new folder; journals their hashes.

    Who lacks anything is left out, with why. The packages are personal data, mode 0600, and are
    kept nowhere in the case. Raises CaseError where nobody may be referred.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CaseError(f"{out} is not empty; give --out a new folder")
    with CaseFile.open(folder) as case, case.at_work():
        made_folder = not out.exists()
        try:
            with _vault(case) as vault:
                erased = _erased(vault, case.standing())
            parameters = {"step": "write", "without": erased}
            derivation = partial(_write_of_case, sink=partial(_to_folder, out))
            made = carry_out(
                case, KIND, derivation, parameters, moment_of(date_utc), progress=progress
            )
        except BaseException:
            if made_folder:
                shutil.rmtree(out, ignore_errors=True)
            raise
    return {**made, "out": str(out)}


def referral_of_case(work: Work) -> Result:
    """The derivation of a `referral` entry: the list of persons, or the packages' hashes.

    Raises ErasedError where one of the persons was erased since.
    """
    if work.parameters["step"] == "prepare":
        return _list_of_case(work)
    return _write_of_case(work, lambda _: None)


def _list_of_case(work: Work) -> Result:
    report = _report(work.case, work.before)
    with work.vault() as vault:
        _check_erased(vault, work)
        linked = linked_persons(work.case, vault, work.before)
        if not linked:
            raise CaseError("no return links anybody to a payment; import one first")
        addresses = {r["address"] for r in report["receipts"] if r["address"]}
        users_of = {address: vault.find("address", address) for address in sorted(addresses)}
        found = candidates(linked, report, users_of)
    work.progress("referrals", len(found), len(found))
    rows = [candidate.row() for candidate in found]
    return Result(
        outputs={f"referrals/{work.seq}/referrals.json": canonical_json(rows)},
        facts={"persons": [candidate.person for candidate in found]},
    )


def _write_of_case(work: Work, sink: Callable[[Packages], None]) -> Result:
    _, found = _prepared(work.case, work.before)
    every = states(found, work.before)
    chosen = [state for state in every if not state.lacks]
    left_out = [{"person": s.candidate.person, "lacks": list(s.lacks)} for s in every if s.lacks]
    if not chosen:
        first = f"; {left_out[0]['person']}: {LACKS[left_out[0]['lacks'][0]]}" if left_out else ""
        raise CaseError(f"nobody may be referred yet{first}; see 'peelchain case referrals show'")
    packages: Packages = {}
    register: list[Row] = []
    sent: dict[str, list[str]] = {}
    recipients: dict[str, str] = {}
    with work.vault() as vault:
        _check_erased(vault, work)
        files = _bundle(work.case, work.before)
        groups = _groups(chosen)
        for done, (name, (country, recipient, group)) in enumerate(groups.items()):
            work.progress("packages", done, len(groups))
            packages[name], digest = _package(work, vault, files, name, country, group)
            recipients[name] = recipient
            sent[name] = [state.candidate.person for state in group]
            register.append({
                "package": name,
                "country": country,
                "persons": len(group),
                "payments": sum(len(payment_rows(state)) for state in group),
                "manifest_sha256": sha256(packages[name][MANIFEST]).hexdigest(),
                "bundle_digest": digest,
                "recipient_hmac": hmac.digest(
                    work.secret(), recipient.encode(), "sha256"
                ).hex(),
            })  # fmt: skip
        work.progress("packages", len(groups), len(groups))
    sink(packages)
    table = csv_bytes(_REGISTER, ([row[c] for c in _REGISTER] for row in register))
    persons = sorted((p for refs in sent.values() for p in refs), key=lambda ref: int(ref[1:]))
    return Result(
        outputs={f"referrals/{work.seq}/register.csv": table},
        facts={"sent": persons, "packages": register},
        sealed={"recipients": recipients, "persons_of": sent},
        answer={
            "packages": [
                {**row, "recipient": recipients[row["package"]], "refs": sent[row["package"]]}
                for row in register
            ],
            "left_out": left_out,
        },
    )


def _package(
    work: Work,
    vault: Vault,
    files: Mapping[str, bytes],
    name: str,
    country: str,
    group: Sequence[State],
) -> tuple[dict[str, bytes], str]:
    """The files of one package, and the digest of the bundle in it."""
    report = json.loads(files["data/report.json"])
    payments = [p for state in group for p in state.candidate.payments if not p.differs]
    keep = Keep(
        findings=frozenset(f for p in payments for f in p.findings),
        entities=frozenset({report["subject"], *(p.entity for p in payments)}),
        exhibits=frozenset(),
    )
    secret = hmac.digest(work.secret(), name.encode(), "sha256")
    payload = part_of_bundle(files, keep, secret)
    opened = work.before[0]
    path = work.scratch / f"{name}.zip"
    digest = pack(payload, name=str(opened.body["name"]), date_utc=date_of(payload), out=path)
    users = {
        ref: str(record["user"])
        for ref in sorted({r for p in payments for r in p.site_users})
        for record in vault.records(ref)
        if "user" in record
    }
    persons = [
        person_row(state, [r for ref in state.candidate.refs for r in vault.records(ref)], users)
        for state in group
    ]
    date_utc = format_time(int(work.moment.timestamp()))
    bundle = path.read_bytes()
    return package_files(opened, country, persons, bundle, digest, date_utc), digest


def _groups(chosen: Sequence[State]) -> dict[str, tuple[str, str, list[State]]]:
    """The states by package: a country, and a recipient where a country has several."""
    by_place: dict[tuple[str, str], list[State]] = {}
    for state in chosen:
        assert state.decision is not None
        recipient = state.decision.value("recipient")
        if recipient is None:
            raise ErasedError(f"the recipient in entry {state.decision.seq} was erased")
        by_place.setdefault((state.country, str(recipient)), []).append(state)
    countries = [country for country, _ in by_place]
    groups: dict[str, tuple[str, str, list[State]]] = {}
    for country, recipient in sorted(by_place):
        alone = countries.count(country) == 1
        number = 1 + sum(key.split("-")[0] == country for key in groups)
        name = country if alone else f"{country}-{number}"
        groups[name] = (country, recipient, by_place[country, recipient])
    return groups


def _to_folder(out: Path, packages: Packages) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        out.chmod(0o700)
        for name, files in packages.items():
            folder = out / name
            folder.mkdir(mode=0o700)
            for file, content in files.items():
                handle = os.open(folder / file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
    except OSError as e:
        raise CaseError(f"{out}: {e.strerror}; give --out another folder") from None


def _vault(case: CaseFile) -> Vault:
    if not Vault.exists(case.folder):
        raise CaseError(f"{case.folder} holds no personal data; import returns first")
    return Vault.open(case.folder)


def _erased(vault: Vault, entries: Sequence[Entry]) -> list[str]:
    """The persons of returns who were erased already."""
    there = set(vault.refs())
    told = {ref for e in entries if e.kind == "return" for ref in e.body.get("persons", ())}
    return sorted(told - there, key=lambda ref: int(ref[1:]))


def _check_erased(vault: Vault, work: Work) -> None:
    gone = [r for r in _erased(vault, work.before) if r not in work.parameters["without"]]
    if gone:
        raise ErasedError(f"{len(gone)} of the persons were erased since")


def _report(case: CaseFile, entries: Sequence[Entry]) -> Row:
    content = read_output(case, _last_report(case, entries), "report.json")
    found: Row = json.loads(content)
    return found


def _bundle(case: CaseFile, entries: Sequence[Entry]) -> dict[str, bytes]:
    entry = _last_report(case, entries)
    return read_files(case.output(entry, "bundle.zip"))


def _last_report(case: CaseFile, entries: Sequence[Entry]) -> Entry:
    reports = [e for e in entries if e.kind == "report"]
    if not reports:
        raise CaseError(f"{case.folder} has no report; run 'peelchain case report' first")
    return reports[-1]


def _prepared(case: CaseFile, entries: Sequence[Entry]) -> tuple[Entry, list[Candidate]]:
    """The last list of referrals, and what it holds."""
    lists = [e for e in entries if e.kind == KIND and e.body["parameters"]["step"] == "prepare"]
    if not lists:
        raise CaseError("no referrals yet; run 'peelchain case referrals prepare' first")
    name = f"referrals/{lists[-1].seq}/referrals.json"
    return lists[-1], [_read(row) for row in json.loads(read_output(case, lists[-1], name))]


def _read(row: Row) -> Candidate:
    payments = tuple(
        Payment(**{**p, "findings": tuple(p["findings"]), "site_users": tuple(p["site_users"])})
        for p in row["payments"]
    )
    return Candidate(row["person"], tuple(row["refs"]), tuple(row["countries"]), payments)


def _candidate(found: Sequence[Candidate], person: str) -> Candidate:
    for candidate in found:
        if person == candidate.person:
            return candidate
        if person in candidate.refs:
            raise MisuseError(
                f"{person} is held to be one person with {candidate.person}: name that"
            )
    raise MisuseError(f"{person[:20]!a} is not among the referrals; see 'case referrals show'")


def _row(state: State) -> Row:
    candidate = state.candidate
    agreed = [p for p in candidate.payments if not p.differs]
    return {
        "person": candidate.person,
        "refs": list(candidate.refs),
        "countries": list(candidate.countries),
        "country": state.country,
        "services": sorted({p.service for p in candidate.payments}),
        "grades": sorted({p.grade for p in candidate.payments}),
        "payments": len(agreed),
        "differing": len(candidate.payments) - len(agreed),
        "value_sat": sum(p.value_sat for p in agreed),
        "basis": "inference" if candidate.by_inference_alone else "direct",
        "site_users": sorted({r for p in agreed for r in p.site_users}),
        "approvals": len(state.approved_by),
        "role": "" if state.decision is None else state.decision.body["role"],
        "lacks": list(state.lacks),
    }
