"""Esplora's JSON, and what is refused of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.cluster.coinjoin.parse import Transaction, parse
from peelchain.errors import SourceError

TXID = "ab" * 32
SCRIPT = "0014" + "07" * 20


def tx(**changes: object) -> dict[str, object]:
    good = {
        "txid": TXID,
        "version": 2,
        "locktime": 0,
        "vin": [
            {
                "txid": "cd" * 32,
                "vout": 1,
                "prevout": {"scriptpubkey": SCRIPT, "scriptpubkey_type": "v0_p2wpkh", "value": 9},
                "sequence": 4294967295,
                "is_coinbase": False,
            }
        ],
        "vout": [{"scriptpubkey": SCRIPT, "value": 8}],
        "status": {"confirmed": True},
    }
    return {**good, **changes}


def read(value: object) -> Transaction:
    return parse(json.dumps(value).encode(), "f.jsonl, line 3")


def test_transaction_is_read():
    read_tx = read(tx())
    assert read_tx.txid.hex() == TXID
    assert not read_tx.is_coinbase
    assert read_tx.inputs[0].value_sat == 9
    assert read_tx.inputs[0].script_pubkey.hex() == SCRIPT
    assert (read_tx.outputs[0].value_sat, read_tx.unknown_prevouts) == (8, 0)


@pytest.mark.parametrize("prevout", [None, {}, {"value": 9}, {"scriptpubkey": SCRIPT}])
def test_prevout_may_be_missing_in_whole_or_in_part(prevout):
    vin = [{"txid": "cd" * 32, "vout": 0, "prevout": prevout}]
    assert read(tx(vin=vin)).unknown_prevouts == 1


def test_coinbase_is_told_by_its_flag_or_its_txid_of_zeros():
    assert read(tx(vin=[{"is_coinbase": True}])).is_coinbase
    assert read(tx(vin=[{"txid": "00" * 32, "vout": 4294967295}])).is_coinbase


@pytest.mark.parametrize(
    ("item", "single"),
    [
        ("07" * 64 + "83", True),
        ("30" + "07" * 69 + "83", True),
        ("30" + "07" * 69 + "01", False),
        ("07" * 64, False),
        ("83", False),
    ],
)
def test_signature_for_one_output_is_seen(item, single):
    vin = [{"txid": "cd" * 32, "vout": 0, "witness": [item]}]
    assert read(tx(vin=vin)).inputs[0].signs_single is single


BAD = {
    "a list": [],
    "no txid": tx(txid=None),
    "short txid": tx(txid="ab"),
    "txid with a space": tx(txid=" " + "ab" * 31 + "a"),
    "txid that is a number": tx(txid=7),
    "no inputs": tx(vin=[]),
    "inputs that are no list": tx(vin={"0": {}}),
    "an input that is text": tx(vin=["x"]),
    "a witness that is text": tx(vin=[{"txid": TXID, "witness": "00"}]),
    "a witness of numbers": tx(vin=[{"txid": TXID, "witness": [7]}]),
    "a prevout that is a list": tx(vin=[{"txid": TXID, "prevout": []}]),
    "negative value": tx(vout=[{"scriptpubkey": SCRIPT, "value": -1}]),
    "more than there can be": tx(vout=[{"scriptpubkey": SCRIPT, "value": 2**63}]),
    "a fraction": tx(vout=[{"scriptpubkey": SCRIPT, "value": 1.5}]),
    "a boolean": tx(vout=[{"scriptpubkey": SCRIPT, "value": True}]),
    "half a byte": tx(vout=[{"scriptpubkey": "0", "value": 1}]),
    "white space in hex": tx(vout=[{"scriptpubkey": "00 14", "value": 1}]),
    "an escape": tx(vout=[{"scriptpubkey": "\x1b[31m", "value": 1}]),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_transaction_is_refused_with_its_line_and_the_remedy(what):
    with pytest.raises(
        SourceError, match=r"^f.jsonl, line 3: .*; give one transaction a line"
    ) as e:
        read(BAD[what])
    assert str(e.value).isprintable()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"\x1b[31m{}",
        b'{"txid": NaN}',
        b'{"txid": -Infinity}',
        b'{"txid": ' + b"9" * 5_000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
def test_what_is_no_json_is_refused(line):
    with pytest.raises(SourceError, match=r"^f.jsonl, line 3: ") as e:
        parse(line, "f.jsonl, line 3")
    assert str(e.value).isprintable()
    assert len(str(e.value)) < 200


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just(TXID),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "txid",
                    "vin",
                    "vout",
                    "prevout",
                    "value",
                    "scriptpubkey",
                    "witness",
                    "is_coinbase",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(_json)
def test_nothing_but_a_source_error_comes_of_any_json(value):
    try:
        read(value)
    except SourceError as e:
        assert str(e).startswith("f.jsonl, line 3: ")
