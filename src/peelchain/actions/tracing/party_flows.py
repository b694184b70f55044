"""Who passed how much to whom in a trace, few enough to draw and exact to the satoshi."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.actions.tracing.rules import public_rule
from peelchain.actions.tracing.walk import Walked
from peelchain.case.services import services_at
from peelchain.script import address
from peelchain.store.arrays import Int64
from peelchain.tags.services import Mark
from peelchain.trace.accounts import AccountTrace

Row = dict[str, Any]

MOST_WALLETS = 16
"""Wallets that are told each by itself; those that come between two of them are told together."""
_MOST_BACK = 50

_PARTIES = ("service", "mixer")
_BEFORE, _ALONG, _AFTER = range(3)


@dataclass(frozen=True)
class _Party:
    """`kind` is seeds, service, wallet or end; `key` its claimant, label, cluster_id or type."""

    kind: str
    key: str | int
    party: str | None = None
    category: str | None = None


@dataclass(frozen=True)
class _Moves:
    """Traced satoshis from one party to another, by number, in chain order: three int64[N]."""

    source: Int64
    target: Int64
    sat: Int64


def party_flows(walked: Walked, rules: Sequence[str], accounts: AccountTrace | None) -> list[Row]:
    """For each rule, by kernel name, the parties that value passed through and what passed.

    `nodes` are in the order in which value came to them, and `links` lead from one to a later one,
    so they draw no circle. What goes back to an earlier one is in `back` (the 50 greatest), what
    moves within one in `within`. The walk must have its hops, `accounts` their payments.
    """
    found = []
    for rule in rules:
        telling = _Telling(walked)
        if accounts is not None and rule in accounts.rules:
            outcome = accounts.rules[rule]
            moves = telling.between_accounts(outcome.payments, outcome.holdings, outcome.terminals)
        else:
            told = walked.trace.rules[rule]
            moves = telling.along_hops(told.hops, told.terminals)
        found.append({"rule": public_rule(rule), **_drawn(telling, moves)})
    return found


class _Telling:
    """The parties of one rule's movements, numbered as they are met."""

    def __init__(self, walked: Walked) -> None:
        self.walked = walked
        self.forward = walked.direction == "forward"
        self.parties: list[_Party] = []
        self._numbers: dict[_Party, int] = {}

    def number(self, party: _Party) -> int:
        if party not in self._numbers:
            self._numbers[party] = len(self.parties)
            self.parties.append(party)
        return self._numbers[party]

    def along_hops(self, hops: pa.Table, terminals: pa.Table) -> _Moves:
        """What hops and terminals of a rule of scope transaction move."""
        start, tx = _ids(hops, "from_txout_id"), _ids(hops, "tx_id")
        to, sat = _ids(hops, "to_txout_id"), _ids(hops, "traced_sat")
        fees = self.number(_Party("end", "fee"))
        target = np.full(len(to), fees, np.int64)
        target[to >= 0] = self._owners(to[to >= 0])
        parts = [(tx, _ALONG, self._owners(start), target, sat), self._seeds()]
        parts.append(self._rests(terminals, with_fees=False))
        return self._ordered(parts)

    def between_accounts(self, payments: pa.Table, holdings: pa.Table, ends: pa.Table) -> _Moves:
        """What the books of accounts move under a rule of scope account."""
        own = self._of_clusters(_ids(payments, "account_id"))
        other = _ids(payments, "other_account_id")
        away = np.zeros(len(other), np.int64)
        away[other >= 0] = self._of_clusters(other[other >= 0])
        resting = np.flatnonzero(other < 0)
        away[resting] = self._ends_of(payments.take(pa.array(resting)))
        tx, sat = _ids(payments, "tx_id"), _ids(payments, "traced_sat")
        pair = (own, away) if self.forward else (away, own)
        holder = self._of_clusters(_ids(holdings, "account_id"))
        rest = self._ends_of(holdings, named=False)
        held = (holder, rest) if self.forward else (rest, holder)
        closed = _ids(holdings, "tx_id")
        last = int(max(tx.max(initial=0), closed.max(initial=0))) + 1
        closed = np.where(closed < 0, last if self.forward else 0, closed)
        order = _AFTER if self.forward else _BEFORE
        at_once = ends.filter(pc.is_null(ends["account_id"]))
        return self._ordered(
            [
                (tx, _ALONG, *pair, sat),
                (closed, order, *held, _ids(holdings, "traced_sat")),
                self._seeds(),
                self._rests(at_once, with_fees=True),
            ]
        )

    def _seeds(self) -> tuple[Int64, int, Int64, Int64, Int64]:
        seeds = self.walked.seeds
        names: Sequence[str] = seeds.claimants or ("",)
        numbers = np.array([self.number(_Party("seeds", name)) for name in names], np.int64)
        claims = np.zeros(len(seeds.txouts), np.int64)
        given = numbers[claims if seeds.claimant_of is None else seeds.claimant_of]
        owner = self._owners(seeds.txouts)
        made = self.walked.view.chain.outputs(seeds.txouts).tx_id.astype(np.int64)
        if self.forward:
            return made, _BEFORE, given, owner, seeds.sat
        return made, _AFTER, owner, given, seeds.sat

    def _rests(
        self, terminals: pa.Table, *, with_fees: bool
    ) -> tuple[Int64, int, Int64, Int64, Int64]:
        """From the owner of each output where value rests to how it rests there; or the reverse."""
        txout = _ids(terminals, "txout_id")
        kept = txout >= 0
        if self.forward:
            # what came to a service came there by the hop or the seed itself
            kinds = terminals["type"].to_pylist()
            kept &= ~np.isin(np.array(kinds, object), _PARTIES)
        rows = terminals.take(pa.array(np.flatnonzero(kept)))
        txout = txout[kept]
        owner, end = self._owners(txout), self._ends_of(rows)
        made = self.walked.view.chain.outputs(txout).tx_id.astype(np.int64)
        sat = _ids(rows, "traced_sat")
        if self.forward:
            return made, _AFTER, owner, end, sat
        return made, _BEFORE, end, owner, sat

    def _ends_of(self, rows: pa.Table, *, named: bool = True) -> Int64:
        """The number of the service or of the kind of end at each row."""
        kinds = rows["type"].to_pylist()
        marks: dict[int, Mark | None] = {}
        at = [n for n, kind in enumerate(kinds) if named and kind in _PARTIES]
        if at:
            txs, txouts = _ids(rows, "tx_id").tolist(), _ids(rows, "txout_id").tolist()
            pairs = [(txs[n], txouts[n]) for n in at]
            known, chain = self.walked.known, self.walked.view.chain
            marks = dict(
                zip(at, services_at(self.walked.direction, pairs, chain, known), strict=True)
            )
        numbers = []
        for n, kind in enumerate(kinds):
            mark = marks.get(n)
            numbers.append(self.number(_Party("end", kind) if mark is None else _service(mark)))
        return np.array(numbers, np.int64)

    def _owners(self, txouts: Int64) -> Int64:
        return self._of_scripts(self.walked.view.chain.outputs(txouts).script_id)

    def _of_clusters(self, clusters: Int64) -> Int64:
        return self._of_scripts(clusters)

    def _of_scripts(self, scripts: Int64) -> Int64:
        """The number of the service, or else of the wallet, that each script is held to be of."""
        each, place = np.unique(scripts, return_inverse=True)
        clusters = self.walked.view.clusters.index.cluster_of(each).tolist()
        marks = self.walked.named.marks_at(each.tolist())
        numbers = [
            self.number(_Party("wallet", cluster) if mark is None else _service(mark))
            for cluster, mark in zip(clusters, marks, strict=True)
        ]
        return np.array(numbers, np.int64)[place] if numbers else np.empty(0, np.int64)

    @staticmethod
    def _ordered(parts: Iterable[tuple[Int64, int, Int64, Int64, Int64]]) -> _Moves:
        listed = list(parts)
        whens = np.concatenate([when for when, *_ in listed])
        sides = np.concatenate([np.full(len(p[0]), p[1], np.int64) for p in listed])
        order = np.lexsort((sides, whens))
        source, target, sat = (np.concatenate([p[n] for p in listed])[order] for n in (2, 3, 4))
        moved = sat > 0
        return _Moves(source[moved], target[moved], sat[moved])


def _service(mark: Mark) -> _Party:
    return _Party("service", mark.label, mark.party, mark.category)


def _ids(table: pa.Table, column: str) -> Int64:
    """A column of whole numbers, -1 where it is null."""
    values = table[column].combine_chunks().cast(pa.int64())
    return np.asarray(values.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)


def _drawn(telling: _Telling, moves: _Moves) -> Row:
    """Nodes, links, and what no link can show."""
    order = _first_met(len(telling.parties), moves)
    groups = _grouped(telling.parties, moves, order)
    place = np.zeros(len(telling.parties), np.int64)
    for at, group in enumerate(groups):
        place[group] = at
    pairs: dict[tuple[int, int], int] = {}
    for pair, sat in zip(
        zip(place[moves.source].tolist(), place[moves.target].tolist(), strict=True),
        moves.sat.tolist(),
        strict=True,
    ):
        pairs[pair] = pairs.get(pair, 0) + sat
    nodes = _nodes(telling, groups)
    ahead = [_link(a, b, sat, nodes) for (a, b), sat in sorted(pairs.items()) if a < b]
    back = [_link(a, b, sat, nodes) for (a, b), sat in pairs.items() if a > b]
    back.sort(key=lambda link: -link["value_sat"])
    return {
        "nodes": nodes,
        "links": ahead,
        "back": back[:_MOST_BACK],
        "back_sat": sum(link["value_sat"] for link in back),
        "within": [{"node": a, "value_sat": s} for (a, b), s in sorted(pairs.items()) if a == b],
    }


def _first_met(count: int, moves: _Moves) -> list[int]:
    """The parties in the order in which value came to them, a payer before whom it pays.

    One that passes nothing on stands after all, one that nothing came to before: no circle leads
    through it.
    """
    never = np.iinfo(np.int64).max
    first = np.full(count, never, np.int64)
    steps = np.arange(len(moves.sat), dtype=np.int64) * 2
    np.minimum.at(first, moves.source, steps)
    np.minimum.at(first, moves.target, steps + 1)
    apart = moves.source != moves.target
    pays = np.isin(np.arange(count), moves.source[apart])
    paid = np.isin(np.arange(count), moves.target[apart])
    level = np.where(paid, np.where(pays, 1, 2), 0)
    order = np.lexsort((first, level))
    return [int(party) for party in order if first[party] != never]


def _grouped(parties: Sequence[_Party], moves: _Moves, order: Sequence[int]) -> list[list[int]]:
    """The parties told, in order: each by itself, but for the lesser wallets between two others."""
    through = np.zeros(len(parties), np.int64)
    apart = moves.source != moves.target
    np.add.at(through, moves.source[apart], moves.sat[apart])
    np.add.at(through, moves.target[apart], moves.sat[apart])
    wallets = [at for at in order if parties[at].kind == "wallet"]
    # of equals the first met
    greatest = sorted(wallets, key=lambda at: -int(through[at]))[:MOST_WALLETS]
    alone = set(order) - (set(wallets) - set(greatest))
    groups: list[list[int]] = []
    running: list[int] | None = None
    for party in order:
        if party in alone:
            groups.append([party])
            running = None
        elif running is None:
            running = [party]
            groups.append(running)
        else:
            running.append(party)
    return groups


def _nodes(telling: _Telling, groups: Sequence[Sequence[int]]) -> list[Row]:
    view = telling.walked.view
    firsts = [telling.parties[group[0]] for group in groups]
    clusters = sorted({int(p.key) for p in firsts if p.kind == "wallet"})
    scripts = view.lookup.scripts(clusters) if clusters else {}
    sizes = dict(zip(clusters, map(len, view.clusters.index.members_of(clusters)), strict=True))
    nodes = []
    for group, party in zip(groups, firsts, strict=True):
        name, basis = str(party.key), "fact"
        if party.kind == "wallet":
            script = scripts[int(party.key)]
            name = address(script, view.network) or script.hex()
            basis = "inference" if sizes[int(party.key)] > 1 or len(group) > 1 else "fact"
        elif party.kind == "service":
            basis = "assertion"
        elif party.kind == "end" and party.key == "coinjoin":
            basis = "inference"
        nodes.append(
            {
                "kind": "wallets" if len(group) > 1 else party.kind,
                "name": name,
                "party": party.party,
                "category": party.category,
                "count": len(group),
                "basis": basis,
            }
        )
    return nodes


_RANK = ("fact", "inference", "assertion")


def _link(source: int, target: int, sat: int, nodes: Sequence[Row]) -> Row:
    basis = max((nodes[source]["basis"], nodes[target]["basis"]), key=_RANK.index)
    return {"from": source, "to": target, "value_sat": sat, "basis": basis}
