"""A seized table as it comes: whatever is amiss is counted and listed, the good rows are read."""

import gzip
import json

import pytest

from peelchain.case.canonical import canonical_json
from peelchain.case.user_table import PROBLEMS, read_user_table
from peelchain.errors import CaseError, MisuseError
from peelchain.network import MAINNET, REGTEST
from peelchain.script import address, p2pkh, p2wpkh, script_pubkey

WIF = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
WORDS = "abandon ability able about above absent absorb abstract absurd abuse access accident"


def addr(n, network=REGTEST, kind=p2wpkh):
    return address(kind(n.to_bytes(20, "big")), network)


def read(tmp_path, content, mapping=None):
    file = tmp_path / "users.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    told = []
    table = read_user_table(file, REGTEST, mapping or {}, lambda *step: told.append(step))
    assert told
    return table


def problems(table):
    return [(r.row, r.problem, r.other) for r in table.rejects]


def test_a_clean_table(tmp_path):
    table = read(tmp_path, f"user,address\nanna,{addr(1)}\nbert,{addr(2)}\nanna,{addr(3)}\n")
    assert table.users == ["anna", "bert"]
    assert table.owner == [0, 1, 0]
    assert table.scripts == [script_pubkey(addr(n), REGTEST) for n in (1, 2, 3)]
    assert (table.rows, table.count, table.rejects) == ([1, 2, 3], 3, [])


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("latin-1", "latin-1"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(tmp_path, encoding, said, delimiter):
    text = delimiter.join(("Käufer", "Adresse")) + "\r\n" + delimiter.join(("ünal", addr(1)))
    table = read(tmp_path, text.encode(encoding), {"user": "käufer", "address": "ADRESSE"})
    assert (table.encoding, table.delimiter, table.users) == (said, delimiter, ["ünal"])
    packed = read(
        tmp_path, gzip.compress(text.encode(encoding)), {"user": "Käufer", "address": "Adresse"}
    )
    assert packed.users == table.users
    assert packed.sha256 != table.sha256


def test_windows_text_is_told_from_latin(tmp_path):
    table = read(tmp_path, f"user,address\no’neil €,{addr(1)}\n".encode("windows-1252"))
    assert (table.encoding, table.users) == ("windows-1252", ["o’neil €"])


def test_what_is_amiss_is_listed_by_row(tmp_path):
    rows = [
        f"anna,{addr(1)},x",
        f"anna,{addr(1).upper()},again",
        f"bert,{addr(1)},shared",
        f"bert,{addr(1)},shared and repeated",
        f"carl,{addr(2)[:-1]}q,typo",
        f"carl,{addr(2, MAINNET)},elsewhere",
        f"carl,{WIF},key",
        f"{WORDS},{addr(3)},words",
        f"dora,{addr(4)},{WIF}",
        f",{addr(5)},x",
        "emil,,x",
        f"emil,{addr(6)}",
        "",
        f"fred,{addr(7)},{'x' * 10_001}",
        f"gina,{addr(8, kind=p2pkh)},y",
        "henk,hello,not one at all",
    ]
    table = read(tmp_path, "user,address,note\n" + "\n".join(rows))
    assert problems(table) == [
        (2, "repeated", 1),
        (3, "shared", 1),
        (4, "repeated", 1),
        (5, "not_an_address", 0),
        (6, "other_network", 0),
        (7, "secret", 0),
        (8, "secret", 0),
        (9, "secret_cell", 0),
        (10, "no_user", 0),
        (11, "no_address", 0),
        (12, "cells", 0),
        (14, "too_long", 0),
        (16, "not_an_address", 0),
    ]
    assert table.users == ["anna", "bert", "dora", "gina"]
    assert table.shared == {script_pubkey(addr(1), REGTEST)}
    assert {r.problem for r in table.rejects} <= set(PROBLEMS)
    stored = b"".join(table.records()).decode()
    assert WIF not in stored
    assert "abandon" not in stored


def test_bad_bytes_cost_their_rows_only(tmp_path):
    good = f"jürgen,{addr(1)}\n".encode()
    table = read(tmp_path, b"user,address\n" + good + b"\xff\xfe,x\n" + good)
    assert (table.encoding, table.users) == ("utf-8", ["jürgen"])
    assert [r.problem for r in table.rejects] == ["encoding", "repeated"]
    latin = f"user,address\nn\xecck,{addr(1)}\nb\x81d,{addr(2)}\n"
    table = read(tmp_path, latin.encode("latin-1"))
    assert (table.encoding, table.users) == ("latin-1", ["nìck"])
    assert problems(table) == [(2, "encoding", 0)]


def test_records_are_canonical_json_of_all_columns(tmp_path):
    rows = (f"anna,{addr(1)},é1,x", f'bert,{addr(2)},2,"y\nz"', f"anna,{addr(3)},3,")
    text = "\n".join(('user,address,zip,"a ""b"""', *rows))
    records = read(tmp_path, text).records()
    assert [json.loads(r) for r in records] == [
        {
            "addresses": [addr(1), addr(3)],
            "kind": "table_user",
            "rows": [{"zip": "é1", 'a "b"': "x"}, {"zip": "3", 'a "b"': ""}],
            "user": "anna",
        },
        {
            "addresses": [addr(2)],
            "kind": "table_user",
            "rows": [{"zip": "2", 'a "b"': "y\nz"}],
            "user": "bert",
        },
    ]
    assert [canonical_json(json.loads(r)) for r in records] == records


def test_headings_that_repeat_or_are_empty_get_numbers(tmp_path):
    text = f"user,address,,note,note\nanna,{addr(1)},a,b,c\n"
    (record,) = read(tmp_path, text).records()
    assert json.loads(record)["rows"] == [{"column 1": "a", "note": "b", "note 3": "c"}]


@pytest.mark.parametrize(
    ("content", "mapping", "error", "words"),
    [
        ("a,b\n1,2\n", {}, MisuseError, "--map user=HEADING; the headings are 'a', 'b'"),
        ("user,address\n", {}, CaseError, "has no rows"),
        ("user,user,address\nx,y,z\n", {}, MisuseError, "several times"),
        ("user,address\nx,y\n", {"adress": "b"}, MisuseError, "'adress' is no field"),
        ("user,address\nx,y\n", {"user": "address"}, MisuseError, "one column"),
        (b"\x1f\x8b\x08\x00garbage", {}, CaseError, "users.csv"),
        (b"\xff\xfeu\x00s\x00e\x00\x00\xd8x\x00", {}, CaseError, "UTF-16"),
        ("x" * 20_000, {}, CaseError, "no heading"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path, content, mapping, error, words):
    with pytest.raises(error, match=words):
        read(tmp_path, content, mapping)


def test_bad_bytes_in_the_heading(tmp_path):
    good = f"jürgen,{addr(1)},é\n".encode()
    table = read(tmp_path, b"user,address,na\xffme\n" + good)
    assert table.users == ["jürgen"]
    (record,) = table.records()
    assert json.loads(record)["user"] == "jürgen"


@pytest.mark.parametrize("second", [addr(1), WIF])
def test_a_table_without_heading_is_not_repeated(tmp_path, second):
    with pytest.raises(CaseError, match="its first line is a row") as refused:
        read(tmp_path, f"anna,{second}\nbert,{addr(2)}\n")
    assert "anna" not in str(refused.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CaseError, match="No such file"):
        read_user_table(tmp_path / "none.csv", REGTEST, {}, lambda *_: None)


def test_bad_rows_by_the_thousand_cost_no_good_one(tmp_path):
    count = 50_000
    lines = ["user,address"]
    for n in range(count):
        good = addr(n)
        bad = good[:-1] + ("p" if good.endswith("q") else "q")
        lines.append(f"user {n},{bad if n % 10 else good}")
    table = read(tmp_path, "\n".join(lines))
    assert table.users == [f"user {n}" for n in range(0, count, 10)]
    assert [r.row for r in table.rejects] == [n + 1 for n in range(count) if n % 10]
