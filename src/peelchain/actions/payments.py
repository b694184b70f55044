"""Payments between two clusters: no evidence that they are one party, and said to be none."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from peelchain.actions.view import StoreView
from peelchain.cluster.of_store import Clusters
from peelchain.store.arrays import Int64
from peelchain.store.lookup import Lookup
from peelchain.units import format_hash

_MOST_SCRIPTS = 200
_MOST_ROWS = 100
_MOST_TXS = 2_000
_SHOWN = 5


@dataclass
class _Dealings:
    """What one cluster's transactions show: whom it paid and who paid it, by cluster."""

    complete: bool
    tx_ids: list[int]
    partners: set[int] = field(default_factory=set)


def payments_between(view: StoreView, clusters: Clusters, a: int, b: int) -> dict[str, Any]:
    """Direct payments between two clusters, and the clusters that both deal with.

    Bounded: of each cluster's transactions the first 2,000, which in a long chain are those of its
    first 200 scripts' last 100 receipts and spends; `complete` says whether that was all. A payment
    is none where the transaction spends from both clusters.
    """
    sides = dict(zip((a, b), _dealings(view, clusters, (a, b)), strict=True))
    tx_ids = sorted({tx_id for side in sides.values() for tx_id in side.tx_ids})
    paid: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    spent, made = _coins(view, clusters, tx_ids)
    for tx_id in tx_ids:
        payers = {cluster for cluster, _ in spent[tx_id]}
        payees: dict[int, int] = defaultdict(int)
        for cluster, value_sat in made[tx_id]:
            payees[cluster] += value_sat
        for one, other in ((a, b), (b, a)):
            if one in payers and other not in payers and other in payees:
                paid[one, other].append((tx_id, payees[other]))
            if one in payers:
                sides[one].partners |= payees.keys()
            elif one in payees:
                sides[one].partners |= payers
    shared = sorted((sides[a].partners & sides[b].partners) - {a, b})
    shown = [tx_id for pairs in paid.values() for tx_id, _ in pairs[:_SHOWN]]
    txids = view.lookup.txids(shown)

    def told(one: int, other: int) -> dict[str, Any]:
        pairs = paid[one, other]
        return {
            "count": len(pairs),
            "value_sat": sum(value for _, value in pairs),
            "first": [format_hash(txids[tx_id]) for tx_id, _ in pairs[:_SHOWN]],
        }

    names = view.addresses(shared[:_SHOWN])
    return {
        "complete": sides[a].complete and sides[b].complete,
        "a_to_b": told(a, b),
        "b_to_a": told(b, a),
        "shared_counterparties": {
            "count": len(shared),
            "first": [names[i] or view.script_of(i).hex() for i in shared[:_SHOWN]],
        },
    }


def _dealings(view: StoreView, held: Clusters, clusters: Sequence[int]) -> Iterator[_Dealings]:
    table = held.table
    owners, scripts = table["cluster_id"].to_numpy(), table["script_id"].to_numpy()
    members = [scripts[owners == cluster] for cluster in clusters]
    members = [
        some if len(some) else np.array([cluster], dtype=np.int64)
        for some, cluster in zip(members, clusters, strict=True)
    ]
    for found, complete in (_by_scan if view.is_short else _by_history)(view, members):
        yield _Dealings(complete and len(found) <= _MOST_TXS, found[:_MOST_TXS])


def _by_scan(view: StoreView, clusters: Iterable[Int64]) -> Iterator[tuple[list[int], bool]]:
    """The transactions that pay or spend each cluster's scripts, rising: of a short chain all."""
    txouts = view.store.read("txouts", ["tx_id", "script_id"])
    txins = view.store.read("txins", ["tx_id", "prev_txout_id"])
    makers, scripts = txouts["tx_id"].to_numpy(), txouts["script_id"].to_numpy()
    spenders, prevouts = txins["tx_id"].to_numpy(), txins["prev_txout_id"].fill_null(-1).to_numpy()
    for members in clusters:
        own = np.isin(scripts, members)
        # an output's id is its row
        spends = (prevouts >= 0) & own[np.maximum(prevouts, 0)]
        yield np.union1d(makers[own], spenders[spends]).tolist(), True


def _by_history(view: StoreView, clusters: Iterable[Int64]) -> Iterator[tuple[list[int], bool]]:
    """The same by look-ups within bounds, and whether that was all."""
    for members in clusters:
        complete = len(members) <= _MOST_SCRIPTS
        found: set[int] = set()
        paid: list[int] = []
        for script_id in members[:_MOST_SCRIPTS].tolist():
            history = view.lookup.history(script_id, _MOST_ROWS)
            complete &= max(history.receipt_count, history.spend_count) <= _MOST_ROWS
            found |= {spend.tx_id for spend in history.spends}
            paid += [receipt.txout_id for receipt in history.receipts]
        found |= {row["tx_id"] for row in view.lookup.rows_of("txouts", paid, ["tx_id"]).values()}
        yield sorted(found), complete


_Coins = dict[int, list[tuple[int, int]]]


def _coins(view: StoreView, clusters: Clusters, tx_ids: Iterable[int]) -> tuple[_Coins, _Coins]:
    """By transaction the clusters and values of what it spends and of what it makes."""
    lookup: Lookup = view.lookup
    columns = ["first_txin", "txin_count", "first_txout_id", "txout_count"]
    txs = lookup.rows_of("txs", tx_ids, columns)
    txin_rows = (n for t in txs.values() for n in _span(t["first_txin"], t["txin_count"]))
    txins = lookup.rows_of("txins", txin_rows, ["tx_id", "prev_txout_id"])
    spends = [t for t in txins.values() if t["prev_txout_id"] is not None]
    made_ids = [n for t in txs.values() for n in _span(t["first_txout_id"], t["txout_count"])]
    txouts = lookup.rows_of(
        "txouts", [*made_ids, *(t["prev_txout_id"] for t in spends)], ["script_id", "value_sat"]
    )
    scripts = sorted({t["script_id"] for t in txouts.values()})
    owners = clusters.index.cluster_of(scripts).tolist()
    cluster_of = dict(zip(scripts, owners, strict=True))

    def coin(txout_id: int) -> tuple[int, int]:
        row = txouts[txout_id]
        return cluster_of[row["script_id"]], row["value_sat"]

    spent: _Coins = {tx_id: [] for tx_id in txs}
    made: _Coins = {tx_id: [] for tx_id in txs}
    for txin in spends:
        spent[txin["tx_id"]].append(coin(txin["prev_txout_id"]))
    for tx_id, t in txs.items():
        made[tx_id] = [coin(n) for n in _span(t["first_txout_id"], t["txout_count"])]
    return spent, made


def _span(first: int, count: int) -> range:
    return range(first, first + count)
