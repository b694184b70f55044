"""peelchain case run and report: what the chain says, as often as it is asked."""

from collections.abc import Iterator
from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.options import (
    STDIN,
    AsOfOption,
    CaseOption,
    DateOption,
    JsonOption,
    LanguageOption,
    MaxHopsOption,
    MinValueOption,
    PolicyOption,
    StoreOption,
    checked_date,
    knowledge_of,
)
from peelchain.cli.output import emit, facts, footing, form_of
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress


@app.command("run")
def run(
    case: CaseOption,
    store: StoreOption,
    seed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SEED",
            help="An address, txid, outpoint or @FILE; may be given again. Default: the seeds of "
            "the case, or of its last run where it has none.",
        ),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            "--rule",
            metavar="RULE",
            help="pro-rata or index-fifo; may be given again, and the first is used for fiat. "
            "Default: both, in this order.",
        ),
    ] = None,
    max_hops: MaxHopsOption = None,
    min_value_sat: MinValueOption = None,
    policy: PolicyOption = None,
    as_of: AsOfOption = None,
    without_tag: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG_ID", help="Pass over this tag; may be given again."),
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Trace the seeds both ways and journal the run. A case may have several.

    Example: peelchain case run --case cases/site --store chain.store --as-of 2024-01-31
    """
    from peelchain.actions.casework import run as actions
    from peelchain.actions.tracing.filters import Limits

    form = form_of(json=json)
    request = actions.RunRequest(
        case=case,
        store=store,
        seeds=[f"@{STDIN}" if s == "-" else s for s in seed or []],
        rules=tuple(rule or ()),
        limits=Limits(max_hops=max_hops, min_value_sat=min_value_sat),
        policy=tuple(policy or ()),
        knowledge=knowledge_of(as_of).without(*(without_tag or ())),
        date_utc=checked_date(date, "--date"),
    )
    with progress() as report:
        answer = actions.run_case(request, report)

    def human() -> Iterator[str]:
        totals = answer["totals"]
        yield from facts(
            [
                ("entry", answer["entry"]),
                ("seeds", len(answer["seeds"])),
                ("receipts", f"{totals['receipts']:,}"),
                *(
                    (name, f"{totals[key]:,} sat")
                    for name, key in (
                        ("received", "received_sat"),
                        ("traced from services", "inflow_sat"),
                        ("traced to services", "outflow_sat"),
                    )
                ),
                *footing(answer),
            ]
        )

    emit(answer, form, human)


@app.command("report")
def report(
    case: CaseOption,
    store: StoreOption,
    run: Annotated[
        int | None,
        typer.Option(metavar="ENTRY", min=1, help="The run's entry; default the last run."),
    ] = None,
    language: LanguageOption = "en",
    headers_from: Annotated[
        int | None,
        typer.Option(
            metavar="HEIGHT",
            min=0,
            help="Leave the headers below out of the bundle, which then names this checkpoint.",
        ),
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Write the report and the evidence bundle of a run, on what that run saw.

    Example: peelchain case report --case cases/site --store chain.store
    """
    from peelchain.actions.casework import run as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    asked = {"language": language, "run": run, "headers_from": headers_from}
    parameters = {name: value for name, value in asked.items() if value is not None}
    with progress() as tell:
        answer = actions.report_case(case, store, parameters, moment, tell)

    def human() -> Iterator[str]:
        yield from (inert(line) for line in answer["summary"].rstrip("\n").split("\n"))
        yield f"folder: {inert(str(case))}"

    emit(answer, form, human)
