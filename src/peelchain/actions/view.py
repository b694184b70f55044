"""A store opened for questions: its tables, the clustering that stands, and who is a service."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.policy import DEFAULT_POLICY, Policy
from peelchain.cluster.stage import cluster
from peelchain.errors import StoreError
from peelchain.network import Network
from peelchain.script import address
from peelchain.store import arrays as chain_arrays
from peelchain.store.arrays import ChainArrays, Int64
from peelchain.store.lookup import Lookup
from peelchain.store.manifest import Run
from peelchain.store.reader import Store
from peelchain.tags.rates import Rates, rates_of
from peelchain.tags.services import Attribution, attribute

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the steps done and the steps in all (0: not known)."""


def silent(what: str, done: int, of: int) -> None:
    """Says nothing of progress."""


@dataclass(frozen=True)
class Clusters:
    """A clustering in use: its policy, tables and index; `run_id` is None when it is not stored."""

    policy: str
    run_id: str | None
    links: pa.Table
    coinjoins: pa.Table
    table: pa.Table
    index: ClusterIndex


class StoreView:
    """An open store with what has been made of it. Close it, or use it in a `with`."""

    def __init__(self, path: Path | str, policy: Policy = DEFAULT_POLICY) -> None:
        self.store = Store.open(path)
        self.policy = policy
        if not self.store.manifest.segments:
            self.store.close()
            raise StoreError(
                f"{path} holds no blocks yet; run 'peelchain chain ingest core:DIR --store {path}'"
            )

    def __enter__(self) -> "StoreView":
        return self

    def __exit__(self, *exc: object) -> None:
        if "lookup" in self.__dict__:
            self.lookup.close()
        self.store.close()

    @property
    def network(self) -> Network:
        """The chain the store holds."""
        return self.store.network

    @property
    def tip(self) -> dict[str, str | int]:
        """Height and hash of the chain's tip, for every answer."""
        manifest = self.store.manifest
        return {"tip_height": manifest.tip_height, "tip_hash": manifest.tip_hash}

    @cached_property
    def lookup(self) -> Lookup:
        """Point look-ups."""
        return Lookup(self.store)

    @cached_property
    def arrays(self) -> ChainArrays:
        """The chain as flat arrays."""
        return chain_arrays.load(self.store)

    def cluster_run(self) -> Run | None:
        """The stored clustering of this policy, if it was made on the present tip."""
        for run in reversed(self.store.runs("cluster")):
            if (
                run.parameters.get("policy") == self.policy.name
                and run.tip_hash == self.store.manifest.tip_hash
            ):
                return run
        return None

    @cached_property
    def clusters(self) -> Clusters:
        """The stored clustering, or one computed now where none stands for the present tip."""
        run = self.cluster_run()
        if run is not None:
            table = self.store.read_run(run, "clusters")
            return Clusters(
                self.policy.name,
                run.run_id,
                self.store.read_run(run, "links"),
                self.store.read_run(run, "coinjoins"),
                table,
                ClusterIndex(table),
            )
        made = cluster(self.arrays, self.policy, tx_ids_of=self.tx_ids_of)
        return Clusters(
            self.policy.name,
            None,
            made.links,
            made.coinjoins,
            made.clusters,
            ClusterIndex(made.clusters),
        )

    def tx_ids_of(self, txid: str) -> list[int]:
        """The tx_ids of a txid in display hex; none where the chain lacks it."""
        rows = self.lookup.rows("SELECT tx_id FROM txs WHERE txid = hash_of(?)", [txid])
        return sorted(row["tx_id"] for row in rows)

    @cached_property
    def tags(self) -> pa.Table:
        """Every tag imported, each once."""
        every = self.store.read_runs("tags", "tags")
        if every.num_rows == 0:
            return every
        ids = every["tag_id"].to_pylist()
        first = {tag_id: row for row, tag_id in reversed(list(enumerate(ids)))}
        return every.take(sorted(first.values())).sort_by("tag_id")

    @cached_property
    def tag_script_ids(self) -> Int64:
        """The script_id of each tag's script, -1 where the chain does not have it."""
        scripts = self.tags["script_pubkey"].to_pylist()
        known = self.lookup.script_ids(scripts) if scripts else {}
        return np.array([known.get(script, -1) for script in scripts], dtype=np.int64)

    @cached_property
    def attribution(self) -> Attribution:
        """Which clusters and scripts are services, by the tags."""
        return attribute(self.tags, self.tag_script_ids, self.clusters.index.cluster_of)

    @cached_property
    def rates(self) -> Rates:
        """Every rate imported; of several for one day and currency, the last imported."""
        return rates_of(self.store.read_runs("rates", "rates"))

    def script_of(self, script_id: int) -> bytes:
        """A script's bytes."""
        return self.lookup.scripts([script_id])[script_id]

    def addresses(self, script_ids: list[int]) -> dict[int, str | None]:
        """The address of each script, None for a script that has none."""
        scripts = self.lookup.scripts(script_ids)
        return {i: address(script, self.network) for i, script in scripts.items()}


def parse_policy(exclude: list[str]) -> Policy:
    """The default policy without these transactions."""
    if not exclude:
        return DEFAULT_POLICY
    return Policy(exclusions=tuple(exclude))
