"""peelchain case forfeiture: what is left where, and what to watch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from peelchain.cli.case.app import app
from peelchain.cli.options import (
    CaseOption,
    CsvOption,
    DateOption,
    JsonOption,
    OutOption,
    StoreOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress
from peelchain.units import format_btc

Row = dict[str, Any]


@app.command("forfeiture")
def forfeiture(
    case: CaseOption,
    store: StoreOption,
    claimants: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV with outpoint, satoshis and claimant: whose which receipt was. The names go "
            "to the vault.",
        ),
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Say what of the money is left where: unspent outputs, accounts at services, and the rest.

    Under every tracing rule, with the bounds that none escapes; fiat at the date. Writes the
    schedule for the court, a watch list, and with --claimants each claimant's part of everything.
    Whether a service still holds what it was paid, the chain does not tell.

    Example: peelchain case forfeiture --case cases/site --store chain.store
    """
    from peelchain.actions.casework import forfeiture as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    with progress() as report:
        answer = actions.forfeiture(case, store, claimants, checked_date(date, "--date"), report)
    emit(
        answer,
        form,
        lambda: _lines(answer),
        lambda: Rows(actions.COLUMNS, actions.schedule_rows(answer)),
    )


def _lines(answer: Row) -> Iterator[str]:
    totals, rule = answer["totals"], answer["rules"][0]
    yield from facts(
        [
            ("seeds", f"{format_btc(answer['seeds_sat'])} BTC"),
            (
                "unspent, the subject's",
                f"{format_btc(totals['subject_unspent_sat'])} BTC in "
                f"{totals['subject_unspent']:,} outputs",
            ),
            (
                "unspent, others'",
                f"{format_btc(totals['others_unspent_sat'][rule])} BTC traced by {rule} to "
                f"{totals['others_unspent']:,} outputs",
            ),
            ("paid to services", f"{format_btc(totals['services_sat'][rule])} BTC by {rule}"),
            ("elsewhere", f"{format_btc(totals['elsewhere_sat'][rule])} BTC by {rule}"),
        ]
    )
    yield ""
    columns = ["where", "label", f"{rule} BTC", "least BTC", "most BTC", "fiat"]
    yield from table(
        columns,
        [
            [
                row["entity"] or row["type"],
                inert(row["label"]),
                format_btc(row["traced_sat"][rule]),
                format_btc(row["least_sat"]),
                format_btc(row["most_sat"]),
                " ".join(f"{sum_} {currency}" for currency, sum_ in row["fiat"].items()),
            ]
            for row in answer["where"]
        ],
    )
    yield ""
    if answer["claims"]:
        yield f"{len(answer['claims']):,} claimants, each with a part of every asset (claims.csv)"
    yield from facts(sorted((name.rpartition("/")[2], p) for name, p in answer["files"].items()))
    yield ""
    yield from facts([("entry", answer["entry"]), *footing(answer)])
