"""peelchain trace marks, peelchain evaluate marks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from peelchain.cli.options import (
    CsvOption,
    JsonOption,
    MaxHopsOption,
    MinValueOption,
    OutOption,
    ShortOption,
    StoreOption,
    TableOption,
)
from peelchain.cli.output import Form, Rows, emit, facts, footing, form_of, table
from peelchain.cli.progress import progress
from peelchain.cli.rate_rows import emit_rates, share
from peelchain.cli.trace_options import direction_asked
from peelchain.units import MAX_HEIGHT, format_btc

_COLUMNS = ("output", "value_sat", "mark", "kind", "reasons", "precision")
_MOST_BLOCKS = 20_000


def on_trace(
    store: StoreOption,
    seed: Annotated[
        list[str],
        typer.Option("--seed", metavar="OUTPOINT", help="TXID:VOUT. May be given again."),
    ],
    direction: Annotated[
        str, typer.Option(metavar="DIRECTION", help="forward or backward.")
    ] = "forward",
    max_hops: MaxHopsOption = None,
    min_value_sat: MinValueOption = None,
    min_height: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, max=MAX_HEIGHT, help="Cut below this height."),
    ] = None,
    max_height: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, max=MAX_HEIGHT, help="Cut above this height."),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
) -> None:
    """Outputs a trace comes to that may have changed hands off the chain: channels, handed coins.

    Example: peelchain trace marks --seed TXID:0 --store chain.store
    """
    from peelchain.actions.tracing import offchain as actions
    from peelchain.actions.tracing.filters import Filters

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    filters = Filters(
        max_hops=max_hops,
        min_value_sat=min_value_sat,
        min_height=min_height,
        max_height=max_height,
    )
    with progress() as report:
        answer = actions.marks_on_trace(direction_asked(direction), seed, store, filters, report)
    _show(answer, form)


def measured(
    work: Annotated[Path, typer.Option(metavar="DIR", help="Where simulated chains are kept.")],
    economies: Annotated[
        int, typer.Option(metavar="N", min=1, max=100_000, help="Economies, one a seed.")
    ] = 10,
    blocks: Annotated[
        int, typer.Option(metavar="N", min=0, max=_MOST_BLOCKS, help="Blocks of each economy.")
    ] = 400,
    choosing: Annotated[
        bool, typer.Option("--choosing", help="Seeds to look at while one writes a mark.")
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Put the rows into this file of error rates."),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Error of the marks of off-chain transfers, on simulated economies whose truth is known.

    Example: peelchain evaluate marks --work work --economies 10
    """
    from peelchain.actions.measuring import MeasureAsked
    from peelchain.actions.tracing import offchain as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    asked = MeasureAsked(economies, blocks, work, choosing, into)
    with progress() as report:
        answer = actions.measured(asked, report)
    emit_rates(answer, form)


def _show(answer: dict[str, Any], form: Form) -> None:
    found, errors = answer["marks"], answer["errors"]

    def human() -> Iterator[str]:
        yield from facts(
            [
                (
                    "trace",
                    f"{answer['direction']}, through {answer['visited_txs']:,} transactions to "
                    f"{answer['reached_outputs']:,} outputs",
                ),
                *(
                    (name, f"{sum(m['mark'] == name for m in found):,} outputs, {mark_error(rate)}")
                    for name, rate in errors.items()
                ),
                *footing(answer),
            ]
        )
        yield (
            "a mark is a possible off-chain transfer: value may have changed hands unseen here, "
            "and nothing beyond"
        )
        if answer["witnesses"] == "not_at_hand":
            yield (
                "witnesses were not looked at, since the node's block files are not at hand: a "
                "2-of-2 was told by its size alone"
            )
        if found:
            yield ""
            yield from table(
                ("output", "BTC", "mark", "reasons"),
                (
                    (m["output"], format_btc(m["value_sat"]), m["mark"], "; ".join(m["reasons"]))
                    for m in found
                ),
                short=form.short,
            )

    rows = (
        (
            m["output"],
            m["value_sat"],
            m["mark"],
            m["kind"],
            "; ".join(m["reasons"]),
            None if errors[m["mark"]] is None else errors[m["mark"]]["precision"],
        )
        for m in found
    )
    emit(answer, form, human, lambda: Rows(_COLUMNS, rows))


def mark_error(rate: dict[str, Any] | None) -> str:
    """How often a mark is right, in words."""
    if rate is None:
        return "its error was not measured"
    said = {key: rate[f"precision_{key}"] for key in ("low", "high")}
    precision = share({"share": rate["precision"], **said})
    return f"precision {precision} on {rate['basis']} data, of {rate['unit']}"
