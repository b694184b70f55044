"""What moved in new blocks: which transactions spend or pay what is watched, as notices.

This is a derivation: of the chain up to a tip, of the journal before it, and of its parameters, so
that replay makes the same notices again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from peelchain.actions.casework.work import Result, Work
from peelchain.actions.view import StoreView
from peelchain.actions.watching.strands import Strand, strands_of
from peelchain.case.services import services_at
from peelchain.case.watching.notice import CASE, Told, case_id, told
from peelchain.case.watching.watch_list import items_of
from peelchain.errors import PeelchainError
from peelchain.units import format_hash, format_time

Row = dict[str, Any]

MOST_ROWS = 50
"""Outputs of a transaction that a notice lists each way; it counts the others."""

_STAYS = ("service", "mixer", "coinjoin")
"""Ends at outputs that somebody may spend on: the walk stops there, the coins do not."""


class NothingMovedError(PeelchainError):
    """There is nothing new to tell; what was looked at needs no entry."""


def watched_of_case(work: Work) -> Result:
    """The derivation of a `watched` entry: the notices of the blocks it looked at.

    The parameters: `seeds`, `rules`, `limits` as the case's run had them (no seeds: no run),
    `since` the height above which traced value counts, `items` that of each watched item, `until`
    the last block looked at, `confirmations` that it must have. What the journal has is not told
    again. Raises NothingMovedError for none.
    """
    asked, view = work.parameters, work.store
    before = told(work.before)
    case = case_id(work.before)
    notices: list[Row] = []
    known: set[int] = set()
    for strand in strands_of(view, asked, items_of(work.before), work.progress):
        first, last = view.chain.txs_of_heights(strand.above + 1, asked["until"]["height"])
        moved = _spends(view, strand, first, last, known)
        if strand.name == CASE and strand.walked is not None:
            known.update(_walked_from(strand))
        notices += _rows(view, strand, "spend", moved, case, before)
        paid = _receipts(view, strand, first, last)
        notices += _rows(view, strand, "receipt", paid, case, before)
    if not notices:
        raise NothingMovedError("nothing that is watched moved")
    notices.sort(key=lambda row: (row["height"], row["tx_index"], row["of"]["name"], row["kind"]))
    return Result(facts={"notices": notices}, answer={"notices": notices})


@dataclass
class _Move:
    """What a transaction does with watched outputs: traced satoshis by output, then by rule.

    `roles` says of a spent output why it is watched; `ends` what ended at an output, and whose.
    """

    spent: dict[int, dict[str, int]] = field(default_factory=dict)
    made: dict[int, dict[str, int]] = field(default_factory=dict)
    fee: dict[str, int] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)
    ends: dict[int, str] = field(default_factory=dict)


def _spends(
    view: StoreView, strand: Strand, first: int, last: int, known: Iterable[int]
) -> dict[int, _Move]:
    """The transactions from `first` up to `last` that spend value of a strand, by tx_id.

    Onward movements from outputs that are `known` are told by the strand that knows them.
    """
    moves: dict[int, _Move] = {}
    if strand.walked is None:
        return moves
    own = set(strand.seeds.tolist())
    told_already = set(known) - own
    ends: dict[int, str] = {}
    for rule, outcome in strand.walked.rules.items():
        hops = outcome.hops
        tx = hops["tx_id"].to_numpy()
        rows = np.flatnonzero((tx >= first) & (tx < last))
        columns = (hops[c].take(rows).to_pylist() for c in ("from_txout_id", "to_txout_id"))
        traced = hops["traced_sat"].to_numpy()[rows].tolist()
        for at, source, target, sat in zip(tx[rows].tolist(), *columns, traced, strict=True):
            if source in told_already:
                continue
            move = moves.setdefault(at, _Move())
            _add(move.spent.setdefault(source, {}), rule, sat)
            move.roles[source] = "watched" if source in own else "traced"
            if target is None:
                _add(move.fee, rule, sat)
            else:
                _add(move.made.setdefault(target, {}), rule, sat)
        for row in outcome.terminals.to_pylist():
            if row["txout_id"] is not None:
                ends[row["txout_id"]] = row["type"]
        _stayed(view, outcome.terminals.to_pylist(), rule, first, last, moves, told_already)
    for move in moves.values():
        move.ends = {txout: ends.get(txout, "moved on") for txout in move.made}
    return moves


def _stayed(
    view: StoreView,
    terminals: Sequence[Row],
    rule: str,
    first: int,
    last: int,
    moves: dict[int, _Move],
    told_already: set[int],
) -> None:
    """Adds spends of outputs at which the walk stopped: a service or a CoinJoin took them on."""
    rows = [
        (row["txout_id"], row["type"], row["traced_sat"])
        for row in terminals
        if row["type"] in _STAYS and row["txout_id"] not in told_already
    ]
    spenders = view.chain.outputs([txout for txout, _, _ in rows]).spender.tolist()
    for (txout, kind, sat), spender in zip(rows, spenders, strict=True):
        if first <= spender < last:
            move = moves.setdefault(spender, _Move())
            _add(move.spent.setdefault(txout, {}), rule, sat)
            move.roles[txout] = f"at a {kind}" if kind != "coinjoin" else "into a coinjoin"


def _walked_from(strand: Strand) -> set[int]:
    assert strand.walked is not None
    return {
        txout
        for outcome in strand.walked.rules.values()
        for txout in outcome.hops["from_txout_id"].to_pylist()
    }


def _receipts(view: StoreView, strand: Strand, first: int, last: int) -> dict[int, _Move]:
    """The transactions that pay a strand's scripts and spend nothing of them, by tx_id."""
    moves: dict[int, _Move] = {}
    if not len(strand.scripts):
        return moves
    makers = view.chain.outputs(strand.seeds).tx_id.tolist()
    for txout, tx_id in zip(strand.seeds.tolist(), makers, strict=True):
        if first <= tx_id < last:
            moves.setdefault(tx_id, _Move()).ends[txout] = "received"
    return {tx: move for tx, move in moves.items() if not _pays_itself(view, strand, tx)}


def _pays_itself(view: StoreView, strand: Strand, tx_id: int) -> bool:
    spent = [txout for txout in view.chain.prevouts(tx_id).tolist() if txout >= 0]
    return bool(np.isin(view.chain.outputs(spent).script_id, strand.scripts).any())


def _rows(
    view: StoreView,
    strand: Strand,
    kind: str,
    moves: Mapping[int, _Move],
    case: str,
    before: Told,
) -> list[Row]:
    """The notices of moves that do not stand yet."""
    columns = ["txid", "height", "tx_index", "first_txout_id", "txout_count"]
    txs = view.lookup.rows_of("txs", moves, columns)
    blocks = {b.height: b for b in view.lookup.blocks({t["height"] for t in txs.values()})}
    tip = int(view.tip["tip_height"])
    notices = []
    for tx_id, move in sorted(moves.items()):
        tx = txs[tx_id]
        block = blocks[tx["height"]]
        txid, block_hash = format_hash(tx["txid"]), format_hash(block.block_hash)
        name = before.fresh_id(case, kind, strand.name, txid, block_hash)
        if name is None:
            continue
        notices.append(
            {
                "id": name,
                "kind": kind,
                "of": strand.of,
                "loud": strand.loud,
                "coin": view.network.coin,
                "txid": txid,
                "height": block.height,
                "block_hash": block_hash,
                "tx_index": tx["tx_index"],
                "time_utc": format_time(block.time_seconds),
                "confirmations": tip - block.height + 1,
                **_both_ways(view, strand, kind, tx_id, tx, move),
                "replaces": before.replaced(kind, strand.name, txid),
                "confirms": before.sighted(strand.name, txid, kind),
            }
        )
    return notices


def _both_ways(view: StoreView, strand: Strand, kind: str, tx_id: int, tx: Row, move: _Move) -> Row:
    """What a transaction moves from where to where: `from`, `to`, their counts, and the fee."""
    spent = [txout for txout in view.chain.prevouts(tx_id).tolist() if txout >= 0]
    made = list(range(tx["first_txout_id"], tx["first_txout_id"] + tx["txout_count"]))
    if kind == "spend":
        # the others' inputs are not what this is about
        spent = [txout for txout in spent if txout in move.spent]
    told_first = [t for t in made if t in move.ends] + [t for t in made if t not in move.ends]
    sources = _outputs(view, spent[:MOST_ROWS], strand)
    for row, txout in zip(sources, spent, strict=False):
        row["traced_sat"] = move.spent.get(txout, {})
        row["role"] = move.roles.get(txout)
    targets = _outputs(view, told_first[:MOST_ROWS], strand)
    for row, txout in zip(targets, told_first, strict=False):
        row["traced_sat"] = move.made.get(txout, {})
        row["ended"] = move.ends.get(txout)
    return {
        "from": sources,
        "from_count": len(spent),
        "to": targets,
        "to_count": len(made),
        "fee_traced_sat": move.fee,
        "traced_sat": _sums(move.spent.values()),
    }


def _outputs(view: StoreView, txouts: Sequence[int], strand: Strand) -> list[Row]:
    """Outpoint, address, value and the service, if one holds it, of outputs, in their order."""
    found = view.chain.outputs(list(txouts))
    txs = view.lookup.rows_of("txs", found.tx_id.tolist(), ["txid", "first_txout_id"])
    addresses = view.addresses(found.script_id.tolist())
    ends = list(zip(found.tx_id.tolist(), txouts, strict=True))
    marks = services_at("forward", ends, view.chain, strand.known) if ends else []
    rows = []
    for txout, tx_id, script, value, mark in zip(
        txouts,
        found.tx_id.tolist(),
        found.script_id.tolist(),
        found.value_sat.tolist(),
        marks,
        strict=True,
    ):
        tx = txs[tx_id]
        rows.append(
            {
                "outpoint": f"{format_hash(tx['txid'])}:{txout - tx['first_txout_id']}",
                "address": addresses[script],
                "value_sat": value,
                "label": None if mark is None else mark.label,
            }
        )
    return rows


def _add(amounts: dict[str, int], rule: str, sat: int) -> None:
    amounts[rule] = amounts.get(rule, 0) + sat


def _sums(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for part in parts:
        for rule, sat in part.items():
            _add(sums, rule, sat)
    return sums
