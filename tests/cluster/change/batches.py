"""Batches of transactions for tests: as dictionaries (see tests/oracle/change.py) and as arrays."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from tests.oracle.change import Tx

from peelchain.cluster.change.transactions import MIXED, NONE, TYPES, Transactions

_SPENDER = ("version", "locktime", "height", "fee_sat", "weight", "inputs", "outputs", "sequence")


def batch_of(txs: list[Tx], as_of_height: int = 1_000_000) -> Transactions:
    """The transactions as arrays."""

    def ints(values: list[Any]) -> Any:
        return np.array([NONE if v is None else v for v in values], dtype=np.int64)

    def flags(values: list[Any]) -> Any:
        return np.array(values, dtype=np.bool_)

    def types(values: list[Any]) -> Any:
        return ints([None if v is None else TYPES.index(v) for v in values])

    ins = [i for tx in txs for i in tx["inputs"]]
    outs = [o for tx in txs for o in tx["outputs"]]
    spenders = [o["spender"] or {} for o in outs]
    own = ("tx_id", "height", "version", "locktime", "fee_sat", "weight")
    return Transactions(
        as_of_height=as_of_height,
        **{name: ints([tx[name] for tx in txs]) for name in own},
        is_coinbase=flags([tx["is_coinbase"] for tx in txs]),
        is_mix=flags([tx["is_mix"] for tx in txs]),
        first_in=np.cumsum([0, *(len(tx["inputs"]) for tx in txs)], dtype=np.int64),
        first_out=np.cumsum([0, *(len(tx["outputs"]) for tx in txs)], dtype=np.int64),
        in_value=ints([i["value"] for i in ins]),
        in_script=ints([i["script"] for i in ins]),
        in_type=types([i["type"] for i in ins]),
        in_tx=ints([i["tx"] for i in ins]),
        in_peels=flags([i["peels"] for i in ins]),
        sequence=ints([i["sequence"] for i in ins]),
        out_id=ints([o["id"] for o in outs]),
        out_value=ints([o["value"] for o in outs]),
        out_script=ints([o["script"] for o in outs]),
        out_type=types([o["type"] for o in outs]),
        out_fresh=flags([o["fresh"] for o in outs]),
        out_receipts_before=ints([o["receipts_before"] for o in outs]),
        out_self_change=flags([o["self_change"] for o in outs]),
        out_next_receipt=ints([o["next_receipt"] for o in outs]),
        out_spender=ints([s.get("tx_id") for s in spenders]),
        **{f"spender_{name}": ints([s.get(name, 0) for s in spenders]) for name in _SPENDER},
        spender_type=ints(
            [
                0 if not s else MIXED if s["type"] is None else TYPES.index(s["type"])
                for s in spenders
            ]
        ),
    )


_values = st.sampled_from([0, 1, 546, 99_999, 100_000, 300_000, 123_456, 1_000_000, 2_345_678])
_types = st.sampled_from(["p2pkh", "p2pkh", "p2wpkh", "p2tr"])
_versions = st.sampled_from([1, 2, 2, 3, -1])
_sequences = st.sampled_from([0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0])
_heights = st.integers(300, 420)
_locktimes = st.sampled_from([0, 0, 299, 300, 310, 400, 401, 500_000_000])
_fees = st.sampled_from([500, 1000, 1001])
_weights = st.sampled_from([400, 401, 800])
_scripts = st.integers(0, 8)

_known_input = st.fixed_dictionaries(
    {
        "value": _values,
        "script": _scripts,
        "type": _types,
        "tx": st.integers(0, 5),
        "peels": st.booleans(),
        "sequence": _sequences,
    }
)
_unknown_input = st.fixed_dictionaries(
    {
        "value": st.none(),
        "script": st.none(),
        "type": st.none(),
        "tx": st.none(),
        "peels": st.just(False),
        "sequence": _sequences,
    }
)
_spender = st.fixed_dictionaries(
    {
        "tx_id": st.integers(10, 99),
        "version": _versions,
        "locktime": _locktimes,
        "height": _heights,
        "fee_sat": _fees,
        "weight": _weights,
        "inputs": st.sampled_from([1, 1, 2]),
        "outputs": st.integers(1, 3),
        "sequence": _sequences,
        "type": st.one_of(st.none(), _types),
    }
)


@st.composite
def _outputs(draw: st.DrawFn) -> Tx:
    before = draw(st.sampled_from([0, 0, 1, 2]))
    return {
        "id": draw(st.integers(0, 1000)),
        "value": draw(_values),
        "script": draw(_scripts),
        "type": draw(st.one_of(_types, st.sampled_from(["op_return", "p2a"]))),
        "fresh": before == 0,
        "receipts_before": before,
        "self_change": before > 0 and draw(st.sampled_from([False, False, True])),
        "next_receipt": draw(st.sampled_from([None, None, 421, 1308, 1430, 3000])),
        "spender": draw(st.one_of(st.none(), _spender)),
    }


_inputs = st.one_of(
    st.lists(_known_input, min_size=1, max_size=3),
    st.lists(st.one_of(_known_input, _unknown_input), min_size=1, max_size=3),
)

transactions = st.fixed_dictionaries(
    {
        "tx_id": st.integers(0, 9),
        "height": _heights,
        "version": _versions,
        "locktime": _locktimes,
        "fee_sat": _fees,
        "weight": _weights,
        "is_coinbase": st.sampled_from([False] * 9 + [True]),
        "is_mix": st.sampled_from([False] * 9 + [True]),
        "inputs": _inputs,
        "outputs": st.lists(_outputs(), min_size=1, max_size=4),
    }
)

batches = st.lists(transactions, max_size=5)


def payment(**changed: Any) -> Tx:
    """A plain payment of 300,000 sat out of 1,000,000: output 0 pays, output 1 is change."""
    tx: Tx = {
        "tx_id": 5,
        "height": 400,
        "version": 2,
        "locktime": 0,
        "fee_sat": 1000,
        "weight": 560,
        "is_coinbase": False,
        "is_mix": False,
        "inputs": [spent(1_000_000, 1)],
        "outputs": [output(300_000, 7), output(699_000, 2)],
    }
    return {**tx, **changed}


def spent(value: int, script: int, **changed: Any) -> Tx:
    """An input that spends that much of that script."""
    given = {"type": "p2wpkh", "tx": 3, "peels": False, "sequence": 0xFFFFFFFF}
    return {"value": value, "script": script, **given, **changed}


def output(value: int, script: int, **changed: Any) -> Tx:
    """An unspent output to a script that never was before."""
    return {
        "id": 100 + script,
        "value": value,
        "script": script,
        "type": "p2wpkh",
        "fresh": True,
        "receipts_before": 0,
        "self_change": False,
        "next_receipt": None,
        "spender": None,
        **changed,
    }


def seen(before: int = 2) -> Tx:
    """What differs where the output's script was paid before."""
    return {"fresh": False, "receipts_before": before}


def spender(**changed: Any) -> Tx:
    """A later transaction made like `payment`."""
    made: Tx = {
        "tx_id": 50,
        "version": 2,
        "locktime": 0,
        "height": 410,
        "fee_sat": 1500,
        "weight": 560,
        "inputs": 1,
        "outputs": 2,
        "sequence": 0xFFFFFFFF,
        "type": "p2wpkh",
    }
    return {**made, **changed}
