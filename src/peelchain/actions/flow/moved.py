"""What chain and tags came to since a picture was made, and which of its nodes that touches."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc

from peelchain.actions.flow.coins import made_by, paid_to
from peelchain.actions.flow.expand import MOST_SHOWN
from peelchain.actions.flow.subjects import Subject, known_subjects, members_of
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError, NotInChainError
from peelchain.store.arrays import Int64
from peelchain.units import OutPoint

Row = dict[str, Any]

MOST_TOUCHED = 1_000
_STAGES = ("tags", "rates")


def made_on(view: StoreView) -> Row:
    """What a picture that is made now rests on: tip, policy, clusters' run, imports."""
    return {
        **view.tip,
        "policy": view.policy.name,
        "run_id": view.clusters.run_id,
        "imports": [run.run_id for stage in _STAGES for run in view.import_runs(stage)],
    }


def moved_since(view: StoreView, was: Mapping[str, Any], nodes: Collection[str]) -> Row:
    """What changed since a picture with these nodes was made on `was`, and the nodes it touches.

    `blocks` came since; where `reorganised`, the block that was the tip is no more in the chain,
    and nothing is said of nodes. A party is touched by a later receipt, spend or tag of one of its
    scripts; a transaction by a later spend of its outputs; an unspent output by its spend. `gone`
    are nodes that the chain no longer has.
    """
    now = made_on(view)
    new = [run for run in now["imports"] if run not in was["imports"]]
    height = int(was["tip_height"])
    reorganised = not _is_ancestor(view, height, str(was["tip_hash"]))
    moved: Row = {
        "blocks": max(0, now["tip_height"] - height),
        "reorganised": reorganised,
        "imports": [
            {"run_id": run.run_id, "stage": stage}
            for stage in _STAGES
            for run in view.import_runs(stage)
            if run.run_id in new
        ],
        "imports_gone": [run for run in was["imports"] if run not in now["imports"]],
        "policy": now["policy"] != was["policy"],
        "clusters": now["run_id"] != was["run_id"],
    }
    some = list(nodes)[:MOST_SHOWN]
    found = known_subjects(view, some)
    touched: dict[str, set[str]] = {}
    if moved["blocks"] and not reorganised:
        first = _first_tx_after(view, height)
        for node, why in _touched_by_blocks(view, found, first):
            touched.setdefault(node, set()).add(why)
        for node in _spent_since(view, some):
            touched.setdefault(node, set()).add("spent")
    if any(row["stage"] == "tags" for row in moved["imports"]):
        for node in _tagged_by(view, found, set(new)):
            touched.setdefault(node, set()).add("tag")
    listed = [{"node": n, "by": sorted(touched[n])} for n in some if n in touched]
    gone = [n for n in some if n.startswith(("tx:", "address:", "cluster:")) and n not in found]
    return {
        "now": now,
        "moved": moved,
        "touched": listed[:MOST_TOUCHED],
        "touched_count": len(listed),
        "gone": gone[:MOST_TOUCHED],
    }


def nodes_of_picture(picture: Mapping[str, Any]) -> list[str]:
    """The ids of a picture's nodes, as its JSON has them: keys of `nodes`, or `id` in its list."""
    nodes = picture.get("nodes")
    if isinstance(nodes, dict):
        return [str(node) for node in nodes]
    if isinstance(nodes, list):
        return [str(node["id"]) for node in nodes if isinstance(node, dict) and "id" in node]
    return []


def _is_ancestor(view: StoreView, height: int, block_hash: str) -> bool:
    blocks = view.lookup.blocks([height])
    return bool(blocks) and blocks[0].block_hash[::-1].hex() == block_hash


def _first_tx_after(view: StoreView, height: int) -> int:
    (block,) = view.lookup.blocks([height])
    return block.first_tx_id + block.tx_count


def _touched_by_blocks(
    view: StoreView, found: Mapping[str, Subject], first: int
) -> list[tuple[str, str]]:
    touched = []
    txs = np.unique([s.number for s in found.values() if s.kind == "tx"]).astype(np.int64)
    made = made_by(view, txs)
    spent = set(made.at[made.spender >= first].tolist())
    touched += [(n, "spent") for n, s in found.items() if s.kind == "tx" and s.number in spent]
    parties = [(node, s) for node, s in found.items() if s.kind != "tx"]
    for (node, _), scripts in zip(parties, members_of(view, [s for _, s in parties]), strict=True):
        paid = paid_to(view, scripts)
        if (paid.maker >= first).any():
            touched.append((node, "received"))
        if (paid.spender >= first).any():
            touched.append((node, "spent"))
    return touched


def _spent_since(view: StoreView, nodes: Collection[str]) -> list[str]:
    names: dict[str, OutPoint] = {}
    for node in nodes:
        if node.startswith("end:unspent:"):
            try:
                names[node] = OutPoint.parse(node.removeprefix("end:unspent:"))
            except MisuseError:
                continue
    spent = []
    for node, outpoint in names.items():
        try:
            (txout,) = view.lookup.txout_ids([outpoint])
        except NotInChainError:
            continue
        if view.lookup.spenders([txout])[0] is not None:
            spent.append(node)
    return spent


def _tagged_by(view: StoreView, found: Mapping[str, Subject], runs: set[str]) -> list[str]:
    """The parties of which a script bears a tag that these imports brought."""
    tag_ids = {
        tag_id
        for run in view.import_runs("tags")
        if run.run_id in runs and run.parts("tags")
        for tag_id in view.store.read_run(run, "tags")["tag_id"].to_pylist()
    }
    held = pc.is_in(view.tags["tag_id"], pc.cast(list(tag_ids), view.tags["tag_id"].type))
    new: Int64 = view.tag_script_ids[held.to_numpy()]
    scripts = np.unique(new[new >= 0])
    clusters = set(view.clusters.index.cluster_of(scripts).tolist())
    alone = set(scripts.tolist())
    return [
        node
        for node, s in found.items()
        if s.number in (alone if s.kind == "address" else clusters) and s.kind != "tx"
    ]
