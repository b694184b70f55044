"""How far two groupings of the same scripts agree: by owner in truth, by cluster as found.

All counts are exact whole numbers, however many scripts; shares are made of them at the end.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from peelchain.errors import MisuseError

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PairCounts:
    """Unordered pairs of scripts.

    Those of one owner and in one cluster (`both`), those in one cluster, those of one owner, and
    all there are.
    """

    both: int
    same_cluster: int
    same_owner: int
    all: int

    @property
    def precision(self) -> float | None:
        """Of the pairs in one cluster, those of one owner; None where there is none."""
        return self.both / self.same_cluster if self.same_cluster else None

    @property
    def recall(self) -> float | None:
        """Of the pairs of one owner, those in one cluster; None where there is none."""
        return self.both / self.same_owner if self.same_owner else None

    @property
    def adjusted_rand(self) -> float:
        """The adjusted Rand index: 1 where both groupings are the same, 0 on average by chance.

        Source: Hubert and Arabie 1985.
        """
        chance = self.same_cluster * self.same_owner
        most = (self.same_cluster + self.same_owner) * self.all
        if most == 2 * chance:
            return 1.0
        return 2 * (self.both * self.all - chance) / (most - 2 * chance)


@dataclass(frozen=True)
class BCubed:
    """Sums of each script's own precision and recall, over `scripts` of them.

    Precision of a script: the share of its cluster that has its owner; recall: the share of its
    owner's scripts that are in its cluster. Source: Bagga and Baldwin 1998.
    """

    scripts: int
    precision_sum: float
    recall_sum: float

    @property
    def precision(self) -> float | None:
        """The mean precision; None without scripts."""
        return self.precision_sum / self.scripts if self.scripts else None

    @property
    def recall(self) -> float | None:
        """The mean recall; None without scripts."""
        return self.recall_sum / self.scripts if self.scripts else None


@dataclass(frozen=True)
class ClusterCounts:
    """Clusters and owners that have two scripts or more, and how many are right as a whole.

    `pure` clusters have one owner; the scripts of `whole` owners are all in one cluster.
    """

    clusters: int
    pure: int
    owners: int
    whole: int


class Contingency:
    """How many scripts each owner has in each cluster: the cells that are not empty.

    With N scripts and K cells: `owner` int64[K] and `cluster` int64[K] say which cell, `count`
    int64[K] its scripts; `cell` int64[N] is the cell of each script.
    """

    def __init__(self, owners: npt.ArrayLike, clusters: npt.ArrayLike) -> None:
        """Count scripts whose owner and cluster are given by number, one entry a script."""
        by_owner = np.asarray(owners, dtype=np.int64)
        by_cluster = np.asarray(clusters, dtype=np.int64)
        if by_owner.shape != by_cluster.shape or by_owner.ndim != 1:
            raise MisuseError(
                f"{by_owner.size} owners for {by_cluster.size} clusters: give one each a script"
            )
        self._owner_values, owner = np.unique(by_owner, return_inverse=True)
        self._cluster_values, cluster = np.unique(by_cluster, return_inverse=True)
        width = max(len(self._cluster_values), 1)
        cells, self.cell, self.count = np.unique(
            owner.astype(np.int64) * width + cluster, return_inverse=True, return_counts=True
        )
        self._owner_at, self._cluster_at = np.divmod(cells, width)

    @property
    def owner(self) -> Int64:
        """The owner of each cell."""
        return self._owner_values[self._owner_at]

    @property
    def cluster(self) -> Int64:
        """The cluster of each cell."""
        return self._cluster_values[self._cluster_at]

    @cached_property
    def owner_sizes(self) -> Int64:
        """Scripts of each owner, in the order of the owners' numbers."""
        return _sums(self._owner_at, self.count, len(self._owner_values))

    @cached_property
    def cluster_sizes(self) -> Int64:
        """Scripts of each cluster, in the order of the clusters' numbers."""
        return _sums(self._cluster_at, self.count, len(self._cluster_values))

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """float64[K]: B-cubed recall of each script of a cell, the cell's share of its owner."""
        return np.asarray(self.count / self.owner_sizes[self._owner_at], dtype=np.float64)

    def pairs(self) -> PairCounts:
        """The pairs of all scripts."""
        scripts = int(self.count.sum())
        return PairCounts(
            _pairs(self.count),
            _pairs(self.cluster_sizes),
            _pairs(self.owner_sizes),
            scripts * (scripts - 1) // 2,
        )

    def clusters(self) -> ClusterCounts:
        """Clusters and owners of two scripts or more, and how many are right as a whole."""
        owners_in = np.bincount(self._cluster_at, minlength=len(self._cluster_values))
        clusters_of = np.bincount(self._owner_at, minlength=len(self._owner_values))
        big, rich = self.cluster_sizes > 1, self.owner_sizes > 1
        return ClusterCounts(
            int(big.sum()),
            int((big & (owners_in == 1)).sum()),
            int(rich.sum()),
            int((rich & (clusters_of == 1)).sum()),
        )

    def b_cubed(self, chosen: npt.NDArray[np.bool_] | None = None) -> BCubed:
        """B-cubed over all scripts, or the mean over those `chosen` (bool[N]) of the same values.

        A script that is left out still counts in the clusters and owners of the others.
        """
        weight = self.count if chosen is None else _chosen(self.cell, chosen, len(self.count))
        precision = weight * (self.count / self.cluster_sizes[self._cluster_at])
        return BCubed(int(weight.sum()), math.fsum(precision), math.fsum(weight * self.recall))

    def outside_largest(self, clusters: int) -> npt.NDArray[np.bool_]:
        """For each script whether it is in none of that many largest clusters.

        Of clusters of one size those with the lesser number count as larger.
        """
        largest = np.lexsort((self._cluster_values, -self.cluster_sizes))[:clusters]
        return ~np.isin(self._cluster_at, largest)[self.cell]


def _sums(at: Int64, count: Int64, size: int) -> Int64:
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, at, count)
    return sums


def _chosen(cell: Int64, chosen: npt.NDArray[np.bool_], size: int) -> Int64:
    return np.bincount(cell[chosen], minlength=size).astype(np.int64)


def _pairs(counts: Int64) -> int:
    # Python's integers: the pairs of a whole chain's scripts pass 64 bits
    return sum(n * (n - 1) // 2 for n in counts[counts > 1].tolist())
