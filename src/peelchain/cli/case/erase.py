"""peelchain case erase: personal data destroyed, on record."""

from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.case.texts import emit_entry, text_of, waiting
from peelchain.cli.options import CaseOption, DateOption, JsonOption, checked_date
from peelchain.cli.output import form_of, say


@app.command("erase")
def erase(
    refs: Annotated[
        list[str], typer.Argument(metavar="REF...", help="Persons, such as P12, or files, F1.")
    ],
    case: CaseOption,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; - is the pipe.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decided it.")],
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Destroy personal data in the vault: records, keys and salts. It cannot be undone.

    Example: peelchain case erase P12 --reason "order of the court" --by "C. Vance"
    --case cases/site
    """
    from peelchain.actions.casework import erasure as actions

    form = form_of(json=json)
    with waiting() as wait:
        answer = actions.erase(
            case, refs, text_of(reason), by, checked_date(date, "--date"), waiting=wait
        )
    emit_entry(answer, form)
    if answer["says"]["sent"] and form.kind != "json":
        say(
            "packages with them were sent by entries "
            f"{', '.join(map(str, answer['says']['sent']))}: tell their recipients"
        )
