"""Requests to services: which to ask, and the schedules that go to them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from peelchain.actions.casework import made_before
from peelchain.actions.casework.requests import PlanRequest, plan_requests
from peelchain.case.requests.plan import NEAR
from peelchain.web.asked import BenchDep, CaseDep, PageHeader
from peelchain.web.routes.cases import Line, Row, named
from peelchain.web.routes.casework import Language

router = APIRouter(tags=["requests"])

Share = Annotated[str, Field(pattern=r"^(0(\.\d{1,6})?|1(\.0{1,6})?)$")]
Of = Literal["value", "payers"]
Most = Annotated[int, Field(ge=1, le=100_000)]
Near = Annotated[int, Field(ge=0, le=1_000_000)]


class Plan(BaseModel):
    """What the requests are to cover: which share of value or payers, by at most how many."""

    share: Share = "0.9"
    of: Of = "value"
    most: Most | None = None


class Writing(BaseModel):
    """Whom to write to: `services`, or those of a plan, or all where neither is given."""

    services: Annotated[list[Line], Field(max_length=10_000)] = []
    plan: Plan | None = None
    near: Near | None = NEAR
    ask: Annotated[str, Field(max_length=4_000)] = ""
    language: Language = "en"


@router.get("/cases/{case}/requests/plan")
async def plan(
    folder: CaseDep,
    bench: BenchDep,
    share: Annotated[str, Query(pattern=r"^(0(\.\d{1,6})?|1(\.0{1,6})?)$")] = "0.9",
    of: Of = "value",
    most: Annotated[int | None, Query(ge=1, le=100_000)] = None,
    near: Annotated[int, Query(ge=0, le=1_000_000)] = NEAR,
    anywhere: bool = False,
    language: Language = "en",
) -> Row:
    """Whom to ask first, as `peelchain case requests plan`; `anywhere` asks about far payments too.

    Without `curve`, the figure: the steps have its points.
    """
    asked = PlanRequest(share, of, most, None if anywhere else near, language)
    answer = await bench.think(lambda: named(plan_requests(folder, asked), folder.name))
    return {key: value for key, value in answer.items() if key != "curve"}


@router.get("/cases/{case}/requests")
async def written(folder: CaseDep, bench: BenchDep) -> dict[str, Any]:
    """The requests of the case that stand, each with whom it asks and its files."""
    return await bench.think(lambda: made_before.made_before(folder, "request"))


@router.post("/cases/{case}/requests", status_code=202)
async def write(folder: CaseDep, asked: Writing, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to write schedules, as `peelchain case requests write`; gives the job."""
    told = asked.model_dump() | {"case": folder.name}
    return bench.jobs.start("requests.write", told, page)
