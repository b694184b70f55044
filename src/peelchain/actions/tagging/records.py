"""Tags to look at: listed, one by one with their history, in conflict, or in need of a look."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.actions.policies import policy_asked
from peelchain.actions.scripts import script_of
from peelchain.actions.view import StoreView
from peelchain.errors import AddressError, MisuseError, NotInChainError
from peelchain.script import address
from peelchain.tags.circular import drawn_from_clustering
from peelchain.tags.conflicts import PartyClaim, contested
from peelchain.tags.knowledge import ALL, Knowledge, each_once, last_changes, recorded_by
from peelchain.tags.parties import rows_where
from peelchain.tags.services import Int64, confidence_level, service_kind
from peelchain.units import format_time, shown

Row = dict[str, Any]
Mask = npt.NDArray[np.bool_]

TAG_COLUMNS = (
    "tag_id",
    "address",
    "label",
    "category",
    "actor",
    "source",
    "creator",
    "confidence",
    "is_cluster_definer",
    "lastmod",
    "concepts",
    "abuse",
    "context",
    "tag_type",
    "created",
    "valid_from",
    "valid_until",
    "derived_from",
    "recorded_utc",
    "file",
)
CONFLICT_COLUMNS = (
    "scope",
    "cluster_id",
    "address",
    "rank",
    "party",
    "label",
    "category",
    "confidence",
    "tags",
    "scripts",
    "lastmod",
    "valid_from",
    "valid_until",
    "tag_id",
    "source",
    "decided_by",
)
CHECK_COLUMNS = ("finding", "tag_id", "address", "label", "source", "cluster_id", "what")

_USERS = ("coinjoin", "user")


@dataclass(frozen=True)
class Wanted:
    """Which tags to list: exact texts, None for any. `retracted` lists those taken back too."""

    actor: str | None = None
    category: str | None = None
    label: str | None = None
    source: str | None = None
    confidence: str | None = None
    limit: int = 1_000
    retracted: bool = False


def list_tags(wanted: Wanted, store: Path, knowledge: Knowledge = ALL) -> Row:
    """The tags that are known and stand, by tag_id, with how many there are in all."""
    with StoreView(store, knowledge=knowledge) as view:
        tags = each_once(_recorded(view)) if wanted.retracted else view.tags
        for name in ("actor", "category", "label", "source", "confidence"):
            text = getattr(wanted, name)
            if text is not None:
                tags = tags.filter(pc.fill_null(pc.equal(tags[name], text), False))
        return {
            **view.tip,
            "as_of": knowledge.described()["as_of"],
            "count": tags.num_rows,
            "tags": _told(tags.slice(0, wanted.limit)),
        }


def show_tags(what: str, store: Path, knowledge: Knowledge = ALL) -> Row:
    """The tags of an address, an actor or an id, taken back or not, with all that befell each.

    `records` are the imports that a tag came with, `changes` what was said of it later, both oldest
    first. Raises MisuseError where there are none.
    """
    with StoreView(store, knowledge=knowledge) as view:
        return tags_shown(what, view)


def tags_shown(what: str, view: StoreView) -> Row:
    """What `show_tags` gives, of an open store. Raises MisuseError where there are none."""
    every = _recorded(view)
    by_id = pc.equal(every["tag_id"], what)
    by_actor = pc.fill_null(pc.equal(every["actor"], what), False)
    mask = pc.or_(by_id, by_actor)
    try:
        script = script_of(what, view)
    except (AddressError, MisuseError, NotInChainError):
        script = None
    if script is not None:
        mask = pc.or_(mask, pc.equal(every["script_pubkey"], script))
    records = every.filter(mask)
    if not records.num_rows:
        raise MisuseError(
            f"there is no tag of {shown(what)} in {view.store.path}; give an address, a tag_id or "
            "the id of an actor, as 'peelchain tags list' shows them"
        )
    changes = view.tag_changes.to_pylist()
    last = last_changes(view.tag_changes)
    rows = []
    for tag in _told(each_once(records)):
        own = records.filter(pc.equal(records["tag_id"], tag["tag_id"]))
        rows.append(
            {
                **tag,
                "state": _state(last.get(tag["tag_id"])),
                "records": [
                    {"recorded_utc": r["recorded_utc"], "file": r["file"]} for r in _told(own)
                ],
                "changes": [
                    {
                        **{k: change[k] for k in ("change", "replacement", "by", "reason")},
                        "recorded_utc": _time(change["recorded_utc"]),
                    }
                    for change in changes
                    if change["tag_id"] == tag["tag_id"]
                ],
            }
        )
    return {**view.tip, "as_of": view.knowledge.described()["as_of"], "tags": rows}


def conflicts(store: Path, policies: list[str], knowledge: Knowledge = ALL) -> Row:
    """Addresses and clusters that tags name several parties for, the parties ranked by the rule.

    Of addresses every tag counts; of clusters those of services that may name a whole cluster.
    """
    policy = policy_asked(store, policies, [])
    with StoreView(store, policy, knowledge=knowledge) as view:
        tags = view.tags
        encoded = tags["script_pubkey"].combine_chunks().dictionary_encode()
        scripts = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        rows = []
        on_addresses = contested(tags, scripts, scripts)
        for claims in on_addresses.values():
            rows.append(_conflict(tags, claims, view, "address", None))
        clusters = _clusters_named(view)
        on_clusters = contested(tags, clusters, scripts)
        for cluster, claims in on_clusters.items():
            rows.append(_conflict(tags, claims, view, "cluster", cluster))
        rows.sort(key=lambda row: (row["scope"], -row["tags"], row["claims"][0]["tag_id"]))
        return {
            **view.tip,
            "policy": view.clusters.policy,
            "run_id": view.clusters.run_id,
            "as_of": knowledge.described()["as_of"],
            "addresses": len(on_addresses),
            "clusters": len(on_clusters),
            "conflicts": rows,
        }


def conflict_rows(answer: Row) -> list[list[object]]:
    """The rows of `conflicts`, one a party, by CONFLICT_COLUMNS."""
    return [
        [
            {**claim, "scope": row["scope"], "cluster_id": row["cluster_id"], "rank": rank}[name]
            for name in CONFLICT_COLUMNS
        ]
        for row in answer["conflicts"]
        for rank, claim in enumerate(row["claims"], 1)
    ]


def check(store: Path, policies: list[str], knowledge: Knowledge = ALL) -> Row:
    """Tags that need a look: what is said of them is in `what`, and none is changed.

    `circular`: drawn from a clustering and yet meant to name the cluster; it marks its own address
    alone. `users`: on users of mixers and yet meant to name their cluster; it names none.
    `confidence`: of a class that is not known, which ranks last.
    """
    policy = policy_asked(store, policies, [])
    with StoreView(store, policy, knowledge=knowledge) as view:
        tags = view.tags
        definers = np.asarray(pc.fill_null(tags["is_cluster_definer"], True).to_numpy())
        drawn = drawn_from_clustering(tags) & definers
        services = _mask(tags["category"], lambda c: service_kind(c) is not None)
        users = _mask(tags["category"], lambda c: c in _USERS)
        users &= np.asarray(pc.fill_null(tags["is_cluster_definer"], False).to_numpy())
        classes = _mask(tags["confidence"], lambda c: c is not None and not confidence_level(c))
        clusters = _all_clusters(view)
        others = set(clusters[services & ~drawn & (clusters >= 0)].tolist())
        rows = []
        masks = {"circular": drawn & services, "users": users, "confidence": classes}
        for kind, mask in masks.items():
            for row in np.flatnonzero(mask).tolist():
                tag = tags.slice(row, 1).to_pylist()[0]
                cluster = int(clusters[row])
                rows.append(
                    {
                        "finding": kind,
                        **{k: tag[k] for k in ("tag_id", "address", "label", "source")},
                        "cluster_id": cluster if cluster >= 0 else None,
                        "what": _what(kind, tag, alone=cluster not in others),
                    }
                )
        counts = {kind: sum(row["finding"] == kind for row in rows) for kind in masks}
        return {
            **view.tip,
            "policy": view.clusters.policy,
            "run_id": view.clusters.run_id,
            "as_of": knowledge.described()["as_of"],
            "tags": tags.num_rows,
            "counts": counts,
            "findings": rows,
        }


def _what(kind: str, tag: Row, *, alone: bool) -> str:
    if kind == "users":
        return f"on users ({tag['category']}), who are not one party: names no cluster"
    if kind == "confidence":
        return f"the confidence class {shown(tag['confidence'])} is not known: it ranks last"
    drawn = f"drawn from {shown(tag['derived_from'])}" if tag["derived_from"] else "drawn from one"
    rest = "nothing else names its cluster" if alone else "others name its cluster"
    return f"{drawn}, a clustering, so it supports no cluster: marks its own address; {rest}"


def _clusters_named(view: StoreView) -> Int64:
    """The cluster that each tag names: -1 for tags that name none."""
    tags = view.tags
    spreads = np.asarray(pc.fill_null(tags["is_cluster_definer"], True).to_numpy())
    services = _mask(tags["category"], lambda c: service_kind(c) is not None)
    named = spreads & services & ~drawn_from_clustering(tags)
    return np.where(named, _all_clusters(view), -1)


def _all_clusters(view: StoreView) -> Int64:
    known = view.tag_script_ids
    clusters = np.full(len(known), -1, np.int64)
    there = known >= 0
    clusters[there] = view.clusters.index.cluster_of(known[there])
    return clusters


def _conflict(
    tags: pa.Table, claims: list[PartyClaim], view: StoreView, scope: str, cluster: int | None
) -> Row:
    told = []
    for claim in claims:
        tag = tags.slice(claim.row, 1).to_pylist()[0]
        names = ("label", "category", "actor", "confidence", "lastmod", "valid_from", "valid_until")
        told.append(
            {
                "party": claim.party,
                **{name: tag[name] for name in (*names, "tag_id", "source")},
                "address": address(tag["script_pubkey"], view.network),
                "tags": claim.tags,
                "scripts": claim.scripts,
                "decided_by": claim.decided_by,
            }
        )
    return {
        "scope": scope,
        "cluster_id": cluster,
        "address": told[0]["address"] if scope == "address" else None,
        "tags": sum(claim.tags for claim in claims),
        "claims": told,
    }


def _recorded(view: StoreView) -> pa.Table:
    """Every record known by then, taken back or not."""
    return recorded_by(view.every_tag, view.knowledge.as_of)


def _mask(column: pa.ChunkedArray, holds: Callable[[str | None], bool]) -> Mask:
    return np.asarray(rows_where(column, holds).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _told(tags: pa.Table) -> list[Row]:
    return [
        {**row, "recorded_utc": _time(row["recorded_utc"])}
        for row in tags.select(TAG_COLUMNS).to_pylist()
    ]


def _time(moment: datetime) -> str:
    return format_time(int(moment.timestamp()))


def _state(change: str | None) -> str:
    return "stands" if change in (None, "reinstated") else str(change)
