"""The server as an ASGI application: requests, refusals, the page's files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from peelchain import __version__
from peelchain.errors import PeelchainError
from peelchain.units import shown
from peelchain.web.answers import Json
from peelchain.web.guard import App, Guard
from peelchain.web.page_files import router as page_files
from peelchain.web.refusals import kind_of, refusal, refusal_of_system, status_of
from peelchain.web.routes.all import ROUTERS
from peelchain.web.workbench import Workbench

_ABOUT = (
    "The verbs of the command line as JSON. Money is in satoshis, times are UTC. Every request "
    "needs the header `Authorization: Bearer TOKEN` with the token that `peelchain serve` printed."
)
_REFUSED: dict[int | str, dict[str, Any]] = {
    status: {
        "description": said,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["error", "kind"],
                    "properties": {"error": {"type": "string"}, "kind": {"type": "string"}},
                }
            }
        },
    }
    for status, said in (
        (400, "What was asked cannot be; the text says what is wrong with it."),
        (401, "The token is missing or wrong."),
        (403, "The request comes from another site."),
        (404, "It is not there."),
        (409, "It was refused; the text says why, and the remedy."),
        (413, "More was sent than is read."),
        (421, "The Host header names another server."),
        (422, "The request does not have the form that is described."),
        (429, "Too much is going on."),
        (503, "The answer took too long."),
    )
}


def make_app(bench: Workbench, hosts: frozenset[str]) -> App:
    """The guarded application of a workbench, which answers to these `host:port`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await bench.start()
        try:
            yield
        finally:
            await bench.close()

    app = FastAPI(
        title="peelchain",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        default_response_class=Json,
        responses=_REFUSED,
    )
    app.state.bench = bench
    for router in ROUTERS:
        app.include_router(router, prefix="/api")
    app.include_router(page_files)
    app.add_exception_handler(PeelchainError, _refused)
    app.add_exception_handler(OSError, _failed)
    app.add_exception_handler(RequestValidationError, _misformed)
    app.add_exception_handler(HTTPException, _told)
    app.add_exception_handler(Exception, _defect)
    return Guard(app, hosts, bench.token)


async def _refused(request: Request, error: Exception) -> Json:
    assert isinstance(error, PeelchainError)
    return Json(refusal(error), status_of(kind_of(error)))


async def _failed(request: Request, error: Exception) -> Json:
    assert isinstance(error, OSError)
    return Json(refusal_of_system(error), 409)


async def _misformed(request: Request, error: Exception) -> Json:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    said = f"{shown(where)}: {first['msg']}" if where else str(first["msg"])
    return Json({"error": said, "kind": "misuse", "field": shown(where)}, 422)


async def _told(request: Request, error: Exception) -> Json:
    assert isinstance(error, HTTPException)
    kind = {404: "not_found", 413: "too_large"}.get(error.status_code, "misuse")
    return Json({"error": str(error.detail), "kind": kind}, error.status_code, error.headers)


async def _defect(request: Request, error: Exception) -> Json:
    said = f"a defect of peelchain, {type(error).__name__}: please report what you asked for"
    return Json({"error": said, "kind": "defect"}, 500)
