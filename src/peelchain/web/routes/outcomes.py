"""What a case comes to: what is left to be seized, who is referred, what would overturn it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from peelchain.actions.casework import made_before, referrals
from peelchain.actions.casework.disclosure import disclosure as schedule
from peelchain.case.referrals import ROLES, TRANSFERS
from peelchain.web.asked import BenchDep, CaseDep, PageHeader
from peelchain.web.patience import patience
from peelchain.web.routes.cases import Line, Row, Text, named
from peelchain.web.routes.casework import Sat
from peelchain.web.routes.tables import Refs

router = APIRouter(tags=["outcomes"])

Person = Annotated[str, Field(pattern=r"^P[1-9][0-9]{0,9}$")]
FindingName = Annotated[str, Field(pattern=r"^[RIOS][1-9][0-9]{0,9}$")]


class Forfeiture(BaseModel):
    """A file of claimants that was uploaded, or none."""

    claimants: Line | None = None


class Challenge(BaseModel):
    """Which findings are challenged, and below which amount they count as overturned."""

    findings: Annotated[list[FindingName], Field(max_length=500)] = []
    below_sat: Sat | None = None


class Approval(BaseModel):
    """Whose approval, of whom."""

    persons: Refs
    by: Line


class Decision(BaseModel):
    """What somebody decides of a referral; see `peelchain case referrals decide`."""

    person: Person
    by: Line
    refer: bool = True
    role: Annotated[str, Field(pattern=f"^({'|'.join(ROLES)})?$")] = ""
    legal_basis: Text = ""
    recipient: Text = ""
    transfer: Annotated[str, Field(pattern=f"^({'|'.join(TRANSFERS)})$")] = "member_state"
    country: Annotated[str, Field(max_length=2)] = ""
    alternatives: Text = ""
    exculpatory: Text = ""
    include_inferred: bool = False


@router.get("/cases/{case}/made/{kind}")
async def made(
    folder: CaseDep,
    kind: Literal["forfeiture", "challenge", "referral", "expansion", "interchange"],
    bench: BenchDep,
) -> dict[str, Any]:
    """What was made of one kind and stands: its facts and files."""
    return await bench.think(lambda: made_before.made_before(folder, kind))


@router.get("/cases/{case}/made/{kind}/{entry}")
async def content(
    folder: CaseDep,
    kind: Literal["forfeiture", "challenge"],
    entry: Annotated[int, InPath(ge=1, le=1 << 40)],
    bench: BenchDep,
) -> Row:
    """What an entry made, whole: the schedule of a forfeiture, the rows of a challenge."""
    name = f"{kind}/{entry}/{'schedule' if kind == 'forfeiture' else kind}.json"
    return await bench.think(lambda: dict(made_before.content_of(folder, entry, name)))


@router.post("/cases/{case}/forfeiture", status_code=202)
async def forfeiture(
    folder: CaseDep, asked: Forfeiture, bench: BenchDep, page: PageHeader = None
) -> Row:
    """Begins the schedule of what is left where, as `peelchain case forfeiture`; gives the job."""
    if asked.claimants is not None:
        bench.folders.upload(asked.claimants)
    return bench.jobs.start("case.forfeiture", asked.model_dump() | {"case": folder.name}, page)


@router.post("/cases/{case}/challenge", status_code=202)
async def challenge(
    folder: CaseDep, asked: Challenge, bench: BenchDep, page: PageHeader = None
) -> Row:
    """Begins to ask what would overturn the findings, as `peelchain case challenge`."""
    return bench.jobs.start("case.challenge", asked.model_dump() | {"case": folder.name}, page)


@router.get("/cases/{case}/disclosure")
async def disclosure(folder: CaseDep, bench: BenchDep) -> Row:
    """Every entry of the case and who was handed it, as `peelchain case disclosure`."""
    return await bench.think(lambda: named(schedule(folder), folder.name))


@router.get("/cases/{case}/referrals")
async def prepared(folder: CaseDep, bench: BenchDep) -> Row:
    """The referrals as last prepared, as `peelchain case referrals show`."""
    return await bench.think(lambda: named(referrals.show(folder), folder.name))


@router.post("/cases/{case}/referrals/prepare", status_code=202)
async def prepare(folder: CaseDep, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to list whom to refer, as `peelchain case referrals prepare`; gives the job."""
    return bench.jobs.start("referrals.prepare", {"case": folder.name}, page)


@router.post("/cases/{case}/referrals/approve")
async def approve(folder: CaseDep, asked: Approval, bench: BenchDep) -> Row:
    """Records one person's approval of referrals, as `peelchain case referrals approve`."""
    return await bench.think(
        lambda: named(
            referrals.approve(folder, asked.persons, asked.by, waiting=patience()), folder.name
        )
    )


@router.post("/cases/{case}/referrals/decide")
async def decide(folder: CaseDep, asked: Decision, bench: BenchDep) -> Row:
    """Records what is decided of a referral, as `peelchain case referrals decide`."""
    decision = referrals.Decision(**asked.model_dump())
    return await bench.think(
        lambda: named(referrals.decide(folder, decision, waiting=patience()), folder.name)
    )


@router.post("/cases/{case}/referrals/write", status_code=202)
async def write(folder: CaseDep, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins the packages, as `peelchain case referrals write`; the job's `made` is downloaded."""
    return bench.jobs.start("referrals.write", {"case": folder.name}, page)
