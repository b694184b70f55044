"""peelchain case pictures: the pictures of the flow that a case is worked with."""

import typer

from peelchain.cli.case.app import app
from peelchain.cli.options import CaseOption, CsvOption, JsonOption, OutOption, TableOption
from peelchain.cli.output import Rows, emit, form_of, table

pictures_app = typer.Typer(
    help="Pictures of the flow, as the page draws them.", no_args_is_help=True
)
app.add_typer(pictures_app, name="pictures")

_COLUMNS = ("name", "saved_utc", "nodes", "bytes", "tip_height", "version", "error")


@pictures_app.command("list")
def list_pictures(
    case: CaseOption,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List the pictures of a case: when each was saved, and on which chain it was made.

    Example: peelchain case pictures list --case cases/site
    """
    from peelchain.actions.casework import pictures as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.pictures(case)
    rows = [
        [(p["made_on"] or {}).get(c) if c == "tip_height" else p[c] for c in _COLUMNS]
        for p in answer["pictures"]
    ]
    emit(answer, form, lambda: table(_COLUMNS, rows), lambda: Rows(_COLUMNS, rows))
