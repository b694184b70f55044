"""peelchain coinjoin: classify, linkage."""

import json as json_
import sys
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.linkage import linkage
from peelchain.cli.options import piped
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress

app = typer.Typer(help="CoinJoins and what looks like one.", no_args_is_help=True)


app.command()(linkage)


@app.command()
def classify(
    file: Annotated[
        Path, typer.Argument(help="Transactions as Esplora's JSON, one a line; - is stdin.")
    ],
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Which transactions of a file are CoinJoins by their shape: type, participants, reasons.

    Example: peelchain coinjoin classify transactions.jsonl --json
    """
    from peelchain.actions import coinjoins as actions

    with progress() as report:
        if not json:
            print(f"{'txid':64}  {'type':19}  people  score  reasons")
        for answer in actions.classify(piped(file), report):
            if json:
                json_.dump(answer, sys.stdout, ensure_ascii=True, allow_nan=False)
                sys.stdout.write("\n")
                continue
            name = answer["type"] or (f"({answer['lookalike']})" if answer["lookalike"] else "-")
            people = f">= {answer['participants_at_least']}"
            reasons = inert("; ".join(answer["reasons"]))
            row = f"{answer['txid']}  {name:19}  {people:6}  {answer['score']:5.2f}  {reasons}"
            print(row.rstrip())
