"""What is made of a case: runs and reports, as jobs."""

from typing import Any

from fastapi import APIRouter

from peelchain.web.asked import BenchDep, CaseDep, PageHeader

router = APIRouter(tags=["case"])


@router.post("/cases/{case}/run", status_code=202)
async def run(folder: CaseDep, bench: BenchDep, page: PageHeader = None) -> dict[str, Any]:
    """Begins to trace the case's seeds both ways, as `peelchain case run`; gives the job."""
    return bench.jobs.start("case.run", {"case": folder.name}, page)
