"""Look-ups in a table of clusters."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from tests.cluster.chains import chains
from tests.cluster.tables import clustered

from peelchain.cluster.link_graph import links_of_cluster
from peelchain.cluster.members import ClusterIndex
from peelchain.errors import MisuseError
from peelchain.schema import TABLES


def table(pairs: dict[int, int]) -> pa.Table:
    return pa.table(
        {"script_id": list(pairs), "cluster_id": list(pairs.values())},
        schema=TABLES["clusters"].schema,
    )


def test_look_ups():
    index = ClusterIndex(table({1: 1, 4: 1, 5: 5, 8: 5, 9: 1}))
    assert index.cluster_of([9, 8, 7, 100, 0]).tolist() == [1, 5, 7, 100, 0]
    assert index.members(1).tolist() == [1, 4, 9]
    assert index.members(7).tolist() == [7]


def test_nothing_is_linked():
    index = ClusterIndex(table({}))
    assert index.cluster_of(np.array([3, 2])).tolist() == [3, 2]
    assert index.members(3).tolist() == [3]


def test_name_that_is_no_cluster_is_refused():
    index = ClusterIndex(table({1: 1, 4: 1}))
    with pytest.raises(MisuseError, match="no cluster is named 4; script 4 is in cluster 1"):
        index.members(4)
    with pytest.raises(MisuseError, match="no cluster is named -1"):
        index.members(-1)


def test_unsorted_table_is_refused():
    with pytest.raises(MisuseError, match="not sorted by script_id"):
        ClusterIndex(table({4: 1, 1: 1}))


@settings(deadline=None, max_examples=40)
@given(chains)
def test_members_and_links_part_by_cluster(chain):
    with TemporaryDirectory() as folder:
        result = clustered(chain, Path(folder) / "chain")
    index = ClusterIndex(result.clusters)
    names = sorted(set(result.clusters["cluster_id"].to_pylist()))
    members = [script for name in names for script in index.members(name).tolist()]
    assert sorted(members) == result.clusters["script_id"].to_pylist()
    parts = [links_of_cluster(result.links, result.clusters, name) for name in names]
    assert sum(part.num_rows for part in parts) == result.links.num_rows
    for name, part in zip(names, parts, strict=True):
        ends = part["script_a"].to_pylist() + part["script_b"].to_pylist()
        assert set(ends) == set(index.members(name).tolist())
