"""peelchain evaluate field: lock, answer, score."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from peelchain.cli.options import (
    CsvOption,
    JsonOption,
    OutOption,
    PolicyOption,
    StoreOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table

app = typer.Typer(
    help="Attributions locked before a legal request, scored by its answer.", no_args_is_help=True
)

LedgerOption = Annotated[
    Path, typer.Option(metavar="FILE", help="The ledger; made where there is none.")
]
DateOption = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Today by default.")
]
NoteOption = Annotated[str, typer.Option(metavar="TEXT", help="Such as the request's number.")]


@app.command()
def lock(
    address: Annotated[str, typer.Argument(help="The address.")],
    entity: Annotated[str, typer.Argument(help="Whose it is claimed to be.")],
    rule: Annotated[str, typer.Option(metavar="RULE", help="The rule that says so.")],
    ledger: LedgerOption,
    store: StoreOption,
    date: DateOption = None,
    note: NoteOption = "",
    policy: PolicyOption = None,
    json: JsonOption = False,
) -> None:
    """Lock the claim that an address belongs to an entity, before anybody is asked.

    Example: peelchain evaluate field lock ADDRESS "Exchange North" --rule multi_input
    --ledger field.jsonl --store chain.store
    """
    from peelchain.actions import field as actions

    form = form_of(json=json)
    day = _day(date)
    answer = actions.lock_claim(address, entity, rule, ledger, store, day, note, policy)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("claim", f"{answer['claim']}, locked as line {answer['seq']}"),
                ("address", answer["address"]),
                ("entity", answer["entity"]),
                ("hash", f"{answer['hash']}: send it along with the request"),
                *footing(answer),
            ]
        )

    emit(answer, form, human)


@app.command()
def answer(
    claim: Annotated[str, typer.Argument(help="The claim's id, as lock gave it.")],
    said: Annotated[
        Literal["right", "wrong", "none"],
        typer.Argument(metavar="ANSWER", help="right, wrong, or none where no answer came."),
    ],
    ledger: LedgerOption,
    date: DateOption = None,
    note: NoteOption = "",
    json: JsonOption = False,
) -> None:
    """Enter the answer to a locked claim. A second answer is refused.

    Example: peelchain evaluate field answer 0123456789abcdef right --ledger field.jsonl
    """
    from peelchain.actions import field as actions

    form = form_of(json=json)
    entered = actions.answer_claim(claim, said, ledger, _day(date), note)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("claim", f"{entered['claim']}: {entered['answer']}"),
                ("hash", entered["hash"]),
            ]
        )

    emit(entered, form, human)


@app.command()
def score(
    ledger: LedgerOption,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """What came of the locked claims, by rule. The rows are the rules.

    Example: peelchain evaluate field score --ledger field.jsonl
    """
    from peelchain.actions import field as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    said = actions.score(ledger)
    rows = [[s[c] for c in actions.SCORE_COLUMNS] for s in said["scores"]]

    def human() -> Iterator[str]:
        yield from table(actions.SCORE_COLUMNS, rows)
        yield ""
        for row in said["rows"]:
            if row["precision"] is not None:
                answered = row["right"] + row["wrong"]
                yield (
                    f"{row['rule']}: {row['right']} of {answered} answers right, "
                    f"{row['precision']:.4f} ({row['precision_low']:.4f} to "
                    f"{row['precision_high']:.4f})"
                )
        yield from facts([("lines", f"{said['entries']:,}, the chain of hashes holds"),
                          ("hash", said["head"])])  # fmt: skip

    emit(said, form, human, lambda: Rows(actions.SCORE_COLUMNS, rows))


def _day(given: datetime | None) -> date:
    checked = checked_date(given, "--date")
    return checked.date() if checked else datetime.now(UTC).date()
