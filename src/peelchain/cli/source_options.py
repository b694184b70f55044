"""The options of commands that may ask a server, and the question that comes before."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from peelchain.cli.options import MOST, NetworkOption
from peelchain.cli.output import INTERRUPTED, say
from peelchain.errors import MisuseError

if TYPE_CHECKING:
    from peelchain.actions.fetching.asked import Agree, FetchAsked, Reveals

SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="KIND:PLACE",
        help="Fetch what is missing from this server into the store, such as "
        "esplora:https://HOST/api or electrum:HOST:PORT. May be given again: the next goes on when "
        "one fails or lies.",
    ),
]
ProxyOption = Annotated[
    str | None,
    typer.Option(
        "--proxy",
        metavar="URL",
        help="Ask servers through this SOCKS proxy, such as socks5://127.0.0.1:9050 (Tor).",
        envvar="PEELCHAIN_PROXY",
    ),
]
YesOption = Annotated[
    bool, typer.Option("--yes", help="Agree to what asking reveals to the servers.")
]
RefreshOption = Annotated[
    bool,
    typer.Option(
        "--refresh", help="Ask again for what may have changed: what is unspent, histories."
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        "--requests-per-second",
        metavar="N",
        min=0.01,
        max=10_000,
        help="Ask a server no faster; else 4 a second (Electrum: 10), and as fast as it goes on "
        "this machine.",
    ),
]
FingerprintOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tls-fingerprint",
        metavar="SHA256",
        help="The certificate that an Electrum server must show. May be given again. Else one that "
        "an authority signed, or the first seen, which is kept in the store.",
    ),
]
MaxFetchOption = Annotated[
    int | None,
    typer.Option(
        "--max-fetch",
        metavar="N",
        min=1,
        max=MOST,
        help="Fetch at most so many transactions; the same command goes on from there. "
        "Default: 10000.",
    ),
]


def fetching(run: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of servers, which are given to it as one, `fetch`.

    `fetch` is a FetchAsked, and None where no server is named.
    """

    @wraps(run)
    def command(**given: Any) -> None:
        own = {name: given.pop(name) for name in _OPTIONS}
        run(**given, fetch=fetch_asked(own.pop("source"), **own) if own["source"] else None)

    written = signature(run).parameters
    names = list(written)
    at = names.index("json") if "json" in names else len(names)
    options = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in _OPTIONS.items()
    ]
    parameters = [
        p.replace(kind=Parameter.KEYWORD_ONLY) for name, p in written.items() if name != "fetch"
    ]
    parameters[at:at] = options
    vars(command)["__signature__"] = Signature(parameters)
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


_OPTIONS: dict[str, tuple[Any, Any]] = {
    "source": (SourceOption, None),
    "network": (NetworkOption, None),
    "proxy": (ProxyOption, None),
    "yes": (YesOption, False),
    "refresh": (RefreshOption, False),
    "requests_per_second": (RateOption, None),
    "tls_fingerprint": (FingerprintOption, None),
    "max_fetch": (MaxFetchOption, None),
}


def fetch_asked(
    sources: Sequence[str],
    *,
    network: str | None,
    proxy: str | None,
    yes: bool,
    refresh: bool,
    requests_per_second: float | None,
    tls_fingerprint: Sequence[str] | None,
    max_fetch: int | None,
) -> "FetchAsked":
    """What is to be fetched from whom. Raises MisuseError for a bad proxy or fingerprint."""
    from peelchain.actions.fetching.asked import FetchAsked, connection_asked
    from peelchain.chain.partial.sitting import MOST_TXS

    return FetchAsked(
        sources,
        agreeing(yes=yes),
        network=network,
        connection=connection_asked(proxy, requests_per_second, tls_fingerprint or ()),
        most_txs=MOST_TXS if max_fetch is None else max_fetch,
        refresh=refresh,
    )


def agreeing(*, yes: bool) -> "Agree":
    """What tells the user what a server will learn, and asks; with `yes` it tells alone."""

    def agree(reveals: "Reveals") -> bool:
        for line in reveals.lines():
            say(line)
        if yes:
            return True
        if not sys.stdin.isatty():
            raise MisuseError(
                f"nothing was asked of {reveals.server}: there is no terminal to agree on; agree "
                "with --yes"
            )
        return typer.confirm("Ask it? This is remembered in the store.", err=True)

    return agree


def fetched_facts(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How the fetching went, as names and values; nothing where nothing was asked for."""
    fetching = answer.get("fetching")
    if fetching is None:
        return
    servers = ", ".join(fetching["servers"])
    yield (
        "fetched",
        f"{fetching['fetched_txs']:,} transactions in {fetching['rounds']:,} rounds"
        + (f" from {servers}" if servers else ""),
    )
    if not fetching["complete"]:
        missing = fetching["missing_count"]
        yield (
            "not complete",
            (fetching["why"] or "the servers do not tell more")
            + (f"; {missing:,} things are missing" if missing else ""),
        )
    for one in fetching["unconfirmed_spends"]:
        yield (
            "unconfirmed",
            f"{one['outpoint']} is spent by {one['txid']}, which is in no block up to the tip",
        )
    for txid in fetching["not_in_a_block"]:
        yield "unconfirmed", f"{txid} is in no block yet"


def say_fetched(answer: Mapping[str, Any]) -> None:
    """Says on stderr what went wrong with servers, and what should be known."""
    fetching = answer.get("fetching")
    for line in fetching["failures"] if fetching else ():
        say(f"warning: {line}")
    for line in fetching["notes"] if fetching else ():
        say(f"note: {line}")


def exit_as_fetched(answer: Mapping[str, Any]) -> None:
    """Ends the command with the code of a failure where a server kept the answer from being whole.

    One that you stopped ends with the code of an interrupt.
    """
    fetching = answer.get("fetching")
    if fetching and not fetching["complete"]:
        if fetching["stopped_by"] == "you":
            raise typer.Exit(INTERRUPTED)
        if fetching["stopped_by"] == "server":
            raise typer.Exit(1)
