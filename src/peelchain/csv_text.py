"""CSV that a spreadsheet only shows: no cell of it runs as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, TextIO

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def guarded(value: Any) -> Any:
    """The value as a cell: a text that a spreadsheet would run gets an apostrophe before it.

    Texts of the chain, of tags and of files may be anything. Other values are left as they are.
    """
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


class CsvRows:
    """Writes rows to a stream of text as CSV with LF line ends.

    A carriage return within a cell is quoted as a line feed is: a spreadsheet begins a row at
    either, and what stands behind it would be a cell of its own, unguarded.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # Python's writer quotes what its own line end has
        self._writer = csv.writer(self, lineterminator="\r\n")

    def add(self, cells: Iterable[Any]) -> None:
        """Writes one row; None is an empty cell."""
        self._writer.writerow(cells)

    def write(self, line: str) -> None:
        """Takes a line from Python's writer."""
        self._stream.write(line.removesuffix("\r\n") + "\n")


def csv_bytes(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """A heading and rows as UTF-8 with LF line ends: None is empty, texts are guarded.

    What UTF-8 lacks is written as its escape.
    """
    text = io.StringIO(newline="")
    writer = CsvRows(text)
    for row in chain([columns], rows):
        writer.add([guarded(cell) for cell in row])
    return text.getvalue().encode("utf-8", "backslashreplace")
