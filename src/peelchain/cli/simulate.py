"""peelchain simulate: a chain with known truth."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.options import MOST, JsonOption
from peelchain.cli.output import emit, facts, footing, form_of
from peelchain.cli.progress import progress


def simulate(
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=MOST, help="Same seed, same bytes.")],
    blocks: Annotated[int, typer.Option(metavar="N", min=0, max=MOST, help="Height of the chain.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new or empty folder.")],
    json: JsonOption = False,
) -> None:
    """Write a simulated node's data directory (regtest) and the truth about it.

    Example: peelchain simulate --seed 7 --blocks 1500 --out sim
    """
    from peelchain.actions import simulations as actions

    form = form_of(json=json)
    with progress() as report:
        answer = actions.simulate(seed, blocks, out, report)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("written", answer["out"]),
                ("holds", f"{answer['txs']:,} transactions of {answer['owners']:,} owners"),
                ("truth", f"{answer['out']}/truth"),
                *footing(answer),
            ]
        )

    emit(answer, form, human)
