"""peelchain investigate: the whole job in one command."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.options import (
    DATES,
    STDIN,
    AsOfOption,
    JsonOption,
    LanguageOption,
    MaxHopsOption,
    MinValueOption,
    StoreOption,
    checked_date,
    knowledge_of,
)
from peelchain.cli.output import emit, form_of
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress


def investigate(
    seeds: Annotated[
        list[str],
        typer.Argument(
            metavar="SEED...",
            help="Addresses, txids, outpoints, or @FILE with one a line; - reads stdin.",
        ),
    ],
    store: StoreOption,
    case: Annotated[
        Path, typer.Option("--case", "-c", metavar="DIR", help="A new or empty folder.")
    ],
    title: Annotated[str, typer.Option(metavar="TEXT", help="The report's title.")] = "",
    subject: Annotated[
        str, typer.Option(metavar="TEXT", help="What to call the subject.")
    ] = "subject",
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
    as_of: AsOfOption = None,
    date: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE",
            help="The date of the case, UTC, such as 2024-01-31 or 2024-01-31T12:00:00Z; "
            "default SOURCE_DATE_EPOCH where it is set, else now.",
            formats=DATES,
        ),
    ] = None,
    language: LanguageOption = "en",
    json: JsonOption = False,
) -> None:
    """Open a case on seeds, trace both ways, write the report and the evidence bundle.

    Example: peelchain investigate @observed.txt --store chain.store --case cases/site
    """
    from peelchain.actions.casework import investigate as actions
    from peelchain.actions.tracing.filters import Limits

    form = form_of(json=json)
    request = actions.Request(
        seeds=[f"@{STDIN}" if seed == "-" else seed for seed in seeds],
        store=store,
        case=case,
        title=title,
        subject=subject,
        rules=tuple(rule) if rule else actions.RULES,
        limits=Limits(max_hops=max_hops, min_value_sat=min_value_sat),
        date_utc=checked_date(date, "--date"),
        language=language,
        knowledge=knowledge_of(as_of),
    )
    with progress() as report:
        answer = actions.investigate(request, report)

    def human() -> Iterator[str]:
        yield from (inert(line) for line in answer["summary"].rstrip("\n").split("\n"))
        yield f"folder: {inert(str(case))}"

    emit(answer, form, human)
