"""Tables as other programs write them: whichever delimiter, read row by row."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from peelchain.errors import CaseError

_DELIMITERS = (",", ";", "\t", "|")


def heading_line(text: str) -> str:
    """The first line of a table, with its line end."""
    return text[: text.find("\n") + 1 or None]


def delimiter_of(text: str) -> str:
    """The delimiter that parts the heading of a table into the most columns."""
    heading = heading_line(text)
    return max(_DELIMITERS, key=lambda delimiter: _columns(heading, delimiter))


def _columns(heading: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([heading], delimiter=delimiter), []))
    except csv.Error:
        # `rows_of` says what is wrong, with the line
        return 0


def rows_of(text: str, delimiter: str, file: str | Path) -> Iterator[list[str]]:
    """The rows of a table, the heading first. Raises CaseError naming `file` and the line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error:
        raise CaseError(
            f"{file} line {reader.line_num} is not CSV; save the table as CSV again"
        ) from None
