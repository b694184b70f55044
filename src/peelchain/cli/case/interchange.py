"""peelchain case interchange: the last report for other systems."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.options import CaseOption, DateOption, JsonOption, checked_date
from peelchain.cli.output import emit, facts, form_of
from peelchain.cli.progress import progress


@app.command("interchange")
def interchange(
    case: CaseOption,
    format_: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="stix, misp, ftm, graphml, i2, case-uco, csv or xlsx; may be given again. "
            "Default: all.",
        ),
    ] = None,
    recipient: Annotated[
        str, typer.Option("--for", metavar="TEXT", help="Who gets it; sealed in the journal.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder to copy the files to.")
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Write the last report's statements in the formats of other systems.

    Every statement keeps its basis, source and error.

    Example: peelchain case interchange --format stix --format ftm --case cases/site
    """
    from peelchain.actions.casework import interchange as actions

    form = form_of(json=json)
    with progress() as report:
        answer = actions.send_out(
            case,
            tuple(format_ or ()),
            recipient=recipient,
            out=out,
            date_utc=checked_date(date, "--date"),
            progress=report,
        )

    def human() -> Iterator[str]:
        yield from facts((name, f"{n:,}") for name, n in answer["counts"].items())
        yield from facts(sorted(answer["files"].items()))
        for copy in answer.get("copies", ()):
            yield f"copied to {copy}"

    emit(answer, form, human)
