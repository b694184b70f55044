"""peelchain tags miners: who mined blocks, by what their coinbases say and pay."""

from collections.abc import Iterator
from typing import Annotated

import typer

from peelchain.cli.options import (
    AsOfOption,
    CsvOption,
    JsonOption,
    OutOption,
    StoreOption,
    TableOption,
    knowledge_of,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.tags.app import app


@app.command("miners")
def miners(
    first: Annotated[int, typer.Argument(metavar="HEIGHT", help="A block.", min=0)],
    store: StoreOption,
    last: Annotated[
        int | None, typer.Option("--to", metavar="HEIGHT", help="And all up to this one.", min=0)
    ] = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Who mined blocks: pools whose text the coinbase holds, miners whose address it pays.

    Example: peelchain tags miners 574200 --store chain.store
    """
    from peelchain.actions.tagging import miners as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.miners(store, first, first if last is None else last, knowledge_of(as_of))
    lists = ("marks", "pools", "payouts")
    rows = [
        ["; ".join(row[c]) if c in lists else row[c] for c in actions.COLUMNS]
        for row in answer["blocks"]
    ]

    def human() -> Iterator[str]:
        columns = ("height", "time_utc", "marks", "pools", "payouts")
        at = [actions.COLUMNS.index(name) for name in columns]
        yield from table(columns, ([row[i] for i in at] for row in rows))
        yield ""
        yield from facts([("as of", answer["as_of"]), *footing(answer)])

    emit(answer, form, human, lambda: Rows(actions.COLUMNS, rows))
