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
    preset: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="default, habits (what fools the rules, at base rates) or shifted "
            "(the same, other distributions) or early (before SegWit).",
        ),
    ] = "default",
    payjoin: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Of private payments to peers and shops, those by PayJoin: 0 to 1.",
        ),
    ] = None,
    undetected_mixes: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Of private payments to peers, those that are a joint transaction which no "
            "detector covers: 0 to 1.",
        ),
    ] = None,
    without_family: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A wallet family to leave out; may be repeated."),
    ] = None,
    case: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="A case beside the pay site: ransomware, theft (from an exchange) or layering. "
            "Takes 200 blocks or more.",
        ),
    ] = "",
    json: JsonOption = False,
) -> None:
    """Write a simulated node's data directory (regtest) and the truth about it.

    Example: peelchain simulate --seed 7 --blocks 600 --case theft --out sim
    """
    from peelchain.actions import simulations as actions

    form = form_of(json=json)
    with progress() as report:
        choice = actions.Choice(
            preset, payjoin, undetected_mixes, tuple(without_family or ()), case
        )
        answer = actions.simulate(seed, blocks, out, report, choice)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("written", answer["out"]),
                ("holds", f"{answer['txs']:,} transactions of {answer['owners']:,} owners"),
                ("case", answer["case"] or "the pay site alone"),
                ("truth", f"{answer['out']}/truth"),
                *footing(answer),
            ]
        )

    emit(answer, form, human)
