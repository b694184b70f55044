"""peelchain trace path: the paths of value between two ends."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from peelchain.cli.interrupts import exit_as_stopped, stoppable
from peelchain.cli.options import (
    AsOfOption,
    CsvOption,
    JsonOption,
    MinValueOption,
    OutOption,
    PolicyOption,
    ShortOption,
    StoreOption,
    TableOption,
    knowledge_of,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.progress import progress
from peelchain.cli.source_options import exit_as_fetched, fetched_facts, fetching, say_fetched
from peelchain.cli.trace_options import (
    FiatOption,
    HighOption,
    LowOption,
    MaxTxsOption,
    RatesOfOption,
    RuleOption,
    SinceOption,
    ThroughCategoryOption,
    ThroughOption,
    UntilOption,
)
from peelchain.cli.traced import days_without_rate, walked_facts
from peelchain.units import format_btc

if TYPE_CHECKING:
    from peelchain.actions.fetching.asked import FetchAsked

_ENDS = "TXID:VOUT, TXID, ADDRESS, cluster:ADDRESS or service:NAME."

Row = dict[str, Any]

_COLUMNS = (
    *("rank", "hop", "txid", "outpoint", "address", "height", "time_utc", "value_sat"),
    *("basis", "by", "label"),
)


@fetching
def path(
    start: Annotated[str, typer.Argument(metavar="FROM", help=f"Where value starts: {_ENDS}")],
    end: Annotated[str, typer.Argument(metavar="TO", help=f"Where it comes to: {_ENDS}")],
    store: StoreOption,
    rule: RuleOption = None,
    max_paths: Annotated[
        int, typer.Option(metavar="N", min=1, max=10_000, help="At most so many paths.")
    ] = 10,
    max_hops: Annotated[
        int, typer.Option(metavar="N", min=1, max=500, help="At most so many transactions each.")
    ] = 20,
    min_value_sat: MinValueOption = None,
    min_height: LowOption = None,
    max_height: HighOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    max_txs: MaxTxsOption = None,
    policy: PolicyOption = None,
    as_of: AsOfOption = None,
    through: ThroughOption = None,
    through_category: ThroughCategoryOption = None,
    fiat: FiatOption = None,
    rates_of: RatesOfOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
    fetch: "FetchAsked | None" = None,
) -> None:
    """The paths of value from one end to another, the surest first, with who controls each hop.

    All simple paths within the limits, ranked by the lower bound of their joint truth. The rows are
    the outputs of each path in turn.

    Example: peelchain trace path TXID:0 ADDRESS --max-paths 5 --store chain.store
    """
    from peelchain.actions.fetching.traces import path_fetched
    from peelchain.actions.tracing.filters import Filters
    from peelchain.actions.tracing.path import PathAsked, trace_path

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    asked = PathAsked(
        start,
        end,
        rule or ("all",),
        Filters(
            max_hops,
            min_value_sat,
            min_height,
            max_height,
            since,
            until,
            max_txs,
            tuple(through or ()),
            tuple(through_category or ()),
        ),
        policy or (),
        max_paths,
        fiat,
        rates_of,
        knowledge=knowledge_of(as_of),
    )
    with progress() as report, stoppable(report) as watch:
        if fetch is None:
            answer = trace_path(asked, store, watch)
        else:
            answer = path_fetched(asked, store, fetch, watch)
    say_fetched(answer)
    emit(
        answer,
        form,
        lambda: _lines(answer, short=form.short),
        lambda: Rows(_COLUMNS, _rows(answer)),
    )
    exit_as_stopped(answer)
    exit_as_fetched(answer)


def _lines(answer: Row, *, short: bool) -> Iterator[str]:
    found = answer["paths"]
    yield from facts(
        [
            ("from", answer["from"]["text"]),
            ("to", answer["to"]["text"]),
            (
                "paths",
                f"{len(found):,}{', and there are more' if answer['more'] else ''}, of at most "
                f"{answer['filters']['max_hops']} hops, the surest first",
            ),
            *walked_facts(answer),
            *fetched_facts(answer),
            *footing(answer),
        ]
    )
    if not found:
        yield ""
        yield "no value passes from the one to the other within these limits"
    for told in found:
        yield ""
        yield f"{told['rank']}. {told['sentence']}"
        yield from _amounts(told, answer)
        yield from table(
            ["hop", "output", "BTC", "held by", "basis", "time"],
            _hops(told),
            short=short,
        )
    yield from days_without_rate(answer["fiat"])


def _amounts(told: Row, answer: Row) -> Iterator[str]:
    worth = ""
    if answer["fiat"]:
        worth = f" ({told['fiat'] or 'no rate in'} {answer['fiat']['currency']})"
    yield f"   bottleneck {format_btc(told['bottleneck_sat'])} BTC{worth}"
    parts = ", ".join(f"{r} {format_btc(sat)}" for r, sat in told["carried_at_most_sat"].items())
    yield f"   carried along it at most, BTC: {parts}"


def _hops(told: Row) -> Iterator[list[Any]]:
    start = told["start"]
    yield [0, start["outpoint"], format_btc(start["value_sat"]), None, "start", start["time_utc"]]
    for hop, step in enumerate(told["steps"], 1):
        control = step["control"]
        held = control["label"] or control["by"]
        cells = [hop, step["outpoint"], format_btc(step["value_sat"]), held]
        yield [*cells, control["basis"], step["time_utc"]]


def _rows(answer: Row) -> Iterator[list[Any]]:
    for told in answer["paths"]:
        start = {"txid": told["start"]["outpoint"].split(":")[0], **told["start"]}
        for hop, output in enumerate([start, *told["steps"]]):
            control = output.get("control") or {"basis": None, "by": None, "label": None}
            row = {**output, **control, "rank": told["rank"], "hop": hop}
            yield [row[column] for column in _COLUMNS]
