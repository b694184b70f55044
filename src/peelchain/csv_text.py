"""CSV that a spreadsheet only shows: no cell of it runs as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def guarded(value: Any) -> Any:
    """The value as a cell: a text that a spreadsheet would run gets an apostrophe before it.

    Texts of the chain, of tags and of files may be anything. Other values are left as they are.
    """
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def csv_bytes(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """A heading and rows as UTF-8 with LF line ends: None is empty, texts are guarded.

    What UTF-8 lacks is written as its escape.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")
