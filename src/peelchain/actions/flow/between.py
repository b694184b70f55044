"""What passes between two nodes: direct payments, and the fewest transactions from one to other."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from peelchain.actions.flow.among import edges_among
from peelchain.actions.flow.coins import made_by, paid_to
from peelchain.actions.flow.edges import Edge, edge_rows
from peelchain.actions.flow.expand import said_of
from peelchain.actions.flow.known import SERVICE, known_of
from peelchain.actions.flow.neighbours import neighbours
from peelchain.actions.flow.nodes import nodes_of
from peelchain.actions.flow.subjects import Subject, members_of, node_ids, subject_of
from peelchain.actions.tracing.fiat import fiat_in
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError

Row = dict[str, Any]

MOST_TXS = 50_000
"""Transactions that a search for a path looks at before it gives up."""


def between(
    view: StoreView, start: str, end: str, *, max_hops: int = 8, currency: str | None = None
) -> Row:
    """What passes from one node to another and back, as a part of a picture.

    Between parties the payments without a stop between, both ways, are `flow` edges. `paths` has
    for each way the fewest transactions over which value can have come, at most `max_hops`, as the
    `nodes` from `from` to `to`; `found` is false where there is none, `exhausted` where the search
    was given up. That value can have come over a path says nothing of how much did. Raises
    MisuseError for one node twice.
    """
    fiat = fiat_in(currency, None, view)
    one, other = subject_of(view, start), subject_of(view, end)
    if one == other:
        raise MisuseError("both nodes are the same; name two")
    edges: list[Edge] = []
    paths = []
    for source, target in ((one, other), (other, one)):
        edges += _direct(view, source, target)
        path = _shortest(view, source, target, max_hops)
        edges += path.edges
        paths.append(path)
    subjects = {s for e in edges for s in (e.source, e.target) if isinstance(s, Subject)}
    subjects |= {one, other}
    names = node_ids(view, subjects)
    return {
        **said_of(view),
        "nodes": nodes_of(view, subjects),
        "edges": edge_rows(view, edges, names, fiat),
        "more": [],
        "paths": [
            {
                "from": names[ends[0]],
                "to": names[ends[1]],
                "found": bool(path.edges),
                "exhausted": path.exhausted,
                "nodes": [names[s] for s in path.nodes],
            }
            for ends, path in zip(((one, other), (other, one)), paths, strict=True)
        ],
    }


def _direct(view: StoreView, source: Subject, target: Subject) -> list[Edge]:
    """The payment edge of two parties, summed over their transactions; of others none."""
    if "tx" in (source.kind, target.kind):
        return []
    found = neighbours(view, source, "out", target.kind)
    (places,) = np.nonzero(found.bundles.key == target.number)
    return [
        Edge(
            "flow",
            source,
            target,
            found.bundles.of(int(place)),
            int(found.joint[place]),
            int(found.mixed[place]),
        )
        for place in places
    ]


@dataclass(frozen=True)
class _Path:
    nodes: list[Subject]
    edges: list[Edge]
    exhausted: bool


_NONE = _Path([], [], exhausted=False)
_GIVEN_UP = _Path([], [], exhausted=True)


def _shortest(view: StoreView, source: Subject, target: Subject, max_hops: int) -> _Path:
    """The fewest transactions that lead on from one to the other; of several the earliest.

    Like a trace it goes through no CoinJoin, and through no service but these two.
    """
    # each transaction reached, and the one before it
    reached = dict.fromkeys(_first(view, source), -1)
    frontier = np.array(sorted(reached), np.int64)
    goals = np.empty(0, np.int64) if target.kind == "tx" else members_of(view, [target])[0]
    for _ in range(max_hops):
        made = made_by(view, frontier)
        # the transaction that a search starts from is no way to itself
        hits = [tx for tx in frontier.tolist() if Subject("tx", tx) == target != source]
        hits += np.unique(made.at[np.isin(made.script, goals)]).tolist()
        if hits:
            nodes = list(dict.fromkeys([source, *_way(reached, min(hits)), target]))
            return _Path(nodes, edges_among(view, nodes), exhausted=False)
        on = made.where(made.spender >= 0)
        known = known_of(view)
        stops = known.told_of("address", on.script) == SERVICE
        stops |= np.isin(on.at, known.coinjoins)
        on = on.where(~stops)
        fresh = []
        for spender, maker in zip(on.spender.tolist(), on.maker.tolist(), strict=True):
            if spender not in reached:
                reached[spender] = maker
                fresh.append(spender)
        if not fresh:
            return _NONE
        if len(reached) > MOST_TXS:
            return _GIVEN_UP
        frontier = np.array(sorted(fresh), np.int64)
    return _GIVEN_UP


def _first(view: StoreView, source: Subject) -> list[int]:
    """The transactions that a way begins with, rising: the node itself, or where a party spends."""
    if source.kind == "tx":
        return [source.number]
    paid = paid_to(view, members_of(view, [source])[0])
    spenders: list[int] = np.unique(paid.spender[paid.spender >= 0]).tolist()
    return spenders


def _way(reached: dict[int, int], last: int) -> list[Subject]:
    way = [last]
    while reached[way[-1]] >= 0:
        way.append(reached[way[-1]])
    return [Subject("tx", tx) for tx in reversed(way)]
