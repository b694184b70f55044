"""peelchain case join-table and case table: a seized table of users, joined with the chain."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.case.mapping import mapping_of
from peelchain.cli.options import (
    CaseOption,
    CsvOption,
    DateOption,
    JsonOption,
    OutOption,
    StoreOption,
    TableOption,
    checked_date,
    piped,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.errors import MisuseError

table_app = typer.Typer(help="What a joined table says of who paid.", no_args_is_help=True)
app.add_typer(table_app, name="table")

_PAYERS = ("ref", "receipts", "value_sat", "first_utc", "last_utc")
_RECEIPTS = ("ref", "address", "outpoint", "time_utc", "height", "value_sat")


@app.command("join-table")
def join_table(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A CSV of users and addresses, or gzip; - is a pipe."),
    ],
    case: CaseOption,
    store: StoreOption,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=HEADING",
            help="The heading of a field: user or address. May be given again.",
        ),
    ] = None,
    certified_complete: Annotated[
        bool,
        typer.Option(
            "--certified-complete",
            help="Somebody vouches that it has every address of its party: measure precision too.",
        ),
    ] = False,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Join a seized table of users with the chain: who paid, what in all, what the cluster missed.

    The users go to the case's vault, encrypted per person; the case's files name them by ref.

    Example: peelchain case join-table users.csv --map user=Nick --case cases/site --store store
    """
    from peelchain.actions.casework import join_table as actions
    from peelchain.cli.progress import progress

    form = form_of(json=json)
    with progress() as report:
        answer = actions.join_user_table(
            case, store, piped(file), mapping_of(map_, "user=Nick"),
            certified_complete=certified_complete,
            date_utc=checked_date(date, "--date"), progress=report,
        )  # fmt: skip

    def human() -> Iterator[str]:
        read, totals, cluster = answer["table"], answer["totals"], answer["cluster"]
        yield from facts(
            [
                ("rows", f"{read['rows']:,} in {read['encoding']}"),
                ("users", f"{read['users']:,} with {read['addresses']:,} addresses"),
                *((f"rows {name}", f"{n:,}") for name, n in read["problems"].items()),
                ("addresses in the chain", f"{totals['addresses_in_chain']:,}"),
                ("users who paid", f"{totals['users_paid']:,}"),
                ("receipts", f"{totals['receipts']:,} of {totals['received_sat']:,} sat"),
                ("internal transfers", f"{totals['internal_receipts']:,} of "
                 f"{totals['internal_sat']:,} sat, left out"),
                ("first and last", totals["first_utc"] and
                 f"{totals['first_utc']} to {totals['last_utc']}"),
            ]
        )  # fmt: skip
        if cluster is not None:
            yield ""
            yield from facts(
                [
                    ("the cluster has", f"{cluster['found']:,} of the {cluster['of']:,} addresses "
                     f"of the table in the chain (recall {cluster['recall']})"),
                    ("outside the cluster", f"{cluster['outside']:,}, which received "
                     f"{cluster['outside_sat']:,} sat"),
                    ("not in the table", f"{cluster['not_in_table']:,} of the cluster's "
                     f"{cluster['scripts']:,}"),
                ]
            )  # fmt: skip
        yield ""
        yield from facts([("entry", answer["entry"]), *answer["files"].items()])
        yield from facts(footing(answer))

    emit(answer, form, human)


@table_app.command("show")
def show(
    case: CaseOption,
    store: StoreOption,
    refs: Annotated[
        list[str] | None, typer.Argument(metavar="[REF]...", help="Users by ref, such as P12.")
    ] = None,
    entry: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The entry of the table; the last.")
    ] = None,
    receipts: Annotated[
        bool, typer.Option("--receipts", help="A row a receipt, not a user.")
    ] = False,
    names: Annotated[
        bool, typer.Option("--names", help="Name the users as the table does: personal data.")
    ] = False,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List who paid by a joined table: derived from vault and chain, for it is stored nowhere.

    Example: peelchain case table show P12 --receipts --case cases/site --store store
    """
    from peelchain.actions.casework import join_table as actions
    from peelchain.cli.progress import progress

    if receipts and names:
        raise MisuseError("--receipts and --names exclude each other; receipts go by ref alone")
    form = form_of(json=json, csv=csv, table=table_, output=output)
    with progress() as report:
        answer = actions.payers_of_case(
            case, store, entry, refs or [], names=names, progress=report
        )
    columns = _RECEIPTS if receipts else (*_PAYERS, *(["user"] if names else []))
    rows = [[row[c] for c in columns] for row in answer["receipts" if receipts else "payers"]]

    def human() -> Iterator[str]:
        yield from table(columns, rows)
        yield ""
        yield from facts(
            [
                ("table", f"entry {answer['entry']}"),
                ("erased users", answer["erased"] or None),
                ("as recorded", {True: "yes", False: "NO"}.get(answer["as_recorded"])),
                *footing(answer),
            ]
        )

    # what this writes is personal: for the owner's eyes
    os.umask(0o077)
    emit(answer, form, human, lambda: Rows(columns, rows))
