"""The clustering of an open store under a policy: stored, made now, or gone on with."""

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peelchain.cluster.change.links import change_links
from peelchain.cluster.change.silent import silent_tx_ids
from peelchain.cluster.coinjoin.classify import WASABI_COORDINATORS
from peelchain.cluster.constraints import Constraints, constrain, without_refused
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.policy import CHANGE, Policy
from peelchain.cluster.stage import Clustering, Earlier, Progress, Source, cluster
from peelchain.errors import MisuseError
from peelchain.network import MAINNET
from peelchain.schema import TABLES
from peelchain.script import script_pubkey
from peelchain.store.lookup import Lookup
from peelchain.store.manifest import Run
from peelchain.store.new_run import NewRun
from peelchain.store.reader import Store
from peelchain.store.writer import StoreWriter
from peelchain.units import parse_txid

STAGE = "cluster"

MOST_PARTS = 16
"""Parts of the table of links after which the next clustering starts from scratch."""

CHANGE_TXS = 20_000
"""Transactions whose change is told at a time."""


@dataclass(frozen=True)
class Clusters:
    """A clustering in use: its policy, tables and index; `run_id` is None when it is not stored.

    `read` gives a table as it was made, and is asked when first needed: of a whole chain, links and
    clusters alone are tens of gigabytes. `looks_up` is what finds clusters without the table.
    """

    policy: str
    run_id: str | None
    read: Callable[[str], pa.Table]
    looks_up: ClusterIndex | None = None

    @cached_property
    def links(self) -> pa.Table:
        """The links that were applied."""
        return without_refused(self.read("links"), self.conflicts)

    @cached_property
    def conflicts(self) -> pa.Table:
        """The links that were refused."""
        return self.read("conflicts")

    @cached_property
    def coinjoins(self) -> pa.Table:
        """Transactions taken for CoinJoins."""
        return self.read("coinjoins")

    @cached_property
    def lookalikes(self) -> pa.Table:
        """Transactions that look like CoinJoins and are held to be none."""
        return self.read("lookalikes")

    @cached_property
    def table(self) -> pa.Table:
        """The table `clusters`."""
        return self.read("clusters")

    @cached_property
    def index(self) -> ClusterIndex:
        """Look-ups by script and by cluster."""
        return self.looks_up or ClusterIndex(self.table)


def stored(store: Store, run: Run) -> Clusters:
    """A stored clustering, its tables read when they are first asked for."""
    return Clusters(str(run.parameters["policy"]), run.run_id, partial(store.read_run, run))


def computed(lookup: Lookup, policy: Policy, constraints: Constraints | None = None) -> Clusters:
    """The clustering of a policy, made now and not kept. The whole of it is held in memory.

    Raises MisuseError for a policy with constraints where these are not given.
    """
    held_apart = _constraints(policy, constraints)
    with tempfile.TemporaryDirectory(prefix="peelchain-") as folder:
        path = Path(folder) / "links.parquet"
        made = _made(lookup, policy, path, Path(folder), None, None)
        links = _read_links(path)
    if CHANGE in policy.rules:
        links = _with_change(lookup, policy, made, links, None)
    found = constrain(made.clusters(), links.to_batches(), held_apart)
    tables = {
        "links": links,
        "coinjoins": made.coinjoins,
        "lookalikes": made.lookalikes,
        "conflicts": found.conflicts,
        "clusters": found.clusters,
    }
    return Clusters(policy.name, None, tables.__getitem__)


def keep(
    lookup: Lookup,
    writer: StoreWriter,
    policy: Policy,
    constraints: Constraints | None = None,
    progress: Progress | None = None,
    *,
    from_scratch: bool = False,
) -> Run:
    """Makes the clustering of a policy on the present tip and stores it.

    Goes on from the policy's last run, unless it is no more in the chain, was made by another
    version, or has come in many parts; or the policy links by change, which later blocks may tell
    better; or `from_scratch` asks for that. The tables' rows are the same either way. Raises
    MisuseError for a policy with constraints where these are not given.
    """
    held_apart = _constraints(policy, constraints)
    new = writer.new_run(
        STAGE,
        parameters={"policy": policy.name, "definition": policy.canonical_json()},
        inputs={},
    )
    obsolete = [r for r in lookup.store.runs(STAGE) if r.parameters.get("policy") == policy.name]
    last = max(obsolete, key=lambda r: r.tip_height, default=None)
    goes_on = last is not None and not from_scratch and _can_go_on(last, new.run, policy)
    before = last if goes_on else None
    path = new.path("links")
    made = _made(lookup, policy, path, path.parent, before, progress)
    for part in before.parts("links") if before else []:
        new.add_part("links", part)
    if CHANGE in policy.rules:
        new.add_table("links", _with_change(lookup, policy, made, _read_links(path), progress))
    else:
        new.add_file("links", made.links)
    with ThreadPoolExecutor(max_workers=1) as beside:
        # the kernel writes the clusters while the small tables are made
        clusters = None if held_apart else beside.submit(made.write_clusters, new.path("clusters"))
        new.add_table("coinjoins", made.coinjoins)
        new.add_table("lookalikes", made.lookalikes)
        if clusters is not None:
            new.add_file("clusters", clusters.result())
        else:
            _add_constrained(lookup.store, new, made, held_apart, before, path)
    return new.commit(tuple(r.run_id for r in obsolete))


def _constraints(policy: Policy, given: Constraints | None) -> Constraints:
    if policy.constraints and given is None:
        raise MisuseError(
            f"policy {policy.name} keeps some scripts apart, and no run on this tip says which: "
            "run 'peelchain cluster run' with the same statements and tags first"
        )
    return given if given is not None and policy.constraints else Constraints()


def _add_constrained(
    store: Store,
    new: NewRun,
    made: Clustering,
    constraints: Constraints,
    before: Run | None,
    links: Path,
) -> None:
    """Adds the clusters that keep the constraints, and what was refused, to a run."""
    batches = pq.ParquetFile(links).iter_batches()
    start = store.read_run(before, "clusters") if before else None
    found = constrain(made.clusters(), batches, constraints, start=start)
    conflicts = [found.conflicts]
    if before is not None:
        conflicts.insert(0, store.read_run(before, "conflicts"))
    new.add_table("clusters", found.clusters)
    new.add_table("conflicts", pa.concat_tables(conflicts).unify_dictionaries())
    new.add_table("constraints", constraints.table())


def _with_change(
    lookup: Lookup, policy: Policy, made: Clustering, links: pa.Table, progress: Progress | None
) -> pa.Table:
    """The links with those by change among them, joined into the clusters too."""
    txs = lookup.store.manifest.counts["txs"]
    silent = silent_tx_ids(made.coinjoins, made.lookalikes, policy.detectors)
    excluded = {t for txid in policy.exclusions for t in lookup.find_tx_ids(parse_txid(txid))}
    found = [links]
    for first in range(0, txs, CHANGE_TXS):
        if progress is not None:
            progress("linking by change", first, txs)
        batch = (t for t in range(first, min(first + CHANGE_TXS, txs)) if t not in excluded)
        some = change_links(lookup, batch, mixes=silent)
        made.merging.add(some["script_a"].to_numpy(), some["script_b"].to_numpy())
        found.append(some)
    order = [(column, "ascending") for column in TABLES["links"].sort]
    joined = pa.concat_tables(found).unify_dictionaries()
    # Arrow does not sort by a dictionary
    named = joined.set_column(
        joined.schema.get_field_index("rule"), "rule", joined["rule"].cast(pa.string())
    )
    return joined.take(pc.sort_indices(named, sort_keys=order))


def _read_links(path: Path) -> pa.Table:
    return pq.read_table(path, partitioning=None).cast(TABLES["links"].schema)


def _can_go_on(last: Run, new: Run, policy: Policy) -> bool:
    return (
        last.software == new.software
        and len(last.parts("links")) < MOST_PARTS
        and CHANGE not in policy.rules
    )


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
