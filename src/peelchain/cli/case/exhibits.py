"""peelchain case exhibit: what a case puts a number on."""

from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.case.texts import emit_entry, text_of, waiting
from peelchain.cli.options import (
    CaseOption,
    CsvOption,
    DateOption,
    JsonOption,
    OutOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Rows, emit, form_of, table

exhibit_app = typer.Typer(help="What a case puts a number on.", no_args_is_help=True)
app.add_typer(exhibit_app, name="exhibit")

_COLUMNS = ("id", "entry", "time_utc", "type", "of", "text", "sha256", "size_bytes", "copy")


@exhibit_app.command("add")
def add(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|ID",
            help="A file, a finding (I4), a party (S1), a txid, an outpoint or an address.",
        ),
    ],
    case: CaseOption,
    as_: Annotated[str, typer.Option("--as", metavar="TEXT", help="What it is; - is the pipe.")],
    hash_only: Annotated[
        bool,
        typer.Option(
            "--hash-only", help="Keep no copy of the file, for one that must not be stored."
        ),
    ] = False,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Make something an exhibit, which is then called E1, E2 and so on.

    Example: peelchain case exhibit add invoice.pdf --as "found on the server" --case cases/site
    """
    from peelchain.actions.casework import exhibits as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    with waiting() as wait:
        answer = actions.add_exhibit(
            case, what, text_of(as_), hash_only=hash_only, date_utc=moment, waiting=wait
        )
    emit_entry(answer, form, answer["says"]["id"])


@exhibit_app.command("list")
def list_exhibits(
    case: CaseOption,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List the exhibits, and whether the copies of files are whole.

    Example: peelchain case exhibit list --case cases/site
    """
    from peelchain.actions.casework import exhibits as actions
    from peelchain.case.references import named

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.exhibits(case)
    rows = [
        [(named(e["of"]) if e["of"] else e["file"]) if c == "of" else e[c] for c in _COLUMNS]
        for e in answer["exhibits"]
    ]
    emit(answer, form, lambda: table(_COLUMNS, rows), lambda: Rows(_COLUMNS, rows))
