"""Clusters that have grown as no party's should, and the transactions that carry them.

Suspected is a cluster that holds scripts of two services or more, and one in which a single
transaction joined parts that were great already. A custodian's consolidation can do the second: it
is a reason to look, not a verdict. That clusters collapse into one giant by few false links is from
Harrigan and Fretter 2016 and Meiklejohn et al. 2013.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from peelchain.cluster.cut import DEFAULT_BOUND, Cut, weakest_cut
from peelchain.cluster.link_graph import LinkGraph, link_graph, links_among, links_of_cluster
from peelchain.cluster.members import ClusterIndex
from peelchain.store.arrays import Int64

MOST_CUTS = 10
"""Services of one cluster whose ties are looked for; the rest are only named."""


@dataclass(frozen=True)
class GrowthLimits:
    """From which size on a part is great: `times` the 99.9th percentile of all clusters' sizes.

    But `least` scripts at the least, so that in a short chain not every merge is a great one.
    """

    least: int = 100
    times: int = 10

    def great(self, sizes: Int64) -> int:
        """That size, in scripts, where clusters have these sizes; by nearest rank."""
        if not len(sizes):
            return self.least
        rank = -(-999 * len(sizes) // 1000)
        return max(self.least, self.times * int(np.partition(sizes, rank - 1)[rank - 1]))


@dataclass(frozen=True)
class Jump:
    """A transaction that joined `parts` great parts, the two greatest of these sizes in scripts."""

    tx_id: int
    parts: int
    scripts_greatest: int
    scripts_next: int


@dataclass(frozen=True)
class Tie:
    """What holds one service's scripts together with those of all others in the cluster.

    `cut` is the weakest one, with the service's scripts as a; None where it is past the bound.
    """

    party: str
    cut: Cut | None


@dataclass(frozen=True)
class Supercluster:
    """A suspected supercluster: its scripts, the services in it, its jumps and its ties.

    `parties` are in order of name. `jumps` are in chain order. Of two services there is one tie.
    """

    cluster_id: int
    scripts: int
    parties: tuple[str, ...]
    jumps: tuple[Jump, ...]
    ties: tuple[Tie, ...]


def superclusters(
    clusters: pa.Table,
    links: pa.Table,
    party_of: Mapping[int, str],
    *,
    limits: GrowthLimits | None = None,
    bound: int = DEFAULT_BOUND,
    only: frozenset[int] | None = None,
) -> tuple[Supercluster, ...]:
    """The suspected superclusters by cluster_id, or those of them that `only` names.

    Reads the tables `clusters`, sorted by script_id, and `links` of one policy; `party_of` is the
    service of each script that is known to be one's. Cuts are looked for up to `bound`.
    """
    index = ClusterIndex(clusters)
    named, counts = np.unique(clusters["cluster_id"].to_numpy(), return_counts=True)
    sizes = dict(zip(named.tolist(), counts.tolist(), strict=True))
    known: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    scripts = sorted(party_of)
    for script, owner in zip(scripts, index.cluster_of(scripts).tolist(), strict=True):
        known[owner][party_of[script]].add(script)
    several = {owner for owner, parties in known.items() if len(parties) > 1}
    great = (limits or GrowthLimits()).great(counts)
    large = set(named[counts >= 2 * great].tolist())
    if only is not None:
        several &= only
        large &= only
    jumps = _jumps(clusters, links, index, large, great)
    found = []
    for cluster_id in sorted(several | jumps.keys()):
        parties = known.get(cluster_id, {})
        ties: tuple[Tie, ...] = ()
        if len(parties) > 1:
            graph = link_graph(links_of_cluster(links, clusters, cluster_id))
            ties = _ties(graph, parties, bound)
        found.append(
            Supercluster(
                cluster_id,
                sizes[cluster_id],
                tuple(sorted(parties)),
                tuple(jumps.get(cluster_id, ())),
                ties,
            )
        )
    return tuple(found)


def _jumps(
    clusters: pa.Table, links: pa.Table, index: ClusterIndex, large: set[int], great: int
) -> dict[int, list[Jump]]:
    """The jumps of clusters, in chain order."""
    jumps: dict[int, list[Jump]] = defaultdict(list)
    if not large:
        return jumps
    inside = np.isin(clusters["cluster_id"].to_numpy(), sorted(large))
    graph = link_graph(links_among(links, clusters["script_id"].to_numpy()[inside]))
    tx_id, greatest, following, parts, script, _ = graph.by_tx.jumps(great)
    owners = index.cluster_of(script)
    for row, owner in enumerate(owners.tolist()):
        jump = Jump(int(tx_id[row]), int(parts[row]), int(greatest[row]), int(following[row]))
        jumps[owner].append(jump)
    return jumps


def _ties(graph: LinkGraph, parties: Mapping[str, set[int]], bound: int) -> tuple[Tie, ...]:
    names = sorted(parties)
    ties = []
    for name in names[:1] if len(names) == 2 else names[:MOST_CUTS]:
        others = {s for other in names if other != name for s in parties[other]}
        ties.append(Tie(name, weakest_cut(graph, parties[name], others, bound)))
    return tuple(ties)
