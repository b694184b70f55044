"""peelchain serve: the workbench, a page on this machine; or the Esplora API."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peelchain.cli.options import JsonOption, StoreOption
from peelchain.cli.output import emit, form_of, say
from peelchain.cli.progress import progress
from peelchain.errors import MisuseError

if TYPE_CHECKING:
    from peelchain.web.listening import Bound
    from peelchain.web.serving import Served

_PORT, _ESPLORA_PORT = 9332, 3002
_TUNNEL = "nothing is encrypted; a tunnel (ssh -L) to the loopback address is safer"


def serve(
    store: StoreOption,
    cases: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The folder that holds the cases, each in a folder of its own; made if missing.",
            envvar="PEELCHAIN_CASES",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535,
            help=f"{_PORT}, or {_ESPLORA_PORT} with --esplora; 0 lets the system choose.",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where to listen. Anything but loopback lets others on the network knock.",
        ),
    ] = "127.0.0.1",
    esplora: Annotated[
        bool,
        typer.Option("--esplora", help="Answer the Esplora API from the store, and no page."),
    ] = False,
    allow_remote: Annotated[
        bool,
        typer.Option("--allow-remote", help="With --esplora: let other machines ask, on --host."),
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="With --esplora: answer to this name too, as of a proxy or onion."
        ),
    ] = None,
    cors: Annotated[
        str | None,
        typer.Option(
            metavar="ORIGIN",
            help="With --esplora: let pages of this site read the answers; * lets all.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Serve the workbench to a browser on this machine, or the Esplora API, until Ctrl-C.

    Example: peelchain serve --store chain.store --cases cases
    """
    if esplora:
        _esplora(store, port, host, (allow_remote, tuple(allow_host or ()), cors), json=json)
        return
    if cases is None:
        raise MisuseError(
            "the workbench keeps cases; name their folder with --cases DIR, or give --esplora to "
            "serve the chain alone"
        )
    if allow_remote or allow_host or cors:
        raise MisuseError("--allow-remote, --allow-host and --cors go with --esplora alone")
    _workbench(store, cases, _PORT if port is None else port, host, json=json)


def _workbench(store: Path, cases: Path, port: int, host: str, *, json: bool) -> None:
    from peelchain.web import serving
    from peelchain.web.listening import LOOPBACK

    form = form_of(json=json)
    if host not in LOOPBACK:
        say(f"warning: {host} may be reached from other machines, and {_TUNNEL}")

    def ready(served: "Served") -> None:
        answer = {
            "address": served.address,
            "host": served.host,
            "port": served.port,
            "token": served.token,
            "store": str(store),
            "cases": str(cases),
        }
        emit(answer, form, lambda: iter([f"open {served.address}", "Ctrl-C ends it"]))

    serving.serve(store, cases, host=host, port=port, ready=ready)


def _esplora(
    store: Path,
    port: int | None,
    host: str,
    who: tuple[bool, tuple[str, ...], str | None],
    *,
    json: bool,
) -> None:
    from peelchain.web.esplora.serving import EsploraOptions, serve_esplora
    from peelchain.web.listening import LOOPBACK

    form = form_of(json=json)
    options = EsploraOptions(*who)
    if host not in LOOPBACK and options.remote:
        say(
            f"warning: whoever reaches {host} can ask, without a password, and see what this chain "
            f"holds; {_TUNNEL}"
        )

    def ready(bound: "Bound") -> None:
        answer = {
            "address": bound.origin,
            "host": bound.host,
            "port": bound.port,
            "store": str(store),
        }
        lines = [f"the Esplora API is at {bound.origin} and at {bound.origin}/api"]
        emit(answer, form, lambda: iter([*lines, "Ctrl-C ends it"]))

    with progress() as told:
        serve_esplora(
            store,
            options,
            host=host,
            port=_ESPLORA_PORT if port is None else port,
            ready=ready,
            progress=lambda done, of: told("hashing scripts", done, of),
        )
