"""Coinbases of real blocks, and the pools whose texts they hold."""

import json

import pytest

from peelchain._core import transaction_spans
from peelchain.tags.pools import coinbase_script, pools_signing


def test_real_coinbases_are_signed_by_real_pools(shared_data):
    pools = json.loads((shared_data / "mining_pools" / "pools-v2.json").read_text())
    marks = [(mark, pool["name"]) for pool in pools for mark in pool["tags"] if mark.strip()]
    signed = {}
    for path in sorted((shared_data / "blocks_mainnet").glob("*.bin")):
        raw = path.read_bytes()
        _, start, end = transaction_spans(raw)[0]
        script = coinbase_script(raw[start:end])
        # the script is the one that stands between the null outpoint and the sequence
        assert raw[start:end].count(bytes([len(script)]) + script) >= 1
        found = pools_signing(script, marks)
        for mark, _ in found:
            assert mark.encode() in raw[start:end]
        signed[path.stem] = [label for _, label in found]
    assert sum(bool(labels) for labels in signed.values()) >= 3
    assert sum(not labels for labels in signed.values()) >= 3


def test_longer_marks_come_first_and_all_are_told():
    marks = [("pool", "B"), ("/pool.example/", "A"), ("other", "C")]
    assert pools_signing(b"\x03abc/pool.example/", marks) == [
        ("/pool.example/", "A"),
        ("pool", "B"),
    ]


@pytest.mark.parametrize("raw", [b"\1\0\0\0\2" + bytes(60), b"\1\0\0\0\1" + bytes(36) + b"\xfe"])
def test_what_is_no_coinbase_is_refused(raw):
    with pytest.raises(ValueError, match="a coinbase"):
        coinbase_script(raw)
