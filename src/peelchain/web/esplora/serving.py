"""The Esplora server as a process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from peelchain.errors import MisuseError
from peelchain.store.script_hashes import Progress
from peelchain.units import shown
from peelchain.web.esplora.app import make_app
from peelchain.web.esplora.desk import Desk
from peelchain.web.esplora.guard import Names
from peelchain.web.guard import App
from peelchain.web.listening import LOOPBACK, Bound, listen


@dataclass(frozen=True)
class EsploraOptions:
    """Who may ask: `remote` lets other machines, `allowed_hosts` are names it answers to as well.

    `cors` is the origin whose pages may read the answers, `*` for all.
    """

    remote: bool = False
    allowed_hosts: tuple[str, ...] = ()
    cors: str | None = None


def serve_esplora(
    store: Path,
    options: EsploraOptions,
    *,
    host: str,
    port: int,
    ready: Callable[[Bound], None],
    progress: Progress | None = None,
) -> None:
    """Serves until it is interrupted. Calls `ready` once it answers.

    `progress` is told how many scripts are hashed, of how many. Raises StoreError for no store,
    MisuseError where the port is taken, the host is not this machine's, or others could ask without
    `remote`.
    """
    if host not in LOOPBACK and not options.remote:
        raise MisuseError(
            f"{shown(host)} may be reached from other machines, and the Esplora API has no "
            "password; give --allow-remote to allow it, or serve on 127.0.0.1 and use a tunnel "
            "(ssh -L)"
        )
    if options.cors is not None:
        check_origin(options.cors)
    desk = Desk(store)
    desk.prepare(progress)

    def app(bound: Bound) -> App:
        return make_app(desk, _names(bound, options.allowed_hosts), options.cors)

    listen(app, host, port, ready)


def check_origin(cors: str) -> None:
    """Raises MisuseError for what is no origin, such as an address with a path, nor `*`."""
    scheme, mark, host = cors.partition("://")
    if cors != "*" and (
        scheme not in ("http", "https")
        or not mark
        or not host
        or not host.isascii()
        or any(c in "/?#@, *" or ord(c) < 33 for c in host)
    ):
        raise MisuseError(
            f"{shown(cors)} is no origin; write http://HOST:PORT as the browser shows it, without "
            "a path, or * for every site"
        )


def _names(bound: Bound, allowed: Sequence[str]) -> Names:
    """What the Host header may be; a name without a port is taken with the server's and without."""
    more = {name.lower() for name in allowed}
    more |= {f"{name}:{bound.port}" for name in more if ":" not in name}
    local = {f"localhost:{bound.port}"}
    return Names(
        bound.hosts | local | more,
        any_address_at=None if bound.host in LOOPBACK else bound.port,
    )
