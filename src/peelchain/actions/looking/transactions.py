"""A transaction with all that is known and held of it, its inputs and outputs a page at a time."""

from typing import Any

from peelchain.actions.change import change_told
from peelchain.actions.looking.coinjoin_verdict import coinjoin_verdict
from peelchain.actions.looking.parties import parties
from peelchain.actions.looking.payloads import payload_of
from peelchain.actions.looking.stamp import stamp
from peelchain.actions.looking.transaction_rows import (
    Some,
    TransactionRows,
    transaction_rows,
    transaction_told,
)
from peelchain.actions.looking.worth import worth_in
from peelchain.actions.view import StoreView

Row = dict[str, Any]

MOST = 200
"""Inputs, and outputs, that one answer holds."""

MOST_JUDGED = 200
"""Outputs of a transaction above which change is not told: it pays many, and none back alone."""

_UNKNOWN: Row = {
    "name": None,
    "cluster": None,
    "cluster_scripts": None,
    "service": None,
    "tags": [],
    "tag_count": 0,
}


def look_at_transaction(
    txid: str,
    view: StoreView,
    *,
    currency: str | None = None,
    inputs_from: int = 0,
    outputs_from: int = 0,
    limit: int = MOST,
) -> Row:
    """A transaction: facts, whose its inputs and outputs are held to be, CoinJoin, change, fee.

    Raises MisuseError for no txid, NotInChainError for one that the chain does not have.
    """
    found = transaction_rows(txid, view, Some(inputs_from, limit), Some(outputs_from, limit))
    told = transaction_told(found, view)
    worth = worth_in(view, currency)
    time = found.block.time_seconds
    who = parties(view, _scripts(found))
    change = _change(told["txid"], found, view)
    said_of = {row["vout"]: row for row in change.pop("outputs")}
    is_coinbase = any(row["state"] == "coinbase" for row in found.inputs)
    output_sat = _output_sat(found, view)
    fee = told["fee_sat"]

    def with_worth(row: Row) -> Row:
        value = row["value_sat"]
        return {**row, "fiat": None if value is None else worth(value, time)}

    inputs = [
        {**with_worth(row), **_party(who, found.prevout_script(txin))}
        for row, txin in zip(told["inputs"], found.inputs, strict=True)
    ]
    outputs = [
        {
            **with_worth(row),
            **_party(who, txout["script_id"]),
            "payload": payload_of(found.scripts[txout["script_id"]]),
            "change": said_of.get(row["vout"]),
        }
        for row, txout in zip(told["outputs"], found.outputs.values(), strict=True)
    ]
    return {
        **told,
        **stamp(view),
        "confirmations": view.store.manifest.tip_height - told["height"] + 1,
        "is_coinbase": is_coinbase,
        "input_count": found.row["txin_count"],
        "output_count": found.row["txout_count"],
        "input_sat": None if fee is None or is_coinbase else output_sat + fee,
        "output_sat": output_sat,
        "output_fiat": worth(output_sat, time),
        "fee_fiat": None if fee is None else worth(fee, time),
        "virtual_bytes": -(-told["weight"] // 4),
        "fee_rate_sat_vb": None if fee is None or is_coinbase else _rate(fee, told["weight"]),
        "inputs_from": inputs_from,
        "outputs_from": outputs_from,
        "coinjoin": coinjoin_verdict(found.tx_id, view),
        "change": change,
        "inputs": inputs,
        "outputs": outputs,
    }


def _scripts(found: TransactionRows) -> set[int]:
    spent = (found.prevout_script(txin) for txin in found.inputs)
    return {s for s in spent if s is not None} | {o["script_id"] for o in found.outputs.values()}


def _party(who: dict[int, Row], script: int | None) -> Row:
    return dict(_UNKNOWN if script is None else who[script])


def _output_sat(found: TransactionRows, view: StoreView) -> int:
    first = found.row["first_txout_id"]
    ids = range(first, first + found.row["txout_count"])
    return sum(view.lookup.columns_of("txouts", ids, ["value_sat"])["value_sat"])


def _rate(fee_sat: int, weight: int) -> str:
    """Satoshis per virtual byte, with two decimals."""
    hundredths = (fee_sat * 400 + weight // 2) // weight
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _change(txid: str, found: TransactionRows, view: StoreView) -> Row:
    """What is said of its outputs, and why nothing is where nothing is."""
    if found.row["txout_count"] > MOST_JUDGED:
        silent = f"more than {MOST_JUDGED} outputs: a payment to many"
        return {"silent": silent, "model": None, "outputs": []}
    told = change_told(txid, view)
    return {
        "silent": told["silent"],
        "model": told["model"],
        "outputs": []
        if told["silent"] is not None
        else [
            {
                **{key: row[key] for key in ("vout", "held", "probability", "why", "rules")},
                "basis": "inference",
            }
            for row in told["outputs"]
        ],
    }
