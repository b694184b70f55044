"""Transactions of a store with all that the change rules ask of them, by look-ups alone."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np

from peelchain.cluster.change.rows import Rows, bounds, ranges
from peelchain.cluster.change.transactions import MIXED, NONE, Bools, Int64, Transactions
from peelchain.errors import MisuseError
from peelchain.store.lookup import Lookup

SELF_CHANGE_LOOKED_AT = 20
"""Of a script's earlier receipts, how many (the latest) are looked at for self-change."""

_TX = ("height", "version", "locktime", "fee_sat", "weight")
_BOUNDS = ("first_txin", "txin_count", "first_txout_id", "txout_count")


def load_transactions(
    lookup: Lookup,
    tx_ids: Iterable[int],
    *,
    mixes: Iterable[int] = (),
    as_of_height: int | None = None,
) -> Transactions:
    """These transactions, each once, in chain order, with what the change rules ask of them.

    `mixes` are the tx_ids held to be CoinJoins. Spends and receipts above `as_of_height` (default:
    the tip) are as if they had not happened. Reads no more than the rows it needs, so that a chain
    is passed over a range at a time. Raises MisuseError for a tx_id that the store does not have or
    a height below a transaction's own, StoreError when a file is missing or damaged.
    """
    manifest = lookup.store.manifest
    at = manifest.tip_height if as_of_height is None else as_of_height
    if not 0 <= at <= manifest.tip_height:
        raise MisuseError(f"height {at} is not in the chain: give 0 to {manifest.tip_height}")
    ids = np.unique(np.fromiter(tx_ids, dtype=np.int64))
    (block,) = lookup.blocks([at])
    end = block.first_tx_id + block.tx_count
    for bad in (ids[ids < 0], ids[ids >= end]):
        if len(bad):
            raise MisuseError(
                f"tx_id {bad[0]} is not in the chain up to height {at}: give 0 to {end - 1}"
            )
    rows = Rows(lookup)
    txs = rows.get("txs", ids, (*_TX, *_BOUNDS))
    outputs = ranges(txs["first_txout_id"], txs["txout_count"])
    made = rows.get("txouts", outputs, ("value_sat", "script_id", "script_type"))
    return Transactions(
        as_of_height=at,
        tx_id=ids,
        height=txs["height"],
        version=txs["version"],
        locktime=txs["locktime"],
        fee_sat=txs["fee_sat"],
        weight=txs["weight"],
        is_mix=np.isin(ids, np.fromiter(mixes, dtype=np.int64)),
        first_in=bounds(txs["txin_count"]),
        first_out=bounds(txs["txout_count"]),
        **_inputs(rows, txs),
        out_id=outputs,
        out_value=made["value_sat"],
        out_script=made["script_id"],
        out_type=made["script_type"],
        **_receipts(rows, txs, outputs, made["script_id"], end),
        **_spenders(rows, outputs, end),
    )


def _inputs(rows: Rows, txs: dict[str, Int64]) -> dict[str, Any]:
    spends = rows.get(
        "txins", ranges(txs["first_txin"], txs["txin_count"]), ("prev_txout_id", "sequence")
    )
    prevouts = spends["prev_txout_id"]
    known = prevouts >= 0
    spent = rows.get("txouts", prevouts[known], ("value_sat", "script_id", "script_type", "tx_id"))
    makers = rows.get("txs", spent["tx_id"], ("txin_count", "txout_count"))
    peels = (makers["txin_count"] == 1) & (makers["txout_count"] == 2)

    def every(values: Int64) -> Int64:
        column = np.full(len(prevouts), NONE, dtype=np.int64)
        column[known] = values
        return column

    state = _coinbases(rows, txs)
    return {
        "is_coinbase": state,
        "in_value": every(spent["value_sat"]),
        "in_script": every(spent["script_id"]),
        "in_type": every(spent["script_type"]),
        "in_tx": every(spent["tx_id"]),
        "in_peels": every(peels.astype(np.int64)) == 1,
        "sequence": spends["sequence"],
    }


def _coinbases(rows: Rows, txs: dict[str, Int64]) -> Bools:
    numbers = np.unique(txs["first_txin"]).tolist()
    states = rows.lookup.columns_of("txins", numbers, ("state",))["state"]
    coinbase = {n for n, state in zip(numbers, states, strict=True) if state == "coinbase"}
    return np.array([n in coinbase for n in txs["first_txin"].tolist()], dtype=np.bool_)


def _receipts(
    rows: Rows, txs: dict[str, Int64], outputs: Int64, scripts: Int64, end: int
) -> dict[str, Any]:
    """Which receipts of each output's script came before its transaction, and which is next."""
    own_first = np.repeat(txs["first_txout_id"], txs["txout_count"])
    own_end = np.repeat(txs["first_txout_id"] + txs["txout_count"], txs["txout_count"])
    unique, places = np.unique(scripts, return_inverse=True)
    of_script = [rows.lookup.receipts(s) for s in unique.tolist()]
    starts = bounds(np.array([len(r) for r in of_script], dtype=np.int64))
    receipts = np.fromiter(chain.from_iterable(of_script), dtype=np.int64, count=int(starts[-1]))
    # all receipts as one rising list, script after script
    span = int(receipts.max(initial=0)) + 1
    order = np.repeat(np.arange(len(unique)), np.diff(starts)) * span + receipts
    low = np.searchsorted(order, places * span + own_first)
    high = np.searchsorted(order, places * span + own_end)
    before = np.minimum(low - starts[places], 2)
    following = np.full(len(outputs), NONE, dtype=np.int64)
    more = high < starts[places + 1]
    following[more] = receipts[high[more]]
    looked_at = np.minimum(low - starts[places], SELF_CHANGE_LOOKED_AT)
    earlier = receipts[ranges(low - looked_at, looked_at)]
    payees = np.repeat(np.arange(len(outputs)), looked_at)
    return {
        "out_fresh": before == 0,
        "out_receipts_before": before,
        "out_self_change": _self_change(rows, payees, earlier, scripts),
        "out_next_receipt": _heights(rows, following, end),
    }


def _heights(rows: Rows, txouts: Int64, end: int) -> Int64:
    """The height of each output's transaction, NONE from tx_id `end` on."""
    there = txouts >= 0
    makers = rows.get("txouts", txouts[there], ("tx_id",))["tx_id"]
    in_time = makers < end
    heights = np.full(len(txouts), NONE, dtype=np.int64)
    heights[np.flatnonzero(there)[in_time]] = rows.get("txs", makers[in_time], ("height",))[
        "height"
    ]
    return heights


def _self_change(rows: Rows, outs: Int64, txouts: Int64, scripts: Int64) -> Bools:
    """Which outputs' scripts were paid by themselves in one of the receipts paired with them."""
    found = np.zeros(len(scripts), dtype=np.bool_)
    makers = rows.get("txouts", txouts, ("tx_id",))["tx_id"]
    spans = rows.get("txs", makers, ("first_txin", "txin_count"))
    prevouts = rows.get(
        "txins", ranges(spans["first_txin"], spans["txin_count"]), ("prev_txout_id",)
    )["prev_txout_id"]
    owners = np.repeat(outs, spans["txin_count"])
    known = prevouts >= 0
    spent = rows.get("txouts", prevouts[known], ("script_id",))["script_id"]
    found[owners[known][spent == scripts[owners[known]]]] = True
    return found


def _spenders(rows: Rows, outputs: Int64, end: int) -> dict[str, Any]:
    told = rows.lookup.spenders(outputs.tolist())
    spender = np.array([NONE if s is None else s[0] for s in told], dtype=np.int64)
    spender[spender >= end] = NONE
    there = np.flatnonzero(spender >= 0)
    unique, places = np.unique(spender[there], return_inverse=True)
    txs = rows.get("txs", unique, (*_TX, *_BOUNDS))
    spends = rows.get(
        "txins", ranges(txs["first_txin"], txs["txin_count"]), ("prev_txout_id", "sequence")
    )
    # whoever spends a known output is no coinbase; in a partial store other inputs may be unknown
    known = spends["prev_txout_id"] >= 0
    types = np.full(len(known), NONE, dtype=np.int64)
    types[known] = rows.get("txouts", spends["prev_txout_id"][known], ("script_type",))[
        "script_type"
    ]
    starts = bounds(txs["txin_count"])[:-1]
    least = np.minimum.reduceat(types, starts) if len(unique) else types
    most = np.maximum.reduceat(types, starts) if len(unique) else types
    sequence = (
        np.minimum.reduceat(spends["sequence"], starts) if len(unique) else spends["sequence"]
    )
    columns = {
        **{f"spender_{name}": txs[name] for name in _TX},
        "spender_inputs": txs["txin_count"],
        "spender_outputs": txs["txout_count"],
        "spender_sequence": sequence,
        "spender_type": np.where(least == most, least, MIXED),
    }
    filled = {"out_spender": spender}
    for name, values in columns.items():
        filled[name] = np.zeros(len(outputs), dtype=np.int64)
        filled[name][there] = values[places]
    return filled
