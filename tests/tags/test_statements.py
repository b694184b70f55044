"""Statements that two addresses are two parties': both forms of file, and what is refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.errors import PeelchainError, TagError
from peelchain.network import MAINNET
from peelchain.script import script_pubkey
from peelchain.tags.statements import read_statements

A = "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S"
B = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
C = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"
HEAD = "address_a,address_b,source,date"


def write(folder, text, name="apart.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_and_yaml_say_the_same(tmp_path):
    plain = read_statements(
        write(tmp_path, f"\ufeff{HEAD},note\n{A},{B},Ministry,2024-01-31,two men\n"), MAINNET
    )
    (row,) = plain.rows
    assert (row.script_a, row.script_b) == (script_pubkey(A, MAINNET), script_pubkey(B, MAINNET))
    assert (row.source, row.day, row.note) == ("Ministry", date(2024, 1, 31), "two men")
    assert row.place == "apart.csv row 2"
    assert row.evidence == "apart.csv row 2: 'Ministry', 2024-01-31: 'two men'"
    pack = (
        f"statements:\n- address_a: {A}\n  address_b: {B}\n  source: Ministry\n  date: 2024-01-31\n"
    )
    (same,) = read_statements(write(tmp_path, pack, "apart.yaml"), MAINNET).rows
    assert same.place == "apart.yaml line 2"
    assert (same.script_a, same.script_b, same.source, same.day) == (
        row.script_a,
        row.script_b,
        row.source,
        row.day,
    )


def test_repeats_are_no_contradiction(tmp_path):
    rows = f"{HEAD},relation\n{A},{B},X,2024-01-31,\n{B},{A},Y,2024-02-01,cannot-link\n"
    assert len(read_statements(write(tmp_path, rows), MAINNET).rows) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}\n{A},{A},X,2024-01-31\n", f"apart.csv row 2: '{A}' cannot be another party than"),
        (
            f"{HEAD},relation\n{A},{B},X,2024-01-31,cannot-link\n\n{B},{A},X,2024-01-31,must-link\n",
            "apart.csv row 4 says 'must-link' of two addresses of which apart.csv row 2 says",
        ),
        (
            f"{HEAD},relation\n{A},{B},X,2024-01-31,must-link\n",
            "row 2: the relation 'must-link' is",
        ),
        (f"{HEAD},relation\n{A},{B},X,2024-01-31,maybe\n", "row 2: there is no relation 'maybe'"),
        (f"{HEAD}\n{A},{B[:-1]}b,X,2024-01-31\n", "row 2: "),
        (f"{HEAD}\n{A},{B},X,31.1.2024\n", "row 2: '31.1.2024' is not a date"),
        (f"{HEAD}\n{A},{B},,2024-01-31\n", "row 2: has no source; every statement needs"),
        (f"{HEAD}\n{A},{B},X\n", "row 2: has 3 cells under 4 headings"),
        (f"{HEAD},colour\n{A},{B},X,2024-01-31,red\n", "row 2: the field 'colour' is not known"),
        ("address_a,address_b\n", "row 1: headings must be"),
        ("", "row 1: headings must be"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (f'{HEAD}\n"{A}', "is not CSV"),
    ],
)
def test_a_bad_file_is_refused_by_row(tmp_path, text, said):
    with pytest.raises(TagError) as refused:
        read_statements(write(tmp_path, text), MAINNET)
    assert said in str(refused.value)


def test_no_file(tmp_path):
    with pytest.raises(TagError, match="no such file"):
        read_statements(tmp_path / "none.csv", MAINNET)


@given(st.text(max_size=200), st.booleans())
def test_whatever_stands_there_is_read_or_refused(tmp_path_factory, text, headed):
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("apart.csv", "apart.yaml"):
        head = (f"{HEAD}\n" if name == "apart.csv" else "statements:\n- ") if headed else ""
        path = write(folder, (head + text).encode("utf-8", "surrogatepass"), name)
        try:
            read_statements(path, MAINNET)
        except PeelchainError as refused:
            assert str(refused).isprintable()
