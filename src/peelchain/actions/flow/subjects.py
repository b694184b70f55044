"""The nodes of a picture by name: transactions, addresses, clusters, and the ends of a path."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from peelchain.actions.scripts import script_id_or_key, script_of
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError, PeelchainError
from peelchain.script import address
from peelchain.store.arrays import Int64
from peelchain.units import OutPoint, format_hash, parse_txid, shown

Kind = Literal["tx", "address", "cluster"]
Direction = Literal["in", "out"]

_FORMS = "tx:TXID, address:ADDRESS, cluster:ADDRESS"


@dataclass(frozen=True, order=True)
class Subject:
    """A transaction by tx_id, an address by script_id, or a cluster by cluster_id."""

    kind: Kind
    number: int


def subject_of(view: StoreView, node: str) -> Subject:
    """What a node is. Raises MisuseError for no node, NotInChainError for one not in the chain.

    A cluster may be named by any of its scripts. Of a BIP 30 duplicate the later is meant.
    """
    kind, _, name = node.partition(":")
    if kind == "tx":
        return Subject("tx", view.lookup.tx_ids(parse_txid(name))[-1])
    if kind in ("address", "cluster") and name:
        script_id, _ = script_id_or_key(name, view)
        if kind == "address":
            return Subject("address", script_id)
        return Subject("cluster", int(view.clusters.index.cluster_of([script_id])[0]))
    if kind == "end":
        raise MisuseError(
            f"{shown(node)} is an end: nothing lies behind it; expand what leads there"
        )
    raise MisuseError(f"{shown(node)} names no node; nodes are {_FORMS}")


def known_subjects(view: StoreView, nodes: Iterable[str]) -> dict[str, Subject]:
    """What each node is, without those that name nothing in this chain."""
    txids: dict[str, bytes] = {}
    scripts: dict[str, tuple[str, bytes]] = {}
    for node in nodes:
        kind, _, name = node.partition(":")
        try:
            if kind == "tx":
                txids[node] = parse_txid(name)
            elif kind in ("address", "cluster"):
                scripts[node] = (kind, script_of(name, view))
        except (PeelchainError, ValueError):
            continue
    found = {node: Subject("tx", n) for node, n in _tx_ids(view, txids).items()}
    ids = view.lookup.script_ids({script for _, script in scripts.values()}) if scripts else {}
    there = [(node, kind, ids[script]) for node, (kind, script) in scripts.items() if script in ids]
    owners = view.clusters.index.cluster_of([script_id for _, _, script_id in there])
    for (node, kind, script_id), owner in zip(there, owners.tolist(), strict=True):
        found[node] = (
            Subject("address", script_id) if kind == "address" else Subject("cluster", owner)
        )
    return found


def _tx_ids(view: StoreView, txids: Mapping[str, bytes]) -> dict[str, int]:
    if not txids:
        return {}
    runs = view.lookup.lookups("txids")
    candidates = {i for txid in set(txids.values()) for i in runs.tx_ids(txid)}
    # in chain order, so that of a duplicate the later stands
    latest = {txid: tx_id for tx_id, txid in view.lookup.txids(candidates).items()}
    return {node: latest[txid] for node, txid in txids.items() if txid in latest}


def tx_nodes(view: StoreView, tx_ids: Iterable[int]) -> dict[int, str]:
    """The node id of each transaction."""
    return {i: f"tx:{format_hash(txid)}" for i, txid in view.lookup.txids(tx_ids).items()}


def party_names(view: StoreView, script_ids: Iterable[int]) -> dict[int, str]:
    """The address of each script, or the script in hex where it has none."""
    found = view.lookup.scripts(script_ids)
    return {i: address(script, view.network) or script.hex() for i, script in found.items()}


def node_ids(view: StoreView, subjects: Iterable[Subject]) -> dict[Subject, str]:
    """The node id of each subject."""
    every = list(subjects)
    txs = tx_nodes(view, {s.number for s in every if s.kind == "tx"})
    names = party_names(view, {s.number for s in every if s.kind != "tx"})
    return {s: txs[s.number] if s.kind == "tx" else f"{s.kind}:{names[s.number]}" for s in every}


def outpoints(view: StoreView, txout_ids: Iterable[int]) -> dict[int, str]:
    """Each output as TXID:VOUT."""
    rows = view.lookup.rows_of("txouts", txout_ids, ["tx_id", "vout"])
    txids = view.lookup.txids(row["tx_id"] for row in rows.values())
    return {i: str(OutPoint(txids[row["tx_id"]], row["vout"])) for i, row in rows.items()}


def owners_of(view: StoreView, scripts: Int64, kind: Kind) -> Int64:
    """The address (script_id) or cluster (cluster_id) of each script."""
    return scripts if kind == "address" else view.clusters.index.cluster_of(scripts)


def members_of(view: StoreView, subjects: Sequence[Subject]) -> list[Int64]:
    """The script_ids of each address or cluster, rising."""
    clusters = [s.number for s in subjects if s.kind == "cluster"]
    members = iter(view.clusters.index.members_of(clusters))
    return [
        next(members) if s.kind == "cluster" else np.array([s.number], np.int64) for s in subjects
    ]
