"""peelchain rates: import published exchange rates."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from peelchain.cli.options import JsonOption, RecordedOption, StoreOption, checked_date
from peelchain.cli.output import emit, facts, footing, form_of

app = typer.Typer(help="Exchange rates by day.", no_args_is_help=True)

_GAPS_SHOWN = 10


# a callback keeps typer from folding a group of one command into that command
@app.callback()
def _rates() -> None:
    pass


@app.command("import")
def import_rates(
    file: Annotated[Path, typer.Argument(help="CSV: date,currency,price,source.")],
    store: StoreOption,
    source: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Who published the rates, where the file does not say."),
    ] = None,
    recorded: RecordedOption = None,
    json: JsonOption = False,
) -> None:
    """Import daily exchange rates.

    Example: peelchain rates import rates.csv --source "central bank" --store chain.store
    """
    from peelchain.actions.tagging import rates as actions

    form = form_of(json=json)
    answer = actions.import_rates(file, store, source, checked_date(recorded, "--recorded"))

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
