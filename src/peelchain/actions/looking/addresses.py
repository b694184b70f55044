"""An address: what it received and spent, who is held to be behind it, its balance over time."""

from dataclasses import replace
from typing import Any

import numpy as np

from peelchain.actions.looking.dealings import dealings
from peelchain.actions.looking.flows import Flows, flows_of, over_time, seen, times_of
from peelchain.actions.looking.parties import party, service_told
from peelchain.actions.looking.stamp import names_of, stamp
from peelchain.actions.looking.worth import Worth, worth_in
from peelchain.actions.scripts import script_id_or_key
from peelchain.actions.show import history_rows
from peelchain.actions.view import StoreView
from peelchain.script import address, script_type
from peelchain.store.arrays import Int64
from peelchain.units import format_hash, format_time

Row = dict[str, Any]

MOST = 200
"""Rows of a list that one answer holds."""

_WITH_SHOWN = 3


def look_at_address(
    text: str, view: StoreView, *, currency: str | None = None, limit: int = 50
) -> Row:
    """An address (or a script in hex): totals, balance over time, and its latest transactions.

    As `show.address_history`, where a chain that has only the key that was paid is told of that.
    Raises AddressError saying what is wrong with the text, NotInChainError where it never occurs.
    """
    script_id, keys = script_id_or_key(text, view)
    script = view.script_of(script_id)
    own = np.array([script_id], dtype=np.int64)
    found = _flows(view, own)
    return {
        **stamp(view),
        "address": address(script, view.network) or (text if keys else None),
        "script_pubkey": script.hex(),
        "script_type": str(script_type(script)),
        "paid_as_key": None if keys is None else [key.hex() for key in keys],
        **party(view, script_id),
        **found.totals(),
        **seen(view, found),
        "over_time": over_time(view, found),
        "transactions": transactions_told(view, found, worth_in(view, currency), 0, limit),
    }


def address_transactions(
    text: str, view: StoreView, *, currency: str | None = None, offset: int = 0, limit: int = MOST
) -> Row:
    """More of an address's transactions: the latest come first, `offset` of them left out."""
    found = _flows(view, np.array([script_id_or_key(text, view)[0]], dtype=np.int64))
    rows = transactions_told(view, found, worth_in(view, currency), offset, limit)
    return {**stamp(view), "tx_count": len(found.txs), "transactions": rows}


def address_outputs(
    text: str, view: StoreView, *, currency: str | None = None, offset: int = 0, limit: int = MOST
) -> Row:
    """An address's receipts and spends, output by output: the latest first, after `offset`."""
    script_id, _ = script_id_or_key(text, view)
    history = view.lookup.history(script_id, offset + limit)
    receipts = history.receipts[: max(0, len(history.receipts) - offset)][-limit:]
    spends = history.spends[: max(0, len(history.spends) - offset)][-limit:]
    rows = history_rows(replace(history, receipts=receipts, spends=spends), view.lookup)
    worth = worth_in(view, currency)
    heights = sorted({row["height"] for some in rows.values() for row in some})
    times = times_of(view, heights)
    return {
        **stamp(view),
        "receipt_count": history.receipt_count,
        "spend_count": history.spend_count,
        **{
            name: [
                {**row, "fiat": worth(row["value_sat"], times[row["height"]])}
                for row in reversed(some)
            ]
            for name, some in rows.items()
        },
    }


def transactions_told(
    view: StoreView, found: Flows, worth: Worth, offset: int, limit: int
) -> list[Row]:
    """Transactions, the latest first: what came and went in each, and with whom.

    `with` are the clusters that paid where more came than went, else those paid; the greatest
    three of `with_count`. `balance_sat` is what was left after it.
    """
    end = max(0, len(found.txs) - offset)
    some = slice(max(0, end - limit), end)
    txs = found.txs[some].tolist()
    if not txs:
        return []
    own = set(view.clusters.index.cluster_of(np.unique(found.scripts)).tolist())
    txids = view.lookup.txids(txs)
    balances = np.cumsum(found.received - found.spent)[some].tolist()
    heights = found.heights[some].tolist()
    times = times_of(view, sorted(set(heights)))
    deals = dealings(view, txs)
    others = {
        tx: _others(deals[tx].payers if came >= went else deals[tx].payees, own)
        for tx, came, went in zip(
            txs, found.received[some].tolist(), found.spent[some].tolist(), strict=True
        )
    }
    named = sorted({c for clusters in others.values() for c in clusters[:_WITH_SHOWN]})
    names = names_of(named, view)
    marks = dict(zip(named, view.services.marks_at(named), strict=True))
    mixes = set(_among(found.txs[some], view.clusters.coinjoins["tx_id"].to_numpy()))
    rows = [
        {
            "txid": format_hash(txids[tx]),
            "height": height,
            "time_utc": format_time(times[height]),
            "received_sat": came,
            "sent_sat": went,
            "change_sat": came - went,
            "fiat": worth(abs(came - went), times[height]),
            "balance_sat": balance,
            "coinjoin": tx in mixes,
            "mined": not deals[tx].payers and not deals[tx].unknown_payers,
            "with": [
                {"cluster": names[c], "service": service_told(marks[c])}
                for c in others[tx][:_WITH_SHOWN]
            ],
            "with_count": len(others[tx]),
        }
        for tx, height, came, went, balance in zip(
            txs,
            heights,
            found.received[some].tolist(),
            found.spent[some].tolist(),
            balances,
            strict=True,
        )
    ]
    return rows[::-1]


def _flows(view: StoreView, own: Int64) -> Flows:
    found = flows_of(view, own)
    if found is None:
        raise AssertionError("one script is not too many")
    return found


def _others(paid: dict[int, int], own: set[int]) -> list[int]:
    return sorted((c for c in paid if c not in own), key=lambda c: (-paid[c], c))


def _among(txs: Int64, mixes: Int64) -> list[int]:
    among: list[int] = txs[np.isin(txs, mixes)].tolist()
    return among
