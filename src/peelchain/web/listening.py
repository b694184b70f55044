"""A socket on this machine, an application that answers there, and an orderly end."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import uvicorn

from peelchain.errors import MisuseError
from peelchain.web.connections import MOST, Connection
from peelchain.web.guard import App

_ENDING = [s for s in (signal.SIGTERM, getattr(signal, "SIGHUP", None)) if s is not None]
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Bound:
    """Where a server listens: the host it was told, as an address names it, and its port."""

    host: str
    port: int

    @property
    def name(self) -> str:
        """The host as it stands in an address."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def origin(self) -> str:
        """The beginning of its addresses."""
        return f"http://{self.name}:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """What the Host header may be."""
        names = {self.name, *(("localhost", "127.0.0.1") if self.host in LOOPBACK else ())}
        return frozenset(f"{name}:{self.port}" for name in names)


def listen(
    app_at: Callable[[Bound], App], host: str, port: int, ready: Callable[[Bound], None]
) -> None:
    """Answers until it is interrupted; port 0 lets the system choose one.

    Calls `ready` once it answers. Raises MisuseError where the port is taken or the host is none of
    this machine's.
    """
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
        opened = config.bind_socket()
    except SystemExit:
        raise MisuseError(
            f"cannot listen on {host}:{port}: it is taken, or {host} is none of this machine's "
            "addresses; give another --port, or none to have one chosen"
        ) from None
    bound = Bound(host, opened.getsockname()[1])
    # which names the server answers to hangs on the port that it was given
    config.app = app_at(bound)
    _Server(config, lambda: ready(bound)).run(sockets=[opened])


@contextmanager
def ending_in_order() -> Iterator[None]:
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
