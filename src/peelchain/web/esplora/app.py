"""The server as an ASGI application: requests, refusals in plain text, and its guard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount

from peelchain.errors import MisuseError, NotInChainError, PeelchainError, StoreError
from peelchain.units import shown
from peelchain.web.esplora.desk import Desk
from peelchain.web.esplora.guard import EsploraGuard, Names
from peelchain.web.esplora.routes import routes
from peelchain.web.guard import App
from peelchain.web.in_time import TooLongError


def make_app(desk: Desk, names: Names, cors: str | None) -> App:
    """The guarded application; with every request under /api too, as public servers have it.

    `cors` is the origin whose pages may read the answers, `*` for all, None for none.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await desk.start()
        try:
            yield
        finally:
            await desk.close()

    every = routes(desk)
    app = Starlette(
        routes=[*every, Mount("/api", routes=every)],
        lifespan=lifespan,
        exception_handlers={
            HTTPException: _told,
            PeelchainError: _refused,
            OSError: _failed,
            Exception: _defect,
        },
    )
    app.router.redirect_slashes = False
    return EsploraGuard(app, names, cors)


def _status(error: PeelchainError) -> int:
    if isinstance(error, NotInChainError):
        return 404
    if isinstance(error, MisuseError):
        return 400
    return 503 if isinstance(error, TooLongError) else 500


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, PeelchainError)
    if isinstance(error, StoreError):
        return await _failed(request, error)
    return PlainTextResponse(str(error), _status(error))


async def _failed(request: Request, error: Exception) -> Response:
    # the error names folders of this machine, and whoever asks may be on another
    return PlainTextResponse(
        "this server cannot read all of its store: a table or the node's block files are gone or "
        "damaged; 'peelchain chain verify' there says which",
        503,
    )


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = str(error.detail)
    if error.status_code == 404:
        said = f"endpoint does not exist {shown(request.url.path)}"
    return PlainTextResponse(said, error.status_code, error.headers)


async def _defect(request: Request, error: Exception) -> Response:
    said = f"a defect of peelchain, {type(error).__name__}: please report what you asked for"
    return PlainTextResponse(said, 500)
