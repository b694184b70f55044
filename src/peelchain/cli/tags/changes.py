"""peelchain tags retract, correct, reinstate: new records, and what in cases rested on the old."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from peelchain.cli.options import (
    CsvOption,
    JsonOption,
    OutOption,
    RecordedOption,
    StoreOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Form, Rows, emit, facts, footing, form_of, table
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress
from peelchain.cli.tags.app import app
from peelchain.cli.tags.imports import pairs

if TYPE_CHECKING:
    from peelchain.actions.tagging.changes import Change

_COLUMNS = ("case", "run", "kind", "id", "finding", "was", "becomes")

TagsArgument = Annotated[list[str], typer.Argument(metavar="TAG_ID...", help="The tags.")]
ReasonOption = Annotated[str, typer.Option(metavar="TEXT", help="Why.")]
ByOption = Annotated[str, typer.Option(metavar="NAME", help="Who says so.")]
CasesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--cases",
        metavar="DIR",
        help="A case, or a folder of cases, to be looked through. May be given again.",
    ),
]


@app.command("retract")
def retract(
    tags: TagsArgument,
    store: StoreOption,
    reason: ReasonOption,
    by: ByOption,
    cases: CasesOption = None,
    recorded: RecordedOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Retract tags, as a new record. The rows are what in the cases rested on them.

    Example: peelchain tags retract 6f1c0de2a9b34c55 --reason "source withdrew it" --by "A. Analyst"
    --cases cases --store chain.store
    """
    from peelchain.actions.tagging.changes import Change
    from peelchain.tags.knowledge import RETRACTED

    form = form_of(json=json, csv=csv, table=table_, output=output)
    moment = checked_date(recorded, "--recorded")
    _record(Change(RETRACTED, tags, by, reason, moment, cases=tuple(cases or ())), store, form)


@app.command("correct")
def correct(
    tag: Annotated[str, typer.Argument(metavar="TAG_ID", help="The tag.")],
    store: StoreOption,
    reason: ReasonOption,
    by: ByOption,
    fields: Annotated[
        list[str],
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="A field as it should be. May be given again."
        ),
    ],
    cases: CasesOption = None,
    recorded: RecordedOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Correct a tag: a new tag takes its place, and both stay on record.

    Example: peelchain tags correct 6f1c0de2a9b34c55 --set actor=northexchange --reason "same firm"
    --by "A. Analyst" --store chain.store
    """
    from peelchain.actions.tagging.changes import Change
    from peelchain.tags.knowledge import CORRECTED

    form = form_of(json=json, csv=csv, table=table_, output=output)
    moment = checked_date(recorded, "--recorded")
    said = pairs(fields, "--set")
    asked = Change(CORRECTED, [tag], by, reason, moment, said, tuple(cases or ()))
    _record(asked, store, form)


@app.command("reinstate")
def reinstate(
    tags: TagsArgument,
    store: StoreOption,
    reason: ReasonOption,
    by: ByOption,
    recorded: RecordedOption = None,
    json: JsonOption = False,
) -> None:
    """Reinstate tags that were retracted or corrected, as a new record.

    Example: peelchain tags reinstate 6f1c0de2a9b34c55 --reason "confirmed" --by "A. Analyst"
    --store chain.store
    """
    from peelchain.actions.tagging.changes import Change
    from peelchain.tags.knowledge import REINSTATED

    moment = checked_date(recorded, "--recorded")
    _record(Change(REINSTATED, tags, by, reason, moment), store, form_of(json=json))


def _record(asked: "Change", store: Path, form: Form) -> None:
    from peelchain.actions.tagging.changes import change_tags

    with progress() as report:
        answer = change_tags(asked, store, report)
    rows = [[_cell(row[name]) for name in _COLUMNS] for row in answer["dependents"]]

    def human() -> Iterator[str]:
        yield from _lines(answer, rows)

    emit(answer, form, human, lambda: Rows(_COLUMNS, rows))


def _lines(answer: dict[str, Any], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    for change, tag in zip(answer["changes"], answer["tags"], strict=True):
        yield from facts(
            [(change["change"], f"{tag['tag_id']} {tag['label']} on {tag['address']}")]
        )
    new = answer["replacement"]
    if new is not None:
        yield from facts([("in its place", f"{new['tag_id']} {new['label']} on {new['address']}")])
    if rows:
        yield ""
        yield from table(_COLUMNS, rows)
    yield ""
    for case in answer["cases_not_derived"]:
        yield inert(f"{case['case']} was not looked through: {case['reason']}")
    yield from facts([("rested on it", f"{len(rows):,} in the cases given"), *footing(answer)])


def _cell(value: object) -> object:
    """What a finding was or becomes in one cell: its entity and value, or a dash for nothing."""
    if not isinstance(value, dict):
        return value
    parts = (value.get(name) for name in ("entity", "label", "outpoint"))
    return " ".join(str(part) for part in parts if part)
