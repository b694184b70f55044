"""A store opened for questions: its tables, the clustering that stands, and who is a service."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from peelchain.actions.open_store import OpenStore
from peelchain.case.services import Services, services
from peelchain.case.subject import Subject, resolve
from peelchain.cluster.change.silent import silent_tx_ids
from peelchain.cluster.constraints import Constraints
from peelchain.cluster.of_store import Clusters, computed, stored
from peelchain.cluster.policy import DEFAULT_POLICY, Policy
from peelchain.cluster.slices import read_as_asked
from peelchain.schema import TABLES
from peelchain.store import arrays as chain_arrays
from peelchain.store.arrays import ChainArrays, Int64
from peelchain.store.manifest import Run
from peelchain.store.shielded import shielded_scripts
from peelchain.store.stored_chain import Chain, StoredChain
from peelchain.tags.actors import latest_actors
from peelchain.tags.knowledge import ALL, Knowledge, each_once, known_tags, recorded_by
from peelchain.tags.naming import Name, names_of_tags
from peelchain.tags.rates import Rates, rates_of
from peelchain.tags.services import Attribution, attribute
from peelchain.units import parse_txid


class StoreView(OpenStore):
    """An open store with what has been made of it. Close it, or use it in a `with`."""

    def __init__(
        self,
        path: Path | str,
        policy: Policy = DEFAULT_POLICY,
        *,
        in_memory: bool | None = None,
        knowledge: Knowledge = ALL,
    ) -> None:
        """Open the store; `in_memory` has `chain` loaded whole or not, None by its length."""
        super().__init__(path)
        self.policy = policy
        self.knowledge = knowledge
        self.findings: dict[bytes, object] = {}
        """What `derive_findings` derived already, by the question."""
        # what a partial store does not know, its files alone do not tell the kernels
        must = self.store.manifest.partial is not None
        self.in_memory = must or (self.is_short if in_memory is None else in_memory)

    @cached_property
    def arrays(self) -> ChainArrays:
        """The chain as flat arrays: all of it in memory."""
        return chain_arrays.load(self.store)

    @cached_property
    def chain(self) -> Chain:
        """The chain by dense ids: in memory where it is short, else read as it is asked for."""
        if self.in_memory:
            return self.arrays
        chain = StoredChain(self.lookup)
        run = self.cluster_run()
        if run is not None:
            chain.use_clusters(self.store.run_rows(run, "clusters"))
        return chain

    @cached_property
    def services(self) -> Services:
        """Who is a service, by the tags: the scripts listed, or on a long chain their clusters."""
        by_cluster = isinstance(self.chain, StoredChain) and self.chain.knows_clusters
        return services(self.attribution, self.clusters.index, by_cluster=by_cluster)

    def subject_of(self, seeds: Iterable[str]) -> Subject:
        """The party that the seeds stand for, resolved once. Raises as `resolve` does."""
        asked = tuple(seeds)
        if asked not in self._subjects:
            self._subjects[asked] = resolve(
                list(asked), self.network, self.lookup, self.chain, self.clusters.index
            )
        return self._subjects[asked]

    @cached_property
    def _subjects(self) -> dict[tuple[str, ...], Subject]:
        # made anew, as every cached property is, for a view that supposes other clusters
        return {}

    def cluster_run(self) -> Run | None:
        """The stored clustering of this policy, if it was made on the present tip."""
        return self.clustering(self.policy.name)

    @cached_property
    def clusters(self) -> Clusters:
        """The stored clustering, or one computed now where none stands for the present tip."""
        run = self.cluster_run()
        if run is not None:
            return stored(self.store, run) if self.in_memory else read_as_asked(self.store, run)
        return computed(self.lookup, self.policy, self._constraints())

    @cached_property
    def shielded_scripts(self) -> Int64:
        """script_ids of pools whose inside nobody sees, rising: a trace ends there."""
        return shielded_scripts(self.store)

    @cached_property
    def silent_txs(self) -> list[int]:
        """The transactions that give no link for being of several owners, rising."""
        found = self.clusters
        return silent_tx_ids(found.coinjoins, found.lookalikes, self.policy.detectors)

    def _constraints(self) -> Constraints | None:
        """The constraints of the policy as a run on this tip has them; None where none does."""
        for run in self.store.runs("cluster"):
            definition = str(run.parameters.get("definition", ""))
            same_tip = run.tip_hash == self.store.manifest.tip_hash
            if self.policy.constraints and self.policy.constraints in definition and same_tip:
                return Constraints.of_table(self.store.read_run(run, "constraints"))
        return None

    def tx_ids_of(self, txid: str) -> list[int]:
        """The tx_ids of a txid in display hex; none where the chain lacks it."""
        return self.lookup.find_tx_ids(parse_txid(txid))

    @cached_property
    def tags(self) -> pa.Table:
        """Every tag that is known and stands, each once, by tag_id."""
        return each_once(known_tags(self.every_tag, self.knowledge, self.tag_changes))

    @cached_property
    def every_tag(self) -> pa.Table:
        """Every tag of every import that counts, taken back or not, oldest import first."""
        return self._imported("tags")

    @cached_property
    def tag_changes(self) -> pa.Table:
        """What is known to have been said of tags later: oldest import first."""
        return recorded_by(self._imported("tag_changes", "tags"), self.knowledge.as_of)

    @cached_property
    def actors(self) -> pa.Table:
        """Every actor that is known, each once, as its last import has it."""
        rows = recorded_by(self._imported("actors", "tags"), self.knowledge.as_of)
        return latest_actors(rows)

    @cached_property
    def pool_marks(self) -> pa.Table:
        """The texts that mining pools are known to sign coinbases with, oldest import first."""
        return recorded_by(self._imported("pool_marks", "tags"), self.knowledge.as_of)

    def import_runs(self, stage: str) -> list[Run]:
        """The imports of `tags` or `rates` that count: oldest first, or as they were chosen."""
        runs, chosen = self.store.runs(stage), self.knowledge.runs
        if chosen is None:
            return runs
        # another store may have been given the same lists in another order
        return sorted((r for r in runs if r.run_id in chosen), key=lambda r: chosen.index(r.run_id))

    def _imported(self, table: str, stage: str | None = None) -> pa.Table:
        """The rows of a table from every import that counts, oldest first."""
        runs = self.import_runs(stage or table)
        parts = [self.store.read_run(r, table) for r in runs if r.parts(table)]
        return pa.concat_tables(parts) if parts else TABLES[table].schema.empty_table()

    @cached_property
    def tag_script_ids(self) -> Int64:
        """The script_id of each tag's script, -1 where the chain does not have it."""
        scripts = self.tags["script_pubkey"].to_pylist()
        known = self.lookup.script_ids(scripts) if scripts else {}
        return np.array([known.get(script, -1) for script in scripts], dtype=np.int64)

    @cached_property
    def tags_by_script(self) -> tuple[Int64, Int64]:
        """The script_ids that tags are on, rising, and the row of each of these tags."""
        rows = np.argsort(self.tag_script_ids, kind="stable").astype(np.int64)
        rows = rows[self.tag_script_ids[rows] >= 0]
        return self.tag_script_ids[rows], rows

    @cached_property
    def names(self) -> list[Name]:
        """The names that tags and actors give."""
        return names_of_tags(self.tags, self.actors)

    @cached_property
    def attribution(self) -> Attribution:
        """Which clusters and scripts are services, by the tags."""
        return attribute(
            self.tags, self.tag_script_ids, self.clusters.index.cluster_of, self.actors
        )

    @cached_property
    def rates(self) -> Rates:
        """Every rate known; of several for one day and currency, the last imported."""
        return rates_of(self.rate_rows)

    @cached_property
    def rate_rows(self) -> pa.Table:
        """The rows of every import of rates that is known, oldest first."""
        return recorded_by(self._imported("rates"), self.knowledge.as_of)


def parse_policy(exclude: list[str]) -> Policy:
    """The default policy without these transactions."""
    if not exclude:
        return DEFAULT_POLICY
    return Policy(exclusions=tuple(exclude))
