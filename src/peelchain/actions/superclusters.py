"""Suspected superclusters of a store, with the transactions that carry them."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.actions.policies import policy_asked
from peelchain.actions.view import StoreView
from peelchain.cluster.cut import DEFAULT_BOUND
from peelchain.cluster.superclusters import Supercluster, superclusters
from peelchain.tags.knowledge import ALL, Knowledge
from peelchain.tags.parties import independent_parties
from peelchain.units import format_hash

LEAST_CONFIDENCE = 20
"""Level of confidence from which on a tag counts: a crawl of the web is enough to look closer."""

COLUMNS = ("address", "scripts", "reason", "txid", "party", "parts", "scripts_a", "scripts_b")

_JUMPS_SHOWN = 100
_MOST_SCRIPTS = 100_000


def find(
    store: Path,
    policies: list[str] | None = None,
    cut_bound: int = DEFAULT_BOUND,
    knowledge: Knowledge = ALL,
) -> dict[str, Any]:
    """The suspected superclusters under a policy, the greatest first.

    Raises MisuseError for two policies and for one that was never run.
    """
    policy = policy_asked(store, policies or [], [])
    with StoreView(store, policy, knowledge=knowledge) as view:
        clusters = view.clusters
        found = suspected(view, None, cut_bound)
        return {
            **view.tip,
            "policy": clusters.policy,
            "run_id": clusters.run_id,
            "basis": "inference",
            "clusters": sorted(found, key=lambda one: (-one["scripts"], one["cluster_id"])),
        }


def suspected(
    view: StoreView, only: frozenset[int] | None, bound: int = DEFAULT_BOUND
) -> list[dict[str, Any]]:
    """The suspected superclusters of a view, or those of them that are named, by cluster_id."""
    party_of = _party_of(view, only)
    clusters = view.clusters
    found = superclusters(clusters.table, clusters.links, party_of, bound=bound, only=only)
    return [_told(one, bound, view) for one in found]


def _party_of(view: StoreView, only: frozenset[int] | None) -> dict[int, str]:
    """The service of each script that tags name, of all scripts or of those in some clusters."""
    tags = view.tags
    if not tags.num_rows:
        return {}
    ids: dict[bytes, int]
    members = _members(view, only) if only is not None else None
    if members is None or len(members) > _MOST_SCRIPTS:
        told = independent_parties(tags, LEAST_CONFIDENCE).tags
        ids = view.lookup.script_ids({tag.script_pubkey for tag in told})
    else:
        ids = {script: i for i, script in view.lookup.scripts(members).items()}
        touched = pc.is_in(tags["script_pubkey"], pa.array(sorted(ids), pa.binary()))
        if pc.sum(touched).as_py() < 2:
            # no two services: of hundreds of thousands of tags none need be weighed
            return {}
        told = independent_parties(tags, LEAST_CONFIDENCE, scripts=ids).tags
    return {ids[tag.script_pubkey]: tag.party for tag in told if tag.script_pubkey in ids}


def _members(view: StoreView, clusters: frozenset[int]) -> list[int]:
    """The scripts of these clusters of two scripts or more."""
    table = view.clusters.table
    inside = np.isin(table["cluster_id"].to_numpy(), sorted(clusters))
    found: list[int] = table["script_id"].to_numpy()[inside].tolist()
    return found


def rows(clusters: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """A row for each transaction that carries a cluster, under COLUMNS.

    `scripts_a` and `scripts_b` are of a jump the scripts of the two greatest parts, of a tie the
    transaction's own scripts on either side.
    """
    told: list[tuple[Any, ...]] = []
    for one in clusters:
        head = (one["address"], one["scripts"])
        for jump in one["jumps"]:
            sides = (jump["scripts_greatest"], jump["scripts_next"])
            told.append((*head, "growth", jump["txid"], None, jump["parts"], *sides))
        for tie in one["ties"]:
            for cut in tie["transactions"]:
                sides = (cut["scripts_a"], cut["scripts_b"])
                told.append((*head, "services", cut["txid"], tie["party"], None, *sides))
            if tie["size"] is None:
                told.append((*head, "services", None, tie["party"], None, None, None))
    return told


def _told(one: Supercluster, bound: int, view: StoreView) -> dict[str, Any]:
    jumps = one.jumps[:_JUMPS_SHOWN]
    txids = view.lookup.txids(
        {
            *(jump.tx_id for jump in jumps),
            *(t.tx_id for tie in one.ties if tie.cut for t in tie.cut.transactions),
        }
    )
    name = view.addresses([one.cluster_id])[one.cluster_id]
    return {
        "cluster_id": one.cluster_id,
        "address": name or view.script_of(one.cluster_id).hex(),
        "scripts": one.scripts,
        "services": list(one.parties),
        "jump_count": len(one.jumps),
        "jumps": [
            {
                "txid": format_hash(txids[jump.tx_id]),
                "parts": jump.parts,
                "scripts_greatest": jump.scripts_greatest,
                "scripts_next": jump.scripts_next,
            }
            for jump in jumps
        ],
        "ties": [
            {
                "party": tie.party,
                "size": len(tie.cut.transactions) if tie.cut else None,
                "more_than": None if tie.cut else bound,
                "transactions": [
                    {
                        "txid": format_hash(txids[t.tx_id]),
                        "scripts_a": t.scripts_a,
                        "scripts_b": t.scripts_b,
                    }
                    for t in (tie.cut.transactions if tie.cut else ())
                ],
            }
            for tie in one.ties
        ],
    }
