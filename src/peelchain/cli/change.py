"""peelchain change: show, run."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from peelchain.cli.options import (
    MOST,
    CsvOption,
    JsonOption,
    OutOption,
    StoreOption,
    TableOption,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.progress import progress
from peelchain.units import format_btc

app = typer.Typer(
    help="Which output of a transaction returns to its spender.", no_args_is_help=True
)


@app.command()
def show(
    txid: Annotated[str, typer.Argument(help="The transaction.")],
    store: StoreOption,
    height: Annotated[
        int | None,
        typer.Option(
            "--as-of-height",
            metavar="HEIGHT",
            min=0,
            max=MOST,
            help="Use nothing of the chain above this height; without clusters below the tip.",
        ),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """What each change rule says of each output, and the predictor's probability.

    Inference, not fact. The rows are the rules' verdicts.

    Example: peelchain change show TXID --store chain.store
    """
    from peelchain.actions import change as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.show(txid, store, height)
    rows = list(actions.rule_rows(answer))

    def human() -> Iterator[str]:
        yield from table(
            ["output", "BTC", "address", "cluster", "predictor"],
            (
                (
                    out["vout"],
                    format_btc(out["value_sat"]),
                    out["address"] or out["script_type"],
                    out["cluster_id"],
                    _held(out),
                )
                for out in answer["outputs"]
            ),
        )
        yield ""
        if answer["silent"]:
            yield f"no rule speaks: {answer['silent']}"
        else:
            verdicts = {"possible": "may be", "ruled_out": "ruled out", None: "undecided"}
            yield from table(
                ["rule", "output", "change", "what the rule saw"],
                (
                    (said["rule"], out["vout"], verdicts[said["verdict"]], said["reason"])
                    for place in range(len(answer["outputs"][0]["rules"]))
                    for out in answer["outputs"]
                    for said in [out["rules"][place]]
                    if said["verdict"] is not None
                ),
            )
        yield ""
        yield from facts(
            [
                ("spender's cluster", answer["spender_cluster_id"]),
                ("as of height", answer["as_of_height"]),
                ("model", answer["model"]["sha256"]),
                *footing(answer),
            ]
        )

    emit(answer, form, human, lambda: Rows(actions.RULE_COLUMNS, rows))


def _held(out: dict[str, Any]) -> str:
    if out["probability"] is None:
        return "does not speak of it"
    said = {"change": "held to be change", "payment": "held to be a payment", None: "abstains"}
    return f"{said[out['held']]} ({out['probability']:.5f})"


@app.command()
def run(
    store: StoreOption,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            "--rule",
            metavar="NAME",
            help="A rule, or predictor; may be given again. Alone: predictor.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Ask change rules of every transaction and store what they say, as the table `change`.

    Example: peelchain change run --rule predictor --rule address_type --store chain.store
    """
    from peelchain.actions import change as actions

    form = form_of(json=json)
    with progress() as report:
        answer = actions.run(store, rule or ["predictor"], report)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("rules", ", ".join(answer["rules"])),
                ("rows", f"{answer['rows']:,}"),
                ("held to be change", f"{answer['held_change']:,}"),
                ("held to be payments", f"{answer['held_payment']:,}"),
                ("predictor abstains", f"{answer['abstained']:,}"),
                *footing(answer),
            ]
        )

    emit(answer, form, human)
