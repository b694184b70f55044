"""Clustering: run it, look at a cluster, export all."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peelchain.actions.scripts import script_id_of
from peelchain.actions.view import Progress, StoreView, parse_policy, silent
from peelchain.cluster.of_store import keep
from peelchain.store.writer import open_for_writing
from peelchain.units import format_time, parse_txid

EXPORT_COLUMNS = ("address", "script_id", "cluster_id")


def run(
    store: Path, exclude: list[str] | None = None, progress: Progress = silent
) -> dict[str, Any]:
    """Clusters the chain, less some transactions, and stores the result."""
    for txid in exclude or []:
        parse_txid(txid)
    policy = parse_policy(exclude or [])
    with open_for_writing(store) as writer, StoreView(store, policy) as view:
        stored = view.cluster_run() or keep(view.lookup, writer, policy, progress)
    with StoreView(store, policy) as view:
        clusters = view.clusters
        return {
            **view.tip,
            "policy": policy.name,
            "run_id": stored.run_id,
            "links": clusters.links.num_rows,
            "coinjoins": clusters.coinjoins.num_rows,
            "clusters": len(set(clusters.table["cluster_id"].to_pylist())),
            "clustered_scripts": clusters.table.num_rows,
            "scripts": view.store.manifest.counts["scripts"],
        }


def show(text: str, store: Path, limit: int = 1000) -> dict[str, Any]:
    """The cluster of an address: its members, totals and service, if tags name one."""
    with StoreView(store) as view:
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
            "members": [{"script_id": i, "address": addresses[i]} for i in shown],
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
