"""CSV in which every text stays in its own cell, as text, whatever it has in it."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from peelchain.csv_text import csv_bytes

CELLS = st.text(st.sampled_from("a=+-@,;\"'\r\n\t "), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=4))
def test_no_cell_is_two_and_none_is_a_formula(rows: list[list[str]]) -> None:
    written = csv_bytes(["=a", "b\r=c"], rows).decode()
    read = list(csv.reader(io.StringIO(written, newline="")))
    assert read[0] == ["'=a", "b\r=c"]
    assert len(read) == len(rows) + 1
    for got, given_row in zip(read[1:], rows, strict=True):
        assert [cell.removeprefix("'") for cell in got] == [c.removeprefix("'") for c in given_row]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in got)


def test_a_carriage_return_begins_no_row() -> None:
    assert csv_bytes(["a"], [["x\r=1+1"], [None]]) == b'a\n"x\r=1+1"\n""\n'
