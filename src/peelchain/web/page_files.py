"""The page itself: its files, and the one file that every address of it begins with."""

import re
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from peelchain.web.asked import BenchDep

router = APIRouter(include_in_schema=False)

STATIC = Path(__file__).parent / "static" / "workbench"
_ASSET = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_HASHED = re.compile(r".+-[A-Za-z0-9_-]{8}\.\w+")
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
_ANEW = {"cache-control": "no-cache"}


@router.get("/assets/{name}")
async def asset(name: str) -> Response:
    """A file that the page is built of; most have a name that changes with their content."""
    path = STATIC / "assets" / name
    if not _ASSET.fullmatch(name) or path.suffix not in _TYPES or not path.is_file():
        raise HTTPException(404, "there is no such file")
    kept = _FOR_EVER if _HASHED.fullmatch(name) else _ANEW
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=kept)


@router.get("/download/{key}")
async def download(key: str, bench: BenchDep) -> Response:
    """The file of a ticket, once."""
    ticket = bench.tickets.take(key)
    if ticket is None or not ticket.file.is_file():
        raise HTTPException(404, "this address was used already or is too old; ask for it again")
    return FileResponse(
        ticket.file,
        media_type="application/octet-stream",
        filename=ticket.name,
        headers={"cache-control": "no-store"},
    )


@router.get("/api/{rest:path}")
async def no_verb(rest: str) -> Response:
    """Nothing: the page has no address of this kind."""
    raise HTTPException(404, "there is no such request; /api/openapi.json describes all")


@router.get("/{rest:path}")
async def page(rest: str) -> Response:
    """The page, which reads from its address what to show."""
    index = STATIC / "index.html"
    if not index.is_file():
        return PlainTextResponse(
            "the page was not built; run 'make install', or use the command line\n", 503
        )
    return FileResponse(index, media_type="text/html; charset=utf-8", headers=_ANEW)
