"""What is made of a case: runs, reports, checks of both, and what goes out of it, as jobs."""

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from peelchain.actions.casework.investigate import case_rules
from peelchain.actions.policies import policy_asked
from peelchain.case.casefile import CaseFile
from peelchain.case.report.catalogue import load_texts
from peelchain.errors import CaseError
from peelchain.units import parse_date
from peelchain.web.asked import BenchDep, CaseDep, PageHeader
from peelchain.web.routes.cases import Line, NewCase, Row, Seeds, plain_seeds
from peelchain.web.workbench import Workbench

router = APIRouter(tags=["case"])

Height = Annotated[int, Field(ge=0, le=1 << 40)]
Sat = Annotated[int, Field(ge=0, le=21_000_000 * 100_000_000)]
EntryNumber = Annotated[int, Field(ge=1, le=1 << 40)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
Fields = Annotated[list[Line], Field(max_length=5_000)]
Day = Annotated[str, Field(pattern=r"^(19|20)\d\d-\d\d-\d\d$")]
Language = Literal["en", "es"]


class Limited(BaseModel):
    """How a run traces: its rules, limits, clustering, and which tags count."""

    rules: Annotated[list[Line], Field(max_length=10)] = []
    max_hops: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    min_value_sat: Sat | None = None
    min_height: Height | None = None
    max_height: Height | None = None
    as_of: Day | None = None
    without_tags: Annotated[list[Line], Field(max_length=10_000)] = []


class Investigation(NewCase, Limited):
    """A new case with all that leads to its report."""

    language: Language = "en"


class Run(Limited):
    """A run of an open case; no seeds: those of the case."""

    seeds: Seeds = []
    policy: Annotated[list[Line], Field(max_length=50)] = []


class Report(BaseModel):
    """A report of a run, the last one where none is named."""

    language: Language = "en"
    run: EntryNumber | None = None
    headers_from: Height | None = None


class Replay(BaseModel):
    """Which entry is derived again; none: all."""

    entry: EntryNumber | None = None


class Difference(BaseModel):
    """Which run is made again; none: the last one."""

    run: EntryNumber | None = None
    as_of: Day | None = None
    without_tags: Annotated[list[Line], Field(max_length=10_000)] = []


class Verification(BaseModel):
    """What the bundle is checked against: the digest, and Bitcoin Core's own script rules."""

    expect: Digest | None = None
    kernel: bool = False


class CaseVerification(Verification):
    """The bundle of which report or redaction of the case; none: the last report's."""

    entry: EntryNumber | None = None


class OtherVerification(Verification):
    """A bundle that was uploaded, and what opens its withheld fields."""

    upload: Line
    opening: Line | None = None


class Redaction(BaseModel):
    """Whom a bundle is for, and what it withholds or keeps."""

    recipient: Line
    without: Fields = []
    keep: Fields = []


class Revealing(BaseModel):
    """Fields of a redaction that are opened; no paths: they are listed."""

    redaction: EntryNumber | None = None
    paths: Fields = []


class Export(BaseModel):
    """To whom the case goes, and whether with the personal data, encrypted."""

    to: Line = ""
    with_personal_data: bool = False


class Import(BaseModel):
    """An exported case that was uploaded."""

    upload: Line


@router.post("/cases/{case}/investigate", status_code=202)
async def investigate(
    case: Annotated[str, InPath(max_length=100)],
    asked: Investigation,
    bench: BenchDep,
    page: PageHeader = None,
) -> Row:
    """Begins a case, its run, report and bundle, as `peelchain investigate`; gives the job."""
    _new(bench, case)
    told = _limited(asked) | {
        "case": case,
        "seeds": plain_seeds(asked.seeds),
        "title": asked.title.strip(),
        "subject": asked.subject.strip() or "subject",
        "language": asked.language,
    }
    return bench.jobs.start("case.investigate", told, page)


@router.post("/cases/{case}/run", status_code=202)
async def run(
    folder: CaseDep, bench: BenchDep, asked: Run | None = None, page: PageHeader = None
) -> Row:
    """Begins to trace the case's seeds both ways, as `peelchain case run`; gives the job."""
    asked = asked or Run()
    await bench.think(lambda: _refuse_if_broken(folder))
    if asked.policy:
        await bench.think(lambda: policy_asked(bench.folders.store, asked.policy, []))
    told = _limited(asked) | {"seeds": plain_seeds(asked.seeds), "policy": asked.policy}
    return bench.jobs.start("case.run", told | {"case": folder.name}, page)


@router.post("/cases/{case}/report", status_code=202)
async def report(
    folder: CaseDep, bench: BenchDep, asked: Report | None = None, page: PageHeader = None
) -> Row:
    """Begins report and bundle of a run, as `peelchain case report`; gives the job."""
    asked = asked or Report()
    load_texts(asked.language)
    await bench.think(lambda: _refuse_if_broken(folder))
    told = {key: value for key, value in asked.model_dump().items() if value is not None}
    return bench.jobs.start("case.report", {"case": folder.name, "asked": told}, page)


@router.post("/cases/{case}/replay", status_code=202)
async def replay(
    folder: CaseDep, bench: BenchDep, asked: Replay | None = None, page: PageHeader = None
) -> Row:
    """Begins to derive every result of the case again, as `peelchain case replay`."""
    told = {"case": folder.name, "entry": asked.entry if asked else None}
    return bench.jobs.start("case.replay", told, page)


@router.post("/cases/{case}/diff", status_code=202)
async def diff(
    folder: CaseDep, bench: BenchDep, asked: Difference | None = None, page: PageHeader = None
) -> Row:
    """Begins to make a run again on the present chain and tags, as `peelchain case diff`."""
    told = (asked or Difference()).model_dump()
    _check_day(told["as_of"])
    return bench.jobs.start("case.diff", told | {"case": folder.name}, page)


@router.post("/cases/{case}/verify", status_code=202)
async def verify(
    folder: CaseDep,
    bench: BenchDep,
    asked: CaseVerification | None = None,
    page: PageHeader = None,
) -> Row:
    """Begins to check a bundle of the case, as `peelchain verify`; gives the job."""
    told = (asked or CaseVerification()).model_dump() | {"case": folder.name}
    return bench.jobs.start("case.verify", told, page)


@router.post("/verify", status_code=202)
async def verify_upload(asked: OtherVerification, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to check a bundle that was uploaded, as `peelchain verify`; gives the job."""
    bench.folders.upload(asked.upload)
    if asked.opening is not None:
        bench.folders.upload(asked.opening)
    return bench.jobs.start("case.verify", asked.model_dump(), page)


@router.post("/cases/{case}/redactions", status_code=202)
async def redact(
    folder: CaseDep, asked: Redaction, bench: BenchDep, page: PageHeader = None
) -> Row:
    """Begins the last report's bundle with less in it, as `peelchain case redact`."""
    return bench.jobs.start("case.redact", asked.model_dump() | {"case": folder.name}, page)


@router.post("/cases/{case}/reveals", status_code=202)
async def reveal(
    folder: CaseDep, asked: Revealing, bench: BenchDep, page: PageHeader = None
) -> Row:
    """Begins to list or to open withheld fields, as `peelchain case reveal`; gives the job."""
    return bench.jobs.start("case.reveal", asked.model_dump() | {"case": folder.name}, page)


@router.post("/cases/{case}/exports", status_code=202)
async def export(folder: CaseDep, asked: Export, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to write the whole case as one file, as `peelchain case export`; gives the job."""
    return bench.jobs.start("case.export", asked.model_dump() | {"case": folder.name}, page)


@router.post("/cases/{case}/import", status_code=202)
async def import_case(
    case: Annotated[str, InPath(max_length=100)],
    asked: Import,
    bench: BenchDep,
    page: PageHeader = None,
) -> Row:
    """Begins to take in an exported case under this name, as `peelchain case import`."""
    _new(bench, case)
    bench.folders.upload(asked.upload)
    return bench.jobs.start("case.import", {"case": case, "upload": asked.upload}, page)


@router.post("/made/{made}/tickets")
async def ticket(made: Annotated[str, InPath(max_length=64)], bench: BenchDep) -> dict[str, str]:
    """An address from which a browser fetches, once, a file that a job made outside a case."""
    path = bench.folders.made(made)
    return {"url": bench.tickets.issue(path, path.name)}


def _new(bench: Workbench, case: str) -> None:
    if bench.folders.new_case(case).exists():
        raise CaseError(f"there is a case {case} already; choose another name")


def _refuse_if_broken(folder: Path) -> None:
    with CaseFile.open(folder) as case:
        case.refuse_if_broken()


def _limited(asked: Limited) -> dict[str, Any]:
    case_rules(tuple(asked.rules)) if asked.rules else None
    _check_day(asked.as_of)
    return {name: getattr(asked, name) for name in Limited.model_fields}


def _check_day(as_of: str | None) -> None:
    if as_of:
        parse_date(as_of)
