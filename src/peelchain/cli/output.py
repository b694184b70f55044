"""How answers leave: JSON, CSV or a table on stdout or in a file; talk on stderr."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

from peelchain.cli.plain_text import inert, width
from peelchain.csv_text import CsvRows, guarded
from peelchain.errors import MisuseError, PeelchainError

_HASH = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{48}([0-9a-f]{8})\b")
_RIGHT = ("_sat", "_id", "BTC", "height", "input", "output", "#", "inputs", "outputs", "rows")

INTERRUPTED = 130
"""Exit code of a command that was stopped by Ctrl-C."""

Kind = Literal["json", "csv", "table"]


@dataclass(frozen=True)
class Form:
    """How an answer leaves; `out` is None for stdout, `short` cuts hashes in tables."""

    kind: Kind = "table"
    out: Path | None = None
    short: bool = False


@dataclass(frozen=True)
class Rows:
    """The rows of an answer: what `--csv` writes, under these names."""

    columns: Sequence[str]
    rows: Iterable[Sequence[object]]


def form_of(
    *,
    json: bool = False,
    csv: bool = False,
    table: bool = False,
    output: Path | None = None,
    short: bool = False,
    default: Kind = "table",
) -> Form:
    """The form that the options ask for; a file gets CSV where they name none.

    Raises MisuseError where they contradict each other.
    """
    asked = [name for name, on in (("json", json), ("csv", csv), ("table", table)) if on]
    if len(asked) > 1:
        raise MisuseError(f"--{asked[0]} and --{asked[1]} exclude each other; give one of them")
    if short and (json or csv):
        raise MisuseError("--short is for tables; hashes in JSON and CSV are always whole")
    to_file = output is not None and str(output) != "-"
    kind: Kind = "csv" if to_file else default
    if asked or short:
        kind = "json" if json else "csv" if csv else "table"
    return Form(kind=kind, out=output if to_file else None, short=short)


def emit(
    answer: Mapping[str, Any],
    form: Form,
    human: Callable[[], Iterable[str]],
    rows: Callable[[], Rows] | None = None,
) -> None:
    """Writes an answer in its form: as one JSON object, its rows as CSV, or as people read it.

    Beside CSV, which has no place for them, tip, policy and run go to stderr.
    """
    with opened(form.out) as stream:
        if form.kind == "json":
            json.dump(_finite(answer), stream, ensure_ascii=True, allow_nan=False)
            stream.write("\n")
        elif form.kind == "csv" and rows is not None:
            write_csv(rows(), stream)
            for name, value in footing(answer):
                say(f"{name} {value}")
        else:
            for line in human():
                stream.write(line + "\n")


def footing(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What an answer stands on: the chain's tip, and the policy and run of its inferences."""
    lines = []
    if "tip_hash" in answer:
        lines.append(("tip", f"{answer['tip_hash']} at height {answer['tip_height']}"))
    if answer.get("partial_store"):
        lines.append(("partial store", _partial(answer["partial_store"])))
    # None where nothing in the answer is an inference
    if answer.get("policy") is not None:
        lines.append(("policy", str(answer["policy"])))
    if "run_id" in answer and answer.get("policy", "") is not None:
        lines.append(("run", answer["run_id"] or "not stored: clustered for this answer alone"))
    return lines


def _partial(partial: Mapping[str, Any]) -> str:
    """What a partial store holds, in words: what it does not know is not absent."""
    parts = [f"{partial['txs']:,} transactions fetched; what was not fetched is not known"]
    if partial["told"]:
        parts.append(f"{partial['told']:,} are the source's word alone")
    if partial["stubs"]:
        parts.append(f"{partial['stubs']:,} more known by outputs that others spend")
    if partial["ranks"]:
        parts.append("heights are ranks in time: no source told heights")
    return "; ".join(parts)


def say(text: str) -> None:
    """Talk, on stderr."""
    print(inert(text), file=sys.stderr)


def facts(pairs: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Lines of names and values, values in full; those that are None are left out."""
    rows = [(inert(name), inert(str(value))) for name, value in pairs if value is not None]
    wide = max((width(name) for name, _ in rows), default=0)
    for name, value in rows:
        yield f"{name}{' ' * (wide - width(name))}  {value}"


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, short: bool = False
) -> Iterator[str]:
    """Lines of rows under headings. Nothing is cut: a narrow terminal wraps or scrolls."""
    cells = [
        [inert(c) for c in columns],
        *(["" if v is None else _cell(str(v), short) for v in row] for row in rows),
    ]
    widths = [max(width(row[i]) for row in cells) for i in range(len(columns))]
    right = [c.endswith(_RIGHT) for c in columns]
    for row in cells:
        padded = (
            " " * (wide - width(cell)) + cell if to_right else cell + " " * (wide - width(cell))
            for cell, wide, to_right in zip(row, widths, right, strict=True)
        )
        yield "  ".join(padded).rstrip()


def write_csv(rows: Rows, stream: TextIO) -> None:
    """Writes CSV with LF line ends, an empty cell for null.

    Text that a spreadsheet would run as a formula starts with an apostrophe; control characters are
    made visible on a terminal only, so that pipes and files get what is there.
    """
    on_terminal = stream.isatty()

    def cell(value: object) -> object:
        if not isinstance(value, str):
            return "" if value is None else value
        text = str(guarded(value))
        return inert(text) if on_terminal else text

    writer = CsvRows(stream)
    writer.add([cell(c) for c in rows.columns])
    for row in rows.rows:
        writer.add([cell(v) for v in row])


@contextmanager
def opened(out: Path | None) -> Iterator[TextIO]:
    """The file to write to, or stdout. Raises PeelchainError where it cannot be written."""
    if out is None:
        yield sys.stdout
        return
    try:
        with out.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            yield stream
    except OSError as e:
        raise PeelchainError(f"{out}: {e.strerror or e}; give another --output") from None


def _cell(text: str, short: bool) -> str:
    shown = inert(text)
    return _HASH.sub(r"\1…\2", shown) if short else shown


def _finite(value: Any) -> Any:
    # JSON has no word for them, and json.dump would write what no other parser reads
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
