"""peelchain chain headers: every header of the chain from a server, into a partial store."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from peelchain.cli.interrupts import stoppable
from peelchain.cli.options import JsonOption, NetworkOption, StoreOption
from peelchain.cli.output import INTERRUPTED, emit, facts, form_of, say
from peelchain.cli.progress import progress
from peelchain.cli.source_options import (
    FingerprintOption,
    ProxyOption,
    RateOption,
    SourceOption,
    YesOption,
    fetch_asked,
)


def headers(
    server: Annotated[
        str,
        typer.Argument(metavar="KIND:PLACE", help="The server to ask, such as electrum:HOST:PORT."),
    ],
    store: StoreOption,
    source: SourceOption = None,
    network: NetworkOption = None,
    proxy: ProxyOption = None,
    yes: YesOption = False,
    requests_per_second: RateOption = None,
    tls_fingerprint: FingerprintOption = None,
    json: JsonOption = False,
) -> None:
    """Fetch every header of the chain into a partial store, checked from the first block on.

    What is proven by a header is then proven by the whole chain's work, not by that block's alone.
    Electrum servers give 2,016 at once, an Esplora server one: of a long chain ask the former. What
    is there is not asked for again. Nothing that the store holds is told to the server.

    Example: peelchain chain headers electrum:HOST:50002 --store part.store
    """
    from peelchain.actions.fetching import headers as actions

    form = form_of(json=json)
    asked = fetch_asked(
        [server, *(source or ())],
        network=network,
        proxy=proxy,
        yes=yes,
        refresh=False,
        requests_per_second=requests_per_second,
        tls_fingerprint=tls_fingerprint,
        max_fetch=None,
    )
    with progress() as report, stoppable(report) as watch:
        answer = actions.headers(asked, store, watch)
    for line in answer["failures"]:
        say(f"warning: {line}")
    for line in answer["notes"]:
        say(f"note: {line}")
    emit(answer, form, lambda: _lines(answer))
    if not answer["complete"]:
        raise typer.Exit(INTERRUPTED)


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    checked = "proof of work, parents and difficulty"
    if not answer["difficulty_checked"]:
        checked = "proof of work and parents; the difficulty as the headers claim it"
    yield from facts(
        [
            ("network", answer["network"]),
            ("fetched", f"{answer['fetched_headers']:,} from {', '.join(answer['servers'])}"),
            ("holds", f"{answer['headers']:,} headers, to height {answer['tip_height']:,}"),
            ("tip", answer["tip_hash"] or "none"),
            ("checked", checked),
            ("work", answer["chainwork"] or "not whole: run the command again, it goes on"),
        ]
    )
