"""peelchain case disclosure: all that was done, and what of it went out to whom."""

from collections.abc import Iterator
from typing import Any

from peelchain.cli.case.app import app
from peelchain.cli.options import CaseOption, CsvOption, JsonOption, OutOption, TableOption
from peelchain.cli.output import Rows, emit, facts, form_of, table

_COLUMNS = ("entry", "time_utc", "kind", "id", "state", "what", "used_by", "disclosed", "withheld",
            "lost", "against")  # fmt: skip


@app.command("disclosure")
def disclosure(
    case: CaseOption,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List everything done in a case, unused and undone work included, and who was given it.

    Example: peelchain case disclosure --csv -o schedule.csv --case cases/site
    """
    from peelchain.actions.casework import disclosure as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.disclosure(case)
    rows = [_row(entry) for entry in answer["entries"]]

    def human() -> Iterator[str]:
        yield from table(_COLUMNS, rows)
        yield ""
        yield from facts(
            [
                ("entries", len(rows)),
                ("never disclosed", answer["undisclosed"]),
                ("undone or unused", answer["not_standing"]),
                ("broken", answer["broken"]),
            ]
        )

    emit(answer, form, human, lambda: Rows(_COLUMNS, rows))


def _row(entry: dict[str, Any]) -> list[object]:
    went = entry["disclosed"]
    told = {
        **entry,
        "used_by": " ".join(map(str, entry["used_by"])),
        "disclosed": "; ".join(
            f"{d['how']} {d['entry']}" + (f" to {d['to']}" if d["to"] else "") for d in went
        ),
        "withheld": "; ".join(
            f"{d['how']} {d['entry']}: {', '.join(d['withheld'])}" for d in went if d["withheld"]
        ),
        "lost": " ".join(entry["lost"]),
        "against": "yes" if entry["against"] else "",
    }
    return [told[c] for c in _COLUMNS]
