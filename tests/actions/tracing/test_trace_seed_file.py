"""Seeds of a trace as text and as a table: what is read, and what is refused by row."""

from pathlib import Path

import pytest

from peelchain.actions.tracing.seed_file import parse_claim, parse_seed, read_seed_file
from peelchain.errors import MisuseError, SourceError

A, B = "aa" * 32, "bb" * 32


def test_a_table_of_seeds_is_read_row_by_row(tmp_path: Path) -> None:
    file = tmp_path / "seeds.csv"
    file.write_text(
        f'\ufeffClaimant,Outpoint,Satoshis\nAnn,{A}:0,5\n\n"Bob, Ltd", {A}:0 ,\n,{B}:1,7\n',
        encoding="utf-8",
    )
    rows = read_seed_file(file)
    assert [(str(r.outpoint), r.sat, r.claimant) for r in rows] == [
        (f"{A}:0", 5, "Ann"),
        (f"{A}:0", None, "Bob, Ltd"),
        (f"{B}:1", 7, None),
    ]


def test_the_outpoint_alone_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "seeds.csv"
    file.write_text(f"outpoint\n{A}:3\n")
    (row,) = read_seed_file(file)
    assert (str(row.outpoint), row.sat, row.claimant) == (f"{A}:3", None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'seeds.csv' row 1: headings must be outpoint"),
        ("outpoint,outpoint\n", "row 1: headings"),
        ("outpoint,amount\n", "row 1: headings"),
        ("satoshis\n5\n", "row 1: headings"),
        ("outpoint\n", "has no seed"),
        (f"outpoint,satoshis\n{A}:0,5\n{A}:1\n", "row 3: has 1 cells under 2 headings"),
        (f"outpoint\n{A}\n", "row 2: 'aaaa"),
        (f"outpoint,satoshis\n{A}:0,-5\n", "row 2: '-5' are no satoshis"),
        (f"outpoint,satoshis\n{A}:0,5.0\n", "row 2: '5.0' are no satoshis"),
        (f"outpoint,satoshis\n{A}:0,2100000000000001\n", "row 2: value 2100000000000001 sat"),
        (f"outpoint,claimant\n{A}:0,{'x' * 201}\n", "row 2: claimant"),
        ('outpoint\n"unclosed\n', "is not CSV"),
    ],
)
def test_what_cannot_be_read_is_named_by_file_and_row(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "seeds.csv"
    file.write_text(text)
    with pytest.raises(SourceError) as refusal:
        read_seed_file(file)
    assert "seeds.csv" in str(refusal.value)
    assert said in str(refusal.value)


def test_bytes_that_are_no_text_and_no_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "seeds.csv"
    file.write_bytes(b"outpoint\n\xff\xfe\n")
    with pytest.raises(SourceError, match="not UTF-8"):
        read_seed_file(file)
    with pytest.raises(SourceError, match=r"none\.csv"):
        read_seed_file(tmp_path / "none.csv")


def test_a_claim_names_its_claimant_once() -> None:
    rows = parse_claim(f"Ann={A}:0,{B}:1=7")
    assert [(str(r.outpoint), r.sat, r.claimant) for r in rows] == [
        (f"{A}:0", None, "Ann"),
        (f"{B}:1", 7, "Ann"),
    ]


@pytest.mark.parametrize("text", ["Ann", f"={A}:0", f"{A}:0=5", f"Ann={A}", f"Ann={A}:0,"])
def test_a_claim_that_says_too_little_is_refused(text: str) -> None:
    with pytest.raises(MisuseError):
        parse_claim(text)


def test_a_part_of_an_output_is_whole_satoshis() -> None:
    assert parse_seed(f"{A}:0=12").sat == 12
    for text in (f"{A}:0=", f"{A}:0=1.5", f"{A}:0=\u0663"):
        with pytest.raises(MisuseError, match="no satoshis"):
            parse_seed(text)
