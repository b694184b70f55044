"""peelchain chain ingest: a store brought up to a source, once or as the source moves."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from peelchain.cli.options import JsonOption, NetworkOption, StoreOption
from peelchain.cli.output import INTERRUPTED, Form, emit, facts, footing, form_of, say
from peelchain.cli.progress import ingest_progress
from peelchain.cli.sizes import parse_size
from peelchain.errors import StoreError


def ingest(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="core:DIR, a Bitcoin Core data directory; rpc:URL, a node's RPC server; or a dump "
            "(the section of this command in docs/commands.md lists all).",
        ),
    ],
    store: StoreOption,
    network: NetworkOption = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", help="Go on as the source does, until Ctrl-C; for core: and rpc: sources."
        ),
    ] = False,
    interval: Annotated[
        float,
        typer.Option(
            "--interval",
            metavar="SECONDS",
            min=0.1,
            max=86_400,
            help="With --follow, look so often.",
        ),
    ] = 10.0,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="SIZE",
            help="Anonymous memory that the whole process may take, such as 8G or 1500M; else half "
            "the machine's, at most 12G.",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads",
            metavar="N",
            min=1,
            max=256,
            help="Threads that prepare blocks; else one a core.",
        ),
    ] = None,
    headers: Annotated[
        Path | None,
        typer.Option(
            "--headers",
            metavar="FILE",
            help="The chain's headers, 80 bytes each from genesis on: heights for a dump that has "
            "none.",
        ),
    ] = None,
    rpc_cookie: Annotated[
        Path | None,
        typer.Option(
            "--rpc-cookie",
            metavar="FILE",
            help="The node's .cookie; else where a node on this machine keeps it.",
        ),
    ] = None,
    rpc_auth: Annotated[
        Path | None,
        typer.Option(
            "--rpc-auth",
            metavar="FILE",
            help="A file of mode 0600 with USER:PASSWORD; else PEELCHAIN_RPC_USER and "
            "PEELCHAIN_RPC_PASSWORD of the environment.",
        ),
    ] = None,
    rpc_certificate: Annotated[
        Path | None,
        typer.Option(
            "--rpc-certificate",
            metavar="FILE",
            help="The certificate that a node of an https: URL made for itself, as PEM.",
        ),
    ] = None,
    proxy: Annotated[
        str | None,
        typer.Option(
            "--proxy",
            metavar="URL",
            help="Reach the node through this SOCKS proxy, such as socks5://127.0.0.1:9050 (Tor).",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Bring a store up to a source of blocks; run it again to add what is new.

    DIR is the node's data directory, its network folder or the blocks folder itself; blocks that
    come over RPC are kept in the store's folder. Exit 1 says that nothing could be ingested, or
    that files are damaged and the chain ends before them.

    Example: peelchain chain ingest core:~/.bitcoin --store chain.store --memory 8G
    """
    from peelchain.actions import chain as actions

    form = form_of(json=json)
    memory_bytes = None if memory is None else parse_size(memory, "--memory")
    asked: dict[str, Any] = {
        "threads": threads,
        "memory_bytes": memory_bytes,
        "options": {
            "headers": headers,
            "rpc-cookie": rpc_cookie,
            "rpc-auth": rpc_auth,
            "rpc-certificate": rpc_certificate,
            "proxy": proxy,
        },
        "say": say,
    }
    try:
        with ingest_progress() as report:
            if follow:
                for answer in actions.follow(
                    source, store, network, report, interval_s=interval, **asked
                ):
                    _moved(answer, form)
                return
            answer = actions.ingest(source, store, network, report, **asked)
    except KeyboardInterrupt:
        say(_stopped(store))
        raise typer.Exit(INTERRUPTED) from None
    for line in answer["left_out"]:
        say(f"left out: {line}")
    for line in answer.get("refusals", []):
        say(f"refused: {line}")
    emit(answer, form, lambda: _human(answer))
    for line in answer["damage"]:
        say(f"error: {line}")
    if answer["damage"]:
        raise typer.Exit(1)


def _human(answer: Mapping[str, Any]) -> Iterator[str]:
    took = f"{answer['seconds']:.1f} s"
    if "bytes" in answer:
        took += f" for {answer['bytes'] / 1e6:,.1f} MB of blocks"
    holds = _partly if answer.get("partial") else _whole
    told = [("network", answer["network"]), *holds(answer), ("took", took), *footing(answer)]
    yield from facts(told)


def _whole(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _rows(answer)
    yield ("added", f"{answer['added_blocks']:,} blocks, {answer['rolled_back']:,} rolled back")
    yield (
        "holds",
        f"{answer['blocks']:,} blocks, {answer['txs']:,} transactions, "
        f"{answer['txouts']:,} outputs, {answer['scripts']:,} scripts",
    )
    yield (
        "off the chain",
        f"{answer['stale_blocks']} stale, {answer['unconnected_blocks']} unconnected blocks",
    )


def _partly(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _rows(answer)
    yield (
        "holds",
        f"{answer['txs']:,} transactions, {answer['told']:,} of them told, {answer['stubs']:,} "
        f"known by spent outputs only; {answer['not_fetched']:,} inputs not fetched",
    )


def _rows(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "rows" in answer:
        yield ("rows", f"{answer['rows']:,} taken in, {answer['refused']:,} refused")


def _moved(answer: Mapping[str, Any], form: Form) -> None:
    """Tells of one step of a source that is followed, in a line of its own."""
    for line in (*answer["left_out"], *answer["damage"]):
        say(f"left out: {line}")
    emit(
        answer,
        form,
        lambda: [
            f"height {answer['tip_height']:,} {answer['tip_hash']}: {answer['added_blocks']:,} "
            f"blocks added, {answer['rolled_back']:,} rolled back"
        ],
    )
    sys.stdout.flush()


def _stopped(store: Path) -> str:
    from peelchain.actions import status as actions

    try:
        height = actions.status(store)["tip_height"]
    except StoreError:
        return "stopped; nothing was committed yet, the same command begins anew"
    return (
        f"stopped; the store is whole up to height {height:,}, the same command goes on from there"
    )
