"""peelchain chain export: a store in the formats that others read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer

from peelchain.cli.options import JsonOption, StoreOption
from peelchain.cli.output import emit, facts, footing, form_of
from peelchain.cli.progress import progress
from peelchain.errors import MisuseError
from peelchain.units import MAX_HEIGHT, shown

_DAY = "day"


def export(
    format_name: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="bigquery, blockchair, blocks, esplora-lines, etl, graphsense or parquet.",
        ),
    ],
    store: StoreOption,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="The folder to write into.")
    ],
    first: Annotated[
        int | None,
        typer.Option("--from", metavar="HEIGHT", min=0, max=MAX_HEIGHT, help="The first block."),
    ] = None,
    last: Annotated[
        int | None,
        typer.Option("--to", metavar="HEIGHT", min=0, max=MAX_HEIGHT, help="The last block."),
    ] = None,
    compress: Annotated[
        str | None,
        typer.Option(metavar="HOW", help="none, gz or zst; else what suits the format."),
    ] = None,
    each: Annotated[
        str | None,
        typer.Option(
            "--blocks-per-file",
            metavar="N",
            help="Blocks in a file, 0 for all in one, or `day`; else what suits the format.",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads",
            metavar="N",
            min=1,
            max=256,
            help="Processes that make files; else as many as there are cores and work for.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace another export, or write among other files.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write the chain, or blocks of it, as files that other tools read.

    `etl` is bitcoin-etl's JSON lines, `bigquery` the public table crypto_bitcoin in Parquet,
    `blockchair` daily TSV dumps, `esplora-lines` transactions as an Esplora server answers them,
    `blocks` raw blocks, `graphsense` the tables of GraphSense's raw keyspace with entities and
    tags, `parquet` the store's facts by txid, outpoint and address. Each folder has a README that
    tells its columns and a manifest with the SHA-256 of every file. Stopped, the same command
    goes on with what is missing; once the store has grown, it adds what is new.

    Example: peelchain chain export etl -o dump --compress gz --store chain.store
    """
    from peelchain.actions.export import export as act

    form = form_of(json=json)
    with progress() as report:
        answer = act(
            format_name,
            store,
            out,
            report,
            first=first,
            last=last,
            each=_each(each),
            compression=compress,
            force=force,
            threads=threads,
        )

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("blocks", f"{answer['first_height']:,} to {answer['last_height']:,}"),
                (
                    "wrote",
                    f"{answer['rows']:,} rows in {len(answer['files']):,} files, "
                    f"{answer['bytes'] / 1e6:,.1f} MB",
                ),
                ("stood already", f"{answer['kept']:,} parts" if answer["kept"] else None),
                ("folder", answer["folder"]),
                *footing(answer),
            ]
        )

    emit(answer, form, human)


def _each(text: str | None) -> int | Literal["day"] | None:
    if text is None:
        return None
    if text == _DAY:
        return "day"
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(MAX_HEIGHT)):
        raise MisuseError(
            f"--blocks-per-file: {shown(text)} is no count; give a number of blocks, 0 for all in "
            "one file, or day"
        )
    return int(text)
