"""Bundles for another party, and what later opens single fields that they withhold."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.work import Result, Work, carry_out
from peelchain.actions.progress import Progress, silent
from peelchain.case.bundle import pack
from peelchain.case.casefile import CaseFile
from peelchain.case.digests import digest_of
from peelchain.case.journal import Entry
from peelchain.case.redacted.evidence_read import Evidence
from peelchain.case.redacted.redaction import Redaction, date_of, redact
from peelchain.case.redacted.withholding import field_paths, keep_of
from peelchain.case.verify import read_files, verify
from peelchain.errors import BundleError, CaseError, MisuseError

_MOST_PATHS_SHOWN = 1000


def redact_case(
    folder: Path,
    recipient: str,
    without: Sequence[str] = (),
    keep: Sequence[str] = (),
    *,
    date_utc: datetime | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Writes the last report's bundle for another party, with less in it; gives what is withheld.

    `without` and `keep` are as `keep_of` reads them. Who it is for is sealed in the journal. Raises
    MisuseError where nothing is withheld or something named is not there.
    """
    if not recipient.strip():
        raise MisuseError("say whom it is for with --for")
    if not without and not keep:
        raise MisuseError("say what is withheld with --without, or what stays with --keep")

    def derivation(work: Work) -> Result:
        made = redaction_of_case(work)
        return replace(made, sealed={"for": recipient})

    with CaseFile.open(folder) as case:
        report = _report(case)
        parameters = {"report": report.seq, "without": list(without), "keep": list(keep)}
        moment = moment_of(date_utc)
        return carry_out(case, "redaction", derivation, parameters, moment, progress=progress)


def redaction_of_case(work: Work) -> Result:
    """The derivation of a `redaction` entry: a bundle that the verifier passes, and its digest."""
    case, name = work.case, str(work.before[0].body["name"])
    work.progress("redaction", 0, 3)
    redaction = _redacted(work.case, work.before, work.parameters, work.secret())
    work.progress("redaction", 1, 3)
    folder = f"redactions/{work.seq}"
    path = work.scratch / "bundle.zip"
    digest = pack(redaction.payload, name=name, date_utc=date_of(redaction.payload), out=path)
    work.progress("redaction", 2, 3)
    checked = verify(path, digest)
    if not checked.ok:
        raise BundleError(
            f"the bundle without what is withheld does not hold: {checked.failures[0]}; the whole "
            f"one in {case.folder} may be damaged: check it with 'peelchain verify'"
        )
    work.progress("redaction", 3, 3)
    facts = {"digest": digest, "root": redaction.commitments.root, "withheld": redaction.withheld}
    return Result(
        outputs={f"{folder}/bundle.zip": path, f"{folder}/digest.txt": f"{digest}\n".encode()},
        facts=facts,
        answer={**facts, "unchecked": checked.unchecked, "checked": checked.checked},
    )


def reveal(
    folder: Path,
    redaction: int | None,
    paths: Sequence[str],
    *,
    date_utc: datetime | None = None,
) -> dict[str, Any]:
    """Writes what opens withheld fields of a redaction (None: the last one), and journals it.

    A path such as `report.json/inflows/I4` opens all fields below it. Without paths nothing is
    written: the answer lists what is withheld.
    """
    with CaseFile.open(folder) as case:
        entry = _redaction(case, redaction)
        if not paths:
            found = _redaction_again(case, case.standing(), entry).commitments.paths
            said = ["/".join(map(str, path)) for path in found]
            shown = said[:_MOST_PATHS_SHOWN]
            return {"redaction": entry.seq, "fields": len(said), "paths": shown, "files": {}}
        parameters = {"redaction": entry.seq, "paths": list(paths)}
        moment = moment_of(date_utc)
        return carry_out(case, "reveal", openings_of_case, parameters, moment)


def openings_of_case(work: Work) -> Result:
    """The derivation of a `reveal` entry: openings.jsonl, one line for each field."""
    entry = _entry(work.before, int(work.parameters["redaction"]), "redaction")
    commitments = _redaction_again(work.case, list(work.before), entry).commitments
    paths = [p for asked in work.parameters["paths"] for p in field_paths(commitments.paths, asked)]
    unique = list(dict.fromkeys(paths))
    lines = b"".join(commitments.open(path).line() for path in unique)
    return Result(
        outputs={f"reveals/{work.seq}/openings.jsonl": lines},
        facts={"root": commitments.root, "fields": len(unique)},
        answer={
            "redaction": entry.seq,
            "fields": len(unique),
            "paths": ["/".join(map(str, path)) for path in unique][:_MOST_PATHS_SHOWN],
        },
    )


def bundle_of(case: CaseFile, report: Entry) -> Path:
    """The bundle of a report entry, wherever in the case it lies by now. Raises CaseError."""
    wanted = report.body["outputs"]["bundle.zip"]
    path = case.output(report, "bundle.zip")
    if path.is_file() and digest_of(path) == wanted:
        return path
    raise CaseError(
        f"{case.folder} has no bundle with the SHA-256 {wanted} that entry {report.seq} made; "
        "bring it back, or write the report again"
    )


def _redacted(case: CaseFile, before: Sequence[Entry], parameters: Any, secret: bytes) -> Redaction:
    report = _entry(before, int(parameters["report"]), "report")
    files = read_files(bundle_of(case, report))
    keep = keep_of(Evidence(files), parameters["without"], parameters["keep"])
    redaction = redact(files, keep, secret)
    if not redaction.withheld["fields"]:
        raise MisuseError("nothing of this bundle is withheld by what was asked")
    return redaction


def _redaction_again(case: CaseFile, entries: Sequence[Entry], entry: Entry) -> Redaction:
    secret = entry.value("secret")
    if secret is None:
        raise CaseError(f"the secret of entry {entry.seq} was erased; nothing can be opened now")
    return _redacted(case, entries, entry.body["parameters"], bytes.fromhex(secret))


def _report(case: CaseFile) -> Entry:
    report = case.last("report")
    if report is None:
        raise CaseError(f"{case.folder} has no report yet; run 'peelchain case report' first")
    return report


def _redaction(case: CaseFile, number: int | None) -> Entry:
    if number is not None:
        return _entry(case.standing(), number, "redaction")
    last = case.last("redaction")
    if last is None:
        raise CaseError(f"{case.folder} has no redaction; run 'peelchain case redact' first")
    return last


def _entry(entries: Sequence[Entry], number: int, kind: str) -> Entry:
    for entry in entries:
        if entry.seq == number and entry.kind == kind:
            return entry
    raise MisuseError(f"entry {number} is no {kind} that stands; see 'peelchain case journal'")
