"""peelchain case expand: a seized wallet, expanded to its addresses."""

from collections.abc import Iterator
from typing import Annotated

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

_COLUMNS = (
    "branch", "descriptor", "kind", "role", "derived", "used", "last_used", "widest_gap",
    "trailing", "received_sat", "sent_sat", "balance_sat",
)  # fmt: skip


@app.command("expand")
def expand(
    wallet: Annotated[
        str,
        typer.Argument(
            metavar="KEY|DESCRIPTOR|FILE",
            help="An extended public key, an output descriptor, or a wallet export.",
        ),
    ],
    case: CaseOption,
    store: StoreOption,
    gap: Annotated[
        int, typer.Option(metavar="N", min=1, help="Unused addresses in a row to stop after.")
    ] = 20,
    until: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Derive each branch to this index at least."),
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Expand a seized wallet to its addresses and join them with the chain.

    Anything private is refused, and not repeated.

    Example: peelchain case expand wallet.json --case cases/site --store chain.store
    """
    from peelchain.actions.casework import expand as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    with progress() as report:
        answer = actions.expand_wallet(
            case,
            store,
            wallet,
            gap=gap,
            until=until,
            date_utc=checked_date(date, "--date"),
            progress=report,
        )
    rows = [[row[c] for c in _COLUMNS] for row in answer["branches"]]
    shown = ("branch", "kind", "role", "derived", "used", "last_used", "widest_gap", "balance_sat")

    def human() -> Iterator[str]:
        totals = answer["totals"]
        yield from facts(
            [
                ("read as", answer["form"]),
                *((name.replace("_", " "), f"{n:,}") for name, n in totals.items()),
            ]
        )
        yield ""
        yield from table(list(shown), ([row[c] for c in shown] for row in answer["branches"]))
        for row in answer["clusters"]:
            label = f", tagged {row['label']}" if row["label"] else ""
            yield (
                f"cluster of {row['cluster']}: {row['of_wallet']:,} of its {row['scripts']:,} "
                f"scripts are the wallet's{inert(label)}"
            )
        for note in answer["notes"]:
            yield f"note: {inert(note)}"
        for row in answer["rejected"][:20]:
            yield f"left out, line {row['line']}: {inert(row['reason'])}"
        if len(answer["rejected"]) > 20:
            yield f"left out: {len(answer['rejected']) - 20:,} lines more"
        yield from facts([*footing(answer), *sorted(answer["files"].items())])

    emit(answer, form, human, lambda: Rows(_COLUMNS, rows))
