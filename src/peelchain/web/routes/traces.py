"""Traces: begun as jobs, read in parts, saved whole; and what a question may be made of."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from pydantic import BaseModel

from peelchain.actions.tracing.choices import choices
from peelchain.actions.view import StoreView
from peelchain.errors import PeelchainError
from peelchain.web.asked import BenchDep, PageHeader
from peelchain.web.jobs import NoJobError
from peelchain.web.refusals import refusal
from peelchain.web.work.kept import every, part
from peelchain.web.work.kept_files import write_table
from peelchain.web.work.questions import (
    BetweenBody,
    CompareBody,
    LedgerBody,
    NullBody,
    PathBody,
    PatternsBody,
    SeedsBody,
    TraceBody,
)
from peelchain.web.work.trace_seeds import seed_told, seeds_of_case
from peelchain.web.workbench import Workbench

router = APIRouter(tags=["traces"])

Row = dict[str, Any]
JobName = Annotated[str, InPath(max_length=64)]
TableName = Annotated[str, InPath(pattern=r"^[a-z_]{1,40}$")]


@router.get("/traces/choices")
async def trace_choices(bench: BenchDep) -> Row:
    """The rules, services, categories, rates, patterns and policies that a question may name."""
    return await bench.look(choices)


@router.post("/traces/seeds")
async def trace_seeds(body: SeedsBody, bench: BenchDep) -> Row:
    """What each seed means in the chain, or what is wrong with it; nothing is traced."""
    texts = list(dict.fromkeys([*body.seeds, *seeds_of_case(bench.folders, body.case)]))

    def told(view: StoreView) -> Row:
        return {**view.tip, "seeds": [_seed(text, view) for text in texts]}

    return await bench.look(told)


def _seed(text: str, view: StoreView) -> Row:
    try:
        return seed_told(text, view)
    except PeelchainError as error:
        return {"text": text, **refusal(error)}


@router.post("/traces/forward", status_code=202)
async def forward(body: TraceBody, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins a trace of where value went, as `peelchain trace forward`; gives the job."""
    return _begin(bench, "traces.forward", body, page, direction="forward")


@router.post("/traces/backward", status_code=202)
async def backward(body: TraceBody, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins a trace of where value came from, as `peelchain trace backward`; gives the job."""
    return _begin(bench, "traces.backward", body, page, direction="backward")


@router.post("/traces/compare", status_code=202)
async def compare(body: CompareBody, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to set all rules side by side between the bounds; gives the job."""
    return _begin(bench, "traces.compare", body, page)


@router.post("/traces/null-controls", status_code=202)
async def null_controls(body: NullBody, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins the same trace from outputs drawn at random; gives the job."""
    return _begin(bench, "traces.null-controls", body, page)


@router.post("/traces/path", status_code=202)
async def path(body: PathBody, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to look for the paths of value from one end to another; gives the job."""
    return _begin(bench, "traces.path", body, page)


@router.post("/traces/between", status_code=202)
async def between(body: BetweenBody, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to measure how much passes from one set of ends to another; gives the job."""
    return _begin(bench, "traces.between", body, page)


@router.post("/traces/patterns", status_code=202)
async def patterns(body: PatternsBody, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to look for patterns among the transactions of a trace; gives the job."""
    return _begin(bench, "traces.patterns", body, page)


@router.post("/traces/ledger", status_code=202)
async def ledger(body: LedgerBody, bench: BenchDep, page: PageHeader = None) -> Row:
    """Begins to apportion a custodian's uploaded books; gives the job."""
    return _begin(bench, "traces.ledger", body, page)


@router.get("/jobs/{job}/rows/{table}")
async def rows(
    job: JobName,
    table: TableName,
    bench: BenchDep,
    start: Annotated[int, Query(alias="from", ge=0, le=2**40)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    sort: Annotated[str | None, Query(max_length=40)] = None,
) -> Row:
    """Rows of a table of a job's answer, in parts; `sort` by a column, `-` before it turns."""
    kept = _kept(bench, job)
    return await bench.think(lambda: part(bench.folders, kept, table, start, limit, sort))


@router.post("/jobs/{job}/rows/{table}/tickets")
async def ticket(
    job: JobName,
    table: TableName,
    bench: BenchDep,
    form: Annotated[Literal["csv", "xlsx"], Query(alias="as")] = "csv",
) -> dict[str, str]:
    """An address from which a browser fetches the whole table, once, within a minute."""
    kept = _kept(bench, job)
    name = f"{table}.{form}"

    def written() -> Path:
        file = bench.folders.scratch / "kept" / str(kept["key"]) / name
        if not file.is_file():
            write_table(file, table, every(bench.folders, kept, table))
        return file

    return {"url": bench.tickets.issue(await bench.think(written), f"trace-{name}")}


def _begin(
    bench: Workbench, verb: str, body: BaseModel, page: str | None, **known: Any
) -> dict[str, Any]:
    return bench.jobs.start(verb, {**body.model_dump(mode="json"), **known}, page)


def _kept(bench: Workbench, name: str) -> Mapping[str, Any]:
    job = bench.jobs.of(name)
    if job.state != "done" or not job.answer.is_file():
        raise NoJobError(f"the job is {job.state} and has no rows")
    return _kept_of(job.answer)


@lru_cache(64)
def _kept_of(answer: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(answer.read_bytes()).get("kept", {})
    return found
