"""peelchain tx, address, sql."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from peelchain.cli.interrupts import stoppable
from peelchain.cli.options import (
    AsOfOption,
    CsvOption,
    JsonOption,
    OutOption,
    ShortOption,
    StoreOption,
    TableOption,
    known_by,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.progress import progress
from peelchain.cli.source_options import exit_as_fetched, fetched_facts, fetching, say_fetched
from peelchain.units import format_btc

if TYPE_CHECKING:
    from peelchain.actions.fetching.asked import FetchAsked

SPEND = {"unspent": "unspent", "not_fetched": "not fetched"}
_MOST_ROWS = 100_000_000


@fetching
def tx(
    txid: Annotated[str, typer.Argument(metavar="TXID", help="64 hex digits.")],
    store: StoreOption,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
    fetch: "FetchAsked | None" = None,
) -> None:
    """One transaction: its inputs with what they spend, its outputs with who spends them.

    The rows are its inputs, then its outputs.

    Example: peelchain tx f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16 -s S
    """
    from peelchain.actions import show as actions

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    if fetch is None:
        answer = actions.transaction(txid, store)
    else:
        # what fetches takes longer to load than all that looks up
        from peelchain.actions.fetching import shown as fetched

        with progress() as report, stoppable(report) as watch:
            answer = fetched.transaction_fetched(txid, store, fetch, watch)
    say_fetched(answer)

    def human() -> Iterator[str]:
        also = ", ".join(str(h) for h in answer["also_at_heights"])
        yield from facts(
            [
                ("transaction", answer["txid"]),
                ("block", f"{answer['block_hash']} at height {answer['height']}"),
                ("also at heights", also or None),
                ("time", answer["time_utc"]),
                ("fee", _fee(answer["fee_sat"])),
                ("size", _size(answer)),
                *fetched_facts(answer),
                *footing(answer),
            ]
        )
        yield ""
        yield from table(
            ["input", "BTC", "address", "prevout"],
            (
                (
                    i["vin"],
                    format_btc(i["value_sat"]) if i["value_sat"] is not None else i["state"],
                    i["address"] or i["script_type"],
                    i["prevout"],
                )
                for i in answer["inputs"]
            ),
            short=form.short,
        )
        yield ""
        yield from table(
            ["output", "BTC", "address", "spent by"],
            (
                (
                    o["vout"],
                    format_btc(o["value_sat"]),
                    o["address"] or o["script_type"],
                    o["spent_by"] or SPEND[o["spend"]],
                )
                for o in answer["outputs"]
            ),
            short=form.short,
        )

    def rows() -> Iterator[tuple[object, ...]]:
        for i in answer["inputs"]:
            yield "input", i["vin"], i["value_sat"], i["address"], i["script_type"], i["prevout"]
        for o in answer["outputs"]:
            yield "output", o["vout"], o["value_sat"], o["address"], o["script_type"], o["spent_by"]

    columns = ("side", "index", "value_sat", "address", "script_type", "prevout_or_spent_by")
    emit(answer, form, human, lambda: Rows(columns, rows()))
    exit_as_fetched(answer)


@fetching
def address(
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="An address, or a script_pubkey in hex.")
    ],
    store: StoreOption,
    limit: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=_MOST_ROWS, help="At most so many of each list, the latest."
        ),
    ] = 10_000,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
    fetch: "FetchAsked | None" = None,
) -> None:
    """One address: receipts, spends, balance, first and last seen, cluster and tags.

    The rows are its receipts, then its spends.

    Example: peelchain address 12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S --store chain.store
    """
    from peelchain.actions import show as actions

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    moment = known_by(as_of)
    if fetch is None:
        answer = actions.address_history(address, store, limit, moment)
    else:
        from peelchain.actions.fetching import shown as fetched

        with progress() as report, stoppable(report) as watch:
            answer = fetched.address_fetched(
                address, store, fetch, watch, limit=limit, as_of=moment
            )
    say_fetched(answer)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("address", answer["address"] or f"none ({answer['script_type']})"),
                (
                    "received",
                    f"{format_btc(answer['received_sat'])} BTC in "
                    f"{answer['receipt_count']:,} receipts",
                ),
                (
                    "sent",
                    f"{format_btc(answer['sent_sat'])} BTC in {answer['spend_count']:,} spends",
                ),
                ("balance", _balance(answer)),
                ("seen", f"{answer['first_seen_utc']} to {answer['last_seen_utc']}"),
                ("cluster", _cluster(answer, store)),
                *(
                    ("tag", f"{t['label']} ({t['category']}), source {t['source']}")
                    for t in answer["tags"]
                ),
                *fetched_facts(answer),
                *footing(answer),
            ]
        )
        yield ""
        yield from table(
            ["time", "height", "receipt", "BTC", "spent by"],
            (
                (
                    r["time_utc"],
                    r["height"],
                    f"{r['txid']}:{r['vout']}",
                    format_btc(r["value_sat"]),
                    r["spent_by"] or SPEND[r["spend"]],
                )
                for r in answer["receipts"]
            ),
            short=form.short,
        )
        if len(answer["receipts"]) < answer["receipt_count"]:
            yield f"the latest {len(answer['receipts']):,}; --limit shows more"

    def rows() -> Iterator[tuple[object, ...]]:
        for r in answer["receipts"]:
            outpoint = f"{r['txid']}:{r['vout']}"
            yield "receipt", r["time_utc"], r["height"], r["value_sat"], outpoint, r["spent_by"]
        for s in answer["spends"]:
            yield "spend", s["time_utc"], s["height"], s["value_sat"], s["prevout"], s["txid"]

    columns = ("side", "time_utc", "height", "value_sat", "outpoint", "spent_by")
    emit(answer, form, human, lambda: Rows(columns, rows()))
    exit_as_fetched(answer)


def _fee(fee_sat: int | None) -> str:
    if fee_sat is None:
        return "not known: an input is not fetched"
    return f"{format_btc(fee_sat)} BTC"


def _size(answer: dict[str, Any]) -> str | None:
    """None where a source told none, as of a stub."""
    if answer["size_bytes"] is None:
        return None
    return f"{answer['size_bytes']:,} bytes, weight {answer['weight']:,}"


def _balance(answer: dict[str, Any]) -> str:
    if answer["balance_sat"] is not None:
        return f"{format_btc(answer['balance_sat'])} BTC"
    told = answer["history"]
    if told is None:
        return "not known: this partial store was not asked for all transactions of the address"
    return f"not known: {told['source']} did not tell all transactions of the address"


def _cluster(answer: dict[str, Any], store: Path) -> str:
    if answer["cluster_id"] is None:
        return f"not known: run 'peelchain cluster run --store {store}'"
    return f"{answer['cluster_id']} of {answer['cluster_scripts']:,} scripts (inference)"


def sql(
    query_text: Annotated[str, typer.Argument(metavar="QUERY", help="One SELECT; - reads stdin.")],
    store: StoreOption,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
) -> None:
    """One SELECT over the tables (docs/schema.md), by DuckDB, read only.

    Example: peelchain sql "select script_type, count(*) from txouts group by 1" --store chain.store
    """
    from peelchain.actions import query

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    text = sys.stdin.read() if query_text == "-" else query_text
    answer = query.sql(text, store)

    def human() -> Iterator[str]:
        yield from table(answer["columns"], answer["rows"], short=form.short)
        yield ""
        yield from facts(footing(answer))

    emit(answer, form, human, lambda: Rows(answer["columns"], answer["rows"]))
