"""What joins the things that a picture shows: the edges among them, nothing twice."""

from collections.abc import Collection, Iterable

import numpy as np

from peelchain.actions.flow.coins import Coins, made_by, spent_by
from peelchain.actions.flow.edges import Edge, EdgeKind
from peelchain.actions.flow.strands import Strands, bundled
from peelchain.actions.flow.subjects import Subject
from peelchain.actions.view import StoreView
from peelchain.store.arrays import Int64

_NOBODY = -1


def edges_among(
    view: StoreView, subjects: Iterable[Subject], fresh: Collection[Subject] | None = None
) -> list[Edge]:
    """The edges among transactions and parties; with `fresh` those that end in one of these.

    An output leads to its address where that is shown, else to its cluster; where its party is
    shown, no edge joins the two transactions as well. Reads the transactions shown, no more.
    """
    every = set(subjects)
    new = every if fresh is None else every & set(fresh)
    txs = np.array(sorted(s.number for s in every if s.kind == "tx"), np.int64)
    if not len(txs) or not new:
        return []
    parties = _Parties(view, every)
    spent, made = spent_by(view, txs), made_by(view, txs)
    edges = [
        *_with_parties("spends", spent, parties),
        *_with_parties("pays", made, parties),
        *_between_transactions(made, parties, txs),
    ]
    return [e for e in edges if e.source in new or e.target in new]


class _Parties:
    """Which of the parties shown each script belongs to."""

    def __init__(self, view: StoreView, every: Collection[Subject]) -> None:
        self._view = view
        self.shown = sorted(s for s in every if s.kind != "tx")
        self._scripts = np.array([s.number for s in self.shown if s.kind == "address"], np.int64)
        self._clusters = np.array([s.number for s in self.shown if s.kind == "cluster"], np.int64)

    def of(self, scripts: Int64) -> Int64:
        """The place in `shown` of each script's party; _NOBODY where it is not shown."""
        found = np.full(len(scripts), _NOBODY, np.int64)
        if len(self._clusters):
            owners = self._view.clusters.index.cluster_of(scripts)
            found = _placed(owners, self._clusters, len(self._scripts), found)
        return _placed(scripts, self._scripts, 0, found)


def _placed(wanted: Int64, rising: Int64, offset: int, other: Int64) -> Int64:
    if not len(rising):
        return other
    at = np.minimum(np.searchsorted(rising, wanted), len(rising) - 1)
    return np.where(rising[at] == wanted, at + offset, other)


def _with_parties(kind: EdgeKind, coins: Coins, parties: _Parties) -> list[Edge]:
    if not parties.shown:
        return []
    places = parties.of(coins.script)
    kept = coins.where(places != _NOBODY)
    # one key for a pair of a transaction and a party
    width = len(parties.shown)
    found = bundled(
        Strands(kept.at * width + places[places != _NOBODY], kept.at, kept.txout, kept.value_sat)
    )
    edges = []
    for group, key in enumerate(found.key.tolist()):
        tx, party = Subject("tx", key // width), parties.shown[key % width]
        source, target = (tx, party) if kind == "pays" else (party, tx)
        edges.append(Edge(kind, source, target, found.of(group)))
    return edges


def _between_transactions(made: Coins, parties: _Parties, txs: Int64) -> list[Edge]:
    both = np.isin(made.spender, txs) & (parties.of(made.script) == _NOBODY)
    coins = made.where(both)
    width = int(txs[-1]) + 1
    found = bundled(
        Strands(coins.maker * width + coins.spender, coins.spender, coins.txout, coins.value_sat)
    )
    return [
        Edge("spent", Subject("tx", key // width), Subject("tx", key % width), found.of(group))
        for group, key in enumerate(found.key.tolist())
    ]
