"""peelchain case note, hypothesis, evidence, decide and undo: what people say in a case."""

from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.case.texts import TextArgument, emit_entry, text_of, waiting
from peelchain.cli.options import CaseOption, DateOption, JsonOption, checked_date
from peelchain.cli.output import form_of, say
from peelchain.errors import MisuseError

_REFERENCES = (
    "a finding (R1, I4, O2) or party (S1) of the last report, an entry (#7), a hypothesis (H1), "
    "an exhibit (E1), a txid, an outpoint or an address"
)


@app.command("note")
def note(
    text: TextArgument,
    case: CaseOption,
    about: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help=f"What it is about: {_REFERENCES}. May be given again."),
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Note a text in the journal.

    Example: peelchain case note "paid twice on one day" --about I4 --case cases/site
    """
    from peelchain.actions.casework import statements as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    with waiting() as wait:
        answer = actions.note(case, text_of(text), about or [], moment, wait)
    emit_entry(answer, form)


@app.command("hypothesis")
def hypothesis(
    text: TextArgument, case: CaseOption, date: DateOption = None, json: JsonOption = False
) -> None:
    """State a hypothesis, which is then called H1, H2 and so on.

    Example: peelchain case hypothesis "the operator banks with S1" --case cases/site
    """
    from peelchain.actions.casework import statements as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    with waiting() as wait:
        answer = actions.hypothesis(case, text_of(text), moment, wait)
    emit_entry(answer, form, answer["says"]["id"])


@app.command("evidence")
def evidence(
    of: Annotated[str, typer.Argument(metavar="HYPOTHESIS", help="H1 or another.")],
    case: CaseOption,
    for_: Annotated[
        str | None,
        typer.Option("--for", metavar="ID|TEXT", help=f"Speaks for it: {_REFERENCES}; or a text."),
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="ID|TEXT", help="Speaks against it: likewise.")
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Record what speaks for or against a hypothesis.

    Example: peelchain case evidence H1 --against O2 --case cases/site
    """
    from peelchain.actions.casework import statements as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    what = for_ if for_ is not None else against
    if what is None or (for_ is not None and against is not None):
        raise MisuseError("evidence speaks for a hypothesis or against it: give one of the two")
    with waiting() as wait:
        answer = actions.evidence(
            case, of, text_of(what), speaks_for=for_ is not None, date_utc=moment, waiting=wait
        )
    emit_entry(answer, form)


@app.command("decide")
def decide(
    text: TextArgument,
    case: CaseOption,
    by: Annotated[str, typer.Option(metavar="NAME", help="Whose decision it is.")],
    on: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help=f"What it is on: {_REFERENCES}. May be given again."),
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Record a decision and who took it.

    Example: peelchain case decide "ask S1 for the account" --by "A. Analyst" --case cases/site
    """
    from peelchain.actions.casework import statements as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    with waiting() as wait:
        answer = actions.decide(case, text_of(text), by, on or [], moment, wait)
    emit_entry(answer, form)


@app.command("undo")
def undo(
    seq: Annotated[int, typer.Argument(metavar="ENTRY", min=1, help="The entry's number.")],
    case: CaseOption,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; - reads it from the pipe.")],
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Take an entry back. It stays in the journal, beside the entry that undoes it.

    Example: peelchain case undo 5 --reason "wrong finding" --case cases/site
    """
    from peelchain.actions.casework import statements as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    with waiting() as wait:
        answer = actions.undo(case, seq, text_of(reason), moment, wait)
    emit_entry(answer, form)
    for other in answer["resting"]:
        say(f"entry {other} rests on what is undone, and stands: undo it too, or make it anew")
