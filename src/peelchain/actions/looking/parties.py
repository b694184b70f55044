"""Who is held to be behind scripts: cluster, service and tags of many at once."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from peelchain.actions.looking.stamp import names_of
from peelchain.actions.view import StoreView
from peelchain.cluster.slices import StoredIndex
from peelchain.store.arrays import Int64
from peelchain.tags.services import Mark

Row = dict[str, Any]

TAGS_SHOWN = 5
_TAG = ("tag_id", "label", "category", "actor", "source", "confidence", "lastmod")


def parties(view: StoreView, script_ids: Iterable[int]) -> dict[int, Row]:
    """Of each script its name, cluster, service and tags.

    `name` is its address or its hex, `cluster` the name of its cluster's least script,
    `cluster_scripts` how many it has: None where a table too long to pass over would say it. `tags`
    are at most five of `tag_count`.
    """
    ids = np.array(sorted(set(script_ids)), dtype=np.int64)
    if not len(ids):
        return {}
    index = view.clusters.index
    owners = index.cluster_of(ids)
    names = names_of({*ids.tolist(), *owners.tolist()}, view)
    sizes = [None] * len(ids) if isinstance(index, StoredIndex) else index.sizes_of(owners).tolist()
    marks = view.services.marks_at(ids.tolist())
    found: dict[int, Row] = {}
    for script, owner, size, mark in zip(ids.tolist(), owners.tolist(), sizes, marks, strict=True):
        rows = tag_rows(view, script)
        found[script] = {
            "name": names[script],
            "cluster": names[owner],
            "cluster_scripts": size,
            "service": service_told(mark),
            "tags": tags_told(view, rows[:TAGS_SHOWN]),
            "tag_count": len(rows),
        }
    return found


def party(view: StoreView, script_id: int) -> Row:
    """As `parties`, of one script; the size of its cluster is told on a long chain too."""
    told = parties(view, [script_id])[script_id]
    run = view.cluster_run()
    if told["cluster_scripts"] is None and run is not None:
        told["cluster_scripts"] = view.store.run_rows(run, "clusters").cluster_of(script_id)[1]
    return told


def service_told(mark: Mark | None) -> Row | None:
    """The service that a mark names, with the tag that says so."""
    if mark is None:
        return None
    return {
        "party": mark.party,
        "label": mark.label,
        "kind": mark.kind,
        "category": mark.category,
        "actor": mark.actor,
        "jurisdictions": list(mark.jurisdictions),
        "tag_id": mark.tag_id,
        "basis": "assertion",
    }


def tag_rows(view: StoreView, script_id: int) -> Int64:
    """The rows of `view.tags` on a script."""
    scripts, rows = view.tags_by_script
    low, high = np.searchsorted(scripts, [script_id, script_id + 1])
    return rows[low:high]


def tags_told(view: StoreView, rows: Int64) -> list[Row]:
    """These rows of `view.tags`."""
    if not len(rows):
        return []
    told: list[Row] = view.tags.select(_TAG).take(pa.array(rows, pa.int64())).to_pylist()
    return told
