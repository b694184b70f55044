"""peelchain case key: the key that signs the entries of a case."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.case.texts import waiting
from peelchain.cli.options import CaseOption, DateOption, JsonOption, checked_date
from peelchain.cli.output import emit, facts, form_of, table

key_app = typer.Typer(help="The key that signs the entries of a case.", no_args_is_help=True)
app.add_typer(key_app, name="key")

KeyArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="The key's file, outside every case.")
]


@key_app.command("new")
def new(key: KeyArgument, json: JsonOption = False) -> None:
    """Make a signing key (Ed25519), encrypted under a passphrase.

    Example: peelchain case key new ~/peelchain.key
    """
    from peelchain.actions.casework import keys as actions

    form = form_of(json=json)
    answer = actions.make_key(key)
    emit(answer, form, lambda: facts([("key", answer["key"]), ("public", answer["signer"])]))


@key_app.command("use")
def use(
    key: KeyArgument,
    case: CaseOption,
    name: Annotated[str, typer.Option(metavar="TEXT", help="Whose key it is.")] = "",
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Sign every entry of a case with a key from now on.

    Example: peelchain case key use ~/peelchain.key --name "A. Analyst" --case cases/site
    """
    from peelchain.actions.casework import keys as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    with waiting() as wait:
        answer = actions.use_key(case, key, name, moment, wait)
    emit(answer, form, lambda: facts([("entry", answer["entry"]), ("public", answer["signer"])]))


@key_app.command("show")
def show(case: CaseOption, json: JsonOption = False) -> None:
    """Show the keys that signed a case, and where the present one lies.

    Example: peelchain case key show --case cases/site
    """
    from peelchain.actions.casework import keys as actions

    form = form_of(json=json)
    answer = actions.keys(case)
    columns = ("signer", "name", "entry", "time_utc", "signed")

    def human() -> Iterator[str]:
        yield from facts([("key", answer["key"]), ("unsigned entries", answer["unsigned"])])
        if answer["keys"]:
            yield ""
            yield from table(columns, [[key[c] for c in columns] for key in answer["keys"]])

    emit(answer, form, human)
