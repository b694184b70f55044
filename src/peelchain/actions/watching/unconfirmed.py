"""Transactions that no block has yet: seen in a mempool, told as unconfirmed, mined or dropped.

A mempool is what one node has heard of. What it shows is no fact of the chain: a sighting is told
as such, and later what became of it: a block has it, another transaction took its place, or it is
gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.work import SOFTWARE
from peelchain.actions.view import StoreView
from peelchain.actions.watching.footprint import Footprint, Part, Resting
from peelchain.actions.watching.moves import MOST_ROWS
from peelchain.case.casefile import CaseFile
from peelchain.case.watching.notice import MEMPOOL, Told, case_id, told
from peelchain.network import Network
from peelchain.raw_tx import RawTx, parsed, serialised
from peelchain.script import address
from peelchain.units import OutPoint, format_hash, parse_txid

Row = dict[str, Any]

ROUNDS_GONE = 3
"""Looks in a row that must miss a transaction before it is told as gone: a node that starts anew
has an empty mempool for a while."""

_MOST_KEPT = 1_000_000
_FINAL = 0xFFFFFFFE
"""Inputs with a lower sequence say that the transaction may be replaced. Source: BIP 125."""


class Mempool(Protocol):
    """A source's unconfirmed transactions. Raises RemoteError or FalseAnswerError, naming it."""

    def txids(self) -> frozenset[bytes] | None:
        """All of them now; None where it does not tell yet."""

    def transactions(self, txids: Sequence[bytes]) -> Mapping[bytes, RawTx]:
        """Those of them that it still has, each checked against its txid."""


@dataclass
class Seen:
    """What of a mempool was looked at, by one watch as long as it runs.

    `raws` has all of it, without witnesses; `txs` those that touch what is watched, by what is
    looked for in `of`; `gone` in how many looks in a row a sighted transaction was missed.
    """

    of: Footprint | None = None
    raws: dict[bytes, bytes] = field(default_factory=dict)
    txs: dict[bytes, RawTx] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)


def look_unconfirmed(
    case: CaseFile,
    store: Path,
    mempool: Mempool,
    footprint: Footprint,
    seen: Seen,
    source: str | None,
) -> list[Row]:
    """Looks at a mempool; journals sightings and what became of earlier ones, and gives them."""
    txids = mempool.txids()
    if txids is None:
        return []
    before = told(case.entries())
    _learn(mempool, txids, footprint, seen, before)
    with StoreView(store) as view, case.at_work():
        entries = case.entries()
        before = told(entries)
        notices = list(_dropped(case_id(entries), before, txids, seen, view))
        notices += _sighted(case_id(entries), before, footprint, seen, view)
        if notices:
            body = {
                "source": source,
                "tip": {"height": view.tip["tip_height"], "hash": view.tip["tip_hash"]},
                "software": SOFTWARE,
                "notices": notices,
            }
            case.append(MEMPOOL, body, moment_of(None))
    return notices


def _learn(
    mempool: Mempool, txids: frozenset[bytes], footprint: Footprint, seen: Seen, before: Told
) -> None:
    """Fetches what is new in the mempool, and keeps of it what touches anything watched."""
    found = dict(mempool.transactions(sorted(txids - set(seen.raws))[:_MOST_KEPT]))
    seen.raws = {txid: raw for txid, raw in seen.raws.items() if txid in txids}
    seen.raws |= {txid: serialised(tx, witness=False) for txid, tx in found.items()}
    seen.txs = {txid: tx for txid, tx in seen.txs.items() if txid in txids}
    if seen.of is not footprint:
        seen.of, found = footprint, {txid: parsed(raw) for txid, raw in seen.raws.items()}
    sighted = {o for _, row in before.open_sightings() for o in _outpoints(row)}
    watched = sighted.union(*(part.outputs for part in footprint.parts))
    scripts = frozenset[bytes]().union(*(part.scripts for part in footprint.parts))
    for txid, tx in found.items():
        touches = any(o in watched for o in _inputs(tx))
        if touches or any(o.script_pubkey in scripts for o in tx.outputs):
            seen.txs[txid] = tx


def _sighted(
    case: str, before: Told, footprint: Footprint, seen: Seen, view: StoreView
) -> Iterable[Row]:
    """A notice for each transaction that spends or pays a part and is not told yet."""
    for txid, tx in sorted(seen.txs.items()):
        if view.lookup.find_tx_ids(txid) or _mined_spenders(_inputs(tx), view):
            # mined since the mempool was asked, or impossible by now
            continue
        for part in footprint.parts:
            spent = [o for o in _inputs(tx) if o in part.outputs]
            paid = [n for n, o in enumerate(tx.outputs) if o.script_pubkey in part.scripts]
            for sights in (["spend"] if spent else []) + (
                ["receipt"] if paid and not spent else []
            ):
                row = _notice(case, before, part, txid, tx, sights, view)
                if row is not None:
                    yield row


def _notice(
    case: str, before: Told, part: Part, txid: bytes, tx: RawTx, sights: str, view: StoreView
) -> Row | None:
    shown, of = format_hash(txid), str(part.of["name"])
    name = before.fresh_id(case, f"sighting of a {sights}", of, shown, "")
    if name is None or before.sighted(of, shown, sights) is not None:
        return None
    labels = _labels(tx, view)
    sources = [
        {**_output(str(o), part.outputs[o], view.network, None), "traced_sat": {}, "role": None}
        for o in _inputs(tx)
        if o in part.outputs
    ]
    targets = [
        {
            **_output(
                f"{shown}:{n}", Resting(o.value_sat, o.script_pubkey), view.network, labels.get(n)
            ),
            "traced_sat": {},
            "ended": "received"
            if sights == "receipt" and o.script_pubkey in part.scripts
            else None,
        }
        for n, o in enumerate(tx.outputs)
    ]
    return {
        "id": name,
        "kind": "sighting",
        "sights": sights,
        "of": dict(part.of),
        "loud": part.loud,
        "coin": view.network.coin,
        "txid": shown,
        "height": None,
        "block_hash": None,
        "replaceable": any(i.sequence < _FINAL for i in tx.inputs),
        "from": sources[:MOST_ROWS],
        "from_count": len(sources),
        "to": targets[:MOST_ROWS],
        "to_count": len(targets),
        "inputs": [str(o) for o in _inputs(tx)[:MOST_ROWS]],
        "replaces": None,
        "confirms": None,
    }


def _dropped(
    case: str, before: Told, txids: frozenset[bytes], seen: Seen, view: StoreView
) -> Iterable[Row]:
    """A notice for each open sighting that another transaction ousted, or that is gone."""
    spenders: dict[OutPoint, list[bytes]] = {}
    for txid, tx in seen.txs.items():
        for outpoint in _inputs(tx):
            spenders.setdefault(outpoint, []).append(txid)
    for name, row in before.open_sightings():
        txid = parse_txid(row["txid"])
        # a node may go on showing what a block has made impossible
        mined = _mined_spenders(_outpoints(row), view)
        if txid in mined or view.lookup.find_tx_ids(txid) or (txid in txids and not mined):
            seen.gone.pop(name, None)
            continue
        rivals = {t for o in _outpoints(row) for t in spenders.get(o, []) if t in txids}
        seen.gone[name] = seen.gone.get(name, 0) + 1
        if mined:
            why = "a block has another transaction that spends the same output"
        elif rivals:
            why = "another unconfirmed transaction spends the same output"
        elif seen.gone[name] >= ROUNDS_GONE:
            why = "the source does not have it any more"
        else:
            continue
        del seen.gone[name]
        by = sorted(format_hash(t) for t in mined or rivals)
        fresh = before.fresh_id(case, "dropped", str(row["of"]["name"]), name, "")
        if fresh is not None:
            yield {
                "id": fresh,
                "kind": "dropped",
                "of": row["of"],
                "loud": row["loud"],
                "txid": row["txid"],
                "height": None,
                "block_hash": None,
                "refers_to": name,
                "why": why,
                "by": by,
            }


def _mined_spenders(outpoints: Iterable[OutPoint], view: StoreView) -> set[bytes]:
    """Who spends, in the chain, any of these outputs."""
    there = [o for o in outpoints if view.lookup.find_tx_ids(o.txid)]
    spent = view.lookup.spenders(view.lookup.txout_ids(there)) if there else []
    return set(view.lookup.txids({at[0] for at in spent if at is not None}).values())


def _labels(tx: RawTx, view: StoreView) -> dict[int, str]:
    """The service that each output pays. Of a long chain, whose clustering is old by now, none."""
    if not view.is_short:
        return {}
    known = view.lookup.script_ids({o.script_pubkey for o in tx.outputs})
    at = [n for n, o in enumerate(tx.outputs) if o.script_pubkey in known]
    marks = view.services.marks_at([known[tx.outputs[n].script_pubkey] for n in at]) if at else []
    return {n: mark.label for n, mark in zip(at, marks, strict=True) if mark is not None}


def _inputs(tx: RawTx) -> list[OutPoint]:
    return [OutPoint(i.prev_txid, i.prev_vout) for i in tx.inputs]


def _outpoints(row: Row) -> list[OutPoint]:
    """What a sighted transaction spends, as far as its notice lists it."""
    return [OutPoint.parse(text) for text in row["inputs"]]


def _output(outpoint: str, of: Resting, network: Network, label: str | None) -> Row:
    return {
        "outpoint": outpoint,
        "address": address(of.script_pubkey, network),
        "value_sat": of.value_sat,
        "label": label,
    }
