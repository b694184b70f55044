"""Files in and out: uploads, downloads of a case's files, tables as CSV and XLSX."""

import re
import secrets
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from peelchain.case.spreadsheet import Sheet, xlsx
from peelchain.csv_text import csv_bytes
from peelchain.errors import CaseError
from peelchain.units import shown
from peelchain.web.asked import BenchDep, CaseDep

router = APIRouter(tags=["files"])

_UNSAFE = re.compile(r"[^\w.-]+")
_PART = re.compile(r"[\w-][\w.-]*")
_HIDDEN = ("private", "inputs")

Cell = str | int | None


class Table(BaseModel):
    """A table as the page shows it."""

    name: str = Field(max_length=100)
    columns: list[str] = Field(min_length=1, max_length=200)
    rows: list[list[Cell]] = Field(max_length=200_000)


class Wanted(BaseModel):
    """A file of a case, by its place in the case's folder."""

    file: str = Field(max_length=400)


@router.post("/uploads")
async def upload(
    name: Annotated[str, Query(min_length=1, max_length=255)], request: Request, bench: BenchDep
) -> dict[str, Any]:
    """Keeps the body as a file until the server ends; gives the name for use in other requests."""
    key = secrets.token_hex(16)
    folder = bench.folders.scratch / "uploads" / key
    folder.mkdir(parents=True, mode=0o700)
    plain = _kept_name(name)
    digest, count = sha256(), 0
    try:
        with (folder / plain).open("xb") as file:
            (folder / plain).chmod(0o600)
            async for part in request.stream():
                digest.update(part)
                count += len(part)
                file.write(part)
    except BaseException:
        # half a file would be taken for the whole
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return {"upload": key, "name": plain, "bytes": count, "sha256": digest.hexdigest()}


@router.post("/cases/{case}/tickets")
async def ticket(folder: CaseDep, wanted: Wanted, bench: BenchDep) -> dict[str, str]:
    """An address from which a browser fetches a file of the case, once, within a minute."""
    parts = wanted.file.split("/")
    path = folder.joinpath(*parts) if all(_PART.fullmatch(p) for p in parts) else None
    inside = path is not None and path.resolve().is_relative_to(folder.resolve())
    hidden = parts[0].casefold() in _HIDDEN
    if path is None or not inside or hidden or not path.is_file():
        raise CaseError(f"the case has no file {shown(wanted.file)} to hand out")
    return {"url": bench.tickets.issue(path, f"{folder.name}-{parts[-1]}")}


@router.post("/tables/csv", response_class=Response)
async def as_csv(table: Table, bench: BenchDep) -> Response:
    """The table as CSV, UTF-8; no cell of it runs in a spreadsheet."""
    content = await bench.think(lambda: csv_bytes(table.columns, table.rows))
    return _attached(content, f"{_plain(table.name)}.csv", "text/csv; charset=utf-8")


@router.post("/tables/xlsx", response_class=Response)
async def as_xlsx(table: Table, bench: BenchDep) -> Response:
    """The table as a workbook; no cell of it runs."""
    sheet = Sheet(_plain(table.name)[:31], table.columns, table.rows)
    content = await bench.think(lambda: xlsx([sheet]))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _attached(content, f"{_plain(table.name)}.xlsx", kind)


def _kept_name(name: str) -> str:
    # a file system counts the bytes of a name, and some letters have four
    ending = _UNSAFE.sub("_", Path(name).name)[-100:].encode("utf-8", "replace")[-200:]
    return ending.decode("utf-8", "ignore").lstrip(".") or "upload"


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "table"


def _attached(content: bytes, name: str, kind: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)
