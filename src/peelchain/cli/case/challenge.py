"""peelchain case challenge: what would overturn a finding."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from peelchain.cli.case.app import app
from peelchain.cli.options import (
    MOST,
    CaseOption,
    CsvOption,
    DateOption,
    JsonOption,
    OutOption,
    StoreOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress

Row = dict[str, Any]


@app.command("challenge")
def challenge(
    case: CaseOption,
    store: StoreOption,
    findings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FINDING]...",
            help="R1, I4, O2, or a service such as S1, for all it paid and all it was paid. "
            "Default: every service, and of a small case every finding.",
        ),
    ] = None,
    below: Annotated[
        int | None,
        typer.Option(
            "--below",
            metavar="SATOSHIS",
            min=1,
            max=MOST,
            help="Ask for what moves the amount below this; default: for what makes it fall.",
        ),
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Find the fewest tags and links whose falsity would overturn each finding.

    A finding falls when it is gone, becomes another service's, or comes to less than --below
    under the case's first rule. Each set is confirmed by deriving the case without it.

    Example: peelchain case challenge I4 S1 --case cases/site --store chain.store
    """
    from peelchain.actions.casework import challenge as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    with progress() as report:
        answer = actions.challenge(
            case, store, findings or (), below, checked_date(date, "--date"), report
        )
    emit(
        answer,
        form,
        lambda: _lines(answer),
        lambda: Rows(actions.COLUMNS, actions.rows(answer)),
    )


def _lines(answer: Row) -> Iterator[str]:
    yield from table(
        ["finding", "way", "service", "fewest", "what would overturn it", "then"],
        [
            [
                row["finding"],
                {"backward": "in", "forward": "out", None: ""}[row["direction"]],
                inert(row["label"] or ""),
                str(row["at_least"]) if row["proved"] else f"{row['at_least']} or more",
                _sets(row),
                row["effect"].replace("_", " "),
            ]
            for row in answer["challenged"]
        ],
    )
    yield ""
    yield from facts([("entry", answer["entry"]), ("rule", answer["rule"]), *footing(answer)])


def _sets(row: Row) -> str:
    if row["rests_on_facts"]:
        return "nothing: it rests on facts and the seeds"
    if row["smallest"] is None:
        return "not found; looking was given up"
    return ", ".join(f"{one['kind']} {one['id']}" for one in row["smallest"])
