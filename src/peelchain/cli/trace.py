"""peelchain trace: forward, backward, path, compare, between, null-controls."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peelchain.cli import marks, patterns
from peelchain.cli.interrupts import exit_as_stopped, stoppable
from peelchain.cli.ledger import ledger
from peelchain.cli.null_controls import null_controls
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
from peelchain.cli.output import Form, Rows, emit, form_of
from peelchain.cli.progress import progress
from peelchain.cli.source_options import exit_as_fetched, fetching, say_fetched
from peelchain.cli.trace_between import TwoSets, between
from peelchain.cli.trace_compare import compare
from peelchain.cli.trace_options import (
    AddressOption,
    ClaimantOption,
    ClusterOption,
    FiatOption,
    FiguresOption,
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
from peelchain.cli.trace_path import path
from peelchain.cli.traced import CSV_COLUMNS, csv_rows, traced_lines

if TYPE_CHECKING:
    from peelchain.actions.fetching.asked import FetchAsked
    from peelchain.actions.tracing.traces import TraceAsked
    from peelchain.trace.walk import Direction

app = typer.Typer(help="Where value went, or came from.", no_args_is_help=True)
app.command("patterns")(patterns.on_trace)
app.command("marks")(marks.on_trace)
app.command("ledger")(ledger)

WithHops = Annotated[bool, typer.Option("--hops", help="List every hop too, with --json.")]


_FORWARD = """\
Where the value of these outputs went. The rows are the terminals, where it came to rest.

With --source the store may be a new one: what the walk lacks is fetched from that server, checked,
and kept. Ctrl-C once stops the walk and keeps what it found; twice ends it.

Example: peelchain trace forward --seed TXID:0 --rule pro-rata --store chain.store
"""

_BACKWARD = """\
Where the value of these outputs came from. The rows are the terminals, where it began.

With --source the store may be a new one: what the walk lacks is fetched from that server, checked,
and kept. Ctrl-C once stops the walk and keeps what it found; twice ends it.

Example: peelchain trace backward --seed TXID:0 --rule index-fifo --store chain.store
"""


def _walk(direction: "Direction", told: str) -> Callable[..., None]:
    """The command that traces one way: both take the same options."""

    def run(
        store: StoreOption,
        seed: SeedOption = None,
        address: AddressOption = None,
        cluster: ClusterOption = None,
        claimant: ClaimantOption = None,
        seeds: SeedFileOption = None,
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
        hops: WithHops = False,
        tables: TablesOption = None,
        figures: FiguresOption = None,
        json: JsonOption = False,
        csv: CsvOption = False,
        table_: TableOption = False,
        output: OutOption = None,
        short: ShortOption = False,
        fetch: "FetchAsked | None" = None,
    ) -> None:
        from peelchain.actions.tracing.filters import Filters
        from peelchain.actions.tracing.traces import TraceAsked

        form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
        asked = TraceAsked(
            direction=direction,
            seeds=seeds_asked(seed, address, cluster, claimant, seeds),
            rules=rule or ("pro-rata",),
            filters=Filters(
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
            policy=policy or (),
            fiat=fiat,
            rates_of=rates_of,
            hops=hops,
            tables=tables,
            figures=figures,
            knowledge=knowledge_of(as_of),
        )
        _show(asked, store, form, fetch)

    run.__doc__ = told
    return fetching(run)


app.command("forward")(_walk("forward", _FORWARD))
app.command("backward")(_walk("backward", _BACKWARD))
app.command()(path)
app.command()(compare)
app.command("null-controls")(null_controls)
app.command(cls=TwoSets)(between)


def _show(asked: "TraceAsked", store: Path, form: Form, fetch: "FetchAsked | None") -> None:
    from peelchain.actions.fetching.traces import trace_fetched
    from peelchain.actions.tracing.traces import trace_asked

    with progress() as report, stoppable(report) as watch:
        if fetch is None:
            answer = trace_asked(asked, store, watch)
        else:
            answer = trace_fetched(asked, store, fetch, watch)
    say_fetched(answer)
    emit(
        answer,
        form,
        lambda: traced_lines(answer, short=form.short),
        lambda: Rows(CSV_COLUMNS, csv_rows(answer)),
    )
    exit_as_stopped(answer)
    exit_as_fetched(answer)
