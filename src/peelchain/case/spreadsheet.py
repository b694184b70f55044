"""XLSX workbooks whose bytes follow from their cells alone."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peelchain.case.archive import unzipped, zipped
from peelchain.errors import CaseError

Cell = str | int | None

MOST_ROWS = 1_048_576
"""The rows that a sheet holds, its head among them (ECMA-376 as spreadsheet programs read it)."""

_FIXED = datetime(1980, 1, 1)  # noqa: DTZ001  # the library refuses times with a zone
_EXACT_DIGITS = 15
_MOST_TEXT = 32_767
_MOST_NAME = 31
_WIDEST, _NARROWEST = 70, 8
_MEASURED = 200
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f']")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Sheet:
    """A table of a workbook: its name, its columns' heads and its rows; None is an empty cell."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def xlsx(sheets: Sequence[Sheet]) -> bytes:
    """The workbook of these sheets: the same cells, the same bytes.

    Texts are stored as texts, whatever they begin with, so that none runs as a formula. Whole
    numbers of more than 15 digits, which spreadsheets round, are texts too. Raises CaseError for
    two sheets of one name and for more rows than a sheet holds.
    """
    from openpyxl import Workbook

    names = [_sheet_name(sheet.name) for sheet in sheets]
    if len({name.lower() for name in names}) < len(names) or not names:
        raise CaseError("a workbook needs sheets, each of a name of its own")
    book = Workbook(write_only=True)
    book.properties.creator = "peelchain"
    book.properties.created = book.properties.modified = _FIXED
    for name, sheet in zip(names, sheets, strict=True):
        if len(sheet.rows) >= MOST_ROWS:
            raise CaseError(
                f"the sheet {name} has {len(sheet.rows):,} rows and a spreadsheet holds "
                f"{MOST_ROWS - 1:,}; use the CSV file"
            )
        _fill(book.create_sheet(name), sheet)
    held = io.BytesIO()
    book.save(held)
    files = unzipped(held.getvalue())
    # Saving stamps the time of day over the one that was set.
    files["docProps/core.xml"] = re.sub(
        rb"(<dcterms:modified[^>]*>)[^<]*",
        rb"\g<1>1980-01-01T00:00:00Z",
        files["docProps/core.xml"],
    )
    return zipped(files, first=("[Content_Types].xml",))


def _fill(page: Any, sheet: Sheet) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    page.freeze_panes = "A2"
    for index, head in enumerate(sheet.columns):
        longest = max([len(head), *(_length(row, index) for row in sheet.rows[:_MEASURED])])
        letter = get_column_letter(index + 1)
        page.column_dimensions[letter].width = min(_WIDEST, max(_NARROWEST, longest + 2))

    def cell(value: Cell, bold: bool = False) -> Any:
        if value is None or (isinstance(value, int) and abs(value) < 10**_EXACT_DIGITS):
            return value
        made = WriteOnlyCell(page, value=_clean(str(value)))
        # Set last: the library takes a text that begins with = for a formula.
        made.data_type = "s"
        if bold:
            made.font = Font(bold=True)
        return made

    page.append([cell(head, bold=True) for head in sheet.columns])
    for row in sheet.rows:
        page.append([cell(value) for value in row])


def _length(row: Sequence[Cell], index: int) -> int:
    return len(str(row[index])) if index < len(row) and row[index] is not None else 0


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)[:_MOST_TEXT]


def _sheet_name(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", name)[:_MOST_NAME] or "_"
