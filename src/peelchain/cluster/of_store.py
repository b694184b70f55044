"""The clustering of an open store under a policy: stored, made now, or gone on with."""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from peelchain.cluster.coinjoin.classify import WASABI_COORDINATORS
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.policy import Policy
from peelchain.cluster.stage import Clustering, Earlier, Progress, Source, cluster
from peelchain.network import MAINNET
from peelchain.schema import TABLES
from peelchain.script import script_pubkey
from peelchain.store.lookup import Lookup
from peelchain.store.manifest import Run
from peelchain.store.reader import Store
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


def stored(store: Store, run: Run) -> Clusters:
    """A stored clustering with its tables read."""
    read = partial(store.read_run, run)
    table = read("clusters")
    return Clusters(
        str(run.parameters["policy"]),
        run.run_id,
        read("links"),
        read("coinjoins"),
        read("lookalikes"),
        table,
        ClusterIndex(table),
    )


def computed(lookup: Lookup, policy: Policy) -> Clusters:
    """The clustering of a policy, made now and not kept. The whole of it is held in memory."""
    with tempfile.TemporaryDirectory(prefix="peelchain-") as folder:
        links = Path(folder) / "links.parquet"
        made = _made(lookup, policy, links, Path(folder), None, None)
        rows = _links(links)
    table = made.clusters()
    return Clusters(
        policy.name, None, rows, made.coinjoins, made.lookalikes, table, ClusterIndex(table)
    )


def _links(path: Path) -> pa.Table:
    return pq.read_table(path, partitioning=None).cast(TABLES["links"].schema)


def keep(
    lookup: Lookup,
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
    obsolete = [r for r in lookup.store.runs(STAGE) if r.parameters.get("policy") == policy.name]
    last = max(obsolete, key=lambda r: r.tip_height, default=None)
    can_go_on = last is not None and not from_scratch and _can_go_on(last, new.run)
    before = last if can_go_on else None
    links = new.path("links")
    made = _made(lookup, policy, links, links.parent, before, progress)
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
    lookup: Lookup,
    policy: Policy,
    links: Path,
    scratch: Path,
    before: Run | None,
    progress: Progress | None,
) -> Clustering:
    return cluster(
        source_of(lookup),
        policy,
        links=links,
        scratch=scratch,
        earlier=_earlier(lookup, before) if before else None,
        progress=progress,
        tx_ids_of=lambda txid: lookup.find_tx_ids(parse_txid(txid)),
    )


def source_of(lookup: Lookup) -> Source:
    """What is clustered of a store."""
    coordinators: tuple[int, ...] = ()
    if lookup.store.network is MAINNET:
        scripts = [script_pubkey(text, MAINNET) for text in WASABI_COORDINATORS]
        coordinators = tuple(lookup.script_ids(scripts).values())
    counts = lookup.store.manifest.counts
    return Source(lookup.tables, counts["txs"], counts["scripts"], coordinators)


def _earlier(lookup: Lookup, run: Run) -> Earlier:
    (block,) = lookup.blocks([run.tip_height])
    return Earlier(
        tx_count=block.first_tx_id + block.tx_count,
        coinjoins=lookup.store.read_run(run, "coinjoins"),
        lookalikes=lookup.store.read_run(run, "lookalikes"),
        clusters=partial(lookup.store.read_run, run, "clusters"),
    )
