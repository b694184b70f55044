"""peelchain chain fetch: chosen transactions from a server, into a partial store."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from peelchain.cli.interrupts import stoppable
from peelchain.cli.options import JsonOption, NetworkOption, StoreOption
from peelchain.cli.output import emit, facts, footing, form_of
from peelchain.cli.progress import progress
from peelchain.cli.source_options import (
    FingerprintOption,
    MaxFetchOption,
    ProxyOption,
    RateOption,
    RefreshOption,
    SourceOption,
    YesOption,
    exit_as_fetched,
    fetch_asked,
    fetched_facts,
    say_fetched,
)


def fetch(
    server: Annotated[
        str,
        typer.Argument(
            metavar="KIND:PLACE",
            help="The server to ask, such as esplora:https://HOST/api or electrum:HOST:PORT.",
        ),
    ],
    what: Annotated[
        list[str],
        typer.Argument(metavar="WHAT...", help="Each a TXID, a TXID:VOUT or an address."),
    ],
    store: StoreOption,
    source: SourceOption = None,
    network: NetworkOption = None,
    proxy: ProxyOption = None,
    yes: YesOption = False,
    refresh: RefreshOption = False,
    requests_per_second: RateOption = None,
    tls_fingerprint: FingerprintOption = None,
    max_fetch: MaxFetchOption = None,
    json: JsonOption = False,
) -> None:
    """Fetch chosen transactions from a server into a partial store, each checked with its proof.

    Of a transaction what it spends is fetched too, of an output who spends it, of an address all
    that paid or spent it. What is there is not asked for again. The store is made where there is
    none; it knows what was fetched alone, and says so.

    Example: peelchain chain fetch esplora:https://HOST/api TXID:0 ADDRESS --store part.store
    Example: peelchain chain fetch electrum:HOST:50002 ADDRESS --store part.store
    """
    from peelchain.actions.fetching import fetch as actions

    form = form_of(json=json)
    asked = fetch_asked(
        [server, *(source or ())],
        network=network,
        proxy=proxy,
        yes=yes,
        refresh=refresh,
        requests_per_second=requests_per_second,
        tls_fingerprint=tls_fingerprint,
        max_fetch=max_fetch,
    )
    with progress() as report, stoppable(report) as watch:
        answer = actions.fetch(asked, what, store, watch)
    say_fetched(answer)
    emit(answer, form, lambda: _lines(answer))
    exit_as_fetched(answer)


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    counts = answer["counts"]
    yield from facts(
        [
            ("network", answer["network"]),
            *fetched_facts(answer),
            (
                "holds",
                f"{counts['txs']:,} transactions, {counts['txouts']:,} outputs, "
                f"{counts['scripts']:,} scripts",
            ),
            *footing(answer),
        ]
    )
