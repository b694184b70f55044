"""peelchain case open, list and show: cases as folders."""

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
    NetworkOption,
    OptionalStoreOption,
    OutOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Rows, emit, facts, form_of, table
from peelchain.cli.plain_text import inert

_SHOWN = 20
"""Rows of each part that people are shown, the last ones."""
_LISTED = ("case", "name", "title", "entries", "reports", "last_utc", "broken", "error")


@app.command("open")
def open_case(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    store: OptionalStoreOption = None,
    network: NetworkOption = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="The report's title.")] = "",
    subject: Annotated[
        str, typer.Option(metavar="TEXT", help="What to call the subject.")
    ] = "subject",
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Open a case: a folder with a journal, about the chain of a store.

    Example: peelchain case open cases/site --title "The site" --store chain.store
    """
    from peelchain.actions.casework import open as actions

    form = form_of(json=json)
    answer = actions.open_case(
        folder, title, subject,
        store=None if network else store, network=network, date_utc=checked_date(date, "--date"),
    )  # fmt: skip

    def human() -> Iterator[str]:
        keys = ("case", "name", "title", "subject", "network", "time_utc")
        yield from facts([(key, answer[key] or None) for key in keys])

    emit(answer, form, human)


@app.command("list")
def list_cases(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that holds cases.")],
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List the cases below a folder.

    Example: peelchain case list cases
    """
    from peelchain.actions.casework import open as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.cases_below(folder)
    rows = [[case[c] for c in _LISTED] for case in answer["cases"]]
    emit(answer, form, lambda: table(_LISTED, rows), lambda: Rows(_LISTED, rows))


@app.command("show")
def show(case: CaseOption, json: JsonOption = False) -> None:
    """Show a case at a glance: what was asked, found, said and made.

    Example: peelchain case show --case cases/site
    """
    from peelchain.actions.casework import show as actions

    form = form_of(json=json)
    answer = actions.show(case)
    emit(answer, form, lambda: _glance(answer))


def _glance(answer: dict[str, Any]) -> Iterator[str]:
    keys = ("case", "name", "title", "subject", "network", "entries", "undone", "last_utc")
    yield from facts(
        [
            *((key, answer[key] or None) for key in keys),
            ("seeds", len(answer["seeds"]) or None),
            *((kind, count) for kind, count in answer["made"].items()),
            ("broken", answer["broken"]),
        ]
    )
    runs = [
        [r["entry"], r["time_utc"], r["tip_height"], r["as_of"], len(r["seeds"]),
         r["totals"]["received_sat"], r["totals"]["inflow_sat"], r["totals"]["outflow_sat"]]
        for r in answer["runs"]
    ]  # fmt: skip
    columns = ["run", "time", "tip height", "as of", "seeds", "received_sat", "inflow_sat",
               "outflow_sat"]  # fmt: skip
    yield from _part(columns, runs)
    reports = [[r["entry"], r["time_utc"], r["run"], r["digest"]] for r in answer["reports"]]
    yield from _part(["report", "time", "of run", "digest"], reports)
    for h in answer["hypotheses"]:
        yield ""
        yield f"{h['id']}  {inert(h['text'])}"
        for side in ("for", "against"):
            yield from (f"    {side}: {inert(e['what'])}" for e in h[side])
    exhibits = [[e["id"], e["of"], e["text"], e["sha256"]] for e in answer["exhibits"]]
    yield from _part(["exhibit", "of", "as", "sha256"], exhibits)
    decisions = [[d["entry"], d["by"], d["text"], " ".join(d["on"])] for d in answer["decisions"]]
    yield from _part(["decision", "by", "text", "on"], decisions)
    notes = [[n["entry"], n["text"], " ".join(n["about"])] for n in answer["notes"]]
    yield from _part(["note", "text", "about"], notes)


def _part(columns: list[str], rows: list[list[object]]) -> Iterator[str]:
    if rows:
        yield ""
        yield from table(columns, rows[-_SHOWN:])
    if len(rows) > _SHOWN:
        yield f"and {len(rows) - _SHOWN:,} earlier ones, which --json lists"
