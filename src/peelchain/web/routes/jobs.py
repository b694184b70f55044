"""Jobs: how far they are, their answers, and how to stop them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import FileResponse, StreamingResponse

from peelchain.web.asked import PAGE, BenchDep, PageHeader
from peelchain.web.jobs import NoJobError

router = APIRouter(tags=["jobs"])

JobName = Annotated[str, Path(max_length=64)]


@router.get("/pages/{page}/events", response_class=StreamingResponse)
async def events(page: Annotated[str, Path(pattern=PAGE)], bench: BenchDep) -> StreamingResponse:
    """The page's jobs as server-sent events. While this is open, its jobs go on."""
    return StreamingResponse(bench.jobs.events(page), media_type="text/event-stream")


@router.get("/jobs")
async def listed(bench: BenchDep, page: PageHeader = None) -> list[dict[str, Any]]:
    """The jobs of the page that asks, or of all where none is named, oldest first."""
    return bench.jobs.listed(page)


@router.get("/jobs/{job}")
async def job(job: JobName, bench: BenchDep) -> dict[str, Any]:
    """A job's state, progress and refusal."""
    return bench.jobs.of(job).told()


@router.get("/jobs/{job}/answer", response_class=FileResponse)
async def answer(job: JobName, bench: BenchDep) -> Response:
    """The answer of a job that is done."""
    found = bench.jobs.of(job)
    if found.state != "done" or not found.answer.is_file():
        raise NoJobError(f"the job is {found.state} and has no answer")
    return FileResponse(found.answer, media_type="application/json")


@router.delete("/jobs/{job}")
async def stop(job: JobName, bench: BenchDep) -> dict[str, Any]:
    """Asks a job to stop and keep what it has; asked twice, it ends at once."""
    found = bench.jobs.of(job)
    bench.jobs.stop(found)
    return found.told()
