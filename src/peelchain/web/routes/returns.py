"""What services answered, whom they name, and who of these is one person."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from peelchain.actions.casework import returns, same_person
from peelchain.web.asked import BenchDep, CaseDep, PageHeader
from peelchain.web.patience import patience
from peelchain.web.routes.cases import Line, Row, Text, named
from peelchain.web.routes.casework import EntryNumber
from peelchain.web.routes.tables import Headings, Refs, Uploaded

router = APIRouter(tags=["returns"])


class Answer(Uploaded):
    """A service's answer and how it is to be read; see `peelchain case returns import`."""

    service: Line
    grade: Annotated[str, Field(pattern=r"^[A-Fa-f][1-6]$")]
    mapping: Headings = Field(default_factory=dict)
    request: EntryNumber | None = None
    unit: Literal["btc", "sat"] = "btc"
    decimal: Literal[".", ","] = "."
    zone: Annotated[str, Field(max_length=10)] = "+00:00"
    time_format: Annotated[str, Field(max_length=60)] = ""
    tolerance_minutes: Annotated[int, Field(ge=0, le=60 * 24 * 366)] = returns.TOLERANCE_MINUTES


class OnePerson(BaseModel):
    """Who is one person, or who are several: by whom it was decided, and why."""

    refs: Refs
    same: bool
    by: Line
    reason: Text


@router.get("/cases/{case}/returns")
async def imported(folder: CaseDep, bench: BenchDep) -> Row:
    """The returns of the case, as `peelchain case returns show`: refs, no names."""
    return await bench.think(lambda: named(returns.show_returns(folder), folder.name))


@router.post("/cases/{case}/returns", status_code=202)
async def take_in(folder: CaseDep, asked: Answer, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to import an uploaded answer, as `peelchain case returns import`; gives the job."""
    bench.folders.upload(asked.upload)
    return bench.jobs.start("returns.import", asked.model_dump() | {"case": folder.name}, page)


@router.get("/cases/{case}/persons")
async def persons(folder: CaseDep, bench: BenchDep, names: bool = False) -> Row:
    """Whom the returns name, as `peelchain case returns persons`; `names` is personal data."""
    return await bench.think(lambda: named(same_person.persons(folder, names=names), folder.name))


@router.post("/cases/{case}/persons")
async def decide(folder: CaseDep, asked: OnePerson, bench: BenchDep) -> Row:
    """Records that refs are one person or several, as `peelchain case returns same|different`."""
    return await bench.think(
        lambda: named(
            same_person.decide_persons(
                folder,
                asked.refs,
                same=asked.same,
                by=asked.by,
                reason=asked.reason,
                waiting=patience(),
            ),
            folder.name,
        )
    )
