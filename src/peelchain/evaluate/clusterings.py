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
from peelchain.cluster.superclusters import superclusters
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

    `coinjoins` and `lookalikes` are the tables of the same names; `suspected` the clusters that are
    reported: suspected superclusters, and those that a refused link would have joined.
    """

    links: pa.Table
    clusters: ClusterIndex
    coinjoins: pa.Table
    lookalikes: pa.Table
    suspected: frozenset[int]


def clusterings(lookup: Lookup, node: Path) -> Iterator[tuple[str, Made]]:
    """Every clustering in MEASURED, with its name; the default one first.

    `node` is the simulated data directory, for its public tags.
    """
    tags = _tags(lookup, node)
    party_of = {label.script_id: label.party for label in tags.labels}
    default = computed(lookup, DEFAULT_POLICY)
    yield DEFAULT, _made(default, default.links, default.table, party_of)
    bare = computed(lookup, Policy(detectors=(), negatives=()))
    yield "no_detectors", _made(bare, bare.links, bare.table, party_of)
    kept = constrain(default.table, default.links.to_batches(), tags)
    links = without_refused(default.links, kept.conflicts)
    yield "constrained", _made(default, links, kept.clusters, party_of, kept.conflicts)
    links = _with_change(lookup, default)
    merged = _merged(links, lookup.store.manifest.counts["scripts"])
    yield "with_change", _made(default, links, merged, party_of)


def oracle_clusters(economy: Economy) -> Int64:
    """int64[S]: the cluster of each script when all are joined that one owner spends together.

    The best that co-spending can do: it knows every transaction that several owners signed.
    """
    tx, script = input_rows(economy.arrays)
    kept = ~economy.several_owners[tx]
    tx, script = tx[kept], script[kept]
    # each input's script with the one before it in the same transaction
    same = np.flatnonzero(tx[1:] == tx[:-1])
    scripts = len(economy.owner.code)
    links = pa.table({"script_a": script[same], "script_b": script[same + 1]})
    return ClusterIndex(_merged(links, scripts)).cluster_of(np.arange(scripts))


def _made(
    judged: Clusters,
    links: pa.Table,
    clusters: pa.Table,
    party_of: Mapping[int, str],
    conflicts: pa.Table | None = None,
) -> Made:
    index = ClusterIndex(clusters)
    suspected = {s.cluster_id for s in superclusters(clusters, links, party_of, bound=0)}
    if conflicts is not None:
        for end in ("script_a", "script_b"):
            suspected |= set(index.cluster_of(conflicts[end].to_numpy()).tolist())
    return Made(links, index, judged.coinjoins, judged.lookalikes, frozenset(suspected))


def _tags(lookup: Lookup, node: Path) -> Constraints:
    """What the public tags say of single scripts, one service each."""
    read = read_tagpacks([node / "tagpack.yaml"], lookup.store.network, recorded_utc=_RECORDED)
    tags = independent_parties(read.tags).tags
    ids = lookup.script_ids({tag.script_pubkey for tag in tags})
    labels = (
        Label(ids[tag.script_pubkey], _SERVICE, tag.party, tag.evidence)
        for tag in tags
        if tag.script_pubkey in ids
    )
    return Constraints(tuple(labels))


def _with_change(lookup: Lookup, default: Clusters) -> pa.Table:
    """The links of the default clustering and those that rest on predicted change."""
    unlinked = [*default.coinjoins["tx_id"].to_pylist(), *_without_links(default.lookalikes)]
    found = change_links(lookup, range(lookup.store.manifest.counts["txs"]), mixes=unlinked)
    links = pa.concat_tables([default.links, found]).unify_dictionaries()
    # Arrow cannot sort by a dictionary; the order of rules that agree on a link makes no merge
    return links.sort_by([(c, "ascending") for c in ("tx_id", "script_a", "script_b")])


def _without_links(lookalikes: pa.Table) -> list[int]:
    """The lookalikes that several parties may have signed, whose outputs tell of no one party."""
    rows = zip(lookalikes["tx_id"].to_pylist(), lookalikes["type"].to_pylist(), strict=True)
    return [tx_id for tx_id, kind in rows if kind in DETECTORS]


def _merged(links: pa.Table, scripts: int) -> pa.Table:
    """The table `clusters` that these links make."""
    merging = _core.Clustering(scripts)
    merging.add(*(np.ascontiguousarray(links[c].to_numpy()) for c in ("script_a", "script_b")))
    script_id, cluster_id = merging.take()
    return pa.Table.from_arrays(
        [pa.array(script_id), pa.array(cluster_id)], schema=TABLES["clusters"].schema
    )
