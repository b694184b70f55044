"""Reading a table of addresses and entities: nothing is dropped in silence, nothing leaks."""

import pytest

from peelchain.errors import SourceError
from peelchain.evaluate.labelled import not_in_chain, read_labelled_table
from peelchain.network import MAINNET
from peelchain.script import script_pubkey

A = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
B = "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S"
C = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


def read(folder, text):
    file = folder / "table.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_labelled_table(file, MAINNET)


def said(table):
    return [(r.line, r.problem, r.other_line) for r in table.remarks]


def test_every_row_is_measured_or_told(tmp_path):
    table = read(
        tmp_path,
        f"Address,note,ENTITY\n{A},x,alice\n{B},,bob\n{A},again,alice\n{B},,carol\nnonsense,,dave\n"
        f"{C},,\n\n{C.upper()},,erin\n",
    )
    assert table.rows == 7
    assert {table.addresses[s]: e for s, e in table.entities.items()} == {
        A: "alice",
        C.upper(): "erin",
    }
    assert said(table) == [
        (3, "contradictory", 5),
        (4, "repeated", 2),
        (5, "contradictory", 3),
        (6, "not_an_address", None),
        (7, "no_entity", None),
    ]


def test_two_ways_of_writing_one_address_are_one(tmp_path):
    table = read(tmp_path, f"address,entity\n{C},alice\n{C.upper()},bob\n")
    assert table.entities == {}
    assert said(table) == [(2, "contradictory", 3), (3, "contradictory", 2)]


def test_a_third_entity_of_one_address_is_told_too(tmp_path):
    table = read(tmp_path, f"address,entity\n{A},alice\n{A},bob\n{A},carol\n{A},alice\n")
    assert table.entities == {}
    assert [line for line, *_ in said(table)] == [2, 3, 4, 5]


def test_a_private_key_is_not_repeated(tmp_path):
    key = "5Kb8kLf9zgWQnogidDA76MzPL6TsZZY36hWXMssSzNydYXYB9KF"
    table = read(tmp_path, f"address,entity\n{key},alice\n{A},alice\n")
    (remark,) = table.remarks
    assert key not in str(remark)
    assert "private key" in remark.reason


def test_addresses_that_the_chain_lacks_are_told_in_the_order_of_the_file(tmp_path):
    table = read(tmp_path, f"address,entity\n{B},b\n{A},a\n")
    remarks = not_in_chain(table, [script_pubkey(a, MAINNET) for a in (A, B)])
    assert [(r.line, r.address, r.problem) for r in remarks] == [
        (2, B, "not_in_chain"),
        (3, A, "not_in_chain"),
    ]


def test_a_byte_order_mark_and_windows_lines_are_no_matter(tmp_path):
    table = read(tmp_path, f"\ufeffaddress,entity\r\n{A},alice\r\n")
    assert list(table.entities.values()) == ["alice"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the heading names the column 'address' 0 times"),
        (f"{A},alice\n", "line 1: the heading names the column 'address' 0 times"),
        (f"address,entity,entity\n{A},a,b\n", "line 1: .*'entity' 2 times"),
        ("address,entity\n", "it has no rows"),
        (f"address,entity\n{A},alice\n{B}\n", "line 3: it has 1 cells, fewer"),
        (f'address,entity\n{A},"alice\n', "line .*: unexpected end of data"),
        (f"address,entity\n{A},\0\n", None),
        (f"address,entity\n{A},{'x' * 20_000}\n", "line 2: a cell of over"),
        (f"address,entity\n{A},{'x' * 200_000}\n", "line 2: field larger than"),
        (b"address,entity\n\xff\xfe,a\n", "not UTF-8 at byte 15"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_line(tmp_path, text, message):
    if message is None:
        assert list(read(tmp_path, text).entities.values()) == ["\0"]
        return
    with pytest.raises(SourceError, match=message):
        read(tmp_path, text)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(SourceError, match="No such file"):
        read_labelled_table(tmp_path / "none.csv", MAINNET)
    with pytest.raises(SourceError, match="Is a directory"):
        read_labelled_table(tmp_path, MAINNET)
