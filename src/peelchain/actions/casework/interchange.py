"""A case's last report in the formats of other systems."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.statements import note
from peelchain.actions.casework.work import Result, Work, carry_out
from peelchain.actions.progress import Progress, silent
from peelchain.case.casefile import CaseFile
from peelchain.case.interchange.case_uco import case_uco
from peelchain.case.interchange.ftm import followthemoney
from peelchain.case.interchange.graph import graphml, i2
from peelchain.case.interchange.misp import misp
from peelchain.case.interchange.statements import Statements, statements_of
from peelchain.case.interchange.stix import stix
from peelchain.case.interchange.tables import csv_files, workbook
from peelchain.case.journal import Entry
from peelchain.errors import CaseError, MisuseError

FORMATS: Mapping[str, Callable[[Statements], dict[str, bytes]]] = {
    "case-uco": case_uco,
    "csv": csv_files,
    "ftm": followthemoney,
    "graphml": graphml,
    "i2": i2,
    "misp": misp,
    "stix": stix,
    "xlsx": workbook,
}
"""What writes each format: files by name."""

KIND = "interchange"


def send_out(
    case: Path,
    formats: tuple[str, ...],
    *,
    recipient: str = "",
    out: Path | None = None,
    date_utc: datetime | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Writes the last report's statements in these formats and journals it; the recipient sealed.

    With `out`, a folder, the files are copied there too. Raises MisuseError for an unknown format,
    CaseError where there is no report, or where it is no longer what was journalled.
    """
    chosen = tuple(dict.fromkeys(formats)) or tuple(FORMATS)
    for name in chosen:
        if name not in FORMATS:
            raise MisuseError(f"there is no format {name[:40]!r}; formats are {', '.join(FORMATS)}")
    moment = moment_of(date_utc)
    parameters = {"formats": list(chosen)}
    with CaseFile.open(case) as opened:
        answer = carry_out(opened, KIND, interchange_of_case, parameters, moment, progress=progress)
        if out is not None:
            answer["copies"] = _copied(opened, answer["files"], out)
    if recipient.strip():
        # beside the entry, which replay derives again: a note can be withheld and erased
        note(case, f"interchange for {recipient.strip()}", [f"#{answer['entry']}"], moment)
    return answer


def interchange_of_case(work: Work) -> Result:
    """The derivation of an `interchange` entry, from the files of the last report before it."""
    report = work.last("report")
    if report is None:
        raise CaseError(f"{work.case.folder} has no report yet; run 'peelchain case report' first")
    content, bundle, digest = (
        _output(work, report, name) for name in ("report.json", "bundle.zip", "digest.txt")
    )
    said = statements_of(json.loads(content), bundle, digest.decode().strip())
    outputs: dict[str, bytes] = {}
    for done, name in enumerate(work.parameters["formats"]):
        work.progress("formats", done, len(work.parameters["formats"]))
        for file, made in FORMATS[name](said).items():
            outputs[f"interchange/{work.seq}/{file}"] = made
    work.progress("formats", len(work.parameters["formats"]), len(work.parameters["formats"]))
    counts = {
        "parties": len(said.parties),
        "addresses": len(said.addresses),
        "payments": len(said.payments),
        "links": len(said.links),
        "flows": len(said.flows),
    }
    facts = {"report": report.seq, "counts": counts}
    return Result(outputs=outputs, facts=facts, answer={**facts, **work.parameters})


def _output(work: Work, report: Entry, name: str) -> bytes:
    """A file of the report, as it was when it was journalled."""
    digests = report.body["outputs"]
    if name not in digests:
        raise CaseError(f"the report of {work.case.folder} has no {name}; make the report again")
    path = work.case.output(report, name)
    content = work.case.read(str(path.relative_to(work.case.folder)))
    if sha256(content).hexdigest() != digests[name]:
        raise CaseError(f"{path} is not what the journal says; make the report again")
    return content


def _copied(case: CaseFile, files: Mapping[str, str], out: Path) -> list[str]:
    copies = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in sorted(files):
            target = out / Path(name).name
            target.write_bytes(case.read(name))
            copies.append(str(target))
    except OSError as e:
        raise CaseError(f"{out}: {e.strerror}; give --out a folder you may write") from None
    return copies
