"""Amounts, hashes, outpoints and times: parsed, formatted, and refused with the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.errors import MisuseError
from peelchain.units import (
    COIN,
    MAX_HEIGHT,
    MAX_MONEY,
    MAX_TIME,
    OutPoint,
    check_sat,
    format_btc,
    format_hash,
    format_time,
    parse_btc,
    parse_date,
    parse_height,
    parse_txid,
    shown,
)

GENESIS_TXID = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"


@pytest.mark.parametrize(
    ("text", "value_sat"),
    [
        ("0", 0),
        ("1", COIN),
        ("0.00000001", 1),
        ("20999999.9769", 2_099_999_997_690_000),
        ("21000000", MAX_MONEY),
        ("0.1", 10_000_000),
    ],
)
def test_bitcoins_are_read_to_the_satoshi(text, value_sat):
    assert parse_btc(text) == value_sat


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+1",
        "1e3",
        "1,000",
        ".5",
        "1.",
        "0.123456789",
        " 1",
        "1\n",
        "٣",
        "21000000.00000001",
        "999999999",
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(MisuseError):
        parse_btc(text)


def test_formatted_amounts_have_eight_decimals():
    assert format_btc(0) == "0.00000000"
    assert format_btc(MAX_MONEY) == "21000000.00000000"
    assert format_btc(-1) == "-0.00000001"


@given(st.integers(0, MAX_MONEY))
def test_amounts_survive_the_round_trip(value_sat):
    assert parse_btc(format_btc(value_sat)) == value_sat


def test_sums_over_the_supply_are_out_of_range():
    assert check_sat(MAX_MONEY) == MAX_MONEY
    for value_sat in (-1, MAX_MONEY + 1):
        with pytest.raises(MisuseError, match="out of range"):
            check_sat(value_sat)


def test_a_txid_is_turned_to_internal_order_and_back():
    internal = parse_txid(GENESIS_TXID)
    assert internal.hex().startswith("3ba3edfd")
    assert format_hash(internal) == GENESIS_TXID
    assert parse_txid(GENESIS_TXID.upper()) == internal


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("abcd", "has 4 characters, not 64"),
        (GENESIS_TXID + "0", "has 65 characters"),
        ("g" + GENESIS_TXID[1:], "character 1 is 'g'"),
        (GENESIS_TXID[:63] + "٣", "character 64"),
    ],
)
def test_a_malformed_txid_is_refused_with_the_reason(text, reason):
    with pytest.raises(MisuseError, match=reason):
        parse_txid(text)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1))
def test_outpoints_survive_the_round_trip(txid, vout):
    outpoint = OutPoint(txid, vout)
    assert OutPoint.parse(str(outpoint)) == outpoint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GENESIS_TXID, "write TXID:VOUT"),
        (GENESIS_TXID + ":", "not an output index"),
        (GENESIS_TXID + ":-1", "not an output index"),
        (GENESIS_TXID + ":01", "not an output index"),
        (GENESIS_TXID + ":4294967296", "out of range"),
        ("ab:0", "not a txid"),
    ],
)
def test_a_malformed_outpoint_is_refused_with_the_reason(text, reason):
    with pytest.raises(MisuseError, match=reason):
        OutPoint.parse(text)


def test_outpoints_sort_by_bytes():
    assert OutPoint(bytes(32), 9) < OutPoint(b"\x01" + bytes(31), 0) < OutPoint(b"\x01" * 32, 0)


def test_times_are_utc():
    assert format_time(1577836800) == "2020-01-01T00:00:00Z"
    assert format_time(0) == "1970-01-01T00:00:00Z"
    assert format_time(MAX_TIME) == "2106-02-07T06:28:15Z"
    for seconds in (-1, MAX_TIME + 1):
        with pytest.raises(MisuseError, match="out of range"):
            format_time(seconds)


def test_dates_are_days_of_the_calendar():
    assert parse_date("2020-02-29").toordinal() == 737484
    for text in ("2020-02-30", "2020-2-1", "20200201", "2020-W01-1", ""):
        with pytest.raises(MisuseError, match="not a date"):
            parse_date(text)


def test_heights_are_plain_digits():
    assert parse_height("0") == 0
    assert parse_height(str(MAX_HEIGHT)) == MAX_HEIGHT
    for text in ("-1", "1_000", "007", "", str(MAX_HEIGHT + 1)):
        with pytest.raises(MisuseError):
            parse_height(text)


@given(st.text(max_size=300))
def test_quoted_text_cannot_reach_the_terminal(text):
    quoted = shown(text)
    assert quoted.isascii()
    assert quoted.isprintable()
    assert len(quoted) < 1200
