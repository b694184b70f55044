"""peelchain serve: the workbench, a page on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peelchain.cli.options import JsonOption, StoreOption
from peelchain.cli.output import emit, form_of, say

if TYPE_CHECKING:
    from peelchain.web.serving import Served


def serve(
    store: StoreOption,
    cases: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="The folder that holds the cases, each in a folder of its own; made if missing.",
            envvar="PEELCHAIN_CASES",
        ),
    ],
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="0 lets the system choose.")
    ] = 9332,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where to listen. Anything but loopback lets others on the network knock.",
        ),
    ] = "127.0.0.1",
    json: JsonOption = False,
) -> None:
    """Serve the workbench to a browser on this machine, until Ctrl-C.

    Example: peelchain serve --store chain.store --cases cases
    """
    from peelchain.web import serving

    form = form_of(json=json)
    if host not in serving.LOOPBACK:
        say(
            f"warning: {host} may be reached from other machines, and nothing is encrypted; a "
            "tunnel (ssh -L) to the loopback address is safer"
        )

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
