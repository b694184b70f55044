"""Clusters looked up in a run's file against those of the table in memory."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.chain.stores import ingest

from peelchain import _core
from peelchain.actions.clusters import run as cluster_run
from peelchain.actions.simulations import simulate
from peelchain.actions.view import StoreView
from peelchain.cluster.members import ClusterIndex
from peelchain.errors import MisuseError, StoreError
from peelchain.schema import TABLES


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StoreView, StoreView]]:
    """A clustered store, opened as a short one and as a long one."""
    folder = tmp_path_factory.mktemp("sliced")
    simulate(21, 150, folder / "node")
    ingest(folder / "node" / "regtest" / "blocks", folder / "store")
    cluster_run(folder / "store")
    with (
        StoreView(folder / "store", in_memory=True) as short,
        StoreView(folder / "store", in_memory=False) as long,
    ):
        yield short, long


def test_a_long_store_tells_the_same_clusters(views: tuple[StoreView, StoreView]) -> None:
    short, long = views
    held, looked_up = short.clusters.index, long.clusters.index
    scripts = np.arange(short.store.manifest.counts["scripts"] + 5)
    owners = held.cluster_of(scripts)
    assert len(np.unique(owners)) < len(owners)
    assert np.array_equal(looked_up.cluster_of(scripts), owners)
    names = np.unique(owners)[::7].tolist()
    for one, other in zip(held.members_of(names), looked_up.members_of(names), strict=True):
        assert np.array_equal(one, other)
    (linked, *_) = np.flatnonzero(owners != scripts).tolist()
    for name in (linked, -1):
        for index in (held, looked_up):
            with pytest.raises(MisuseError, match=f"no cluster is named {name}"):
                index.members_of([0, name])
    for table in ("links", "coinjoins", "lookalikes", "conflicts", "table"):
        assert getattr(short.clusters, table) == getattr(long.clusters, table)


def rows_of(path: Path, pairs: dict[int, int], **written: object) -> _core.StoredClusters:
    """Look-ups in a file of these clusters, in the order given."""
    table = pa.table(
        {"script_id": list(pairs), "cluster_id": list(pairs.values())},
        schema=TABLES["clusters"].schema,
    )
    pq.write_table(table, path, **written)
    return _core.StoredClusters(_core.TableRows({"clusters": [(str(path), len(pairs))]}), 4_000)


@settings(max_examples=100, deadline=None)
@given(
    pairs=st.dictionaries(st.integers(0, 2**62) | st.integers(0, 300), st.integers(0, 2**62)),
    asked=st.lists(st.integers(-5, 310) | st.integers(-(2**63), 2**63 - 1), max_size=20),
    index=st.booleans(),
)
def test_scripts_however_spread_are_found(
    pairs: dict[int, int],
    asked: list[int],
    index: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "clusters.parquet"
    rising = dict(sorted(pairs.items()))
    layout = {"row_group_size": 7, "write_page_index": index}
    clusters = rows_of(path, rising, **layout)
    wanted = np.array([*asked, *pairs], np.int64)
    told = clusters.cluster_of(wanted).tolist()
    assert told == [pairs.get(script, script) for script in wanted.tolist()]


def test_scripts_are_found_in_a_table_of_many_pages(tmp_path: Path) -> None:
    scripts = np.flatnonzero(np.arange(100_000) % 7)
    clusters = dict(zip(scripts.tolist(), (scripts // 2).tolist(), strict=True))
    looked_up = rows_of(tmp_path / "clusters.parquet", clusters, write_page_index=True)
    asked = np.random.default_rng(3).integers(0, 100_000, 100)
    held = ClusterIndex(pa.table({"script_id": scripts, "cluster_id": scripts // 2}))
    assert np.array_equal(looked_up.cluster_of(asked), held.cluster_of(asked))


def test_a_table_out_of_order_is_refused(tmp_path: Path) -> None:
    pairs = dict.fromkeys([1, 2, 9, 4, 5, 6, 7], 0)
    looked_up = rows_of(tmp_path / "clusters.parquet", pairs)
    with pytest.raises(StoreError, match=r"out of order.*chain verify"):
        looked_up.cluster_of(np.arange(10))
