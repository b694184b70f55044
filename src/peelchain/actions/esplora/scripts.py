"""What a script received and spent: sums, unspent outputs, and transactions a page at a time.

A script that is None is one of which only a hash is known: the chain never has it.
"""

from typing import Any

import numpy as np

from peelchain.actions.esplora.blocks import PAGE_TXS
from peelchain.actions.esplora.transactions import statuses_at, transaction_forms
from peelchain.actions.esplora.view import Activity, EsploraView, hash_of
from peelchain.errors import MisuseError, NotInChainError
from peelchain.script import is_unspendable
from peelchain.units import format_hash

Row = dict[str, Any]

MOST_UNSPENT = 20_000
"""Unspent outputs of a script above which they are not listed: the API has no pages for them."""

_AT_ONCE = 65_536

NO_STATS = {
    "funded_txo_count": 0,
    "funded_txo_sum": 0,
    "spent_txo_count": 0,
    "spent_txo_sum": 0,
    "tx_count": 0,
}


def script_stats(script: bytes | None, view: EsploraView) -> Row:
    """`chain_stats` and `mempool_stats` of a script; zeros where the chain never has it.

    A store has no mempool, so that the latter are zeros. Raises NotInChainError for a script whose
    history a partial store does not have whole.
    """
    script_id = _known(script, view)
    found = NO_STATS if script_id is None else _stats(script_id, view)
    return {"chain_stats": found, "mempool_stats": NO_STATS}


def script_txs(script: bytes | None, last_seen: str | None, view: EsploraView) -> list[Row]:
    """Up to 25 transactions that pay or spend a script, the newest first, after `last_seen`.

    None after one that is not among them, as Esplora's servers have it. Raises MisuseError for no
    txid, and as `script_stats` does.
    """
    before = None if last_seen is None else hash_of(last_seen)
    script_id = _known(script, view)
    if script_id is None:
        return []
    tx_ids = _page(script_id, before, PAGE_TXS, view)
    return transaction_forms(tx_ids, view)


def script_unspent(script: bytes | None, view: EsploraView) -> list[Row]:
    """The unspent outputs of a script, in chain order. Raises MisuseError where they are too many.

    Of a BIP 30 duplicate the later alone; none of a script that nothing can spend.
    """
    script_id = _known(script, view)
    if script is None or script_id is None or is_unspendable(script):
        return []
    found = _activity(script_id, view)
    unspent = found.receipts[found.spenders < 0].tolist()
    if len(unspent) > MOST_UNSPENT:
        raise MisuseError(
            f"Too many unspent transaction outputs (>{MOST_UNSPENT}); 'peelchain query' lists them"
        )
    rows = view.lookup.rows_of("txouts", unspent, ["tx_id", "vout", "value_sat"])
    makers = {row["tx_id"] for row in rows.values()}
    txs = view.lookup.rows_of("txs", makers, ["txid", "height"])
    statuses = statuses_at({tx["height"] for tx in txs.values()}, view)
    told = {}
    for row in rows.values():
        tx = txs[row["tx_id"]]
        told[tx["txid"], row["vout"]] = {
            "txid": format_hash(tx["txid"]),
            "vout": row["vout"],
            "status": statuses[tx["height"]],
            "value": row["value_sat"],
        }
    return list(told.values())


def _known(script: bytes | None, view: EsploraView) -> int | None:
    """The script_id, None where the chain never has the script.

    Raises NotInChainError where a partial store cannot tell all of its history.
    """
    if script is None:
        return None
    if view.is_partial and script not in view.whole_histories:
        raise NotInChainError(
            "History not fetched: this server has a partial store without all of this script's "
            "transactions"
        )
    return view.lookup.script_ids([script]).get(script)


def _activity(script_id: int, view: EsploraView) -> Activity:
    def found() -> Activity:
        receipts = view.lookup.receipts(script_id)
        spenders = np.full(len(receipts), -1, np.int64)
        for first in range(0, len(receipts), _AT_ONCE):
            some = view.lookup.spenders(receipts[first : first + _AT_ONCE])
            spenders[first : first + len(some)] = [-1 if s is None else s[0] for s in some]
        return Activity(np.array(receipts, np.int64), spenders, np.unique(spenders[spenders >= 0]))

    return view.shelf.activities.get(script_id, found)


def _stats(script_id: int, view: EsploraView) -> dict[str, int]:
    return view.shelf.stats.get(script_id, lambda: _sums(script_id, view))


def _sums(script_id: int, view: EsploraView) -> dict[str, int]:
    found = _activity(script_id, view)
    receipts, spent = found.receipts, found.spenders >= 0
    funded_sat = spent_sat = 0
    makers = []
    for first in range(0, len(receipts), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        rows = view.lookup.columns_of("txouts", receipts[some].tolist(), ["tx_id", "value_sat"])
        values = np.array(rows["value_sat"], np.int64)
        funded_sat += int(values.sum())
        spent_sat += int(values[spent[some]].sum())
        makers.append(np.array(rows["tx_id"], np.int64))
    txs = np.unique(np.concatenate([*makers, found.spends]))
    return {
        "funded_txo_count": len(receipts),
        "funded_txo_sum": funded_sat,
        "spent_txo_count": int(spent.sum()),
        "spent_txo_sum": spent_sat,
        "tx_count": len(txs),
    }


def _page(script_id: int, last_seen: bytes | None, count: int, view: EsploraView) -> list[int]:
    """The `count` latest transactions of a script before one of them; the latest first.

    Looks at as many receipts as the page needs, however long the history is.
    """
    found = _activity(script_id, view)
    receipts, spends = found.receipts, found.spends
    if last_seen is not None:
        seen = _seen(last_seen, found, view)
        if seen is None:
            return []
        tx_id, first_txout_id = seen
        receipts = receipts[: np.searchsorted(receipts, first_txout_id)]
        spends = spends[: np.searchsorted(spends, tx_id)]
    latest = spends[-count:].tolist()
    made: set[int] = set()
    end = len(receipts)
    while end and len(made) < count:
        start = max(0, end - 2 * count)
        made.update(
            view.lookup.columns_of("txouts", receipts[start:end].tolist(), ["tx_id"])["tx_id"]
        )
        end = start
    return sorted({*latest, *made}, reverse=True)[:count]


def _seen(txid: bytes, found: Activity, view: EsploraView) -> tuple[int, int] | None:
    """tx_id and first txout_id of a transaction of the history, None for one that is not in it."""
    tx_ids = view.lookup.find_tx_ids(txid)
    rows = view.lookup.rows_of("txs", tx_ids, ["first_txout_id", "txout_count"])
    # of BIP 30 duplicates the earlier, so that a page is never given twice
    for tx_id, row in rows.items():
        first = row["first_txout_id"]
        paid = np.searchsorted(found.receipts, [first, first + row["txout_count"]])
        spent = np.searchsorted(found.spends, [tx_id, tx_id + 1])
        if paid[0] < paid[1] or spent[0] < spent[1]:
            return tx_id, first
    return None
