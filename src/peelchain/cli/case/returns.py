"""peelchain case returns: the answers of services, and whom they link to payments."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.case.mapping import mapping_of
from peelchain.cli.case.texts import emit_entry, waiting
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

returns = typer.Typer(
    help="What services answered, and whom it links to payments.", no_args_is_help=True
)
app.add_typer(returns, name="returns")

_LINKS = ("entry", "row", "finding", "direction", "outpoint", "value_sat", "account", "person",
          "agrees")  # fmt: skip
_MISMATCHES = ("row", "finding", "outpoint", "kind", "told", "expected")
_PERSONS = ("person", "refs", "countries", "services", "payments", "paid_sat")


@returns.command("import")
def import_(
    answer: Annotated[
        Path, typer.Argument(metavar="FILE", help="The answer, a CSV; - reads the pipe.")
    ],
    case: CaseOption,
    store: StoreOption,
    service: Annotated[
        str, typer.Option(metavar="NAME", help="The service, by its id or label in the report.")
    ],
    grade: Annotated[
        str,
        typer.Option(
            metavar="GRADE", help="Of the source A to F and of what it says 1 to 6, such as B2."
        ),
    ],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=HEADING",
            help="The heading of a field: account, txid, vout, outpoint, address, amount, time, "
            "name, birth_date, email, document or country. May be given again.",
        ),
    ] = None,
    request: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="The entry of the request; the last to it."),
    ] = None,
    unit: Annotated[str, typer.Option(metavar="UNIT", help="Of amounts: btc or sat.")] = "btc",
    decimal: Annotated[
        str, typer.Option(metavar="SIGN", help="Before the parts of a bitcoin: . or ,")
    ] = ".",
    time_zone: Annotated[
        str,
        typer.Option(metavar="OFFSET", help="Of times that name none: UTC or one like +09:00."),
    ] = "UTC",
    time_format: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            help="How times are written, such as %d.%m.%Y %H:%M; epoch for seconds since 1970; "
            "ISO 8601 where none is given.",
        ),
    ] = "",
    tolerance: Annotated[
        int,
        typer.Option(
            metavar="MINUTES", min=0, help="How far a time may be from the block's header."
        ),
    ] = 360,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Import a service's answer: link its accounts to the payments asked about, list what is amiss.

    Example: peelchain case returns import answer.csv --service S1 --grade B2 --map account=Konto
    --map txid=Transaktion --map amount=Belopp --case cases/site --store store
    """
    from peelchain.actions.casework import returns as actions
    from peelchain.case.answers.file import Reading
    from peelchain.cli.progress import progress

    form = form_of(json=json)
    reading = Reading(mapping_of(map_, "account=Konto"), unit, decimal, time_zone, time_format)
    asked = actions.ReturnRequest(
        case=case,
        store=store,
        file=piped(answer),
        service=service,
        reading=reading,
        grade=grade,
        request=request,
        tolerance_minutes=tolerance,
        date_utc=checked_date(date, "--date"),
    )
    with progress() as report:
        said = actions.import_return(asked, report)

    def human() -> Iterator[str]:
        counts = said["counts"]
        yield from facts(
            [
                ("service", f"{said['service']['entity']} {said['service']['label']}"),
                ("grade", f"{said['grade']}, an assertion of the service"),
                ("encoding", said["encoding"]),
                ("rows", f"{counts['rows']:,}, {counts['rejected']:,} rejected"),
                ("linked", f"{counts['linked']:,} payments to {counts['accounts']:,} accounts, "
                           f"{counts['agree']:,} agree with the chain"),
                ("entry", said["entry"]),
            ]
        )  # fmt: skip
        if said["mismatches"]:
            yield ""
            yield from table(
                list(_MISMATCHES), [[m[c] for c in _MISMATCHES] for m in said["mismatches"]]
            )
        yield ""
        yield from facts(footing(said))

    emit(said, form, human)


@returns.command("show")
def show(
    case: CaseOption,
    entry: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The entry of one return; all of them.")
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Show the returns of a case: links by ref, and what did not fit. Rows are the links.

    Example: peelchain case returns show --case cases/site
    """
    from peelchain.actions.casework import returns as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.show_returns(case, entry)
    links = [
        [{"entry": r["entry"], **link}[c] for c in _LINKS]
        for r in answer["returns"]
        for link in r["links"]
    ]

    def human() -> Iterator[str]:
        if not answer["returns"]:
            yield "no return stands; 'peelchain case returns import' adds one"
        for made in answer["returns"]:
            yield f"entry {made['entry']}: {made['service']['label']}, grade {made['grade']}"
            yield ""
            yield from table(list(_LINKS[1:]), [[r[c] for c in _LINKS[1:]] for r in made["links"]])
            if made["mismatches"]:
                yield ""
                yield from table(
                    list(_MISMATCHES), [[m[c] for c in _MISMATCHES] for m in made["mismatches"]]
                )
            yield ""

    emit(answer, form, human, lambda: Rows(_LINKS, links))


@returns.command("persons")
def persons(
    case: CaseOption,
    names: Annotated[
        bool, typer.Option("--names", help="Add what the services said of each, from the vault.")
    ] = False,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List whom returns link to payments, and who may be one person by what the returns give.

    Example: peelchain case returns persons --case cases/site
    """
    from peelchain.actions.casework import same_person as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.persons(case, names=names)
    columns = (*_PERSONS, *(("name", "document") if names else ()))
    rows = []
    for row in answer["persons"]:
        accounts = row["accounts"]
        said = row.get("said", {})
        rows.append(
            [
                row["person"],
                " ".join(row["refs"]),
                " ".join(row["countries"]),
                "; ".join(dict.fromkeys(a["label"] for a in accounts)),
                len({p["outpoint"] for a in accounts for p in a["payments"]}),
                row["paid_sat"],
                *((said["name"], said["document"]) if names else ()),
            ]
        )

    def human() -> Iterator[str]:
        yield from table(list(columns), rows)
        for pair in answer["suggestions"]:
            yield ""
            yield f"{' and '.join(pair['persons'])} may be one person: same {', '.join(pair['by'])}"
        if answer["suggestions"]:
            yield ""
            yield "decide with 'peelchain case returns same' or '... different'"

    emit(answer, form, human, lambda: Rows(columns, rows))


PersonsArgument = Annotated[
    list[str], typer.Argument(metavar="REF...", help="Two persons or more, such as P3 P9.")
]
ByOption = Annotated[str, typer.Option(metavar="NAME", help="Who decides.")]
ReasonOption = Annotated[str, typer.Option(metavar="TEXT", help="Why.")]


@returns.command("same")
def same(
    refs: PersonsArgument,
    case: CaseOption,
    by: ByOption,
    reason: ReasonOption,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Decide on record that accounts are one person's.

    Example: peelchain case returns same P3 P9 --by "A. Analyst" --reason "same ID card" --case site
    """
    _decide(refs, case, by, reason, date, json=json, same=True)


@returns.command("different")
def different(
    refs: PersonsArgument,
    case: CaseOption,
    by: ByOption,
    reason: ReasonOption,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Decide on record that accounts are of different persons, so that it is asked no more.

    Example: peelchain case returns different P3 P9 --by "A. Analyst" --reason kin --case site
    """
    _decide(refs, case, by, reason, date, json=json, same=False)


def _decide(
    refs: list[str],
    case: Path,
    by: str,
    reason: str,
    date: DateOption,
    *,
    json: bool,
    same: bool,
) -> None:
    from peelchain.actions.casework import same_person as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    with waiting() as wait:
        answer = actions.decide_persons(
            case, refs, same=same, by=by, reason=reason, date_utc=moment, waiting=wait
        )
    emit_entry(answer, form)
