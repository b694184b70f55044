"""Who is in which cluster."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain.errors import MisuseError
from peelchain.store.arrays import Int64


class ClusterIndex:
    """Look-ups in a table `clusters`: the cluster of a script, the scripts of a cluster.

    A script that the table does not hold is its own cluster.
    """

    def __init__(self, clusters: pa.Table) -> None:
        """Index the table, which is sorted by script_id; raises MisuseError if it is not."""
        self._scripts: Int64 = clusters["script_id"].to_numpy()
        self._clusters: Int64 = clusters["cluster_id"].to_numpy()
        if np.any(self._scripts[1:] <= self._scripts[:-1]):
            raise MisuseError(
                "the clusters table is not sorted by script_id, or repeats one: "
                "sort it, and keep one policy's rows only"
            )

    def cluster_of(self, script_ids: npt.ArrayLike) -> Int64:
        """The cluster_id of each script_id."""
        wanted = np.asarray(script_ids, dtype=np.int64)
        if not len(self._scripts):
            return wanted.copy()
        rows = np.minimum(np.searchsorted(self._scripts, wanted), len(self._scripts) - 1)
        return np.where(self._scripts[rows] == wanted, self._clusters[rows], wanted)

    def members(self, cluster_id: int) -> Int64:
        """The script_ids of a cluster, rising; of a script in no link, itself alone.

        Raises MisuseError where `cluster_id` names no cluster.
        """
        by_cluster, scripts = self._by_cluster
        low, high = np.searchsorted(by_cluster, [cluster_id, cluster_id + 1])
        if low < high:
            return scripts[low:high]
        owner = int(self.cluster_of([cluster_id])[0])
        if owner != cluster_id or cluster_id < 0:
            remedy = f"; script {cluster_id} is in cluster {owner}" if cluster_id >= 0 else ""
            raise MisuseError(f"no cluster is named {cluster_id}{remedy}")
        return np.array([cluster_id], dtype=np.int64)

    def members_of(self, cluster_ids: Sequence[int]) -> list[Int64]:
        """The script_ids of each cluster, as `members` gives them."""
        return [self.members(cluster) for cluster in cluster_ids]

    def sizes_of(self, cluster_ids: Int64) -> Int64:
        """How many scripts each cluster has; 1 for a script in no link."""
        by_cluster, _ = self._by_cluster
        low = np.searchsorted(by_cluster, cluster_ids, side="left")
        high = np.searchsorted(by_cluster, cluster_ids, side="right")
        sizes: Int64 = np.maximum(high - low, 1).astype(np.int64)
        return sizes

    @cached_property
    def _by_cluster(self) -> tuple[Int64, Int64]:
        order = np.argsort(self._clusters, kind="stable")
        return self._clusters[order], self._scripts[order]
