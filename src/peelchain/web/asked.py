"""What every request may need: the workbench, the page that asks, names in its path."""

from pathlib import Path
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi import Path as InPath

from peelchain.web.workbench import Workbench

PAGE = r"^[0-9a-fA-F-]{8,64}$"


def _bench(request: Request) -> Workbench:
    bench = request.app.state.bench
    assert isinstance(bench, Workbench)
    return bench


BenchDep = Annotated[Workbench, Depends(_bench)]
"""The workbench that serves."""

PageHeader = Annotated[
    str | None,
    Header(alias="X-Page", pattern=PAGE, description="The page that asks: its jobs end with it."),
]


def _case(case: Annotated[str, InPath(max_length=100)], bench: BenchDep) -> Path:
    return bench.folders.case(case)


CaseDep = Annotated[Path, Depends(_case)]
"""The folder of the case that the path names as `{case}`."""
