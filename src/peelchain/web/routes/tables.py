"""Seized tables of users: what an uploaded one looks like, its join with the chain, who paid."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from peelchain.actions.casework import made_before
from peelchain.actions.casework.preview import preview
from peelchain.web.asked import BenchDep, CaseDep, PageHeader
from peelchain.web.routes.cases import First, Line, Row
from peelchain.web.routes.casework import EntryNumber

router = APIRouter(tags=["tables"])

Headings = Annotated[dict[Line, Line], Field(max_length=50)]
Refs = Annotated[
    list[Annotated[str, Field(pattern=r"^P[1-9][0-9]{0,9}$")]], Field(max_length=1_000)
]


class Uploaded(BaseModel):
    """A file that was uploaded."""

    upload: Line


class Joining(Uploaded):
    """A table to join: `mapping` gives the headings of `user` and `address`."""

    mapping: Headings = Field(default_factory=dict)
    certified_complete: bool = False


class Payers(BaseModel):
    """Whose payments are asked for: of which table, whom, and whether by name (personal data)."""

    entry: EntryNumber | None = None
    refs: Refs = []
    names: bool = False


@router.post("/uploads/preview")
async def first_rows(asked: Uploaded, bench: BenchDep) -> Row:
    """The headings and first rows of an uploaded table, its delimiter and encoding."""
    return await bench.think(lambda: preview(bench.folders.upload(asked.upload)))


@router.get("/cases/{case}/tables")
async def joined(folder: CaseDep, bench: BenchDep) -> dict[str, Any]:
    """The tables that were joined, each with its totals and what was amiss with its rows."""
    return await bench.think(lambda: made_before.made_before(folder, "table"))


@router.get("/cases/{case}/tables/{entry}/rejects")
async def rejects(
    folder: CaseDep,
    entry: Annotated[int, InPath(ge=1, le=1 << 40)],
    bench: BenchDep,
    first: First = 0,
) -> Row:
    """The rows of a table or a service's answer that were not taken, with why; 200 at a time."""
    return await bench.think(lambda: made_before.rejects(folder, entry, first))


@router.post("/cases/{case}/tables", status_code=202)
async def join(folder: CaseDep, asked: Joining, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to join an uploaded table, as `peelchain case join-table`; gives the job."""
    bench.folders.upload(asked.upload)
    return bench.jobs.start("tables.join", asked.model_dump() | {"case": folder.name}, page)


@router.post("/cases/{case}/tables/payers", status_code=202)
async def payers(folder: CaseDep, asked: Payers, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to derive who paid, as `peelchain case table show`; gives the job."""
    return bench.jobs.start("tables.payers", asked.model_dump() | {"case": folder.name}, page)
