"""Clusters from links."""

import numpy as np
import pyarrow as pa

from peelchain import _core
from peelchain.schema import TABLES


def merge_links(links: pa.Table) -> pa.Table:
    """The clusters that the links make, as the table `clusters`, sorted by script_id.

    Holds the scripts that are in some link; cluster_id is the least script_id of the cluster, so
    the order of the links is of no matter.
    """
    script_a = np.ascontiguousarray(links["script_a"].to_numpy())
    script_b = np.ascontiguousarray(links["script_b"].to_numpy())
    script_count = 1 + max(script_a.max(initial=-1), script_b.max(initial=-1))
    script_id, cluster_id = _core.merge_links(int(script_count), script_a, script_b)
    return pa.Table.from_arrays(
        [pa.array(script_id), pa.array(cluster_id)], schema=TABLES["clusters"].schema
    )
