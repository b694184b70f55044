"""The clusterings of a simulated store that are measured, made by the same code as a user's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from peelchain import _core
from peelchain.cluster.change.links import change_links
from peelchain.cluster.constraints import Constraints, Label, constrain, without_refused
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.of_store import Clusters, computed
from peelchain.cluster.policy import DEFAULT_POLICY, DETECTORS, Policy
from peelchain.evaluate.agreement import Int64
from peelchain.evaluate.economy import Economy, input_rows
from peelchain.schema import TABLES
from peelchain.store.lookup import Lookup
from peelchain.tags.parties import independent_parties
from peelchain.tags.tagpack import read_tagpacks

DEFAULT = "default"
MEASURED: Mapping[str, str] = {
    DEFAULT: "co-spending, with every detector; what `cluster run` makes",
    "no_detectors": "co-spending alone: every mix joins its participants",
    "constrained": "the default, and what is tagged as two services is kept apart",
    "with_change": "the default, and the predictor's change joins its spender",
}
"""The policies that are measured, by the name that error rates use."""

_SERVICE = "service"
_RECORDED = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Made:
    """A clustering in memory: `links` in chain order, `clusters`, and what its tables point at.

    `coinjoins` and `lookalikes` are the tables of the same names; `conflicts` that of refused
    links, None where there are no constraints.
    """

    links: pa.Table
    clusters: ClusterIndex
    coinjoins: pa.Table
    lookalikes: pa.Table
    conflicts: pa.Table | None = None


def clusterings(lookup: Lookup, node: Path) -> Iterator[tuple[str, Made]]:
    """Every clustering in MEASURED, with its name; the default one first.

    `node` is the simulated data directory, for its public tags.
    """
    default = computed(lookup, DEFAULT_POLICY)
    yield DEFAULT, _made(default)
    yield "no_detectors", _made(computed(lookup, Policy(detectors=(), negatives=())))
    yield "constrained", _constrained(lookup, node, default)
    yield "with_change", _with_change(lookup, default)


def oracle_clusters(economy: Economy) -> Int64:
    """int64[S]: the cluster of each script when all are joined that one owner spends together.

    The best that co-spending can do: it knows every transaction that several owners signed.
    """
    tx, script = input_rows(economy.arrays)
    kept = ~economy.several_owners[tx]
    tx, script = tx[kept], script[kept]
    # each input's script with the one before it in the same transaction
    same = np.flatnonzero(tx[1:] == tx[:-1])
    merging = _core.Clustering(len(economy.owner.code))
    merging.add(np.ascontiguousarray(script[same]), np.ascontiguousarray(script[same + 1]))
    return _index(merging).cluster_of(np.arange(len(economy.owner.code)))


def _made(clusters: Clusters) -> Made:
    return Made(clusters.links, clusters.index, clusters.coinjoins, clusters.lookalikes)


def _constrained(lookup: Lookup, node: Path, default: Clusters) -> Made:
    read = read_tagpacks([node / "tagpack.yaml"], lookup.store.network, recorded_utc=_RECORDED)
    tags = independent_parties(read.tags).tags
    ids = lookup.script_ids({tag.script_pubkey for tag in tags})
    labels = tuple(
        Label(ids[tag.script_pubkey], _SERVICE, tag.party, tag.evidence)
        for tag in tags
        if tag.script_pubkey in ids
    )
    made = constrain(default.table, default.links.to_batches(), Constraints(labels))
    return Made(
        without_refused(default.links, made.conflicts),
        ClusterIndex(made.clusters),
        default.coinjoins,
        default.lookalikes,
        made.conflicts,
    )


def _with_change(lookup: Lookup, default: Clusters) -> Made:
    unlinked = [*default.coinjoins["tx_id"].to_pylist(), *_without_links(default.lookalikes)]
    found = change_links(lookup, range(lookup.store.manifest.counts["txs"]), mixes=unlinked)
    links = pa.concat_tables([default.links, found]).unify_dictionaries()
    # Arrow cannot sort by a dictionary; the order of rules that agree on a link makes no merge
    links = links.sort_by([(c, "ascending") for c in ("tx_id", "script_a", "script_b")])
    merging = _core.Clustering(lookup.store.manifest.counts["scripts"])
    merging.add(*(np.ascontiguousarray(links[c].to_numpy()) for c in ("script_a", "script_b")))
    return Made(links, _index(merging), default.coinjoins, default.lookalikes)


def _without_links(lookalikes: pa.Table) -> list[int]:
    """The lookalikes that several parties may have signed, whose outputs tell of no one party."""
    rows = zip(lookalikes["tx_id"].to_pylist(), lookalikes["type"].to_pylist(), strict=True)
    return [tx_id for tx_id, kind in rows if kind in DETECTORS]


def _index(merging: _core.Clustering) -> ClusterIndex:
    script_id, cluster_id = merging.take()
    return ClusterIndex(
        pa.Table.from_arrays(
            [pa.array(script_id), pa.array(cluster_id)], schema=TABLES["clusters"].schema
        )
    )
