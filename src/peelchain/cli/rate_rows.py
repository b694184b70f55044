"""How measured error rates leave: as rows, or as people read them."""

from collections.abc import Iterator, Mapping
from typing import Any

from peelchain.cli.output import Form, Rows, emit
from peelchain.cli.output import table as lines_of

_FINE = ("era:", "family:", "script_type:", "left_out:")


def emit_rates(answer: Mapping[str, Any], form: Form, *, chosen: bool = False) -> None:
    """Writes the error rates of an answer; strata in detail are for `chosen` and for CSV."""
    from peelchain.actions.evaluate import RATE_COLUMNS

    cells = [[r[c] for c in RATE_COLUMNS] for r in answer["rows"]]

    def human() -> Iterator[str]:
        columns = ("rule", "stratum", "basis", "data", "unit", "precision", "recall")
        kept = [r for r in answer["rows"] if not r["stratum"].startswith(_FINE) or chosen]
        shown = (
            [r["rule"], r["stratum"], r["basis"], r["data"], r["unit"], *_both(r)] for r in kept
        )
        yield from lines_of(columns, shown)
        if len(kept) < len(answer["rows"]):
            left = len(answer["rows"]) - len(kept)
            yield f"{left:,} rows by era, family and type of script are left out; --csv has all"
        if "model" in answer:
            known = "the shipped one" if answer["is_shipped"] else "not the shipped one"
            yield f"model {answer['model']}, {known}"
        for error in answer.get("errors", []):
            yield f"{error['txid']} is {error['verdict']}, called {error['said'] or 'nothing'}"

    emit(answer, form, human, lambda: Rows(RATE_COLUMNS, cells))


def _both(row: Mapping[str, Any]) -> list[str]:
    return [
        share({"share": row[k], "low": row[f"{k}_low"], "high": row[f"{k}_high"]})
        for k in ("precision", "recall")
    ]


def share(said: Mapping[str, Any]) -> str:
    """A share with its interval, in words where there is none."""
    if said["share"] is None:
        return "nothing counted"
    if said["low"] is None:
        return f"{said['share']:.4f} (no interval: too few groups)"
    return f"{said['share']:.4f} ({said['low']:.4f} to {said['high']:.4f})"
