"""peelchain case journal: what was asked and done, entry by entry."""

from collections.abc import Iterator
from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.options import CaseOption, CsvOption, JsonOption, OutOption, TableOption
from peelchain.cli.output import Rows, emit, form_of, table
from peelchain.cli.plain_text import inert

_COLUMNS = ("seq", "time_utc", "kind", "state", "signed", "hash")


@app.command("journal")
def journal(
    case: CaseOption,
    check: Annotated[
        bool, typer.Option("--check", help="Check the signatures; exit 1 where one is not good.")
    ] = False,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List the journal of a case. A broken chain is named, with the entry where it breaks.

    Example: peelchain case journal --check --case cases/site
    """
    from peelchain.actions.casework import journal as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.journal(case, check=check)
    rows = [[entry[c] for c in _COLUMNS] for entry in answer["entries"]]

    def human() -> Iterator[str]:
        yield from table(list(_COLUMNS), rows)
        yield ""
        broken = answer["broken"]
        yield f"the chain is broken: {inert(broken)}" if broken else "the chain holds"
        if check and not broken:
            yield "the signatures hold" if answer["holds"] else "NOT all signatures hold"

    emit(answer, form, human, lambda: Rows(_COLUMNS, rows))
    if check and not answer["holds"]:
        raise typer.Exit(1)
