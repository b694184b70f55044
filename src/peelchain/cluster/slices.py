"""A stored clustering too large to be held: a few clusters read out of its tables."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peelchain.cluster.constraints import without_refused
from peelchain.cluster.link_graph import links_among
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.of_store import Clusters
from peelchain.errors import StoreError
from peelchain.schema import TABLES
from peelchain.store.arrays import Int64
from peelchain.store.manifest import Run
from peelchain.store.reader import Store

_AT_ONCE = 1 << 20


class StoredIndex(ClusterIndex):
    """Looks up the cluster of any script in a run's table of clusters, in one pass a question.

    Members are those of the clusters that were read out.
    """

    def __init__(self, store: Store, run: Run, held: pa.Table) -> None:
        super().__init__(held)
        self._store = store
        self._run = run

    def cluster_of(self, script_ids: npt.ArrayLike) -> Int64:
        """The cluster_id of each script_id."""
        wanted = np.asarray(script_ids, dtype=np.int64)
        return owners_of(self._store, self._run, wanted)


def clusters_around(store: Store, run: Run, script_ids: Sequence[int]) -> Clusters:
    """The clustering of a run, its links and clusters only those that these scripts are in.

    Memory is that of these clusters, and of the tables of CoinJoins, lookalikes and conflicts. Two
    passes over the clusters and one over the links. Raises StoreError for a damaged file.
    """
    owners = owners_of(store, run, np.array(script_ids, dtype=np.int64))
    wanted = pa.array(np.unique(owners))
    held = pa.Table.from_batches(
        [
            batch.filter(pc.is_in(batch["cluster_id"], wanted))
            # a cluster is named by its least script
            for batch in batches(store, run, "clusters", least=int(owners.min()))
        ],
        TABLES["clusters"].schema,
    )
    members = held["script_id"].to_numpy()
    read = partial(store.read_run, run)
    conflicts = read("conflicts")
    links = pa.concat_tables(
        [
            TABLES["links"].schema.empty_table(),
            *(
                links_among(pa.Table.from_batches([batch]), members)
                for batch in batches(store, run, "links")
            ),
        ]
    ).unify_dictionaries()
    return Clusters(
        str(run.parameters["policy"]),
        run.run_id,
        without_refused(links, conflicts),
        read("coinjoins"),
        read("lookalikes"),
        conflicts,
        held,
        StoredIndex(store, run, held),
    )


def owners_of(store: Store, run: Run, script_ids: Int64) -> Int64:
    """The cluster_id of each script_id by a run's table of clusters, in one pass over it."""
    owners = script_ids.copy()
    if not len(script_ids):
        return owners
    order = np.argsort(script_ids, kind="stable")
    rising = script_ids[order]
    for batch in batches(store, run, "clusters", least=int(rising[0])):
        scripts = batch["script_id"].to_numpy()
        if not len(scripts):
            continue
        low, high = np.searchsorted(rising, [scripts[0], scripts[-1] + 1])
        rows = np.searchsorted(scripts, rising[low:high])
        there = scripts[rows] == rising[low:high]
        owners[order[low:high][there]] = batch["cluster_id"].to_numpy()[rows[there]]
        if high == len(rising):
            break
    return owners


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
