"""peelchain tags and rates: import published lists."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from peelchain.cli.options import (
    DATES,
    CsvOption,
    JsonOption,
    OutOption,
    StoreOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.progress import progress

tags_app = typer.Typer(help="What others have said of addresses.", no_args_is_help=True)
rates_app = typer.Typer(help="Exchange rates by day.", no_args_is_help=True)

_GAPS_SHOWN = 10


# a callback keeps typer from folding a group of one command into that command
@tags_app.callback()
def _tags() -> None:
    pass


@rates_app.callback()
def _rates() -> None:
    pass


@tags_app.command("import")
def import_tags(
    files: Annotated[list[Path], typer.Argument(help="TagPack YAML files.")],
    store: StoreOption,
    recorded: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            help="The day to record, UTC; default now.",
            formats=DATES,
        ),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Import TagPacks. The rows are the tags that were refused, with the reason.

    Example: peelchain tags import packs/*.yaml --store chain.store
    """
    from peelchain.actions import lists as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    day = checked_date(recorded, "--recorded")
    with progress() as report:
        answer = actions.import_tags(files, store, day, report)
    columns = ("file", "line", "address", "reason")
    rejected = [[r[c] for c in columns] for r in answer["rejected"]]

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("imported", f"{answer['imported']:,} tags"),
                ("categories", ", ".join(f"{k} {v:,}" for k, v in answer["categories"].items())),
                ("other currencies", f"{answer['skipped_other_currency']:,} passed over"),
                ("duplicates", f"{answer['duplicates']:,}"),
                ("repaired", f"{answer['repaired_count']:,}"),
                ("rejected", f"{answer['rejected_count']:,}"),
                *footing(answer),
            ]
        )
        if rejected:
            yield ""
            yield from table([f"rejected in {columns[0]}", *columns[1:]], rejected)

    emit(answer, form, human, lambda: Rows(columns, rejected))


@rates_app.command("import")
def import_rates(
    file: Annotated[Path, typer.Argument(help="CSV: date,currency,price,source.")],
    store: StoreOption,
    source: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Who published the rates, where the file does not say."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Import daily exchange rates.

    Example: peelchain rates import rates.csv --source "central bank" --store chain.store
    """
    from peelchain.actions import lists as actions

    form = form_of(json=json)
    answer = actions.import_rates(file, store, source)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("imported", f"{answer['imported']:,} rates of {', '.join(answer['currencies'])}"),
                ("days", f"{answer['first_day']} to {answer['last_day']}"),
                ("source", "; ".join(answer["sources"])),
                *_missing(answer["gaps"]),
                *footing(answer),
            ]
        )

    emit(answer, form, human)


def _missing(gaps: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for gap in gaps[:_GAPS_SHOWN]:
        days = f"{gap['from']} to {gap['until']}" if gap["days"] > 1 else gap["from"]
        yield ("missing", f"{gap['currency']} {days}: amounts of these days will have no worth")
    if len(gaps) > _GAPS_SHOWN:
        yield ("missing", f"and {len(gaps) - _GAPS_SHOWN:,} more gaps, which --json lists")
