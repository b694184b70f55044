"""peelchain chain: ingest, status, decode, verify, reindex."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.fetch import fetch
from peelchain.cli.headers import headers
from peelchain.cli.ingest import ingest
from peelchain.cli.options import (
    CsvOption,
    JsonOption,
    NetworkOption,
    OutOption,
    ShortOption,
    StoreOption,
    TableOption,
    piped,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress
from peelchain.units import format_btc

app = typer.Typer(help="Chain data: bring it in, look at it, check it.", no_args_is_help=True)
app.command()(fetch)
app.command()(headers)
app.command()(ingest)


@app.command()
def status(store: StoreOption, json: JsonOption = False) -> None:
    """What a store holds.

    Example: peelchain chain status --store chain.store
    """
    from peelchain.actions import status as actions

    form = form_of(json=json)
    answer = actions.status(store)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("network", answer["network"]),
                ("schema version", answer["schema_version"]),
                *((name, f"{n:,}") for name, n in answer["counts"].items()),
                (
                    "store",
                    f"{answer['store_bytes'] / 1e6:,.1f} MB in {answer['segments']} segments, "
                    f"from {answer['block_bytes'] / 1e6:,.1f} MB of blocks",
                ),
                *(
                    (
                        f"run {r['run_id']}",
                        (
                            f"{r['stage']} at height {r['tip_height']}: "
                            if r["tip_height"] >= 0
                            else f"{r['stage']}: "
                        )
                        + ", ".join(f"{rows:,} {name}" for name, rows in r["tables"].items()),
                    )
                    for r in answer["runs"]
                ),
                *footing(answer),
            ]
        )

    emit(answer, form, human)


@app.command()
def decode(
    file: Annotated[Path, typer.Argument(help="The file of one raw block; - is stdin.")],
    network: NetworkOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
) -> None:
    """Decode one raw block; no store is needed. The rows are its transactions.

    Example: peelchain chain decode block.bin --json
    """
    from peelchain.actions import chain as actions

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    answer = actions.decode(piped(file), network)
    columns = ("txid", "inputs", "outputs", "value_sat")
    sums = [
        (
            tx["txid"],
            len(tx["inputs"]),
            len(tx["outputs"]),
            sum(o["value_sat"] for o in tx["outputs"]),
        )
        for tx in answer["txs"]
    ]

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("block", answer["block_hash"]),
                (
                    "height",
                    answer["height"] if answer["height"] is not None else "not stated (BIP 34)",
                ),
                ("network", answer["network"]),
                ("time", answer["time_utc"]),
                ("size", f"{answer['size_bytes']:,} bytes, weight {answer['weight']:,}"),
                ("transactions", len(answer["txs"])),
            ]
        )
        yield ""
        yield from table(
            ["txid", "inputs", "outputs", "BTC"],
            ((*row, format_btc(value_sat)) for *row, value_sat in sums),
            short=form.short,
        )

    emit(answer, form, human, lambda: Rows(columns, sums))


@app.command()
def verify(store: StoreOption, json: JsonOption = False) -> None:
    """Check a whole store: file hashes, headers, proof of work, Merkle roots, money.

    Exit 1 says that something does not hold.

    Example: peelchain chain verify --store chain.store
    """
    from peelchain.actions import chain as actions

    form = form_of(json=json)
    with progress() as report:
        answer = actions.verify(store, report)

    def human() -> Iterator[str]:
        yield from facts(
            [
                *((f"{name} checked", f"{n:,}") for name, n in answer["checked"].items()),
                ("result", "all holds" if answer["ok"] else f"{len(answer['failures'])} failures"),
                *footing(answer),
            ]
        )
        for failure in answer["failures"]:
            yield f"  {inert(failure)}"

    emit(answer, form, human)
    if not answer["ok"]:
        raise typer.Exit(1)


@app.command()
def reindex(store: StoreOption, json: JsonOption = False) -> None:
    """Make every look-up of a store anew from its tables.

    For a store whose look-up files are damaged or lost; an undamaged one answers as before.

    Example: peelchain chain reindex --store chain.store
    """
    from peelchain.actions import chain as actions

    form = form_of(json=json)
    with progress() as report:
        answer = actions.reindex(store, report)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("network", answer["network"]),
                (
                    "made",
                    f"{answer['files']:,} look-ups, {answer['entries']:,} entries, "
                    f"{answer['bytes'] / 1e6:,.1f} MB",
                ),
                *footing(answer),
            ]
        )

    emit(answer, form, human)
