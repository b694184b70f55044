"""Entities: clusters and addresses that somebody attributed, and the certificate behind each."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from peelchain.actions.policies import policy_asked
from peelchain.actions.scripts import script_id_of
from peelchain.actions.view import StoreView
from peelchain.cluster.explain import Step, spanning
from peelchain.cluster.link_graph import links_among
from peelchain.errors import AddressError, MisuseError, NotInChainError
from peelchain.tags.circular import drawn_from_clustering
from peelchain.tags.knowledge import ALL, Knowledge
from peelchain.tags.services import Mark
from peelchain.units import format_hash, shown

Row = dict[str, Any]
Attributed = tuple[Mark, int, int | None]
"""A mark, its cluster, and its script where it marks that one alone."""

Anchors = dict[tuple[int, bool, str], list[int]]
"""Rows of tags by cluster or script, whether it is a cluster, and the party named."""

ENTITY_COLUMNS = (
    "party",
    "label",
    "kind",
    "category",
    "actor",
    "jurisdictions",
    "scope",
    "cluster_id",
    "address",
    "scripts",
    "tags",
    "contested",
    "tag_id",
)
_TAG = ("tag_id", "address", "label", "actor", "source", "confidence", "lastmod", "valid_from",
        "valid_until")  # fmt: skip


def list_entities(store: Path, policies: list[str], knowledge: Knowledge = ALL) -> Row:
    """Every cluster and single address that tags hold to be a service's, by party.

    `scope` is `cluster`, or `address` for one that its tag names alone or against its cluster.
    `tags` counts those that name the party there, `contested` says that others name another.
    """
    policy = policy_asked(store, policies, [])
    with StoreView(store, policy, knowledge=knowledge) as view:
        return entities_of(view)


def entities_of(view: StoreView) -> Row:
    """What `list_entities` gives, of an open store."""
    anchors = _anchors(view)
    rows = [_entity(view, anchors, *found) for found in _attributed(view)]
    rows.sort(key=lambda row: (row["party"], -row["scripts"], row["cluster_id"]))
    return {**_stamp(view), "entities": rows}


def show_entity(
    what: str, store: Path, policies: list[str], knowledge: Knowledge = ALL, limit: int = 100
) -> Row:
    """An entity by its actor or label, or that of an address, with why it is held to be one.

    Of each cluster: the tags on it (the anchors), and the fewest transactions that join them, or
    that join the address asked for with the nearest anchor; of more than `limit` anchors the first.
    Raises MisuseError where tags name nothing so.
    """
    policy = policy_asked(store, policies, [])
    with StoreView(store, policy, knowledge=knowledge) as view:
        return entity_of(what, view, limit)


def entity_of(what: str, view: StoreView, limit: int = 100) -> Row:
    """What `show_entity` gives, of an open store. Raises MisuseError where tags name none."""
    target = _script_named(what, view)
    chosen = []
    for mark, cluster, script in _attributed(view):
        if target is None:
            named = what in (mark.party, mark.label, mark.actor)
        elif script is not None:
            named = script == target
        else:
            named = cluster == int(view.clusters.index.cluster_of([target])[0])
        if named:
            chosen.append((mark, cluster, script))
    if not chosen:
        raise MisuseError(
            f"tags name no service {shown(what)} in {view.store.path}; 'peelchain entities list' "
            "shows those that they name"
        )
    anchors = _anchors(view)
    actors = {mark.actor or mark.party for mark, _, _ in chosen}
    return {
        **_stamp(view),
        "asked": what,
        "actors": [row for actor in sorted(actors) for row in _actor(view, actor)],
        "entities": [
            {
                **_entity(view, anchors, *found),
                **_certificate(view, anchors, found, target, limit),
            }
            for found in chosen
        ],
    }


def _stamp(view: StoreView) -> Row:
    return {
        **view.tip,
        "policy": view.clusters.policy,
        "run_id": view.clusters.run_id,
        "basis": "inference",
        "as_of": view.knowledge.described()["as_of"],
    }


def _attributed(view: StoreView) -> list[Attributed]:
    found = view.attribution
    clusters = zip(found.cluster_ids.tolist(), found.cluster_marks.tolist(), strict=True)
    rows: list[Attributed] = [(found.marks[mark], cluster, None) for cluster, mark in clusters]
    owners = view.clusters.index.cluster_of(found.script_ids).tolist()
    scripts = zip(found.script_ids.tolist(), found.script_marks.tolist(), owners, strict=True)
    rows += [(found.marks[mark], cluster, script) for script, mark, cluster in scripts]
    return rows


def _script_named(what: str, view: StoreView) -> int | None:
    try:
        return script_id_of(what, view)
    except (AddressError, NotInChainError, MisuseError):
        return None


def _entity(view: StoreView, anchors: Anchors, mark: Mark, cluster: int, script: int | None) -> Row:
    first = cluster if script is None else script
    contested = any(
        conflict.cluster_id == cluster and conflict.script_id in (None, script)
        for conflict in view.attribution.conflicts
    )
    return {
        "party": mark.party,
        "label": mark.label,
        "kind": mark.kind,
        "category": mark.category,
        "actor": mark.actor,
        "jurisdictions": list(mark.jurisdictions),
        "scope": "cluster" if script is None else "address",
        "cluster_id": cluster,
        "address": view.addresses([first])[first],
        "scripts": len(view.clusters.index.members(cluster)) if script is None else 1,
        "tags": len(anchors.get((first, script is None, mark.party), ())),
        "contested": contested,
        "tag_id": mark.tag_id,
    }


def _anchors(view: StoreView) -> Anchors:
    """The rows of tags that name a party, by cluster or script and party.

    Of a cluster those that were drawn from a clustering are left out: they support none.
    """
    found = view.attribution
    scripts = view.tag_script_ids[found.claimed]
    clusters = view.clusters.index.cluster_of(scripts)
    drawn = drawn_from_clustering(view.tags)[found.claimed]
    anchors: Anchors = {}
    for row, script, cluster, circular, party in zip(
        found.claimed.tolist(),
        scripts.tolist(),
        clusters.tolist(),
        drawn.tolist(),
        found.claimed_parties,
        strict=True,
    ):
        anchors.setdefault((script, False, party), []).append(row)
        if not circular:
            anchors.setdefault((cluster, True, party), []).append(row)
    return anchors


def _certificate(
    view: StoreView,
    anchors: Anchors,
    found: Attributed,
    target: int | None,
    limit: int,
) -> Row:
    """The tags on an entity and the fewest transactions that join their scripts with each other."""
    mark, cluster, script = found
    first = cluster if script is None else script
    rows = anchors.get((first, script is None, mark.party), [])
    told = view.tags.select(_TAG).take(pa.array(rows[:limit], pa.int64())).to_pylist()
    steps: tuple[Step, ...] = ()
    at = sorted({int(view.tag_script_ids[row]) for row in rows[:limit]})
    if script is None:
        links = links_among(view.clusters.links, view.clusters.index.members(cluster))
        if target is not None:
            steps = spanning(links, at, [target]).steps
        elif len(at) > 1:
            steps = spanning(links, at[:1], at[1:]).steps
    return {"anchors": told, "anchors_in_all": len(rows), "links": _steps(view, steps)}


def _steps(view: StoreView, steps: tuple[Step, ...]) -> list[Row]:
    txids = view.lookup.txids(step.tx_id for step in steps)
    ends = {script for step in steps for script in (step.script_a, step.script_b)}
    addresses = view.addresses(ends)
    return [
        {
            "txid": format_hash(txids[step.tx_id]),
            "rule": step.rule,
            "address_a": addresses[step.script_a],
            "address_b": addresses[step.script_b],
        }
        for step in steps
    ]


def _actor(view: StoreView, actor: str) -> list[Row]:
    rows = view.actors.filter(pc.equal(view.actors["actor"], actor)).to_pylist()
    return [
        {
            **{name: row[name] for name in ("actor", "label", "uri", "lastmod", "source", "file")},
            **{name: json.loads(row[name]) for name in ("jurisdictions", "categories", "aliases")},
        }
        for row in rows
    ]
