"""A finished trace as a part of a picture: its transactions, what passed between them, its ends.

Where that is more than a picture bears, what carries the most stays as it is; the other
transactions stand together by how far they are along the way, the other ends by type and service.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from peelchain.actions.flow.nodes import end_node, nodes_of
from peelchain.actions.flow.subjects import known_subjects
from peelchain.actions.view import StoreView

Row = dict[str, Any]

MOST_ELEMENTS = 2_000
_MOST_LEVELS = 100
_MOST_OUTPOINTS = 20

_BASIS = {"service": "assertion", "mixer": "assertion", "coinjoin": "inference"}


@dataclass
class _Link:
    """An output that the trace goes through or ends with, between two nodes."""

    source: str
    target: str
    outpoint: str
    value_sat: int
    height: int | None
    time_utc: str | None
    traced_sat: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    basis: str = "fact"

    @property
    def weight(self) -> int:
        """What it carries under the rule that gives it the most."""
        return max(self.traced_sat.values(), default=0)


@dataclass(frozen=True)
class Traced:
    """What is drawn of a trace: its links, its ends by node id, and the fees by rule."""

    links: list[_Link]
    ends: dict[str, Row]
    fees_sat: dict[str, int]


def traced_part(
    view: StoreView,
    direction: Literal["forward", "backward"],
    seeds: Iterable[Mapping[str, Any]],
    hops: Iterable[Mapping[str, Any]],
    terminals: Iterable[Mapping[str, Any]],
    most: int = MOST_ELEMENTS,
) -> Row:
    """The rows of a trace, as `peelchain trace --hops` has them, as a part of a picture.

    Edges carry `traced_sat` by rule: what goes in equals what comes to ends and fees, however it
    is gathered. `gathered` says how many transactions and ends stand together, on how many levels.
    """
    traced = _links(direction, seeds, hops, terminals)
    txs = sorted({n for link in traced.links for n in (link.source, link.target) if n[:3] == "tx:"})
    places = _alone(txs, traced.ends)
    edges = _edges(traced, places)
    if _count(places, edges) > most:
        levels = _levels(view, traced, txs)
        for keep, width in _sizes(most, max(levels.values(), default=0)):
            places = _gathered(traced, txs, levels, keep, width)
            edges = _edges(traced, places)
            if _count(places, edges) <= most:
                break
    shown = known_subjects(view, {place for node, place in places.items() if place[:3] == "tx:"})
    groups = _groups(traced, places)
    return {
        "nodes": [*nodes_of(view, shown.values()), *groups],
        "edges": list(edges.values()),
        "more": [],
        "fees_sat": traced.fees_sat,
        "gathered": {
            "txs": sum(node != places[node] for node in txs),
            "ends": sum(node != places[node] for node in traced.ends),
            "levels": len({p for p in places.values() if p.startswith("end:level:")}),
        },
    }


def _links(
    direction: str,
    seeds: Iterable[Mapping[str, Any]],
    hops: Iterable[Mapping[str, Any]],
    terminals: Iterable[Mapping[str, Any]],
) -> Traced:
    values: dict[str, int] = {}
    links: dict[str, _Link] = {}
    fees: dict[str, int] = defaultdict(int)
    ends: dict[str, Row] = {}
    targets = []
    for seed in seeds:
        values[seed["outpoint"]] = seed["value_sat"]
        if direction == "backward":
            targets.append(seed)
    for hop in hops:
        if hop["to"] is not None:
            values[hop["to"]] = hop["output_sat"]
        link = links.get(hop["from"])
        if link is None:
            source = f"tx:{hop['from'].partition(':')[0]}"
            link = links[hop["from"]] = _Link(
                source, f"tx:{hop['txid']}", hop["from"], 0, hop["height"], hop["time_utc"]
            )
        for rule, sat in hop["traced_sat"].items():
            link.traced_sat[rule] += sat
    last, wanted = [], {seed["outpoint"] for seed in targets}
    for row in terminals:
        if row["txid"] is None or row["account"] is not None:
            continue
        if row["type"] == "fee":
            for rule, sat in row["traced_sat"].items():
                fees[rule] += sat
            continue
        outpoint = f"{row['txid']}:{row['vout']}"
        values[outpoint] = row["output_sat"]
        end = _end(row, outpoint)
        ends[end["id"]] = end
        # what was paid for a target itself ends before anything else spends it
        reached = direction == "backward" and (row["type"] == "seed" or outpoint not in wanted)
        through = links.get(outpoint) if reached else None
        if through is None:
            tx = f"tx:{row['txid']}"
            source, target = (tx, end["id"]) if direction == "forward" else (end["id"], tx)
            through = _Link(source, target, outpoint, 0, row["height"], row["time_utc"])
            through.traced_sat.update(row["traced_sat"])
            last.append(through)
        else:
            through.source = end["id"]
        through.basis = _BASIS.get(row["type"], "fact")
    for seed in targets:
        end = _end({**seed, "type": "target"}, seed["outpoint"])
        ends[end["id"]] = end
        tx = f"tx:{seed['outpoint'].partition(':')[0]}"
        arrived = _Link(tx, end["id"], seed["outpoint"], 0, seed["height"], seed["time_utc"])
        arrived.traced_sat.update(_under_each(links.values(), seed["traced_sat"]))
        last.append(arrived)
    every = [*links.values(), *last]
    for link in every:
        link.value_sat = values.get(link.outpoint, 0)
    return Traced(every, ends, dict(fees))


def _under_each(links: Iterable[_Link], sat: int) -> dict[str, int]:
    return dict.fromkeys({rule for link in links for rule in link.traced_sat}, sat)


def _end(row: Mapping[str, Any], outpoint: str) -> Row:
    time = (row["height"], row["time_utc"]) if row["height"] is not None else None
    value_sat = row.get("output_sat", row.get("value_sat"))
    node = end_node(row["type"], outpoint, int(value_sat or 0), time)
    if row.get("label"):
        node["service"] = {
            "party": row.get("party") or row["label"],
            "label": row["label"],
            "category": row.get("category"),
            "kind": "mixer" if row["type"] == "mixer" else "service",
            "basis": "assertion",
        }
    return node | {"coinjoin": row.get("coinjoin"), "address": row.get("address"), "count": 1}


def _alone(txs: Iterable[str], ends: Iterable[str]) -> dict[str, str]:
    return {node: node for node in (*txs, *ends)}


def _levels(view: StoreView, traced: Traced, txs: Iterable[str]) -> dict[str, int]:
    """How far each transaction is along the longest way that the trace takes to it, from 0."""
    at = {node: subject.number for node, subject in known_subjects(view, txs).items()}
    levels = dict.fromkeys(at, 0)
    between = [link for link in traced.links if link.source in at and link.target in at]
    for link in sorted(between, key=lambda one: at[one.target]):
        levels[link.target] = max(levels[link.target], levels[link.source] + 1)
    return levels


def _sizes(most: int, deepest: int) -> Iterator[tuple[int, int]]:
    """How many to keep alone, and how many levels to take as one, from the finest on."""
    keep, width = most // 4, deepest // _MOST_LEVELS + 1
    while keep:
        yield keep, width
        keep //= 2
    while width <= 2 * deepest + 2:
        yield 0, width
        width *= 2


def _gathered(
    traced: Traced, txs: Iterable[str], levels: Mapping[str, int], keep: int, width: int
) -> dict[str, str]:
    """Where each transaction and end is drawn, `keep` of each as they are."""
    weights: dict[str, int] = defaultdict(int)
    for link in traced.links:
        for node in (link.source, link.target):
            weights[node] = max(weights[node], link.weight)

    def heaviest(nodes: Iterable[str]) -> set[str]:
        return set(sorted(nodes, key=lambda node: (-weights[node], node))[:keep])

    alone = heaviest(txs) | heaviest(traced.ends)
    places = {n: n if n in alone else f"end:level:{levels.get(n, 0) // width}" for n in txs}
    for name, end in traced.ends.items():
        whose = end["service"]["party"] if end["service"] else ""
        places[name] = name if name in alone else f"end:{end['end']}:{whose}"
    return places


def _edges(traced: Traced, places: Mapping[str, str]) -> dict[str, Row]:
    edges: dict[str, Row] = {}
    for link in traced.links:
        source, target = places[link.source], places[link.target]
        if source == target:
            continue
        kind = "spent" if source[:3] == "tx:" and target[:3] == "tx:" else "pays"
        name = f"{kind}:{source}>{target}"
        edge = edges.get(name)
        if edge is None:
            edge = edges[name] = {
                "id": name,
                "from": source,
                "to": target,
                "kind": kind,
                "value_sat": 0,
                "height": link.height,
                "time_utc": link.time_utc,
                "last_utc": link.time_utc,
                "count": 0,
                "outpoints": [],
                "basis": link.basis,
                "traced_sat": defaultdict(int),
            }
        edge["value_sat"] += link.value_sat
        edge["count"] += 1
        if len(edge["outpoints"]) < _MOST_OUTPOINTS:
            edge["outpoints"].append(link.outpoint)
        for rule, sat in link.traced_sat.items():
            edge["traced_sat"][rule] += sat
        if link.height is not None and (edge["height"] is None or link.height < edge["height"]):
            edge["height"], edge["time_utc"] = link.height, link.time_utc
        if link.time_utc is not None and link.time_utc > (edge["last_utc"] or ""):
            edge["last_utc"] = link.time_utc
    return edges


def _count(places: Mapping[str, str], edges: Mapping[str, Row]) -> int:
    return len(set(places.values())) + len(edges)


def _groups(traced: Traced, places: Mapping[str, str]) -> list[Row]:
    """The nodes that are no transactions: ends as they are, ends and transactions together."""
    groups: dict[str, Row] = {}
    for node, place in places.items():
        if place[:3] == "tx:":
            continue
        end = traced.ends.get(node)
        if place == node and end is not None:
            groups[place] = end
            continue
        if place not in groups:
            kind, _, name = place.removeprefix("end:").partition(":")
            label = end["service"]["label"] if end and end["service"] else name
            groups[place] = end_node(kind, label, 0, None) | {
                "id": place,
                "count": 0,
                "service": end["service"] if end else None,
            }
        groups[place]["count"] += 1
        if end is not None:
            groups[place]["value_sat"] += end["value_sat"]
    return list(groups.values())
