"""The server as a process: a socket on loopback, a token for this launch, an orderly end."""

import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn

from peelchain.case.attestation.signing import ask_nobody
from peelchain.errors import CaseError, MisuseError
from peelchain.store.reader import Store
from peelchain.web.app import make_app
from peelchain.web.connections import MOST, Connection
from peelchain.web.folders import Folders
from peelchain.web.workbench import Workbench

_ENDING = [s for s in (signal.SIGTERM, getattr(signal, "SIGHUP", None)) if s is not None]
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Served:
    """Where the page is: its address with the token, and the token alone."""

    address: str
    token: str
    host: str
    port: int


def serve(
    store: Path,
    cases: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[Served], None],
) -> None:
    """Serves until it is interrupted. Calls `ready` once the page may be opened.

    Raises StoreError for no store, MisuseError where the port is taken or the host is not this
    machine's, CaseError where the folder of cases cannot be made.
    """
    Store.open(store).close()
    ask_nobody()
    try:
        cases.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as e:
        raise CaseError(f"{cases}: {e.strerror}; give --cases a folder you may write") from None
    token = secrets.token_urlsafe(32)
    with _ending_in_order(), tempfile.TemporaryDirectory(prefix="peelchain-serve-") as scratch:
        try:
            _run(Folders(store, cases, Path(scratch)), token, host, port, ready)
        finally:
            # a process of a job that is slow to end may still write
            shutil.rmtree(scratch, ignore_errors=True)
            Path(scratch).mkdir(exist_ok=True)


def _run(
    folders: Folders, token: str, host: str, port: int, ready: Callable[[Served], None]
) -> None:
    bench = Workbench(folders, token)
    config = uvicorn.Config(
        "none yet",
        host=host,
        port=port,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="on",
        http=Connection,
        ws="none",
        limit_concurrency=MOST + 1,
        timeout_graceful_shutdown=3,
    )
    try:
        bound = config.bind_socket()
    except SystemExit:
        raise MisuseError(
            f"cannot listen on {host}:{port}: it is taken, or {host} is none of this machine's "
            "addresses; give another --port, or none to have one chosen"
        ) from None
    port = bound.getsockname()[1]
    named = f"[{host}]" if ":" in host else host
    names = {named, *(("localhost", "127.0.0.1") if host in LOOPBACK else ())}
    # which names the server answers to hangs on the port that it was given
    config.app = make_app(bench, frozenset(f"{name}:{port}" for name in names))
    served = Served(f"http://{named}:{port}/#token={token}", token, host, port)
    server = _Server(config, lambda: ready(served))
    server.run(sockets=[bound])


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Makes the signals that end a process leave no scratch behind: it may hold a case's data."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in _heeded()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _heeded() -> list[signal.Signals]:
    # under nohup a closed terminal is to end nothing
    return [number for number in _ENDING if signal.getsignal(number) != signal.SIG_IGN]


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: "list | None" = None) -> None:  # type: ignore[type-arg]
        await super().startup(sockets=sockets)
        for number in _heeded():
            # a terminal that is closed ends the server as gently as SIGTERM does
            signal.signal(number, self.handle_exit)
        if self.started:
            self._ready()
