"""A part of a picture: what lies next to a node, or some nodes by name, with what joins them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from peelchain.actions.flow.among import edges_among
from peelchain.actions.flow.edges import Edge, edge_rows
from peelchain.actions.flow.neighbours import END, Neighbours, neighbours, order_of
from peelchain.actions.flow.nodes import end_node, nodes_of, times_of
from peelchain.actions.flow.subjects import (
    Direction,
    Kind,
    Subject,
    known_subjects,
    node_ids,
    outpoints,
    subject_of,
)
from peelchain.actions.tracing.fiat import fiat_in
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError, NotInChainError
from peelchain.store.arrays import Int64
from peelchain.units import OutPoint, format_time

Row = dict[str, Any]
Order = Literal["value", "time", "tag"]

MOST_NEIGHBOURS = 200
MOST_SHOWN = 4_000


@dataclass(frozen=True)
class Expansion:
    """What to show next to a node: whom, in which order, from which on, how many.

    Neighbours below `dust_sat` are left out and counted. `shown` are the nodes already there: they
    are not given again, but edges that join them with new ones are.
    """

    node: str
    direction: Literal["in", "out", "both"] = "both"
    kind: Kind = "tx"
    limit: int = 25
    order: Order = "value"
    offset: int = 0
    dust_sat: int = 0
    currency: str | None = None
    shown: Sequence[str] = field(default_factory=tuple)


def expand(view: StoreView, asked: Expansion) -> Row:
    """The neighbours of a node as a part of a picture. See Expansion.

    `more` says for each direction how many neighbours come after those given, and their value;
    `totals` how many there are in all. Raises MisuseError, NotInChainError.
    """
    if not 1 <= asked.limit <= MOST_NEIGHBOURS:
        raise MisuseError(f"{asked.limit} neighbours cannot be shown at once; ask for 1 to 200")
    if asked.offset < 0 or asked.dust_sat < 0:
        raise MisuseError("offset and dust count from 0 up; give no less")
    if len(asked.shown) > MOST_SHOWN:
        raise MisuseError(f"a picture of over {MOST_SHOWN:,} nodes is too large; hide some")
    fiat = fiat_in(asked.currency, None, view)
    subject = subject_of(view, asked.node)
    sides: tuple[Direction, ...] = (
        ("in", "out") if asked.direction == "both" else (asked.direction,)
    )
    pages = [_page(view, neighbours(view, subject, side, asked.kind), asked) for side in sides]
    edges = [edge for page in pages for edge in page.edges]
    found = {end for e in edges for end in (e.source, e.target) if isinstance(end, Subject)}
    there = known_subjects(view, asked.shown)
    fresh = found - set(there.values()) - {subject}
    everything = found | {subject} | set(there.values())
    edges += edges_among(view, everything, fresh)
    ends = [end for page in pages for end in page.ends if end["id"] not in asked.shown]
    names = node_ids(
        view, {s for e in edges for s in (e.source, e.target) if isinstance(s, Subject)} | {subject}
    )
    node = names[subject]
    return {
        **said_of(view),
        "node": node,
        "nodes": [*nodes_of(view, fresh), *ends],
        "edges": edge_rows(view, edges, names, fiat),
        "more": [{"node": node, **page.more} for page in pages if page.more["count"]],
        "totals": [{"node": node, **page.totals} for page in pages],
    }


def nodes(view: StoreView, ids: Sequence[str], currency: str | None = None) -> Row:
    """Some nodes by name as a part of a picture, with the edges among them.

    `missing` are the names that this chain does not have. An end is answered as it is now:
    `spent_by` is the transaction that spends what was unspent.
    """
    if len(ids) > MOST_SHOWN:
        raise MisuseError(f"a picture of over {MOST_SHOWN:,} nodes is too large; ask for fewer")
    fiat = fiat_in(currency, None, view)
    found = known_subjects(view, ids)
    subjects = set(found.values())
    edges = edges_among(view, subjects)
    ends, missing = [], []
    for node in dict.fromkeys(ids):
        if node in found:
            continue
        end = _end_as_it_is(view, node)
        if end is None:
            missing.append(node)
        else:
            ends.append(end)
    return {
        **said_of(view),
        "nodes": [*nodes_of(view, subjects), *ends],
        "edges": edge_rows(view, edges, node_ids(view, subjects), fiat),
        "more": [],
        "missing": missing,
    }


def said_of(view: StoreView) -> Row:
    """What every answer states: the tip, the policy and the run of its clusters."""
    return {**view.tip, "policy": view.clusters.policy, "run_id": view.clusters.run_id}


@dataclass(frozen=True)
class _Page:
    edges: list[Edge]
    ends: list[Row]
    more: Row
    totals: Row


def _page(view: StoreView, found: Neighbours, asked: Expansion) -> _Page:
    order = order_of(view, found, asked.order)
    values = found.bundles.value_sat
    bright = order[values[order] >= asked.dust_sat]
    dust = order[values[order] < asked.dust_sat]
    chosen = bright[asked.offset : asked.offset + asked.limit]
    rest = bright[asked.offset + asked.limit :]
    edges, ends = _drawn(view, found, chosen)
    return _Page(
        edges,
        ends,
        {"direction": found.direction, "count": len(rest), "value_sat": int(values[rest].sum())},
        {
            "direction": found.direction,
            "count": len(bright),
            "value_sat": int(values[bright].sum()),
            "dust_count": len(dust),
            "dust_sat": int(values[dust].sum()),
            "mined_count": found.mined[0],
            "mined_sat": found.mined[1],
            "at_least": not found.whole,
        },
    )


def _drawn(view: StoreView, found: Neighbours, places: Int64) -> tuple[list[Edge], list[Row]]:
    """The edges of some neighbours, and the nodes of those that are ends."""
    subject, direction = found.subject, found.direction
    keys = found.bundles.key[places].tolist()
    end_ids = [END - key for key in keys if key <= END]
    texts = outpoints(view, end_ids)
    times = times_of(view, [subject.number]) if end_ids else {}
    edges, ends = [], []
    for place, key in zip(places.tolist(), keys, strict=True):
        strands = found.bundles.of(place)
        other: Subject | str
        if key <= END:
            kind = found.ends[END - key]
            name = _coinbase_name(texts[END - key]) if kind == "coinbase" else texts[END - key]
            height, seconds = times[subject.number]
            value_sat = int(strands.value_sat.sum())
            ends.append(end_node(kind, name, value_sat, (height, format_time(seconds))))
            other = str(ends[-1]["id"])
        else:
            other = Subject(found.kind, key)
        source, target = (subject, other) if direction == "out" else (other, subject)
        edges.append(
            Edge(
                _kind(source, target),
                source,
                target,
                strands,
                int(found.joint[place]),
                int(found.mixed[place]),
            )
        )
    return edges, ends


def _coinbase_name(outpoint: str) -> str:
    # what a block newly makes has no outpoint: the transaction names it
    return outpoint.partition(":")[0]


def _kind(
    source: Subject | str, target: Subject | str
) -> Literal["pays", "spends", "spent", "flow"]:
    from_tx = isinstance(source, Subject) and source.kind == "tx"
    to_tx = isinstance(target, Subject) and target.kind == "tx"
    if isinstance(source, str):
        return "spends"
    if isinstance(target, str):
        return "pays"
    if from_tx and to_tx:
        return "spent"
    return "pays" if from_tx else "spends" if to_tx else "flow"


def _end_as_it_is(view: StoreView, node: str) -> Row | None:
    """The node of an end that an output has, None for what names none."""
    kind, _, rest = node.partition(":")
    end, _, name = rest.partition(":")
    if kind != "end" or not end.isalpha():
        return None
    try:
        (txout,) = view.lookup.txout_ids([OutPoint.parse(name)])
    except (MisuseError, NotInChainError):
        return None
    outputs = view.chain.outputs([txout])
    tx_id, spender = int(outputs.tx_id[0]), int(outputs.spender[0])
    height, seconds = times_of(view, [tx_id])[tx_id]
    told = end_node(end, name, int(outputs.value_sat[0]), (height, format_time(seconds)))
    spent_by = (
        node_ids(view, [Subject("tx", spender)])[Subject("tx", spender)] if spender >= 0 else None
    )
    return told | {"spent_by": spent_by}
