"""What a finding rests on: facts of its path, links of the two parties at its ends, and tags."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from peelchain.case.entities import SUBJECT, Entities
from peelchain.case.findings import Findings
from peelchain.case.services import inputs_of
from peelchain.case.sources import Sources
from peelchain.case.subject import Subject
from peelchain.store.chain_rows import Int64
from peelchain.trace.walk import Direction, Trace

Row = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a finding lies, by the store's ids, and its row of report.json.

    `path` are its txout_ids in the direction of the money, `own` the receipts of the subject that
    it hangs on, `named` the scripts whose owner is held to be the service; empty for a receipt.
    """

    row: Row
    direction: Direction | None
    txout: int
    path: tuple[int, ...]
    own: Int64
    named: Int64


@dataclass(frozen=True)
class Support:
    """One sufficient reason for a finding; others may lead to it too.

    `txids` are the transactions of its path, facts; `links` (entity, txid, rule) the shortest
    chains that join its ends to a seed and to a tagged script; `tags` the tag_ids those end at.
    """

    txids: tuple[str, ...]
    links: tuple[tuple[str, str, str], ...]
    tags: tuple[str, ...]


def places(
    sources: Sources, subject: Subject, found: Findings, backward: Trace, forward: Trace
) -> dict[str, Place]:
    """Every finding by its id: receipts, inflows, outflows."""
    none = np.empty(0, np.int64)
    receipts = subject.receipts.tolist()
    placed = {
        row["id"]: Place(row, None, txout, (txout,), np.array([txout], np.int64), none)
        for row, txout in zip(found.receipts, receipts, strict=True)
    }
    receipt_of = {row["id"]: txout for row, txout in zip(found.receipts, receipts, strict=True)}
    for trace, rows in ((backward, found.inflows), (forward, found.outflows)):
        ends = sorted(trace.reached.ends("service").items())
        for row, (txout, at) in zip(rows, ends, strict=True):
            path = trace.reached.path(at)
            if trace.direction == "backward":
                path = path[::-1]
                own = [receipt_of[name] for name in row["receipts"]]
            else:
                own = [path[0]]
            name = found.ends[trace.direction, txout]
            scripts = _named(sources, trace.direction, txout)
            marks = sources.services.marks_at(scripts)
            named = [
                script
                for script, mark in zip(scripts, marks, strict=True)
                if mark is not None and (mark.party, mark.label, mark.category) == name
            ]
            placed[row["id"]] = Place(
                row,
                trace.direction,
                txout,
                path,
                np.array(own, np.int64),
                np.unique(np.array(named, np.int64)),
            )
    return placed


def supports(sources: Sources, owned: Entities, placed: Mapping[str, Place]) -> dict[str, Support]:
    """The support of each finding, by the chains that entities.jsonl gives."""
    chains = {entity["entity"]: _Chains(entity) for entity in owned.entities}
    ends = {name: _end_of(place) for name, place in placed.items()}
    outputs = sorted(set(ends.values()))
    paid = dict(zip(outputs, sources.chain.outputs(outputs).script_id.tolist(), strict=True))
    wanted = {*paid.values(), *(s for p in placed.values() for s in p.named.tolist())}
    hexes = {i: script.hex() for i, script in sources.lookup.scripts(wanted).items()}
    outpoints = sources.outpoints(sorted({t for p in placed.values() for t in p.path}))
    found = {}
    for name, place in placed.items():
        joined = [chains[SUBJECT].to([hexes[paid[ends[name]]]])]
        if place.direction is not None:
            joined.append(chains[place.row["entity"]].to([hexes[s] for s in place.named.tolist()]))
        txids = dict.fromkeys(outpoints[txout].partition(":")[0] for txout in place.path)
        found[name] = Support(
            tuple(txids),
            tuple(dict.fromkeys(link for links, _ in joined for link in links)),
            tuple(sorted({tag for _, anchor in joined for tag in _tag(anchor)})),
        )
    return found


def _end_of(place: Place) -> int:
    """The receipt that the finding's path has."""
    return place.path[0] if place.direction == "forward" else place.path[-1]


def _named(sources: Sources, direction: Direction, txout: int) -> list[int]:
    there = sources.chain.outputs([txout])
    if direction == "backward":
        there = sources.chain.outputs(list(inputs_of(sources.chain, int(there.tx_id[0]))))
    return [int(script) for script in there.script_id]


def _tag(anchor: str | None) -> list[str]:
    kind, _, tag_id = (anchor or "").partition(":")
    return [tag_id] if kind == "tag" else []


class _Chains:
    """The chains of one entity from its anchors to its scripts, both by their bytes in hex."""

    def __init__(self, entity: Row) -> None:
        self._entity: str = entity["entity"]
        self._anchors: dict[str, str | None] = {
            script["script_pubkey"]: script["anchor"] for script in entity["scripts"]
        }
        # no script is the far end of two steps of a spanning tree
        self._before = {link["script_b"]: link for link in entity["links"]}

    def to(self, scripts: list[str]) -> tuple[list[tuple[str, str, str]], str | None]:
        """The shortest chain to any of these scripts, and the anchor that it begins at."""
        found = [self._chain(script) for script in scripts if script in self._anchors]
        return min(found, key=lambda chain: (len(chain[0]), chain[0]), default=([], None))

    def _chain(self, script: str) -> tuple[list[tuple[str, str, str]], str | None]:
        links = []
        at = script
        while at in self._before:
            link = self._before[at]
            links.append((self._entity, link["txid"], link["rule"]))
            at = link["script_a"]
        return links[::-1], self._anchors[at]
