"""The clusterings of a simulated store that are measured, made by the same code as a user's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from peelchain import _core
from peelchain.cluster.constraints import Constraints, Label
from peelchain.cluster.of_store import Clusters, computed
from peelchain.cluster.policy import CHANGE, DEFAULT_POLICY, MULTI_INPUT, Policy
from peelchain.cluster.superclusters import superclusters
from peelchain.evaluate.agreement import Int64
from peelchain.evaluate.economy import Economy, input_rows
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

_POLICIES: Mapping[str, Policy] = {
    DEFAULT: DEFAULT_POLICY,
    "no_detectors": Policy(detectors=(), negatives=()),
    # what a policy keeps apart is named by its digest; here each chain has tags of its own
    "constrained": Policy(constraints=64 * "0"),
    "with_change": Policy(rules=(CHANGE, MULTI_INPUT)),
}
_SERVICE = "service"
_RECORDED = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Made:
    """A clustering, and the clusters that it reports as doubtful.

    `suspected` are suspected superclusters, and those that a refused link would have joined.
    """

    clusters: Clusters
    suspected: frozenset[int]


def clusterings(lookup: Lookup, node: Path) -> Iterator[tuple[str, Made]]:
    """Every clustering in MEASURED, with its name; the default one first.

    `node` is the simulated data directory, for its public tags.
    """
    tags = _tags(lookup, node)
    party_of = {label.script_id: label.party for label in tags.labels}
    for name, policy in _POLICIES.items():
        made = computed(lookup, policy, tags)
        suspected = {s.cluster_id for s in superclusters(made.table, made.links, party_of, bound=0)}
        for end in ("script_a", "script_b"):
            suspected |= set(made.index.cluster_of(made.conflicts[end].to_numpy()).tolist())
        yield name, Made(made, frozenset(suspected))


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
    merging = _core.Clustering(scripts)
    merging.add(np.ascontiguousarray(script[same]), np.ascontiguousarray(script[same + 1]))
    script_id, cluster_id = merging.take()
    cluster = np.arange(scripts)
    cluster[script_id] = cluster_id
    return cluster


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
