"""Clustering: run it, look at a cluster, export all."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from peelchain.actions.constraints import Gathered, gather
from peelchain.actions.open_store import OpenStore
from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Progress, silent
from peelchain.actions.scripts import script_id_of
from peelchain.actions.view import StoreView
from peelchain.cluster.link_graph import links_among
from peelchain.cluster.of_store import keep
from peelchain.cluster.payjoin import output_counts_in, possible_payjoins
from peelchain.cluster.policy import DEFAULT_POLICY, DETECTORS, Policy
from peelchain.cluster.slices import batches
from peelchain.errors import MisuseError
from peelchain.store.arrays import Int64
from peelchain.store.manifest import Run
from peelchain.store.writer import open_for_writing
from peelchain.tags.knowledge import ALL, Knowledge
from peelchain.units import format_hash, format_time, parse_txid, shown

EXPORT_COLUMNS = ("address", "script_id", "cluster_id")

_PAYJOINS_SHOWN = 100


@dataclass(frozen=True)
class Asked:
    """What a user asks of a clustering.

    `rules` link, `without_detectors` are kinds of transaction that give links after all, `exclude`
    are txids that give none. `cannot_link` are files of statements that two addresses are two
    parties', `services_apart` keeps apart what tags name as two services.
    """

    rules: tuple[str, ...] = Policy().rules
    without_detectors: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cannot_link: tuple[Path, ...] = ()
    services_apart: bool = False


def run(
    store: Path,
    asked: Asked | None = None,
    progress: Progress = silent,
    *,
    from_scratch: bool = False,
) -> dict[str, Any]:
    """Clusters the chain under the policy asked for, and stores the result.

    A clustering of the same policy on the present tip stands, unless `from_scratch`; one on an
    earlier tip is gone on with. Raises MisuseError for names that do not exist and for constraints
    that contradict each other, NotInChainError for an excluded transaction that is not there.
    """
    asked = asked or Asked()
    held_apart = _held_apart(store, asked)
    policy = _policy(asked, held_apart)
    with open_for_writing(store) as writer, StoreView(store, policy) as view:
        stored = None if from_scratch else view.cluster_run()
        stored = stored or keep(
            view.lookup,
            writer,
            policy,
            held_apart.constraints if held_apart else None,
            progress,
            from_scratch=from_scratch,
        )
    with StoreView(store, policy) as view:
        return {
            **view.tip,
            "policy": policy.name,
            "run_id": stored.run_id,
            **_counts(view, stored),
            "scripts": view.store.manifest.counts["scripts"],
            "constraints": held_apart.told if held_apart else None,
        }


def _held_apart(store: Path, asked: Asked) -> Gathered | None:
    if not asked.services_apart and not asked.cannot_link:
        return None
    with StoreView(store) as view:
        return gather(view, asked.cannot_link, services=asked.services_apart)


def _policy(asked: Asked, held_apart: Gathered | None) -> Policy:
    for txid in asked.exclude:
        parse_txid(txid)
    unknown = set(asked.without_detectors) - set(DETECTORS)
    if unknown:
        raise MisuseError(
            f"there is no CoinJoin detector {shown(min(unknown))}; those there are: "
            f"{', '.join(DETECTORS)}"
        )
    return Policy(
        rules=asked.rules,
        detectors=tuple(name for name in DETECTORS if name not in asked.without_detectors),
        exclusions=asked.exclude,
        constraints=held_apart.digest if held_apart else "",
    )


def _counts(view: StoreView, run: Run) -> dict[str, int]:
    def rows(table: str) -> int:
        return sum(part.rows for part in run.parts(table))

    # a cluster is named by its least script, which is in it
    named = sum(
        pc.sum(pc.equal(batch["script_id"], batch["cluster_id"])).as_py() or 0
        for batch in batches(view.store, run, "clusters")
    )
    return {
        "links": rows("links") - rows("conflicts"),
        "coinjoins": rows("coinjoins"),
        "lookalikes": rows("lookalikes"),
        "conflicts": rows("conflicts"),
        "clusters": named,
        "clustered_scripts": rows("clusters"),
    }


def policies(store: Path) -> dict[str, Any]:
    """The policies under which a store was clustered, oldest run first."""
    with OpenStore(store) as opened:
        runs = [run for run in opened.store.runs("cluster") if "definition" in run.parameters]
        return {
            **opened.tip,
            "policies": [
                {
                    "policy": run.parameters["policy"],
                    "run_id": run.run_id,
                    "run_tip_height": run.tip_height,
                    "stands": run.tip_hash == opened.store.manifest.tip_hash,
                    "is_default": run.parameters["policy"] == DEFAULT_POLICY.name,
                    "links": sum(part.rows for part in run.parts("links")),
                    "conflicts": sum(part.rows for part in run.parts("conflicts")),
                    "definition": json.loads(str(run.parameters["definition"])),
                }
                for run in runs
            ],
        }


def show(
    text: str,
    store: Path,
    limit: int = 1000,
    policies: list[str] | None = None,
    knowledge: Knowledge = ALL,
) -> dict[str, Any]:
    """The cluster of an address: its members, totals and service, if tags name one."""
    policy = policy_asked(store, policies or [], [])
    with StoreView(store, policy, knowledge=knowledge) as view:
        script_id = script_id_of(text, view)
        cluster_id = int(view.clusters.index.cluster_of([script_id])[0])
        members = view.clusters.index.members(cluster_id)
        view.lookup.sql.execute(
            "CREATE TEMP TABLE members AS SELECT unnest(?) AS script_id", [members.tolist()]
        )
        sums = view.lookup.rows(
            "SELECT count(*) AS outputs, sum(o.value_sat)::BIGINT AS received, "
            "coalesce(sum(o.value_sat) FILTER (i.tx_id IS NOT NULL), 0)::BIGINT AS sent, "
            "epoch(min(b.time_utc))::BIGINT AS first, epoch(max(b.time_utc))::BIGINT AS last "
            "FROM txouts o JOIN members USING (script_id) JOIN txs t ON t.tx_id = o.tx_id "
            "JOIN blocks b USING (height) LEFT JOIN txins i ON i.prev_txout_id = o.txout_id"
        )[0]
        shown = members[:limit].tolist()
        addresses = view.addresses(shown)
        mark = view.attribution.marks_of(members[:1], members[:1] * 0 + cluster_id)[0]
        found = view.attribution.marks[mark] if mark >= 0 else None
        return {
            **view.tip,
            "policy": view.clusters.policy,
            "run_id": view.clusters.run_id,
            "basis": "inference" if len(members) > 1 else "fact",
            "cluster_id": cluster_id,
            "scripts": len(members),
            "outputs": sums["outputs"],
            "received_sat": sums["received"],
            "sent_sat": sums["sent"],
            "balance_sat": sums["received"] - sums["sent"],
            "first_seen_utc": format_time(sums["first"]),
            "last_seen_utc": format_time(sums["last"]),
            "service": {"label": found.label, "category": found.category, "actor": found.actor}
            if found
            else None,
            "conflicts": [
                [conflict.winner.label, *(m.label for m in conflict.others)]
                for conflict in view.attribution.conflicts
                if conflict.cluster_id == cluster_id
            ],
            "possible_payjoins": _possible_payjoins(view, members),
            "members": [{"script_id": i, "address": addresses[i]} for i in shown],
        }


def _possible_payjoins(view: StoreView, members: Int64) -> dict[str, Any]:
    """How many of the transactions that join a cluster may be PayJoins, and the first of them."""
    links = links_among(view.clusters.links, members)
    found = possible_payjoins(links, output_counts_in(view.lookup))
    first = found[:_PAYJOINS_SHOWN].tolist()
    txids = view.lookup.txids(first)
    return {
        "transactions": len(found),
        "links": pc.count_distinct(links["tx_id"]).as_py(),
        "txids": [format_hash(txids[tx_id]) for tx_id in first],
    }


@dataclass(frozen=True)
class Export:
    """The rows of the clusters table with addresses, in order of script_id."""

    answer: dict[str, Any]
    rows: Iterator[tuple[str | None, int, int]]


def export(view: StoreView) -> Export:
    """Every clustered script with its address; scripts without one have none."""
    clusters = view.clusters
    answer = {**view.tip, "policy": clusters.policy, "run_id": clusters.run_id}

    def rows() -> Iterator[tuple[str | None, int, int]]:
        for batch in clusters.table.to_batches(max_chunksize=50_000):
            ids = batch["script_id"].to_pylist()
            names = view.addresses(ids)
            for script_id, cluster_id in zip(ids, batch["cluster_id"].to_pylist(), strict=True):
                yield names[script_id], script_id, cluster_id

    return Export(answer, rows())
