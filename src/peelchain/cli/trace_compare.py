"""peelchain trace compare: all rules and the bounds side by side."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress
from peelchain.cli.source_options import exit_as_fetched, fetched_facts, fetching, say_fetched
from peelchain.cli.trace_options import (
    AddressOption,
    ClaimantOption,
    ClusterOption,
    FiatOption,
    HighOption,
    LowOption,
    MaxTxsOption,
    RatesOfOption,
    RuleOption,
    SeedFileOption,
    SeedOption,
    SinceOption,
    TablesOption,
    ThroughCategoryOption,
    ThroughOption,
    UntilOption,
    seeds_asked,
)
from peelchain.cli.traced import poisoned, sums, walked_facts, without_rate
from peelchain.units import format_btc

if TYPE_CHECKING:
    from peelchain.actions.fetching.asked import FetchAsked

Row = dict[str, Any]

COLUMNS = ("rank", "destination", "type", "label", "scope", "measure", "value_sat")

_ACCOUNT = " (an account is a cluster, and that an inference)"
_BOUNDS = ("least", "most", "least_known", "most_known")


@fetching
def compare(
    store: StoreOption,
    seed: SeedOption = None,
    address: AddressOption = None,
    cluster: ClusterOption = None,
    claimant: ClaimantOption = None,
    seeds: SeedFileOption = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="END",
            help="A destination to ask for: TXID:VOUT, TXID, ADDRESS, cluster:ADDRESS or "
            "service:NAME. May be given again.",
        ),
    ] = None,
    cross: Annotated[
        list[str] | None,
        typer.Option(
            "--cross",
            metavar="TXID",
            help="Lead the walk through this CoinJoin too, for intervals. May be given again.",
        ),
    ] = None,
    backward: Annotated[
        bool, typer.Option("--backward", help="Where it came from instead of where it went.")
    ] = False,
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
    fiat: FiatOption = None,
    rates_of: RatesOfOption = None,
    tables: TablesOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
    fetch: "FetchAsked | None" = None,
) -> None:
    """What every rule leaves at each destination, between bounds that no rule escapes.

    Destinations are ranked by the least that any conserving rule leaves there. The rows are the
    amounts of each. Ctrl-C once stops the walk, or the bounds, and keeps what was found.

    Example: peelchain trace compare --seed TXID:0 --to ADDRESS --store chain.store
    """
    from peelchain.actions.fetching.traces import compare_fetched
    from peelchain.actions.tracing.compare import CompareAsked, trace_compare
    from peelchain.actions.tracing.filters import Filters

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    asked = CompareAsked(
        seeds_asked(seed, address, cluster, claimant, seeds),
        to or (),
        "backward" if backward else "forward",
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
        tables,
        cross or (),
        fiat,
        rates_of,
        cuts=form.kind == "json",
        knowledge=knowledge_of(as_of),
    )
    with progress() as report, stoppable(report) as watch:
        if fetch is None:
            answer = trace_compare(asked, store, watch)
        else:
            answer = compare_fetched(asked, store, fetch, watch)
    say_fetched(answer)
    emit(
        answer,
        form,
        lambda: _lines(answer, short=form.short),
        lambda: Rows(COLUMNS, amounts(answer["destinations"], answer["rules"])),
    )
    exit_as_stopped(answer)
    exit_as_fetched(answer)


def amounts(destinations: list[Row], rules: list[Row]) -> Iterator[list[Any]]:
    """A row for each amount of each destination, under COLUMNS."""
    for row in destinations:
        head = [row[column] for column in COLUMNS[:4]]
        for rule in rules:
            yield [*head, rule["scope"], rule["rule"], row["traced_sat"].get(rule["rule"])]
        for scope, bound in row["bounds"].items():
            for name in _BOUNDS if bound else ():
                yield [*head, scope, name, bound[f"{name}_sat"]]


def scopes(answer: Row, *, short: bool) -> Iterator[str]:
    """The destinations of each scope in a table of its own."""
    for scope in dict.fromkeys(rule["scope"] for rule in answer["rules"]):
        rules = [rule["rule"] for rule in answer["rules"] if rule["scope"] == scope]
        rows = answer["destinations"]
        cut = any(_widened(row["bounds"][scope]) for row in rows)
        yield f"scope {scope}{_ACCOUNT if scope == 'account' else ''}, BTC"
        yield from table(
            [
                *("#", "destination", "least BTC", *(f"{rule} BTC" for rule in rules)),
                *("most BTC", *(["of it by the cut BTC"] if cut else [])),
            ],
            (_cells(row, scope, rules, cut=cut) for row in rows),
            short=short,
        )
        yield ""


def _lines(answer: Row, *, short: bool) -> Iterator[str]:
    yield from facts(
        [
            (
                "compare",
                f"{answer['direction']}, {len(answer['rules']):,} rules, through "
                f"{answer['visited_txs']:,} transactions",
            ),
            *walked_facts(answer),
            *fetched_facts(answer),
            *footing(answer),
        ]
    )
    yield ""
    yield from sums(answer)
    yield poisoned(answer["poison"])
    yield ""
    yield from scopes(answer, short=short)
    yield from _worths(answer, short=short)
    yield "bounds speak of one destination at a time and do not add"
    if answer["crossing"]:
        yield from _crossing(answer["crossing"], short=short)
    for said in answer["statements"]:
        yield ""
        yield inert(said)
    if answer["tables"]:
        yield ""
        yield f"tables written: {', '.join(answer['tables'])}"


def _worths(answer: Row, *, short: bool) -> Iterator[str]:
    if not answer["fiat"]:
        return
    rules = [rule["rule"] for rule in answer["rules"] if rule["scope"] == "transaction"]
    yield f"worth on the day of each movement, {answer['fiat']['currency']}"
    yield from table(
        ["#", "destination", *(f"{rule} worth" for rule in rules)],
        (
            [row["rank"], row["destination"], *(row["fiat"].get(rule) for rule in rules)]
            for row in answer["destinations"]
        ),
        short=short,
    )
    yield from without_rate(answer["fiat"])
    yield ""


def _crossing(crossing: Row, *, short: bool) -> Iterator[str]:
    for one in crossing["coinjoins"]:
        linkage = one["linkage"]
        said = linkage["gave_up"] or f"{linkage['interpretations']:,} interpretations"
        sets = sorted({s["possible_inputs"] for s in one["anonymity_sets"] if s["equal_outputs"]})
        yield ""
        yield from facts(
            [
                ("through CoinJoin", one["txid"]),
                ("held to be", f"{one['type']} of at least {linkage['parties_at_least']} parties"),
                ("linkage", said),
                ("may have paid an output", f"{sets[0]} to {sets[-1]} inputs" if sets else None),
                ("excluded pairs", f"{one['closed_pairs']:,} of input and output"),
                ("reached", None if one["reached"] else "no: the walk does not come to it"),
            ]
        )
    yield "intervals through it: what any conserving rule could leave there; no rule's amount"
    yield from table(
        ["destination", "least BTC", "most BTC", "by linkage least BTC", "most, linkage BTC"],
        (
            [
                row["destination"],
                *(
                    format_btc(row[kind][f"{end}_sat"])
                    for kind in ("wide", "narrowed")
                    for end in ("least", "most")
                ),
            ]
            for row in crossing["destinations"]
        ),
        short=short,
    )


def _cells(row: Row, scope: str, rules: list[str], *, cut: bool) -> list[Any]:
    bound = row["bounds"][scope]
    cells = [row["rank"], row["destination"], format_btc(bound["least_sat"]) if bound else "?"]
    cells += [format_btc(row["traced_sat"].get(rule, 0)) for rule in rules]
    cells += [format_btc(bound["most_sat"]) if bound else "?"]
    return [*cells, *([format_btc(_widened(bound)) if bound else "?"] if cut else [])]


def _widened(bound: Row | None) -> int:
    """What the cut may add to the most; nothing is known of a bound that was not found."""
    return int(bound["most_sat"] - bound["most_known_sat"]) if bound else 0
