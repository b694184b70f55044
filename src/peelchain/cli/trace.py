"""peelchain trace: forward, backward."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from peelchain.cli import patterns
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
from peelchain.errors import MisuseError
from peelchain.units import MAX_HEIGHT, format_btc

app = typer.Typer(help="Where value went, or came from.", no_args_is_help=True)
app.command("patterns")(patterns.on_trace)

SeedOption = Annotated[
    list[str],
    typer.Option(
        "--seed",
        metavar="OUTPOINT",
        help="TXID:VOUT, or TXID:VOUT=SATOSHIS for a part; - reads them from stdin, one a line. "
        "May be given again.",
    ),
]
RuleOption = Annotated[str, typer.Option("--rule", metavar="RULE", help="pro-rata or index-fifo.")]
LowOption = Annotated[
    int | None,
    typer.Option("--min-height", metavar="N", min=0, max=MAX_HEIGHT, help="Cut below this height."),
]
HighOption = Annotated[
    int | None,
    typer.Option("--max-height", metavar="N", min=0, max=MAX_HEIGHT, help="Cut above this height."),
]
WithHops = Annotated[bool, typer.Option("--hops", help="List every hop too, with --json.")]

_COLUMNS = ("type", "txid", "vout", "value_sat", "output_sat", "label")


@app.command()
def forward(
    store: StoreOption,
    seed: SeedOption,
    rule: RuleOption = "pro-rata",
    max_hops: MaxHopsOption = None,
    min_value_sat: MinValueOption = None,
    min_height: LowOption = None,
    max_height: HighOption = None,
    hops: WithHops = False,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
) -> None:
    """Where the value of these outputs went. The rows are the terminals, where it came to rest.

    Example: peelchain trace forward --seed TXID:0 --rule pro-rata --store chain.store
    """
    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    limits = (max_hops, min_value_sat, min_height, max_height)
    _show(_traced("forward", seed, rule, store, limits, hops), form)


@app.command()
def backward(
    store: StoreOption,
    seed: SeedOption,
    rule: RuleOption = "pro-rata",
    max_hops: MaxHopsOption = None,
    min_value_sat: MinValueOption = None,
    min_height: LowOption = None,
    max_height: HighOption = None,
    hops: WithHops = False,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
) -> None:
    """Where the value of these outputs came from. The rows are the terminals, where it began.

    Example: peelchain trace backward --seed TXID:0 --rule index-fifo --store chain.store
    """
    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    limits = (max_hops, min_value_sat, min_height, max_height)
    _show(_traced("backward", seed, rule, store, limits, hops), form)


def _traced(
    direction: Literal["forward", "backward"],
    seeds: list[str],
    rule: str,
    store: Path,
    limits: tuple[int | None, int | None, int | None, int | None],
    hops: bool,
) -> dict[str, Any]:
    from peelchain.actions import traces as actions

    with progress() as report:
        return actions.trace_from(
            direction,
            _read(seeds),
            rule,
            store,
            actions.Limits(*limits),
            report,
            with_hops=hops,
        )


def _read(seeds: list[str]) -> list[str]:
    if "-" not in seeds:
        return seeds
    read = [line.strip() for line in sys.stdin]
    found = [s for s in seeds if s != "-"] + [line for line in read if line]
    if not found:
        raise MisuseError("there is no seed on stdin; give TXID:VOUT, one a line")
    return found


def _show(answer: dict[str, Any], form: Form) -> None:
    def human() -> Iterator[str]:
        yield from facts(
            [
                (
                    "trace",
                    f"{answer['direction']}, rule {answer['rule']}, through "
                    f"{answer['visited_txs']:,} transactions",
                ),
                (
                    "seeds",
                    f"{format_btc(answer['seeds_sat'])} BTC "
                    f"({format_btc(answer['seeds_net_sat'])} net of seeds that feed seeds)",
                ),
                *(
                    (f"  {name}", f"{format_btc(sat)} BTC")
                    for name, sat in answer["totals"].items()
                ),
                ("sum", f"{format_btc(sum(answer['totals'].values()))} BTC"),
                *footing(answer),
            ]
        )
        yield ""
        yield from table(
            ["type", "output", "traced BTC", "service"],
            (
                (
                    t["type"],
                    t["txid"] if t["vout"] is None else f"{t['txid']}:{t['vout']}",
                    format_btc(t["value_sat"]),
                    t["label"],
                )
                for t in answer["terminals"]
                if t["type"] != "fee"
            ),
            short=form.short,
        )
        fees = sum(t["type"] == "fee" for t in answer["terminals"])
        if fees:
            yield f"and the fees of {fees:,} transactions, which --csv and --json list"

    rows = ([t[c] for c in _COLUMNS] for t in answer["terminals"])
    emit(answer, form, human, lambda: Rows(_COLUMNS, rows))
