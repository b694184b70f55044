"""peelchain case referrals: who is referred to which country, approved, decided and sent."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from peelchain.cli.case.app import app
from peelchain.cli.case.texts import emit_entry, waiting
from peelchain.cli.options import (
    CaseOption,
    CsvOption,
    DateOption,
    JsonOption,
    OutOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Rows, emit, facts, form_of, table

referrals_app = typer.Typer(
    help="Who is referred to which country, approved, decided and sent.", no_args_is_help=True
)
app.add_typer(referrals_app, name="referrals")

_COLUMNS = ("person", "countries", "country", "services", "payments", "value_sat", "basis",
            "approvals", "role", "lacks")  # fmt: skip
_PACKAGES = ("package", "country", "persons", "payments", "manifest_sha256")

ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so.")]


@referrals_app.command("prepare")
def prepare(case: CaseOption, date: DateOption = None, json: JsonOption = False) -> None:
    """List whom returns link to payments, each person once, with what a referral still lacks.

    Example: peelchain case referrals prepare --case cases/site
    """
    from peelchain.actions.casework import referrals as actions
    from peelchain.cli.progress import progress

    form = form_of(json=json)
    with progress() as report:
        answer = actions.prepare(case, checked_date(date, "--date"), report)
    emit(answer, form, lambda: table(_COLUMNS, _rows(answer["referrals"])))


@referrals_app.command("show")
def show(
    case: CaseOption,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Show the referrals as last prepared, with what is on record and what each lacks.

    Example: peelchain case referrals show --case cases/site
    """
    from peelchain.actions.casework import referrals as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.show(case)
    rows = _rows(answer["referrals"])
    emit(answer, form, lambda: table(_COLUMNS, rows), lambda: Rows(_COLUMNS, rows))


@referrals_app.command("approve")
def approve(
    persons: Annotated[list[str], typer.Argument(metavar="REF...", help="Persons, such as P12.")],
    case: CaseOption,
    by: ByOption,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Approve referrals as they are now known. Two different people must approve each.

    Example: peelchain case referrals approve P12 --by "A. Moreau" --case cases/site
    """
    from peelchain.actions.casework import referrals as actions

    form = form_of(json=json)
    with waiting() as wait:
        answer = actions.approve(case, persons, by, checked_date(date, "--date"), wait)
    columns = ("person", "entry", "approvals")
    rows = [[row[c] for c in columns] for row in answer["approved"]]
    emit(answer, form, lambda: table(columns, rows))


@referrals_app.command("decide")
def decide(
    person: Annotated[str, typer.Argument(metavar="REF", help="A person, such as P12.")],
    case: CaseOption,
    by: ByOption,
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="suspect, victim, witness or unknown.")
    ] = "",
    legal_basis: Annotated[
        str, typer.Option(metavar="TEXT", help="What allows it: law, order, agreement.")
    ] = "",
    recipient: Annotated[
        str, typer.Option(metavar="TEXT", help="The authority that it goes to.")
    ] = "",
    transfer: Annotated[
        str,
        typer.Option(
            metavar="GROUND",
            help="member_state, adequacy, safeguards or derogation (articles 36 to 38).",
        ),
    ] = "member_state",
    country: Annotated[
        str, typer.Option(metavar="CC", help="The country, where the returns give none.")
    ] = "",
    alternatives: Annotated[
        str, typer.Option(metavar="TEXT", help="Other explanations that were considered.")
    ] = "",
    exculpatory: Annotated[
        str, typer.Option(metavar="TEXT", help="What speaks for the person.")
    ] = "",
    include_inferred: Annotated[
        bool,
        typer.Option("--include-inferred", help="Though only inference leads to the person."),
    ] = False,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="The person is not to be referred.")
    ] = False,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Decide a referral: role, legal basis, recipient, alternatives, what speaks for the person.

    Example: peelchain case referrals decide P12 --role witness --legal-basis "EIO 7/26"
    --recipient "Prosecutor, SE" --alternatives "paid for another" --exculpatory "none known"
    --by "C. Vance" --case cases/site
    """
    from peelchain.actions.casework import referrals as actions

    form = form_of(json=json)
    decision = actions.Decision(
        person=person,
        by=by,
        role=role,
        legal_basis=legal_basis,
        recipient=recipient,
        transfer=transfer,
        country=country,
        alternatives=alternatives,
        exculpatory=exculpatory,
        include_inferred=include_inferred,
        refer=not leave_out,
    )
    with waiting() as wait:
        answer = actions.decide(case, decision, checked_date(date, "--date"), wait)
    emit_entry(answer, form)


@referrals_app.command("write")
def write(
    case: CaseOption,
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder for the packages.")],
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Write a package for each country: its persons and payments, and the proof of those alone.

    Example: peelchain case referrals write --out packages --case cases/site
    """
    from peelchain.actions.casework import referrals as actions
    from peelchain.cli.progress import progress

    form = form_of(json=json)
    with progress() as report:
        answer = actions.write(case, out, checked_date(date, "--date"), report)

    def human() -> Iterator[str]:
        rows = [[row[c] for c in _PACKAGES] for row in answer["packages"]]
        yield from table(_PACKAGES, rows)
        yield ""
        for row in answer["left_out"]:
            yield f"left out {row['person']}: {', '.join(row['lacks'])}"
        yield from facts([("packages", answer["out"]), ("entry", answer["entry"])])

    emit(answer, form, human)


def _rows(referrals: Sequence[dict[str, Any]]) -> list[list[object]]:
    return [
        [" ".join(row[c]) if isinstance(row[c], list) else row[c] for c in _COLUMNS]
        for row in referrals
    ]
