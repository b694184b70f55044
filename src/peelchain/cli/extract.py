"""peelchain extract: what in seized files leads to the chain."""

import csv as csv_
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.options import (
    DATES,
    CsvOption,
    DateOption,
    JsonOption,
    OptionalStoreOption,
    OutOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import ingest_progress


def extract(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files, images, or folders of files."),
    ],
    authority: Annotated[
        str,
        typer.Option(metavar="TEXT", help="The warrant or consent that allows the search."),
    ] = "",
    since: Annotated[
        datetime | None,
        typer.Option(metavar="DATE", formats=DATES, help="Leave out what is older, UTC."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(metavar="DATE", formats=DATES, help="Leave out this date and later, UTC."),
    ] = None,
    undated: Annotated[
        bool, typer.Option("--undated", help="With dates: search what has no date, too.")
    ] = False,
    privileged: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE|WORDS",
            help="Leave out what holds one of these words; a file has one a line.",
        ),
    ] = None,
    store: OptionalStoreOption = None,
    case: Annotated[
        Path | None,
        typer.Option(
            "--case", "-c", metavar="DIR", help="Journal it there.", envvar="PEELCHAIN_CASE"
        ),
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Find addresses, txids, keys and payment URIs in files, mail, chats and images.

    Of private keys and seed words only kind and place are told.

    Example: peelchain extract mail.mbox disk.img --authority "Warrant 12/2024" --case cases/site
    """
    from peelchain.actions import extract as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    request = actions.Extraction(
        files=files,
        authority=authority,
        bounds=actions.bounds_of(
            checked_date(since, "--since"),
            checked_date(until, "--until"),
            undated,
            privileged or [],
        ),
        store=store,
        case=case,
        date_utc=checked_date(date, "--date"),
    )
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as spool:
        with ingest_progress() as report:
            answer = actions.extract(request, spool, report)
        shown = ("file", "part", "offset", "kind", "value", "type")

        def human() -> Iterator[str]:
            rows = answer["rows"]
            yield from table(list(shown), ([row[c] for c in shown] for row in rows))
            if answer["rows_not_shown"]:
                yield f"{answer['rows_not_shown']:,} rows more: write them with --csv -o FILE"
            yield ""
            for file in answer["files"]:
                yield (
                    f"{file['file']}  {inert(file['path'])}: {file['searched_bytes']:,} bytes in "
                    f"{file['parts']:,} parts searched"
                )
                for why, count in file["left_out"].items():
                    yield f"    left out: {count:,} {why}"
                for gap in file["unread"][:20]:
                    yield f"    not read: {inert(gap['part'] or 'the file')} {inert(gap['reason'])}"
            kinds = ((kind, f"{count:,}") for kind, count in answer["counts"].items())
            yield from facts([*kinds, *footing(answer), ("kept in", answer.get("found"))])

        def rows() -> Rows:
            spool.seek(0)
            read = csv_.reader(spool)
            return Rows(next(read), read)

        emit(answer, form, human, rows)
