"""Timestamps and signatures of a case's report, made with files alone: nothing is contacted."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.redactions import bundle_of
from peelchain.actions.casework.work import Result, Work, carry_out
from peelchain.case.attestation.pdf_signature import sign
from peelchain.case.attestation.timestamp import STAMP, check, request
from peelchain.case.bundle import TAG_MANIFEST
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.case.verify import read_files
from peelchain.errors import CaseError, MisuseError, SourceError

_MOST_BYTES = 1 << 20


def request_timestamp(folder: Path, out: Path | None = None) -> dict[str, Any]:
    """Writes the request to stamp the last report's bundle; gives its digest and the file."""
    with CaseFile.open(folder) as case:
        report = _report(case)
        manifest = read_files(bundle_of(case, report))[TAG_MANIFEST]
        digest = sha256(manifest).hexdigest()
        query = request(manifest)
        if out is None:
            out = case.write(f"timestamps/{digest[:16]}.tsq", query)
        else:
            out.write_bytes(query)
        return {"digest": digest, "report": report.seq, "file": str(out)}


def add_timestamp(
    folder: Path,
    answer: Path,
    authorities: Sequence[Path] = (),
    *,
    date_utc: datetime | None = None,
) -> dict[str, Any]:
    """Checks an authority's answer, keeps it in the case and journals what it attests."""
    with CaseFile.open(folder) as case:
        report = _report(case)
        content = _read(answer)
        vouching = [_read(path) for path in authorities]
        check(content, report.body["digest"], vouching)
        parameters = {
            "report": report.seq,
            "answer": case.keep(content),
            "authorities": [case.keep(c) for c in vouching],
        }
        return carry_out(case, "timestamp", timestamp_of_case, parameters, moment_of(date_utc))


def timestamp_of_case(work: Work) -> Result:
    """The derivation of a `timestamp` entry: the answer checked anew, and put beside the bundle."""
    number = int(work.parameters["report"])
    report = next(e for e in work.before if e.seq == number)
    answer = work.case.kept(work.parameters["answer"])
    vouching = [work.case.kept(digest) for digest in work.parameters["authorities"]]
    facts = asdict(check(answer, report.body["digest"], vouching))
    return Result(
        outputs={f"timestamps/{work.seq}/{STAMP}": answer},
        facts=facts,
        answer={**facts, "report": number},
    )


def sign_report(
    folder: Path,
    key: Path,
    certificates: Path | None,
    passphrase: bytes | None,
    out: Path | None = None,
    *,
    date_utc: datetime | None = None,
) -> dict[str, Any]:
    """Writes the last report's PDF with a signature appended, and journals whose and of what.

    The report itself stays as it is. The signer's name is sealed in the journal.
    """
    with CaseFile.open(folder) as case:
        report = _report(case)
        pdf = case.read("report.pdf")
        wanted = report.body["outputs"]["report.pdf"]
        if sha256(pdf).hexdigest() != wanted:
            raise CaseError(
                f"{folder / 'report.pdf'} is not as entry {report.seq} made it; bring it back, or "
                "write the report again"
            )
        cert = None if certificates is None else _read(certificates)
        signed = sign(pdf, _read(key), cert, passphrase)
        digest = sha256(signed.pdf).hexdigest()
        if out is None:
            out = case.write(f"signed/{digest[:16]}.pdf", signed.pdf)
        else:
            out.write_bytes(signed.pdf)
        body = {
            "report": report.seq,
            "pdf": wanted,
            "signed": digest,
            "certificate": signed.certificate_sha256,
        }
        sealed = {"signer": signed.subject}
        entry = case.append("signature", body, moment_of(date_utc), sealed)
        return {**body, "signer": signed.subject, "entry": entry.seq, "file": str(out)}


def _report(case: CaseFile) -> Entry:
    report = case.last("report")
    if report is None:
        raise CaseError(f"{case.folder} has no report yet; run 'peelchain case report' first")
    return report


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SourceError(f"{path} is larger than any key, certificate or timestamp")
        return path.read_bytes()
    except OSError as e:
        raise MisuseError(f"{path}: {e.strerror}; check the path and your rights") from None
