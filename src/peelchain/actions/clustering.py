"""The clustering of a store under a policy: made, kept, or gone on with."""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from peelchain.actions.open_store import OpenStore
from peelchain.cluster.coinjoin.classify import WASABI_COORDINATORS
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.policy import Policy
from peelchain.cluster.stage import Clustering, Earlier, Progress, Source, cluster
from peelchain.network import MAINNET
from peelchain.schema import TABLES
from peelchain.script import script_pubkey
from peelchain.store.manifest import Run
from peelchain.store.writer import StoreWriter
from peelchain.units import parse_txid

STAGE = "cluster"

MOST_PARTS = 16
"""Parts of the table of links after which the next clustering starts from scratch."""


@dataclass(frozen=True)
class Clusters:
    """A clustering in use: its policy, tables and index; `run_id` is None when it is not stored."""

    policy: str
    run_id: str | None
    links: pa.Table
    coinjoins: pa.Table
    lookalikes: pa.Table
    table: pa.Table
    index: ClusterIndex


def stored(opened: OpenStore, policy: Policy) -> Clusters | None:
    """The stored clustering of a policy on the present tip; None where there is none."""
    run = opened.clustering(policy.name)
    if run is None:
        return None
    read = partial(opened.store.read_run, run)
    table = read("clusters")
    return Clusters(
        policy.name,
        run.run_id,
        read("links"),
        read("coinjoins"),
        read("lookalikes"),
        table,
        ClusterIndex(table),
    )


def computed(opened: OpenStore, policy: Policy) -> Clusters:
    """The clustering of a policy, made now and not kept. The whole of it is held in memory."""
    with tempfile.TemporaryDirectory(prefix="peelchain-") as folder:
        links = Path(folder) / "links.parquet"
        made = _made(opened, policy, links, Path(folder), None, None)
        rows = _core_rows(links)
    table = made.clusters()
    return Clusters(
        policy.name, None, rows, made.coinjoins, made.lookalikes, table, ClusterIndex(table)
    )


def _core_rows(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(path, partitioning=None).cast(TABLES["links"].schema)


def keep(
    opened: OpenStore,
    writer: StoreWriter,
    policy: Policy,
    progress: Progress | None = None,
    *,
    from_scratch: bool = False,
) -> Run:
    """Makes the clustering of a policy on the present tip and stores it.

    Goes on from the policy's last run, unless it is no more in the chain, was made by another
    version, or has come in many parts; `from_scratch` asks for that. The tables' rows are the same
    either way.
    """
    new = writer.new_run(
        STAGE,
        parameters={"policy": policy.name, "definition": policy.canonical_json()},
        inputs={},
    )
    obsolete = [r for r in opened.store.runs(STAGE) if r.parameters.get("policy") == policy.name]
    last = max(obsolete, key=lambda r: r.tip_height, default=None)
    if last is not None and not from_scratch and _can_go_on(last, new.run):
        before = last
    else:
        before = None
    links = new.path("links")
    made = _made(opened, policy, links, links.parent, before, progress)
    for part in before.parts("links") if before else []:
        new.add_part("links", part)
    new.add_file("links", made.links)
    new.add_table("coinjoins", made.coinjoins)
    new.add_table("lookalikes", made.lookalikes)
    new.add_file("clusters", made.write_clusters(new.path("clusters")))
    return new.commit(tuple(r.run_id for r in obsolete))


def _can_go_on(last: Run, new: Run) -> bool:
    return last.software == new.software and len(last.parts("links")) < MOST_PARTS


def _made(
    opened: OpenStore,
    policy: Policy,
    links: Path,
    scratch: Path,
    before: Run | None,
    progress: Progress | None,
) -> Clustering:
    return cluster(
        _source(opened),
        policy,
        links=links,
        scratch=scratch,
        earlier=_earlier(opened, before) if before else None,
        progress=progress,
        tx_ids_of=lambda txid: opened.lookup.find_tx_ids(parse_txid(txid)),
    )


def _source(opened: OpenStore) -> Source:
    coordinators: tuple[int, ...] = ()
    if opened.network is MAINNET:
        scripts = [script_pubkey(text, MAINNET) for text in WASABI_COORDINATORS]
        coordinators = tuple(opened.lookup.script_ids(scripts).values())
    counts = opened.store.manifest.counts
    return Source(opened.lookup.tables, counts["txs"], counts["scripts"], coordinators)


def _earlier(opened: OpenStore, run: Run) -> Earlier:
    (block,) = opened.lookup.blocks([run.tip_height])
    return Earlier(
        tx_count=block.first_tx_id + block.tx_count,
        coinjoins=opened.store.read_run(run, "coinjoins"),
        lookalikes=opened.store.read_run(run, "lookalikes"),
        clusters=partial(opened.store.read_run, run, "clusters"),
    )
