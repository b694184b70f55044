"""peelchain trace between: how much passes from one set of ends to another."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from peelchain.cli.interrupts import exit_as_stopped, stoppable
from peelchain.cli.options import (
    AsOfOption,
    CsvOption,
    JsonOption,
    MaxHopsOption,
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
    HighOption,
    LowOption,
    MaxTxsOption,
    RuleOption,
    SinceOption,
    ThroughCategoryOption,
    ThroughOption,
    UntilOption,
)
from peelchain.cli.traced import sums, walked_facts
from peelchain.units import format_btc

if TYPE_CHECKING:
    from peelchain.actions.fetching.asked import FetchAsked

Row = dict[str, Any]

_COLUMNS = ("from", "to", "scope", "measure", "value_sat")
_BOUNDS = ("least", "most", "least_known", "most_known")


class TwoSets(TyperCommand):
    """A command whose words after `--` are ends of the second set, as `--to` gives them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts `--to` before each word between `--` and the next option."""
        if "--" in args:
            at = args.index("--")
            after = args[at + 1 :]
            stop = next((n for n, word in enumerate(after) if word.startswith("-")), len(after))
            ends = [word for end in after[:stop] for word in ("--to", end)]
            args = [*args[:at], *ends, *after[stop:]]
        return super().parse_args(ctx, args)


@fetching
def between(
    start: Annotated[
        list[str],
        typer.Argument(
            metavar="FROM...",
            help="Where value starts: TXID:VOUT, TXID, ADDRESS, cluster:ADDRESS or service:NAME.",
        ),
    ],
    store: StoreOption,
    to: Annotated[
        list[str],
        typer.Option(
            "--to", metavar="END", help="Where it comes to, likewise. May be given again."
        ),
    ],
    rule: RuleOption = None,
    max_hops: MaxHopsOption = None,
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
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
    fetch: "FetchAsked | None" = None,
) -> None:
    """How much value passes from one set of ends to another, by every rule and at the bounds.

    Words after `--` are ends of the second set. The rows are the amounts of each pair and of each
    end of that set.

    Example: peelchain trace between TXID:0 TXID:1 --store chain.store -- ADDRESS1 ADDRESS2
    """
    from peelchain.actions.fetching.traces import between_fetched
    from peelchain.actions.tracing.between import BetweenAsked, trace_between
    from peelchain.actions.tracing.filters import Filters

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    asked = BetweenAsked(
        start,
        to,
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
        knowledge=knowledge_of(as_of),
    )
    with progress() as report, stoppable(report) as watch:
        if fetch is None:
            answer = trace_between(asked, store, watch)
        else:
            answer = between_fetched(asked, store, fetch, watch)
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
    rules = [rule["rule"] for rule in answer["rules"]]
    yield from facts(
        [
            ("between", f"through {answer['visited_txs']:,} transactions"),
            *walked_facts(answer),
            *fetched_facts(answer),
            *footing(answer),
        ]
    )
    yield ""
    yield from sums(answer)
    yield ""
    yield "scope transaction, BTC"
    bounds = answer["bounds"]["transaction"]
    every = {"text": "all together", **{k: answer[k] for k in ("traced_sat", "direct", "bounds")}}
    yield from table(
        ["to", "least BTC", *(f"{rule} BTC" for rule in rules), "most BTC", "direct BTC"],
        (
            [
                end["text"],
                _bound(end, "least_sat"),
                *(format_btc(end["traced_sat"][rule]) for rule in rules),
                _bound(end, "most_sat"),
                format_btc(end["direct"]["value_sat"]),
            ]
            for end in [*answer["to"], *([every] if len(answer["to"]) > 1 else [])]
        ),
        short=short,
    )
    if len(answer["from"]) > 1:
        yield ""
        yield from table(
            ["from", "to", *(f"{rule} BTC" for rule in rules), "direct BTC"],
            (
                [
                    *(pair["from"], pair["to"]),
                    *(format_btc(pair["traced_sat"][rule]) for rule in rules),
                    format_btc(pair["direct"]["value_sat"]),
                ]
                for pair in answer["pairs"]
            ),
            short=short,
        )
    yield ""
    yield "direct: whole outputs made by transactions that spend from the first, whoever else paid"
    if bounds and bounds["most_sat"] > bounds["most_known_sat"]:
        widened = bounds["most_sat"] - bounds["most_known_sat"]
        yield f"of the most, {format_btc(widened)} BTC only because the walk was cut"


def _bound(end: Row, name: str) -> str:
    bound = end["bounds"]["transaction"]
    return format_btc(bound[name]) if bound else "?"


def _rows(answer: Row) -> Iterator[list[Any]]:
    for pair in answer["pairs"]:
        for rule in answer["rules"]:
            name = rule["rule"]
            yield [pair["from"], pair["to"], rule["scope"], name, pair["traced_sat"][name]]
        yield [pair["from"], pair["to"], None, "direct", pair["direct"]["value_sat"]]
    for end in answer["to"]:
        for rule in answer["rules"]:
            yield [None, end["text"], rule["scope"], rule["rule"], end["traced_sat"][rule["rule"]]]
        for scope, bound in end["bounds"].items():
            for name in _BOUNDS if bound else ():
                yield [None, end["text"], scope, name, bound[f"{name}_sat"]]
