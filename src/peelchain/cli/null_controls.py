"""peelchain trace null-controls."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from peelchain.cli.interrupts import exit_as_stopped, stoppable
from peelchain.cli.options import (
    MOST,
    AsOfOption,
    CsvOption,
    JsonOption,
    MaxHopsOption,
    MinValueOption,
    OutOption,
    PolicyOption,
    StoreOption,
    TableOption,
    knowledge_of,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.progress import progress
from peelchain.cli.trace_options import (
    AddressOption,
    ClusterOption,
    HighOption,
    LowOption,
    MaxTxsOption,
    SeedFileOption,
    SeedOption,
    SinceOption,
    UntilOption,
    seeds_asked,
)
from peelchain.units import format_btc

Row = dict[str, Any]

_MOST_DRAWS = 100_000


def null_controls(
    store: StoreOption,
    seed: SeedOption = None,
    address: AddressOption = None,
    cluster: ClusterOption = None,
    seeds: SeedFileOption = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="END",
            help="A destination: TXID:VOUT, TXID, ADDRESS, cluster:ADDRESS or service:NAME. May be "
            "given again. Default: the services that the trace reaches.",
        ),
    ] = None,
    backward: Annotated[
        bool, typer.Option("--backward", help="Where the value came from instead.")
    ] = False,
    rule: Annotated[
        str, typer.Option("--rule", metavar="RULE", help="The rule by which value is counted.")
    ] = "pro-rata",
    draws: Annotated[
        int, typer.Option(metavar="N", min=1, max=_MOST_DRAWS, help="Draw so many times.")
    ] = 200,
    number: Annotated[
        int,
        typer.Option(metavar="N", min=0, max=MOST, help="Which draws: the same gives the same."),
    ] = 1,
    max_hops: MaxHopsOption = None,
    min_value_sat: MinValueOption = None,
    min_height: LowOption = None,
    max_height: HighOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    max_txs: MaxTxsOption = None,
    policy: PolicyOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """How often would money drawn at random have come to the same place? A coincidence rate.

    The trace is done again from outputs like its seeds in height, value and script type, drawn N
    times. The rows are the destinations. Ctrl-C keeps the draws done.

    Example: peelchain trace null-controls --seed TXID:0 --draws 200 --store chain.store
    """
    from peelchain.actions.tracing import null_controls as actions
    from peelchain.actions.tracing.filters import Filters

    form = form_of(json=json, csv=csv, table=table_, output=output)
    asked = actions.NullAsked(
        seeds_asked(seed, address, cluster, None, seeds),
        "backward" if backward else "forward",
        rule,
        Filters(max_hops, min_value_sat, min_height, max_height, since, until, max_txs),
        to or (),
        draws,
        number,
        policy or (),
        knowledge=knowledge_of(as_of),
    )
    with progress() as report, stoppable(report) as watch:
        answer = actions.null_controls(asked, store, watch)
    emit(
        answer,
        form,
        lambda: _lines(answer),
        lambda: Rows(actions.COLUMNS, actions.rows(answer)),
    )
    exit_as_stopped(answer)


def _lines(answer: Row) -> Iterator[str]:
    how = answer["matching"]
    yield from facts(
        [
            (
                "trace",
                f"{answer['direction']}, rule {answer['rule']}, {how['seeds']:,} seeds of "
                f"{format_btc(answer['seeds_sat'])} BTC",
            ),
            (
                "null controls",
                f"{answer['draws']:,} draws of as many outputs, number {answer['number']}",
            ),
            (
                "matched",
                f"same script type, within {how['window_blocks_median']:,} blocks "
                f"({how['window_blocks_most']:,} at most), worth up to "
                f"{how['value_factor_most']} times as much or as little",
            ),
            (
                "candidates",
                f"{how['candidates_distinct']:,}; {how['candidates_median']:,} for a seed, "
                f"{how['candidates_least']:,} at least",
            ),
            *(
                [("without match", f"{how['without_match']:,} seeds, which the draws leave out")]
                if how["without_match"]
                else []
            ),
            *(
                [("left out", f"{how['left_out']:,} times no match was left for a seed")]
                if how["left_out"]
                else []
            ),
            *(
                [("PARTIAL", f"stopped after {answer['draws']:,} of {answer['draws_asked']:,}")]
                if answer["draws"] < answer["draws_asked"]
                else []
            ),
            *footing(answer),
        ]
    )
    yield ""
    if not answer["destinations"]:
        yield "the trace reaches no known service; name a destination with --to"
        return
    yield from table(
        [
            *("destination", "value", "drawn: median", "5% to 95%", "as much or more"),
            *("seeds that can reach", "drawn: seeds that can"),
        ],
        (_cells(d, how["seeds"]) for d in answer["destinations"]),
    )
    first = answer["destinations"][0]
    yield ""
    yield from _sentence(first, answer)
    yield f"This is {answer['caveat']}."


def _cells(found: Row, seeds: int) -> list[str]:
    null = found["null"]
    share = null["share"]
    return [
        found["destination"],
        _percent(found["share"]),
        _percent(share["median"]),
        f"{_percent(share['low'])} to {_percent(share['high'])}",
        f"{null['draws_with_as_much']['count']:,} of {null['draws']:,}",
        f"{found['reaching_seeds']:,} of {seeds:,}",
        f"{_percent(null['seeds_reaching']['share'])} {_interval(null['seeds_reaching'])}",
    ]


def _sentence(found: Row, answer: Row) -> Iterator[str]:
    null = found["null"]
    if not null["draws"]:
        return
    reached = null["draws_reaching"]
    yield (
        f"The trace brings {_percent(found['share'])} of its value to {found['destination']}. Of "
        f"{null['draws']:,} draws {_percent(reached['share'])} {_interval(reached)} can reach it; "
        f"they bring it {_percent(null['share']['median'])} in the median, and "
        f"{null['draws_with_as_much']['count']:,} of them as much or more."
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}%"


def _interval(counted: Row) -> str:
    return f"[{100 * counted['low']:.1f}%, {100 * counted['high']:.1f}%]"
