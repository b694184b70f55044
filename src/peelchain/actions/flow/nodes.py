"""Nodes of a picture: what is told of a transaction, a party, an end."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from peelchain.actions.flow.coins import paid_to, spans
from peelchain.actions.flow.known import known_of, service_row
from peelchain.actions.flow.subjects import Subject, members_of, party_names
from peelchain.actions.view import StoreView
from peelchain.script import script_type
from peelchain.store.arrays import Int64
from peelchain.units import format_hash, format_time

Row = dict[str, Any]

MOST_SCRIPTS = 20_000
"""Scripts of one cluster that are added up on a long chain; beyond that totals are `at_least`."""

_TX = ["txid", "height", "tx_index", "fee_sat", "first_txin", "txin_count", "txout_count"]


def nodes_of(view: StoreView, subjects: Iterable[Subject]) -> list[Row]:
    """The nodes of some subjects: transactions first, each kind in order of its number."""
    every = sorted(set(subjects))
    by_kind = {kind: [s for s in every if s.kind == kind] for kind in ("tx", "address", "cluster")}
    return [
        *_transactions(view, [s.number for s in by_kind["tx"]]),
        *_parties(view, by_kind["address"]),
        *_parties(view, by_kind["cluster"]),
    ]


def end_node(kind: str, outpoint: str, value_sat: int, time: tuple[int, str] | None) -> Row:
    """The node of an end: `kind` is a type of terminal, `time` the height and time of its block."""
    return {
        "id": f"end:{kind}:{outpoint}",
        "kind": "end",
        "end": kind,
        "label": outpoint,
        "height": time[0] if time else None,
        "time_utc": time[1] if time else None,
        "value_sat": value_sat,
        "in_count": 1,
        "out_count": 0,
        "service": None,
        "tags": [],
        "tag_count": 0,
        "coinjoin": None,
        "incomplete": False,
    }


def times_of(view: StoreView, tx_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Height and time of each transaction's block, in seconds since 1970."""
    heights = {
        i: row["height"] for i, row in view.lookup.rows_of("txs", tx_ids, ["height"]).items()
    }
    blocks = view.lookup.rows_of("blocks", heights.values(), ["time_utc"])
    return {i: (height, blocks[height]["time_utc"] // 1000) for i, height in heights.items()}


def _transactions(view: StoreView, tx_ids: Sequence[int]) -> list[Row]:
    if not tx_ids:
        return []
    known, times = known_of(view), times_of(view, tx_ids)
    rows = view.lookup.rows_of("txs", tx_ids, _TX)
    chain = view.chain.transactions(list(rows))
    owners = np.repeat(np.arange(len(rows)), chain.txout_count)
    values = view.chain.outputs(spans(chain.first_txout, chain.txout_count)).value_sat
    sums = _sums(owners, values, len(rows)).tolist()
    told = []
    for (tx_id, row), value_sat in zip(rows.items(), sums, strict=True):
        height, seconds = times[tx_id]
        missing = _unresolved(view, row)
        txid = format_hash(row["txid"])
        told.append(
            {
                "id": f"tx:{txid}",
                "kind": "tx",
                "label": txid,
                "height": height,
                "time_utc": format_time(seconds),
                "value_sat": value_sat,
                "fee_sat": row["fee_sat"],
                "in_count": row["txin_count"],
                "out_count": row["txout_count"],
                "coinbase": row["tx_index"] == 0,
                "service": None,
                "tags": [],
                "tag_count": 0,
                "coinjoin": known.coinjoin(tx_id),
                "incomplete": missing > 0,
                "unresolved_count": missing,
            }
        )
    return told


def _unresolved(view: StoreView, row: Row) -> int:
    # a fee is known where every spent output is
    if row["fee_sat"] is not None or row["tx_index"] == 0:
        return 0
    first = row["first_txin"]
    txins = view.lookup.rows_of("txins", range(first, first + row["txin_count"]), ["prev_txout_id"])
    return sum(txin["prev_txout_id"] is None for txin in txins.values())


def _parties(view: StoreView, parties: Sequence[Subject]) -> list[Row]:
    """The nodes of parties of one kind, whose scripts are apart."""
    if not parties:
        return []
    kind, numbers = parties[0].kind, np.array([p.number for p in parties], np.int64)
    members = members_of(view, parties)
    sizes = [len(scripts) for scripts in members]
    if not view.in_memory:
        members = [scripts[:MOST_SCRIPTS] for scripts in members]
    totals = _totals(view, members)
    names = party_names(view, numbers.tolist())
    known = known_of(view)
    marks = known.services_of(kind, numbers)
    owners = view.clusters.index.cluster_of(numbers).tolist()
    cluster_names = names if kind == "cluster" else party_names(view, owners)
    scripts = view.lookup.scripts(numbers.tolist())
    times = times_of(view, [t["first_tx"] for t in totals if t["first_tx"] is not None])
    told = []
    for at, party in enumerate(parties):
        name, total = names[party.number], totals[at]
        first = times.get(total.pop("first_tx"))
        tags, tag_count = known.tags_of(kind, party.number)
        told.append(
            {
                "id": f"{kind}:{name}",
                "kind": kind,
                "label": name,
                "height": first[0] if first else None,
                "time_utc": format_time(first[1]) if first else None,
                **total,
                "at_least": len(members[at]) < sizes[at],
                "scripts": sizes[at],
                "script_type": str(script_type(scripts[party.number]))
                if kind == "address"
                else None,
                "cluster": cluster_names[owners[at]],
                "service": service_row(marks[at]),
                "tags": tags,
                "tag_count": tag_count,
                "coinjoin": None,
                "incomplete": False,
            }
        )
    return told


def _totals(view: StoreView, members: Sequence[Int64]) -> list[Row]:
    """Of each set of scripts, these apart: what it received and holds, its transactions' counts."""
    scripts = np.concatenate(members)
    owners = np.repeat(np.arange(len(members)), [len(some) for some in members])
    order = np.argsort(scripts, kind="stable")
    scripts, owners = scripts[order], owners[order]
    paid = paid_to(view, scripts)
    owner = owners[np.searchsorted(scripts, paid.script)]
    count = len(members)
    spent = paid.spender >= 0
    received = _sums(owner, paid.value_sat, count)
    sent = _sums(owner[spent], paid.value_sat[spent], count)
    payers, first = _transactions_of(owner, paid.at, count)
    spenders, _ = _transactions_of(owner[spent], paid.spender[spent], count)
    return [
        {
            "value_sat": int(received[at]),
            "sent_sat": int(sent[at]),
            "balance_sat": int(received[at] - sent[at]),
            "in_count": int(payers[at]),
            "out_count": int(spenders[at]),
            "first_tx": int(first[at]) if payers[at] else None,
        }
        for at in range(count)
    ]


def _sums(owner: Int64, values: Int64, count: int) -> Int64:
    sums = np.zeros(count, np.int64)
    np.add.at(sums, owner, values)
    return sums


def _transactions_of(owner: Int64, tx_ids: Int64, count: int) -> tuple[Int64, Int64]:
    """How many transactions each owner has, and the first of them."""
    order = np.lexsort((tx_ids, owner))
    owner, tx_ids = owner[order], tx_ids[order]
    new = np.ones(len(owner), bool)
    new[1:] = (owner[1:] != owner[:-1]) | (tx_ids[1:] != tx_ids[:-1])
    counts = np.bincount(owner[new], minlength=count).astype(np.int64)
    first = np.full(count, -1, np.int64)
    # backwards, so that the least stays
    first[owner[::-1]] = tx_ids[::-1]
    return counts, first
