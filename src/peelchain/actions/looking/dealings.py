"""With whom a party dealt: who paid it and whom it paid, by cluster."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from peelchain.actions.looking.parties import service_told
from peelchain.actions.looking.stamp import names_of
from peelchain.actions.view import StoreView
from peelchain.store.arrays import Int64

Row = dict[str, Any]

MOST_TXS = 1_000
"""Transactions, the latest, in which counterparties are looked for."""

SHOWN = 25


@dataclass
class Dealing:
    """One transaction by cluster: satoshis that each spends in it and is paid."""

    payers: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    payees: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    unknown_payers: bool = False


def dealings(view: StoreView, txs: Sequence[int]) -> dict[int, Dealing]:
    """Who spends and who is paid in each transaction."""
    wanted = np.asarray(txs, np.int64)
    chain = view.chain
    spans = chain.transactions(wanted)
    made = [
        np.arange(first, first + count)
        for first, count in zip(spans.first_txout.tolist(), spans.txout_count.tolist(), strict=True)
    ]
    spent = [chain.prevouts(tx) for tx in wanted.tolist()]
    every = np.concatenate([*made, *(prevs[prevs >= 0] for prevs in spent), np.empty(0, np.int64)])
    outputs = chain.outputs(every.astype(np.int64))
    owners = view.clusters.index.cluster_of(outputs.script_id).tolist()
    values = outputs.value_sat.tolist()
    found = {tx: Dealing() for tx in wanted.tolist()}
    at = 0
    for tx, ids in zip(wanted.tolist(), made, strict=True):
        payees = found[tx].payees
        for _ in ids:
            payees[owners[at]] += values[at]
            at += 1
    for tx, prevs in zip(wanted.tolist(), spent, strict=True):
        known = int((prevs >= 0).sum())
        found[tx].unknown_payers = bool((prevs == -2).any())
        for _ in range(known):
            found[tx].payers[owners[at]] += values[at]
            at += 1
    return found


def counterparties(view: StoreView, cluster: int, txs: Int64) -> Row:
    """The clusters that paid this one and that it paid, the greatest first.

    Of a transaction that several clusters spend in nobody can say who paid whom: `shared` counts
    those. Looked for in the latest MOST_TXS transactions; `complete` says whether that was all.
    """
    latest = txs[-MOST_TXS:]
    paid: dict[str, dict[int, list[int]]] = {"in": {}, "out": {}}
    shared = {"txs": 0, "value_sat": 0}
    mined = {"txs": 0, "value_sat": 0}

    def add(direction: str, other: int, value: int) -> None:
        entry = paid[direction].setdefault(other, [0, 0])
        entry[0] += value
        entry[1] += 1

    for deal in dealings(view, latest.tolist()).values():
        payers = set(deal.payers)
        if payers == {cluster}:
            for other, value in deal.payees.items():
                if other != cluster:
                    add("out", other, value)
        elif len(payers) == 1 and cluster in deal.payees and not deal.unknown_payers:
            add("in", min(payers), deal.payees[cluster])
        elif not payers and not deal.unknown_payers:
            mined["txs"] += 1
            mined["value_sat"] += deal.payees.get(cluster, 0)
        else:
            shared["txs"] += 1
            shared["value_sat"] += deal.payees.get(cluster, 0)
    return {
        "complete": len(latest) == len(txs),
        "txs": len(latest),
        "in": _told(view, paid["in"]),
        "out": _told(view, paid["out"]),
        "in_count": len(paid["in"]),
        "out_count": len(paid["out"]),
        "mined": mined,
        "shared": shared,
    }


def _told(view: StoreView, paid: dict[int, list[int]]) -> list[Row]:
    greatest = sorted(paid.items(), key=lambda item: (-item[1][0], item[0]))[:SHOWN]
    clusters = [cluster for cluster, _ in greatest]
    names = names_of(clusters, view)
    marks = view.services.marks_at(clusters)
    return [
        {
            "cluster": names[cluster],
            "service": service_told(mark),
            "value_sat": value,
            "txs": count,
            "basis": "inference",
        }
        for (cluster, (value, count)), mark in zip(greatest, marks, strict=True)
    ]
