"""Edges of a picture: value on its way between two nodes, with time, basis, worth and change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from peelchain.actions.change import held_change
from peelchain.actions.flow.known import known_of
from peelchain.actions.flow.nodes import times_of
from peelchain.actions.flow.strands import Strands
from peelchain.actions.flow.subjects import Subject, outpoints
from peelchain.actions.tracing.fiat import Fiat
from peelchain.actions.view import StoreView
from peelchain.units import format_time

Row = dict[str, Any]
EdgeKind = Literal["pays", "spends", "spent", "flow"]

MOST_OUTPOINTS = 20
MOST_OUTPUTS = 20
MOST_INPUTS = 200
"""The largest transaction of which an edge tells the change."""


@dataclass(frozen=True)
class Edge:
    """Outputs on their way from one node to another. Ends are subjects, or ids of end nodes.

    `joint` and `mixed` count the transactions of a flow that have several payers or are CoinJoins.
    """

    kind: EdgeKind
    source: Subject | str
    target: Subject | str
    strands: Strands
    joint: int = 0
    mixed: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)


def edge_rows(
    view: StoreView,
    edges: Sequence[Edge],
    names: Mapping[Subject, str],
    fiat: Fiat | None = None,
) -> list[Row]:
    """The edges as a picture has them, each once, in the order given; `names` are the node ids."""
    shown = {i for e in edges for i in e.strands.txout[:MOST_OUTPOINTS].tolist()}
    tx_ids = {i for e in edges for i in _txs_told(e, fiat)}
    times, texts = times_of(view, tx_ids), outpoints(view, shown)
    change = _change(view, edges)
    services = _services(view, edges)
    rows: dict[str, Row] = {}
    for edge in edges:
        source, target = (e if isinstance(e, str) else names[e] for e in (edge.source, edge.target))
        name = f"{edge.kind}:{source}>{target}"
        if name in rows:
            continue
        s = edge.strands
        txs = np.unique(s.tx)
        first, last = times[int(txs[0])], times[int(txs[-1])]
        row: Row = {
            "id": name,
            "from": source,
            "to": target,
            "kind": edge.kind,
            "value_sat": int(s.value_sat.sum()),
            "time_utc": format_time(first[1]),
            "height": first[0],
            "count": len(txs) if edge.kind == "flow" else len(s.txout),
            "outpoints": [texts[i] for i in s.txout[:MOST_OUTPOINTS].tolist()],
            "basis": _basis(edge, services),
        }
        if edge.kind == "flow":
            row |= {
                "last_utc": format_time(last[1]),
                "joint_count": edge.joint,
                "coinjoin_count": edge.mixed,
            }
        told = [change[i] for i in s.txout.tolist() if i in change]
        if told:
            row["change"] = max(told, key=lambda one: one["probability"])
        if fiat is not None:
            row["fiat"] = {fiat.currency: _worth(s, times, fiat)}
        rows[name] = row | dict(edge.extra)
    return list(rows.values())


def _txs_told(edge: Edge, fiat: Fiat | None) -> list[int]:
    txs: list[int] = np.unique(edge.strands.tx).tolist()
    return txs if fiat is not None else [txs[0], txs[-1]]


def _worth(s: Strands, times: Mapping[int, tuple[int, int]], fiat: Fiat) -> str | None:
    """What the value was worth on the day of each transaction; None where a day has no rate."""
    tx_ids, of = np.unique(s.tx, return_inverse=True)
    sums = np.zeros(len(tx_ids), np.int64)
    np.add.at(sums, of, s.value_sat)
    total = Decimal(0)
    for tx_id, value_sat in zip(tx_ids.tolist(), sums.tolist(), strict=True):
        worth = fiat.amount(value_sat, times[tx_id][1])
        if worth is None:
            return None
        total += worth
    return str(total)


def _services(view: StoreView, edges: Sequence[Edge]) -> set[Subject]:
    """The clusters at an end of these edges that are held to be services."""
    ends = (end for edge in edges for end in (edge.source, edge.target))
    clusters = sorted({e for e in ends if isinstance(e, Subject) and e.kind == "cluster"})
    numbers = np.array([c.number for c in clusters], np.int64)
    marks = known_of(view).services_of("cluster", numbers)
    return {cluster for cluster, mark in zip(clusters, marks, strict=True) if mark}


def _basis(edge: Edge, services: set[Subject]) -> str:
    ends = [e for e in (edge.source, edge.target) if isinstance(e, Subject)]
    if any(end in services for end in ends):
        return "assertion"
    # who of several payers paid is not in the chain
    return "inference" if edge.joint or any(end.kind == "cluster" for end in ends) else "fact"


def _change(view: StoreView, edges: Sequence[Edge]) -> dict[int, Row]:
    """Of each output that small transactions pay here, how probably it is change."""
    tx_ids = {
        e.source.number
        for e in edges
        if e.kind == "pays" and isinstance(e.source, Subject) and isinstance(e.target, Subject)
    }
    if not tx_ids:
        return {}
    rows = view.lookup.rows_of("txs", tx_ids, ["tx_index", "txin_count", "txout_count"])
    small = [
        tx_id
        for tx_id, row in rows.items()
        if row["tx_index"] != 0
        and row["txin_count"] <= MOST_INPUTS
        and 2 <= row["txout_count"] <= MOST_OUTPUTS
    ]
    return held_change(view.lookup, small, known_of(view).silent)
