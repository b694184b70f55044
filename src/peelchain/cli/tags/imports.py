"""peelchain tags import: published lists into a store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

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
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.progress import progress
from peelchain.cli.tags.app import app
from peelchain.errors import MisuseError
from peelchain.units import shown

_COLUMNS = ("outcome", "file", "line", "address", "reason")


# a callback keeps typer from folding a group of one command into that command
@app.callback()
def _tags() -> None:
    pass


@app.command("import")
def import_tags(
    files: Annotated[
        list[Path], typer.Argument(help="TagPacks, ActorPacks, CSV, sanctions, mining pools.")
    ],
    store: StoreOption,
    form_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORM",
            help="tagpack, actorpack, csv, ofac, pools or addresses; default by content.",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="FIELD=HEADING", help="The column of a field. May be given again."
        ),
    ] = None,
    defaults: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="A field of every tag that has none of its own. May be given again.",
        ),
    ] = None,
    recorded: RecordedOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Import lists of tags and actors. The rows are what was refused or repaired.

    Example: peelchain tags import packs/*.yaml --store chain.store -o rejects.csv
    """
    from peelchain.actions.tagging import importing as actions
    from peelchain.tags.forms import as_asked

    form = form_of(json=json, csv=csv, table=table_, output=output)
    day = checked_date(recorded, "--recorded")
    reading = as_asked(form_name, pairs(columns, "--map"), pairs(defaults, "--set"))
    listed = None if form.kind == "csv" else actions.SHOWN
    with progress() as report:
        answer = actions.import_tags(files, store, day, report, reading=reading, listed=listed)
    rejected = [["rejected", *(r[c] for c in _COLUMNS[1:])] for r in answer["rejected"]]
    repaired = [
        ["repaired", r["file"], r["line"], r["now"] if r["field"] == "address" else None,
         f"{r['field']} was {shown(r['was'])}, now {shown(r['now'])}"]
        for r in answer["repaired"]
    ]  # fmt: skip

    def human() -> Iterator[str]:
        again = ": these files were imported before" if answer["imported_before"] else ""
        encodings = {f["encoding"] for f in answer["files"]} - {"utf-8"}
        yield from facts(
            [
                ("imported", f"{answer['imported']:,} tags{again}"),
                ("actors", f"{answer['actors']:,}" if answer["actors"] else None),
                ("pool marks", f"{answer['pool_marks']:,}" if answer["pool_marks"] else None),
                ("categories", ", ".join(f"{k} {v:,}" for k, v in answer["categories"].items())),
                ("encodings", f"taken for {', '.join(sorted(encodings))}" if encodings else None),
                ("other currencies", f"{answer['skipped_other_currency']:,} passed over"),
                ("duplicates", f"{answer['duplicates']:,}"),
                ("repaired", f"{answer['repaired_count']:,}"),
                ("rejected", f"{answer['rejected_count']:,}"),
                *footing(answer),
            ]
        )
        if rejected:
            yield ""
            heads = [f"rejected in {_COLUMNS[1]}", *_COLUMNS[2:]]
            yield from table(heads, (row[1:] for row in rejected))

    emit(answer, form, human, lambda: Rows(_COLUMNS, [*rejected, *repaired]))


def pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """What options of the form NAME=VALUE give, by name. Raises MisuseError."""
    pairs: dict[str, str] = {}
    for each in given or []:
        name, equals, value = each.partition("=")
        name = name.strip().lower()
        if not equals or not name or not value.strip():
            raise MisuseError(f"{option} {shown(each)} is not NAME=VALUE")
        if name in pairs:
            raise MisuseError(f"{option} gives {name} twice")
        pairs[name] = value.strip()
    return pairs
