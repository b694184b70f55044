"""peelchain case journal: what was asked and done, entry by entry."""

from collections.abc import Iterator

from peelchain.cli.case.app import app
from peelchain.cli.options import CaseOption, CsvOption, JsonOption, OutOption, TableOption
from peelchain.cli.output import Rows, emit, form_of, table
from peelchain.cli.plain_text import inert

_COLUMNS = ("seq", "time_utc", "kind", "state", "hash")


@app.command("journal")
def journal(
    case: CaseOption,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List the journal of a case. A broken chain is named, with the entry where it breaks.

    Example: peelchain case journal --case cases/site
    """
    from peelchain.actions import case_journal as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.journal(case)
    rows = [[entry[c] for c in _COLUMNS] for entry in answer["entries"]]

    def human() -> Iterator[str]:
        yield from table(list(_COLUMNS), rows)
        yield ""
        broken = answer["broken"]
        yield f"the chain is broken: {inert(broken)}" if broken else "the chain holds"

    emit(answer, form, human, lambda: Rows(_COLUMNS, rows))
