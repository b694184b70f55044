"""peelchain case seeds: what the runs of a case start from."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.case.texts import waiting
from peelchain.cli.options import (
    STDIN,
    CaseOption,
    CsvOption,
    DateOption,
    JsonOption,
    OutOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Rows, emit, form_of
from peelchain.cli.plain_text import inert

seeds_app = typer.Typer(help="What the runs of a case start from.", no_args_is_help=True)
app.add_typer(seeds_app, name="seeds")

SeedsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SEED...",
        help="Addresses, txids, outpoints, or @FILE with one a line; - reads the pipe.",
    ),
]


@seeds_app.command("add")
def add(
    seeds: SeedsArgument, case: CaseOption, date: DateOption = None, json: JsonOption = False
) -> None:
    """Add seeds, by an entry of the journal.

    Example: peelchain case seeds add @observed.txt --case cases/site
    """
    _change(case, seeds, date, add=True, json=json)


@seeds_app.command("remove")
def remove(
    seeds: SeedsArgument, case: CaseOption, date: DateOption = None, json: JsonOption = False
) -> None:
    """Remove seeds, by an entry of the journal.

    Example: peelchain case seeds remove @wrong.txt --case cases/site
    """
    _change(case, seeds, date, add=False, json=json)


@seeds_app.command("list")
def list_seeds(
    case: CaseOption,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List the seeds of a case.

    Example: peelchain case seeds list --case cases/site
    """
    from peelchain.actions.casework import seeds as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.seeds(case)
    emit(
        answer,
        form,
        lambda: (inert(seed) for seed in answer["seeds"]),
        lambda: Rows(("seed",), [[seed] for seed in answer["seeds"]]),
    )


def _change(case: Path, seeds: list[str], date: datetime | None, *, add: bool, json: bool) -> None:
    from peelchain.actions.casework import seeds as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    given = [f"@{STDIN}" if seed == "-" else seed for seed in seeds]
    with waiting() as wait:
        answer = actions.change_seeds(case, given, add=add, date_utc=moment, waiting=wait)

    def human() -> Iterator[str]:
        changed = len(answer["says"]["seeds"])
        yield f"{changed} seeds {'added' if add else 'removed'} by entry {answer['entry']}"
        yield f"the case has {len(answer['seeds'])} seeds now"

    emit(answer, form, human)
