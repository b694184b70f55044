"""A stored clustering too large to be held: a few clusters read out of its tables."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peelchain import _core
from peelchain.cluster.link_graph import links_among
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.of_store import Clusters
from peelchain.errors import StoreError
from peelchain.schema import TABLES
from peelchain.store.arrays import Int64
from peelchain.store.manifest import Run
from peelchain.store.reader import Store

_AT_ONCE = 1 << 20
_CACHE_BYTES = 64 << 20


class StoredIndex(ClusterIndex):
    """Looks up a run's table of clusters in its file, with few of its pages in memory.

    The members of a cluster take a pass over the table, unless they were read out before.
    """

    def __init__(self, store: Store, run: Run, held: pa.Table | None = None) -> None:
        """Of a run; `held` is what was read out: clusters whole, sorted by script_id."""
        super().__init__(held if held is not None else TABLES["clusters"].schema.empty_table())
        self._store = store
        self._run = run
        self._rows = _core.StoredClusters(store.run_rows(run, "clusters"), _CACHE_BYTES)
        self._read: dict[int, Int64] = {}

    def cluster_of(self, script_ids: npt.ArrayLike) -> Int64:
        """The cluster_id of each script_id."""
        return self._rows.cluster_of(np.ascontiguousarray(script_ids, dtype=np.int64))

    def members(self, cluster_id: int) -> Int64:
        """The script_ids of a cluster, rising; see ClusterIndex."""
        return self.members_of([cluster_id])[0]

    def members_of(self, cluster_ids: Sequence[int]) -> list[Int64]:
        """The script_ids of each cluster, in one pass over the table for all that are not held."""
        by_cluster, scripts = self._by_cluster
        missing = []
        for cluster in cluster_ids:
            low, high = np.searchsorted(by_cluster, [cluster, cluster + 1])
            if low < high:
                self._read[cluster] = scripts[low:high]
            elif cluster not in self._read:
                missing.append(cluster)
        if missing:
            owners = self.cluster_of(missing)
            held = ClusterIndex(_rows_of_clusters(self._store, self._run, owners))
            for cluster, owner in zip(missing, owners.tolist(), strict=True):
                # of a script that is in another's cluster, the refusal names it
                known = super().members(cluster) if owner != cluster else held.members(cluster)
                self._read[cluster] = known
        return [self._read[cluster] for cluster in cluster_ids]

    def sizes_of(self, cluster_ids: Int64) -> Int64:
        """How many scripts each cluster has; see ClusterIndex."""
        sizes = [len(scripts) for scripts in self.members_of(cluster_ids.tolist())]
        return np.array(sizes, np.int64)


def read_as_asked(store: Store, run: Run) -> Clusters:
    """The clustering of a run, looked up in its files: for what asks little of a large one.

    Its tables are still read whole where one is asked for.
    """
    index = StoredIndex(store, run)
    return Clusters(str(run.parameters["policy"]), run.run_id, partial(store.read_run, run), index)


def _rows_of_clusters(store: Store, run: Run, cluster_ids: Int64) -> pa.Table:
    wanted = pa.array(np.unique(cluster_ids))
    return pa.Table.from_batches(
        [
            batch.filter(pc.is_in(batch["cluster_id"], wanted))
            # a cluster is named by its least script
            for batch in batches(store, run, "clusters", least=int(cluster_ids.min()))
        ],
        TABLES["clusters"].schema,
    )


def clusters_around(store: Store, run: Run, script_ids: Sequence[int]) -> Clusters:
    """The clustering of a run, its links and clusters only those that these scripts are in.

    Memory is that of these clusters, and of the tables of CoinJoins, lookalikes and conflicts. One
    pass over the clusters and one over the links. Raises StoreError for a damaged file.
    """
    index = StoredIndex(store, run)
    held = _rows_of_clusters(store, run, index.cluster_of(script_ids))
    members = held["script_id"].to_numpy()
    links = pa.concat_tables(
        [
            TABLES["links"].schema.empty_table(),
            *(
                links_among(pa.Table.from_batches([batch]), members)
                for batch in batches(store, run, "links")
            ),
        ]
    ).unify_dictionaries()
    tables = {"links": links, "clusters": held}

    def read(table: str) -> pa.Table:
        return tables[table] if table in tables else store.read_run(run, table)

    return Clusters(str(run.parameters["policy"]), run.run_id, read, StoredIndex(store, run, held))


def batches(
    store: Store, run: Run, table: str, *, least: int | None = None
) -> Iterator[pa.RecordBatch]:
    """A run's table in batches, without row groups whose script_ids are all below `least`."""
    schema = TABLES[table].schema
    for part in run.parts(table):
        path = store.path / part.file
        try:
            file = pq.ParquetFile(path)
            groups = [
                at
                for at in range(file.num_row_groups)
                if least is None or _reaches(file, at, least)
            ]
            for batch in file.iter_batches(_AT_ONCE, row_groups=groups, columns=schema.names):
                yield batch.cast(schema)
        except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as e:
            raise StoreError(
                f"{path} cannot be read ({(str(e) or repr(e)).splitlines()[0]}); run 'peelchain "
                f"chain verify --store {store.path}' to see what is damaged, then cluster again"
            ) from None


def _reaches(file: pq.ParquetFile, group: int, least: int) -> bool:
    known = file.metadata.row_group(group).column(0).statistics
    return known is None or not known.has_min_max or bool(known.max >= least)
