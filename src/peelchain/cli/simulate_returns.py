"""peelchain simulate-returns: what simulated services answer to the schedules of a case."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.options import MOST, JsonOption
from peelchain.cli.output import emit, form_of, table

_COLUMNS = ("file", "service", "rows", "mistakes")


def simulate_returns(
    node: Annotated[
        Path, typer.Argument(metavar="NODE", help="The folder that `peelchain simulate` wrote.")
    ],
    requests: Annotated[
        list[Path],
        typer.Option(
            metavar="FILE", help="A schedule of `case requests write`, CSV; may be repeated."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new or empty folder.")],
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, max=MOST, help="Same seed, same mistakes.")
    ] = 1,
    error_rate: Annotated[
        float,
        typer.Option(metavar="SHARE", help="Of the rows, those with a mistake on purpose: 0 to 1."),
    ] = 0.05,
    json: JsonOption = False,
) -> None:
    """Write what each service of a simulated chain answers to its schedule, and the truth of it.

    Example: peelchain simulate-returns sim --requests 5/S1-exchange-north.csv --out answers
    """
    from peelchain.actions import simulated_returns as actions

    form = form_of(json=json)
    answer = actions.simulate_returns(node, requests, out, seed=seed, error_rate=error_rate)

    def human() -> Iterator[str]:
        yield from table(list(_COLUMNS), [[row[c] for c in _COLUMNS] for row in answer["answers"]])
        yield ""
        yield f"the truth of it is in {answer['out']}/truth, how to import each in import.json"

    emit(answer, form, human)
