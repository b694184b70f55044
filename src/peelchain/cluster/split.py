"""Who is in which cluster when some links of a clustering are held to be wrong."""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.cluster.link_graph import links_among
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.merge import merge_links
from peelchain.store.arrays import Int64


class SplitIndex(ClusterIndex):
    """Look-ups of a clustering of which some clusters lost links, and may have come apart.

    `split` are the cluster_ids that those had. A part is named by its least script, as ever, so
    that one of the parts has the name that the whole had.
    """

    def __init__(self, whole: ClusterIndex, split: Int64, left: pa.Table) -> None:
        """Of the whole clustering; `left` are the links that are left in the clusters `split`."""
        super().__init__(merge_links(left))
        self._whole = whole
        self.split = split

    def cluster_of(self, script_ids: npt.ArrayLike) -> Int64:
        """The cluster_id of each script_id."""
        before = self._whole.cluster_of(script_ids)
        return np.where(np.isin(before, self.split), super().cluster_of(script_ids), before)

    def members(self, cluster_id: int) -> Int64:
        """The script_ids of a cluster, rising."""
        return super().members(cluster_id) if self.is_part(cluster_id) else self._of(cluster_id)

    def members_of(self, cluster_ids: Sequence[int]) -> list[Int64]:
        """The script_ids of each cluster, as `members` gives them."""
        others = [cluster for cluster in cluster_ids if not self.is_part(cluster)]
        known = dict(zip(others, self._whole.members_of(others), strict=True))
        return [known[c] if c in known else super(SplitIndex, self).members(c) for c in cluster_ids]

    def is_part(self, cluster_id: int) -> bool:
        """Whether a cluster is what was left of one that lost links, in whole or in part."""
        return bool(np.isin(self._whole.cluster_of([cluster_id]), self.split)[0])

    def _of(self, cluster_id: int) -> Int64:
        return self._whole.members(cluster_id)


def without_links(
    links: pa.Table, index: ClusterIndex, tx_ids: Collection[int]
) -> tuple[pa.Table, SplitIndex]:
    """The rows of `links` that these transactions did not make, and the clusters without those."""
    gone = pc.is_in(links["tx_id"], pa.array(np.array(sorted(tx_ids), np.int64)))
    touched = links["script_a"].filter(gone).to_numpy()
    split = np.unique(index.cluster_of(touched)).astype(np.int64)
    left = links.filter(pc.invert(gone))
    members = [*index.members_of(split.tolist()), np.empty(0, np.int64)]
    return left, SplitIndex(index, split, links_among(left, np.concatenate(members)))
