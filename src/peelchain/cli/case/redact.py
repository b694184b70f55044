"""peelchain case redact and reveal: bundles for another party."""

from collections.abc import Iterator
from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.options import CaseOption, DateOption, JsonOption, checked_date
from peelchain.cli.output import emit, facts, form_of
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress


@app.command("redact")
def redact(
    case: CaseOption,
    recipient: Annotated[
        str, typer.Option("--for", metavar="NAME", help="Whom it is for; sealed in the journal.")
    ],
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="Withhold a finding (I4), an exhibit (E2), an entry (#7), a party's name (S3), or "
            "all of note, hypothesis, evidence, decision, exhibit, label; may be given again.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="Of findings keep only this one, and this entry (#7) where findings are withheld; "
            "may be given again.",
        ),
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Write the last report's bundle for another party, with less in it; it still verifies.

    Example: peelchain case redact --case cases/site --for "the defence" --without note --without E2
    """
    from peelchain.actions.casework import redactions as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    with progress() as tell:
        answer = actions.redact_case(
            case, recipient, without or (), keep or (), date_utc=moment, progress=tell
        )

    def human() -> Iterator[str]:
        kinds = [f"{n:,} {kind}" for kind, n in answer["withheld"].items() if n]
        yield from facts(
            [
                ("entry", answer["entry"]),
                ("withheld", ", ".join(kinds)),
                ("root", answer["root"]),
                ("digest", answer["digest"]),
                *((inert(name), inert(path)) for name, path in answer["files"].items()),
            ]
        )
        yield "report.pdf is not in it: it would show what is withheld"

    emit(answer, form, human)


@app.command("reveal")
def reveal(
    case: CaseOption,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH...",
            help="Fields, such as report.json/inflows/I4 or journal.jsonl/7/opened/text; without "
            "any, those that are withheld are listed.",
        ),
    ] = None,
    redaction: Annotated[
        int | None,
        typer.Option(metavar="SEQ", min=1, help="The entry of the redaction; the last one."),
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Write what opens withheld fields, for `peelchain verify --opening FILE` or verify.py.

    Example: peelchain case reveal report.json/inflows/I4 --case cases/site
    """
    from peelchain.actions.casework import redactions as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    answer = actions.reveal(case, redaction, paths or (), date_utc=moment)

    def human() -> Iterator[str]:
        yield from (inert(path) for path in answer["paths"])
        beyond = answer["fields"] - len(answer["paths"])
        if beyond:
            yield f"and {beyond:,} more"
        for path in answer["files"].values():
            yield f"written to {inert(path)}"

    emit(answer, form, human)
