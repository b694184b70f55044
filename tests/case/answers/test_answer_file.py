"""A service's answer read as told: its columns, units, clock and encoding."""

from typing import Any

import pytest

from peelchain.case.answers.file import AnswerFile, AnswerRow, Reading, read_answer
from peelchain.errors import CaseError, MisuseError

TXID = "ab" * 32
MAPPING = {"account": "Konto", "txid": "Transaktion", "amount": "Belopp", "time": "Tid"}


def read(text: str | bytes, **how: Any) -> AnswerFile:
    content = text.encode() if isinstance(text, str) else text
    return read_answer(content, "answer.csv", Reading({**MAPPING, **how.pop("more", {})}, **how))


def table(*rows: str, sign: str = ",") -> str:
    return "\n".join((sign.join(("Konto", "Transaktion", "Belopp", "Tid")), *rows)) + "\n"


def test_a_row_is_read_as_it_stands():
    answer = read(table(f"77,{TXID},0.5,2020-01-02T03:04:05Z"))
    assert answer.rows == (AnswerRow(1, "77", TXID, None, None, 50_000_000, 1577934245),)
    assert (answer.encoding, answer.delimiter, answer.rejects) == ("utf-8", ",", ())


@pytest.mark.parametrize(
    ("cell", "told", "value_sat"),
    [
        ("1,00000001", {"decimal": ","}, 100_000_001),
        ("1", {}, 100_000_000),
        ("150", {"unit": "sat"}, 150),
        ("0.1", {}, 10_000_000),
    ],
)
def test_amounts_are_read_in_their_unit(cell, told, value_sat):
    answer = read(table(f"77;{TXID};{cell};", sign=";"), **told)
    assert [row.amount_sat for row in answer.rows] == [value_sat]


@pytest.mark.parametrize(
    ("cell", "told"),
    [("1.000,5", {}), ("1,5", {}), ("-1", {}), ("1e3", {}), ("0.123456789", {}),
     ("1.5", {"unit": "sat"}), ("21000001", {}), ("\u0661", {})],
)  # fmt: skip
def test_an_amount_that_could_mean_two_things_is_rejected(cell, told):
    answer = read(table(f"77;{TXID};{cell};", f"78;{TXID};;", sign=";"), **told)
    assert answer.rejects == ((1, "its amount cannot be read as told"),)
    assert [row.account for row in answer.rows] == ["78"]


@pytest.mark.parametrize(
    ("cell", "told", "seconds"),
    [
        ("2020-01-01 12:00", {"zone": "+09:00"}, 1577847600),
        ("2020-01-01 12:00", {"zone": "-0530"}, 1577899800),
        ("2020-01-01T12:00:00+01:00", {"zone": "+09:00"}, 1577876400),
        ("01/02/2020 01:30 PM", {"time_format": "%m/%d/%Y %I:%M %p"}, 1577971800),
        ("1577836800", {"time_format": "epoch", "zone": "+09:00"}, 1577836800),
    ],
)
def test_times_are_read_by_their_clock(cell, told, seconds):
    assert read(table(f"77,{TXID},,{cell}"), **told).rows[0].time == seconds


def test_encodings_and_delimiters_are_told():
    text = "Konto;Transaktion;Belopp;Tid;Utg\xe5ng\n" + f"77;{TXID};;;3\n"
    for encoding, said in (("latin-1", "latin-1"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16")):
        answer = read(text.encode(encoding), more={"vout": "Utg\xe5ng"})
        assert (answer.encoding, answer.delimiter) == (said, ";")
        assert answer.rows[0].vout == 3
    assert read(table(f"77\t{TXID}\t\t", sign="\t")).delimiter == "\t"


def test_an_outpoint_may_be_one_cell_and_holders_are_read():
    mapping = {"account": "a", "outpoint": "o", "name": "n", "country": "c"}
    content = f"a,o,n,c\n77,{TXID.upper()}:4, User 12 ,\n".encode()
    (row,) = read_answer(content, "x.csv", Reading(mapping)).rows
    assert (row.txid, row.vout, row.who) == (TXID, 4, {"name": "User 12"})


def test_bad_rows_are_rejected_by_number_without_their_values():
    answer = read(
        table(f",{TXID},1,", "77,nothex,1,", f"77,{TXID},1", f"77,{TXID},1,yesterday", "", ",,,")
    )
    assert answer.rows == ()
    assert answer.rejects == (
        (1, "names no account"),
        (2, "its txid is not 64 hex digits"),
        (3, "has 3 cells under 4 headings"),
        (4, "its time cannot be read as told"),
    )


def test_a_secret_is_refused_and_not_repeated():
    from hashlib import sha256

    from peelchain.script.base58 import encode_check

    secret = encode_check(b"\x80" + sha256(b"nobody").digest())
    with pytest.raises(CaseError, match="row 2 holds what looks like a private key") as refused:
        read(table(f"77,{TXID},1,", f"{secret},{TXID},1,"))
    assert secret not in str(refused.value)


def test_what_is_no_table_is_refused():
    with pytest.raises(CaseError, match=r"heading 'Konto' is not there; the headings are 'x', 'y'"):
        read("x,y\n1,2\n")
    with pytest.raises(CaseError, match="the headings are none"):
        read("")
    with pytest.raises(CaseError, match="heading 'Konto' is twice there"):
        read("Konto,Konto,Transaktion,Belopp,Tid\n")
    with pytest.raises(CaseError, match="not utf-16 text near byte"):
        read(b"\xff\xfea")
    with pytest.raises(CaseError, match="is not CSV"):
        read(table('77,"' + "x" * 200_000 + '",1,'))
    with pytest.raises(CaseError, match="line 1 is not CSV"):
        read("x" * 200_000 + "\n1,2\n")


@pytest.mark.parametrize(
    ("mapping", "told", "why"),
    [
        ({"txid": "t"}, {}, "no column of accounts"),
        ({"account": "a"}, {}, "no column of transactions"),
        ({"account": "a", "txid": "t", "phone": "p"}, {}, "'phone' is no field"),
        ({"account": "a", "txid": "t"}, {"unit": "mBTC"}, "no unit"),
        ({"account": "a", "txid": "t"}, {"decimal": ";"}, "no decimal sign"),
        ({"account": "a", "txid": "t"}, {"zone": "Europe/Berlin"}, "no offset from UTC"),
        ({"account": "a", "txid": "t"}, {"zone": "+15:00"}, "out of range"),
    ],
)
def test_a_reading_that_makes_no_sense_is_misuse(mapping, told, why):
    with pytest.raises(MisuseError, match=why):
        Reading(mapping, **told)
