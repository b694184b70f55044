"""peelchain trace patterns, peelchain evaluate patterns."""

from collections.abc import Iterator, Mapping
from pathlib import Path
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
    ShortOption,
    StoreOption,
    TableOption,
    knowledge_of,
)
from peelchain.cli.output import Form, Rows, emit, facts, footing, form_of
from peelchain.cli.progress import progress
from peelchain.cli.rate_rows import emit_rates, share
from peelchain.cli.trace_options import (
    AddressOption,
    ClusterOption,
    HighOption,
    LowOption,
    MaxTxsOption,
    RatesOfOption,
    SeedFileOption,
    SeedOption,
    SinceOption,
    UntilOption,
    direction_asked,
    seeds_asked,
)

_COLUMNS = ("pattern", "transactions", "first_txid", "last_txid", "outputs", "reasons",
            "stopped_because", "precision")  # fmt: skip
_SHOWN = 20


def on_trace(
    store: StoreOption,
    seed: SeedOption = None,
    address: AddressOption = None,
    cluster: ClusterOption = None,
    seeds: SeedFileOption = None,
    direction: Annotated[
        str, typer.Option(metavar="DIRECTION", help="forward or backward.")
    ] = "forward",
    pattern: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="peel-chain, deposit-sweep, consolidation, fan-out, round-trip or structuring "
            "alone. May be given again.",
        ),
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="AMOUNT",
            help="Look for structuring below this sum, such as 10000USD by the imported rates, or "
            "0.5BTC.",
        ),
    ] = None,
    within_days: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=36_500, help="Structured payments are this far apart at most."
        ),
    ] = 30,
    max_hops: MaxHopsOption = None,
    min_value_sat: MinValueOption = None,
    min_height: LowOption = None,
    max_height: HighOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    max_txs: MaxTxsOption = None,
    policy: PolicyOption = None,
    as_of: AsOfOption = None,
    rates_of: RatesOfOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
) -> None:
    """Patterns in the transactions a trace comes through, each with its detector's measured error.

    Example: peelchain trace patterns --seed TXID:0 --threshold 10000USD --store chain.store
    """
    from peelchain.actions.tracing.filters import Filters
    from peelchain.actions.tracing.patterns import (
        PatternsAsked,
        patterns_on_trace,
        threshold_asked,
    )

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    asked = PatternsAsked(
        direction=direction_asked(direction),
        seeds=seeds_asked(seed, address, cluster, None, seeds),
        names=pattern or (),
        threshold=threshold_asked(threshold, within_days),
        filters=Filters(max_hops, min_value_sat, min_height, max_height, since, until, max_txs),
        policy=policy or (),
        rates_of=rates_of,
        knowledge=knowledge_of(as_of),
    )
    with progress() as report, stoppable(report) as watch:
        answer = patterns_on_trace(asked, store, watch)
    _show(answer, form)
    exit_as_stopped(answer)


def measured(
    work: Annotated[
        Path, typer.Option(metavar="DIR", help="Where chains and counts are kept for going on.")
    ],
    economies: Annotated[
        int, typer.Option(metavar="N", min=1, max=100_000, help="Economies a case and habits.")
    ] = 20,
    blocks: Annotated[
        int, typer.Option(metavar="N", min=0, max=MOST, help="Blocks of each economy.")
    ] = 400,
    choosing: Annotated[
        bool, typer.Option("--choosing", help="Seeds to look at while one writes a detector.")
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
    """Error of the detectors of patterns, on simulated cases whose truth is known.

    Example: peelchain evaluate patterns --work work --economies 20
    """
    from peelchain.actions.measuring import MeasureAsked
    from peelchain.actions.tracing import patterns as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    asked = MeasureAsked(economies, blocks, work, choosing, into)
    with progress() as report:
        answer = actions.measured(asked, report)
    emit_rates(answer, form)


def _show(answer: dict[str, Any], form: Form) -> None:
    errors = answer["errors"]

    def human() -> Iterator[str]:
        found = answer["patterns"]
        yield from facts(
            [
                (
                    "trace",
                    f"{answer['direction']}, through {answer['visited_txs']:,} transactions",
                ),
                *(
                    (name, f"{sum(f['pattern'] == name for f in found):,} found, {_error(rates)}")
                    for name, rates in errors.items()
                ),
                ("without a rate", len(answer["without_rate"]) or None),
                ("partial", f"stopped by {answer['stopped_by']}" if answer["partial"] else None),
                *footing(answer),
            ]
        )
        for name, rates in errors.items():
            some = [finding for finding in found if finding["pattern"] == name]
            for finding in some[:_SHOWN]:
                yield ""
                yield from facts(_finding(finding, rates))
            if len(some) > _SHOWN:
                yield ""
                yield f"the first {_SHOWN} of {len(some):,} of {name}; --json and --csv have all"
        if found:
            yield ""
            yield "patterns are inferences: what they rest on is in the reasons"

    def rows() -> Iterator[list[object]]:
        for f in answer["patterns"]:
            rates = errors[f["pattern"]]
            rate = rates[f["stratum"]] or rates["all"]
            yield [
                f["pattern"],
                len(f["txids"]),
                f["txids"][0],
                f["txids"][-1],
                " ".join(f["outputs"]),
                "; ".join(f["reasons"]),
                "; ".join(f["stopped_because"]),
                None if rate is None else rate["precision"],
            ]

    emit(answer, form, human, lambda: Rows(_COLUMNS, rows()))


def _finding(finding: Mapping[str, Any], rates: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    txids, stops = finding["txids"], finding["stopped_because"]
    rate = rates[finding["stratum"]]
    yield finding["pattern"], f"{len(txids):,} transactions, {len(finding['outputs']):,} outputs"
    yield "  first", f"{txids[0]} at {finding['first']['time_utc']}"
    if len(txids) > 1:
        yield "  last", f"{txids[-1]} at {finding['last']['time_utc']}"
    for reason in finding["reasons"]:
        yield "  because", reason
    if rate is not None and finding["stratum"] != "all":
        yield "  precision", f"{_precision(rate)} of those like it ({finding['stratum']})"
    yield from zip(("  starts where", "  ends where"), stops, strict=False)


def _error(rates: Mapping[str, Any]) -> str:
    rate = rates["all"]
    if rate is None:
        return "its error was not measured"
    return f"precision {_precision(rate)} on {rate['basis']} data, of {rate['unit']}"


def _precision(rate: Mapping[str, Any]) -> str:
    limits = {key: rate[f"precision_{key}"] for key in ("low", "high")}
    return share({"share": rate["precision"], **limits})
