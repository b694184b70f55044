"""Clusters that lost links, against a clustering of the links that are left."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.merge import merge_links
from peelchain.cluster.split import without_links
from peelchain.schema import TABLES

SCRIPTS = 12

rows = st.lists(st.tuples(st.integers(0, 6), st.integers(0, SCRIPTS - 1), st.integers(1, 5)))


@given(rows, st.frozensets(st.integers(0, 6), max_size=3))
def test_it_is_the_clustering_of_what_is_left(drawn, fallen):
    made = sorted({(tx, a, min(a + step, SCRIPTS - 1)) for tx, a, step in drawn})
    made = [row for row in made if row[1] < row[2]]
    links = pa.table(
        {
            "tx_id": pa.array([tx for tx, _, _ in made], pa.int64()),
            "rule": pa.array(["multi_input"] * len(made)),
            "script_a": pa.array([a for _, a, _ in made], pa.int64()),
            "script_b": pa.array([b for _, _, b in made], pa.int64()),
        }
    )
    schema = TABLES["links"].schema
    links = links.select(schema.names).cast(schema)
    left, index = without_links(links, ClusterIndex(merge_links(links)), fallen)
    expected = ClusterIndex(merge_links(left))
    assert left.num_rows == sum(tx not in fallen for tx, _, _ in made)
    every = np.arange(SCRIPTS)
    clusters = expected.cluster_of(every)
    assert np.array_equal(index.cluster_of(every), clusters)
    for cluster in np.unique(clusters).tolist():
        assert np.array_equal(index.members(cluster), expected.members(cluster))
    names = np.unique(clusters).tolist()
    for ours, theirs in zip(index.members_of(names), expected.members_of(names), strict=True):
        assert np.array_equal(ours, theirs)
