"""Workbooks: what was put in comes out, nothing runs, and the bytes are the same each time."""

import io
import zipfile

import openpyxl
import pytest

from peelchain.case.spreadsheet import Sheet, xlsx
from peelchain.errors import CaseError

ROWS: list[list[str | int | None]] = [
    ["=1+1", 10**15 - 1],
    ["+2", 10**15],
    ["@SUM(A1)", None],
    ["-3", -5],
    ["\x1b]0;x\x07\ud800", 0],
    ["Łódź 币", 7],
]


def cells(book: bytes, name: str) -> list[list[tuple[object, str]]]:
    page = openpyxl.load_workbook(io.BytesIO(book))[name]
    return [[(cell.value, cell.data_type) for cell in row] for row in page.iter_rows()]


def test_cells_come_back_and_no_text_is_a_formula():
    head, *rows = cells(xlsx([Sheet("asked", ["what", "satoshis"], ROWS)]), "asked")
    assert head == [("what", "s"), ("satoshis", "s")]
    assert rows[0] == [("=1+1", "s"), (10**15 - 1, "n")]
    assert rows[1] == [("+2", "s"), (str(10**15), "s")]
    assert rows[2][1][0] is None
    assert rows[3] == [("-3", "s"), (-5, "n")]
    assert not set(str(rows[4][0][0])) & set("\x1b\x07\ud800")
    assert rows[5] == [("Łódź 币", "s"), (7, "n")]


def test_same_cells_give_the_same_bytes_with_no_time_of_day_in_them():
    made = xlsx([Sheet("a", ["x"], ROWS[:1]), Sheet("b", ["y"], [])])
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.namelist()[0] == "[Content_Types].xml"
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert core.count("1980-01-01T00:00:00Z") == 2
    assert made == xlsx([Sheet("a", ["x"], ROWS[:1]), Sheet("b", ["y"], [])])


def test_names_that_a_spreadsheet_refuses_are_mended_and_twins_refused():
    made = xlsx([Sheet("in/out: [all]? it's longer than a sheet's name may be", ["x"], [])])
    (name,) = openpyxl.load_workbook(io.BytesIO(made)).sheetnames
    assert len(name) == 31
    assert name.startswith("in_out_ _all__ it_s")
    with pytest.raises(CaseError, match="a name of its own"):
        xlsx([Sheet("A", ["x"], []), Sheet("a", ["x"], [])])


def test_more_rows_than_a_sheet_holds_are_refused():
    with pytest.raises(CaseError, match="use the CSV file"):
        xlsx([Sheet("a", ["x"], [[1]] * 1_048_576)])
