"""A cluster: its size, totals, members, what was said of it, and with whom it dealt."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.actions.looking.addresses import transactions_told
from peelchain.actions.looking.dealings import counterparties
from peelchain.actions.looking.flows import MOST_SCRIPTS, Flows, flows_of, over_time, seen
from peelchain.actions.looking.parties import parties, service_told, tags_told
from peelchain.actions.looking.stamp import names_of, stamp
from peelchain.actions.looking.worth import worth_in
from peelchain.actions.scripts import script_id_or_key
from peelchain.actions.view import StoreView
from peelchain.store.arrays import Int64
from peelchain.units import format_hash

Row = dict[str, Any]

MOST = 200
_TAGS_SHOWN = 200
_COINJOINS_SHOWN = 100


def look_at_cluster(
    text: str, view: StoreView, *, currency: str | None = None, limit: int = 50
) -> Row:
    """The cluster of an address (or a script in hex), with its first members.

    Totals, balance, transactions and counterparties are None for a cluster of more than
    MOST_SCRIPTS scripts. Raises AddressError, and NotInChainError for an address never seen.
    """
    cluster, members = _members(text, view)
    found = flows_of(view, members)
    rows = _tag_rows(view, members)
    named = parties(view, [cluster])[cluster]
    return {
        **stamp(view),
        "basis": "inference" if len(members) > 1 else "fact",
        "asked": text,
        "cluster": named["name"],
        "scripts": len(members),
        "service": named["service"],
        "services": _services(view, members),
        "conflicts": _conflicts(view, cluster),
        "tags": tags_told(view, rows[:_TAGS_SHOWN]),
        "tag_count": len(rows),
        "summed": found is not None,
        "most_scripts": MOST_SCRIPTS,
        **_rules(view, members),
        "members": _members_told(view, members[:limit], found),
        **({} if found is None else _flows_told(view, cluster, found, currency, limit)),
    }


def cluster_members(text: str, view: StoreView, *, offset: int = 0, limit: int = MOST) -> Row:
    """More members of a cluster, in order of their first occurrence, after `offset` of them."""
    _, members = _members(text, view)
    told = _members_told(view, members[offset : offset + limit], flows_of(view, members))
    return {**stamp(view), "scripts": len(members), "members": told}


def cluster_transactions(
    text: str, view: StoreView, *, currency: str | None = None, offset: int = 0, limit: int = MOST
) -> Row:
    """More of a cluster's transactions: the latest come first, `offset` of them left out."""
    _, members = _members(text, view)
    found = flows_of(view, members)
    if found is None:
        return {**stamp(view), "tx_count": None, "transactions": []}
    rows = transactions_told(view, found, worth_in(view, currency), offset, limit)
    return {**stamp(view), "tx_count": len(found.txs), "transactions": rows}


def _members(text: str, view: StoreView) -> tuple[int, Int64]:
    script_id, _ = script_id_or_key(text, view)
    cluster = int(view.clusters.index.cluster_of([script_id])[0])
    return cluster, view.clusters.index.members(cluster)


def _flows_told(
    view: StoreView, cluster: int, found: Flows, currency: str | None, limit: int
) -> Row:
    table = view.clusters.coinjoins
    mixes = table.filter(pc.is_in(table["tx_id"], pa.array(found.txs)))
    shown = mixes.slice(0, _COINJOINS_SHOWN).to_pylist()
    txids = view.lookup.txids(row["tx_id"] for row in shown)
    return {
        **found.totals(),
        **seen(view, found),
        "over_time": over_time(view, found),
        "transactions": transactions_told(view, found, worth_in(view, currency), 0, limit),
        "counterparties": counterparties(view, cluster, found.txs),
        "coinjoins": {
            "count": mixes.num_rows,
            "first": [
                {"txid": format_hash(txids[row["tx_id"]]), "type": row["type"]} for row in shown
            ],
        },
    }


def _members_told(view: StoreView, members: Int64, found: Flows | None) -> list[Row]:
    who = parties(view, members.tolist())
    received: dict[int, int] = {}
    counts: dict[int, int] = {}
    if found is not None:
        own = np.isin(found.scripts, members)
        scripts, values = found.scripts[own].tolist(), found.values[own].tolist()
        for script, value in zip(scripts, values, strict=True):
            received[script] = received.get(script, 0) + value
            counts[script] = counts.get(script, 0) + 1
    rows = view.lookup.rows_of("scripts", members.tolist(), ["script_type"])
    return [
        {
            "name": who[script]["name"],
            "script_type": rows[script]["script_type"],
            "received_sat": received.get(script),
            "receipt_count": counts.get(script),
            "service": who[script]["service"],
            "tags": who[script]["tags"],
            "tag_count": who[script]["tag_count"],
        }
        for script in members.tolist()
    ]


def _tag_rows(view: StoreView, members: Int64) -> Int64:
    scripts, rows = view.tags_by_script
    return np.sort(rows[np.isin(scripts, members)])


def _services(view: StoreView, members: Int64) -> list[Row]:
    """The services that tags name in the cluster, with how many of its scripts each has."""
    if len(members) > MOST_SCRIPTS:
        return []
    scripts: dict[tuple[str, str], int] = {}
    told: dict[tuple[str, str], Row] = {}
    for mark in view.services.marks_at(members.tolist()):
        if mark is not None:
            key = (mark.party, mark.label)
            scripts[key] = scripts.get(key, 0) + 1
            told[key] = service_told(mark) or {}
    order = sorted(scripts, key=lambda key: (-scripts[key], key))
    return [{**told[key], "scripts": scripts[key]} for key in order]


def _conflicts(view: StoreView, cluster: int) -> list[Row]:
    conflicts = [c for c in view.attribution.conflicts if c.cluster_id == cluster]
    names = names_of({c.script_id for c in conflicts if c.script_id is not None}, view)
    return [
        {
            "address": None if c.script_id is None else names[c.script_id],
            "winner": service_told(c.winner),
            "others": [service_told(mark) for mark in c.others],
        }
        for c in conflicts
    ]


def _rules(view: StoreView, members: Int64) -> Row:
    """How many links of each rule hold the cluster together; None where it is too large to pass."""
    if len(members) == 1:
        return {"links_by_rule": {}}
    if len(members) > MOST_SCRIPTS or not view.in_memory:
        return {"links_by_rule": None}
    links = view.clusters.links
    own = links.filter(pc.is_in(links["script_a"], pa.array(members)))
    counted = pc.value_counts(own["rule"].cast(pa.string())).to_pylist()
    return {"links_by_rule": {row["values"]: row["counts"] for row in counted}}
