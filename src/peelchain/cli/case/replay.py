"""peelchain case replay and diff: what was found, asked again."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from peelchain.cli.case.app import app
from peelchain.cli.options import (
    AsOfOption,
    CaseOption,
    CsvOption,
    JsonOption,
    OptionalStoreOption,
    OutOption,
    StoreOption,
    TableOption,
    knowledge_of,
)
from peelchain.cli.output import Rows, emit, facts, form_of, table
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress

_REPLAYED = ("entry", "kind", "state", "result", "differs", "files", "why")
_CHANGED = ("change", "list", "outpoint", "party_was", "party_becomes", "value_sat",
            "traced_sat_was", "traced_sat_becomes", "differs")  # fmt: skip


@app.command("replay")
def replay(
    case: CaseOption,
    store: OptionalStoreOption = None,
    entry: Annotated[
        int | None, typer.Option(metavar="ENTRY", min=1, help="This entry alone.")
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Derive every result again on the same chain and compare; exit 1 where one is not the same.

    Example: peelchain case replay --case cases/site --store chain.store
    """
    from peelchain.actions.casework import replay as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    with progress() as report:
        answer = actions.replay(case, store, entry, report)
    rows = [_replayed(row) for row in answer["entries"]]

    def human() -> Iterator[str]:
        yield from table(_REPLAYED, rows)
        yield ""
        if answer["broken"]:
            yield f"the chain of entries is broken: {inert(answer['broken'])}"
        yield "all is as it was" if answer["agrees"] else "NOT all is as it was"
        ours = answer["software"]
        for other in sorted({e["software"] or ours for e in answer["entries"]} - {ours}):
            yield f"some entries were made by {inert(other)}, and this is {ours}"

    emit(answer, form, human, lambda: Rows(_REPLAYED, rows))
    if not answer["agrees"]:
        raise typer.Exit(1)


@app.command("diff")
def diff(
    case: CaseOption,
    store: StoreOption,
    run: Annotated[
        int | None,
        typer.Option(metavar="ENTRY", min=1, help="The run's entry; default the last run."),
    ] = None,
    as_of: AsOfOption = None,
    without_tag: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG_ID", help="Pass over this tag; may be given again."),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Show what the present tip, the present tags and this version change in a run's findings.

    Example: peelchain case diff --case cases/site --store chain.store --as-of 2024-01-31
    """
    from peelchain.actions.casework import diff as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    knowledge = knowledge_of(as_of).without(*(without_tag or ()))
    with progress() as report:
        answer = actions.diff(case, store, run, knowledge, report)
    rows = [_changed(change) for change in answer["changes"]]

    def human() -> Iterator[str]:
        was, becomes = answer["was"], answer["becomes"]
        keys = ("tip_height", "tip_hash", "as_of", "software")
        yield from facts(
            [
                ("run", answer["run"]),
                *((key, _both(was[key], becomes[key])) for key in keys),
                ("imports added", " ".join(answer["imports_added"]) or None),
                ("imports gone", " ".join(answer["imports_gone"]) or None),
                ("unchanged findings", f"{answer['unchanged']:,}"),
            ]
        )
        yield ""
        if rows:
            yield from table(_CHANGED, rows)
        else:
            yield "nothing changes"

    emit(answer, form, human, lambda: Rows(_CHANGED, rows))


def _replayed(row: dict[str, Any]) -> list[object]:
    files = ", ".join(f"{f['file']} {f['state']}" for f in row["files"])
    told = {**row, "differs": ", ".join(row["differs"]), "files": files}
    return [told[c] for c in _REPLAYED]


def _changed(change: dict[str, Any]) -> list[object]:
    was, becomes = change["was"] or {}, change["becomes"] or {}
    differs = [key for key in was if key in becomes and was[key] != becomes[key]]
    return [
        change["change"],
        change["list"],
        change["outpoint"],
        was.get("party"),
        becomes.get("party"),
        (was or becomes)["value_sat"],
        _traced(was),
        _traced(becomes),
        " ".join(differs),
    ]


def _traced(told: dict[str, Any]) -> int | None:
    return next(iter(told["traced_sat"].values())) if told.get("traced_sat") else None


def _both(was: object, becomes: object) -> object:
    return was if was == becomes else f"{was} -> {becomes}"
