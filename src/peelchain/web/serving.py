"""The server as a process: a socket on loopback, a token for this launch, an orderly end."""

import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from peelchain.case.attestation.signing import ask_nobody
from peelchain.errors import CaseError
from peelchain.store.reader import Store
from peelchain.web.app import make_app
from peelchain.web.folders import Folders
from peelchain.web.guard import App
from peelchain.web.listening import Bound, ending_in_order, listen
from peelchain.web.workbench import Workbench


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
    with ending_in_order(), tempfile.TemporaryDirectory(prefix="peelchain-serve-") as scratch:
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

    def app(address: Bound) -> App:
        return make_app(bench, address.hosts)

    def begun(address: Bound) -> None:
        ready(Served(f"{address.origin}/#token={token}", token, host, address.port))

    listen(app, host, port, begun)
