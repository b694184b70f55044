"""The negative `one_cluster`: a payout by one party is no CoinJoin, whatever its shape."""

import numpy as np
import numpy.typing as npt

from peelchain.cluster.members import ClusterIndex
from peelchain.store.arrays import ChainArrays, Int64

NAME = "one_cluster"


def paid_by_one_cluster(
    arrays: ChainArrays, tx_ids: Int64, clusters: ClusterIndex
) -> npt.NDArray[np.bool_]:
    """For each transaction, whether all its input scripts are in one of `clusters`.

    False where the spent output of an input is not known. `clusters` must rest on no link of a
    flagged transaction; then a flag taken back adds no merge, since its scripts are joined already,
    and one pass is the fixed point.
    """
    if not len(tx_ids):
        return np.zeros(0, dtype=np.bool_)
    first = arrays.tx_first_txin[tx_ids]
    counts = arrays.tx_first_txin[tx_ids + 1] - first
    starts = np.cumsum(counts) - counts
    rows = np.arange(counts.sum()) + np.repeat(first - starts, counts)
    prevouts = arrays.txin_prev_txout[rows]
    owners = np.where(
        prevouts >= 0, clusters.cluster_of(arrays.txout_script[np.maximum(prevouts, 0)]), -1
    )
    least: Int64 = np.minimum.reduceat(owners, starts)
    greatest: Int64 = np.maximum.reduceat(owners, starts)
    one: npt.NDArray[np.bool_] = (least == greatest) & (least >= 0)
    return one
