"""peelchain case export and import: a whole case as one file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.case.texts import waiting
from peelchain.cli.options import CaseOption, DateOption, JsonOption, checked_date
from peelchain.cli.output import emit, facts, form_of, say

_TEXTS = "notes, names and other sealed texts"


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip to write.")],
    case: CaseOption,
    to: Annotated[str, typer.Option(metavar="TEXT", help="To whom it goes, for the record.")] = "",
    with_personal_data: Annotated[
        bool,
        typer.Option(
            "--with-personal-data", help="With the encrypted personal data; never with its key."
        ),
    ] = False,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Write a whole case as one file, and journal that it was.

    Example: peelchain case export site.zip --to "the expert" --case cases/site
    """
    from peelchain.actions.casework import transfer as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    with waiting() as wait:
        answer = actions.export_case(
            case, file, to, with_personal_data=with_personal_data, date_utc=moment, waiting=wait
        )

    def human() -> Iterator[str]:
        personal = "with it, encrypted; its key is not" if answer["personal_data"] else "left out"
        yield from facts(
            [
                ("file", answer["file"]),
                ("sha256", answer["sha256"]),
                ("files", f"{answer['files']:,}"),
                ("in clear", f"{answer['openings']:,} {_TEXTS}"),
                ("personal data", personal),
                ("entry", answer["entry"]),
            ]
        )

    emit(answer, form, human)
    for name in answer["missing"]:
        say(f"{name} is named in the journal, and not there as it was; it is left out")
    for name in answer["left_out"]:
        say(f"{name} is left out: the journal does not know it")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip of an exported case.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    json: JsonOption = False,
) -> None:
    """Take in an exported case; every hash and the chain of entries are checked.

    Example: peelchain case import site.zip cases/site
    """
    from peelchain.actions.casework import transfer as actions

    form = form_of(json=json)
    answer = actions.import_case(file, folder)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("case", answer["case"]),
                ("entries", f"{answer['entries']:,}"),
                ("last hash", answer["last_hash"]),
                ("files", f"{answer['files']:,}"),
                ("in clear", f"{answer['openings']:,} {_TEXTS}"),
                (
                    "personal data",
                    "encrypted, without its key" if answer["personal_data"] else "none",
                ),
                ("missing", ", ".join(answer["missing"]) or None),
            ]
        )

    emit(answer, form, human)
    if answer["signed"]:
        say("its entries are signed: run 'peelchain case key use FILE' before you add to it")
