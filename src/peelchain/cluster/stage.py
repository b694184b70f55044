"""The clustering of a store under a policy, in one pass over its tables or after an earlier one.

Links are written as they are found and never held at once; what is held is 4 bytes a script (8 past
4 billion), 12 bytes an output (in a file past 100 million), and a row for each CoinJoin.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from peelchain import _core
from peelchain.cluster.judgements import coinjoin_table, judged_of, lookalike_table
from peelchain.cluster.policy import MULTI_INPUT, ONE_CLUSTER, Policy
from peelchain.cluster.spent import spent_scripts
from peelchain.errors import MisuseError, NotInChainError
from peelchain.schema import TABLES
from peelchain.store.arrays import Int64

Progress = Callable[[str, int, int], object]
"""Called with what is being done, the transactions done and in all."""

TxIdsOf = Callable[[str], Sequence[int]]
"""Gives the tx_ids of a txid: none if it is not in the chain, several for a BIP 30 duplicate."""

RETRACTABLE = ("equal_output", "equal_output_levels", "joinmarket")
"""Kinds told by equal outputs alone, which one party's payout may have too."""


@dataclass(frozen=True)
class Source:
    """What is clustered: a store's fact tables, and how many transactions and scripts they have.

    `coordinators` are the script_ids to which Wasabi 1 coordinators took their fee.
    """

    tables: _core.TableRows
    tx_count: int
    script_count: int
    coordinators: tuple[int, ...] = ()


@dataclass(frozen=True)
class Earlier:
    """A clustering of the same chain up to transaction `tx_count`, under the same policy."""

    tx_count: int
    coinjoins: pa.Table
    lookalikes: pa.Table
    clusters: Callable[[], pa.Table]


@dataclass(frozen=True)
class Clustering:
    """What a policy makes of a chain.

    `links` tells of the file of links that was written: those of the transactions after the earlier
    clustering, where there is one. `coinjoins` and `lookalikes` are whole tables. `merging` holds
    the clusters, to be taken or written once.
    """

    policy: Policy
    links: Mapping[str, Any]
    coinjoins: pa.Table
    lookalikes: pa.Table
    merging: _core.Clustering = field(repr=False)

    def write_clusters(self, path: Path) -> Mapping[str, Any]:
        """Writes the table `clusters` there; gives what a store's manifest asks of a file."""
        return self.merging.write(path, TABLES["clusters"].fields)

    def clusters(self) -> pa.Table:
        """The table `clusters`, sorted by script_id. It can be had once."""
        script_id, cluster_id = self.merging.take()
        return pa.Table.from_arrays(
            [pa.array(script_id), pa.array(cluster_id)], schema=TABLES["clusters"].schema
        )


def cluster(
    source: Source,
    policy: Policy,
    *,
    links: Path,
    scratch: Path,
    earlier: Earlier | None = None,
    progress: Progress | None = None,
    tx_ids_of: TxIdsOf | None = None,
) -> Clustering:
    """Links, CoinJoins and clusters of a chain. Writes the table of links to the path `links`.

    A transaction of a kind that the policy's `detectors` name gives no link. What was told by equal
    outputs alone is taken back by the negative `one_cluster` where all its inputs are in one
    cluster made by other transactions. That adds no merge, since they are joined already, and
    clusters only grow, so it needs no second pass and an earlier clustering's remain taken back.

    With `earlier`, only the transactions after it are read; the outcome is the same as from
    scratch. `scratch` is a folder for what does not fit in memory. `tx_ids_of` looks up the
    policy's exclusions; MisuseError if it is needed and missing, NotInChainError if the chain lacks
    one of them. StoreError for damaged tables.
    """
    report = progress or (lambda what, done, total: None)
    excluded = _excluded(policy, tx_ids_of)
    merging = _core.Clustering(source.script_count)
    if earlier is not None:
        before = earlier.clusters()
        merging.add(before["script_id"].to_numpy(), before["cluster_id"].to_numpy())
        del before
    done = merging.run(
        source.tables,
        from_tx=earlier.tx_count if earlier else 0,
        multi_input=MULTI_INPUT in policy.rules,
        coordinators=list(source.coordinators) if policy.detectors else None,
        linkless=list(policy.detectors),
        retractable=list(RETRACTABLE),
        excluded=excluded,
        known=_known(source.tables, earlier) if earlier else [],
        fields=TABLES["links"].fields,
        links=links,
        scratch=scratch,
        progress=lambda done, of: report("clustering", done, of),
    )
    report("clustering", source.tx_count, source.tx_count)
    judged = judged_of(done)
    mixes = judged.of_kinds(policy.detectors, mixes=True)
    coinjoins = coinjoin_table(mixes)
    lookalikes = lookalike_table(judged.of_kinds((*policy.detectors, "whirlpool_tx0"), mixes=False))
    if earlier is not None:
        coinjoins = pa.concat_tables([earlier.coinjoins, coinjoins]).unify_dictionaries()
        lookalikes = pa.concat_tables([earlier.lookalikes, lookalikes]).unify_dictionaries()
    if ONE_CLUSTER in policy.negatives:
        first, scripts = mixes.first_script, mixes.scripts
        if earlier is not None:
            first, scripts = _with_earlier(source.tables, earlier.coinjoins, first, scripts)
        one = np.asarray(merging.are_one(first, scripts))
        lookalikes = _taken_back(lookalikes, coinjoins.filter(pa.array(one)))
        coinjoins = coinjoins.filter(pa.array(~one))
    return Clustering(policy, done["links"], coinjoins, lookalikes, merging)


def _excluded(policy: Policy, tx_ids_of: TxIdsOf | None) -> Int64:
    tx_ids: list[int] = []
    for txid in policy.exclusions:
        if tx_ids_of is None:
            raise MisuseError(
                f"policy {policy.name} leaves out transaction {txid}: "
                "give tx_ids_of, which looks it up in the store"
            )
        found = tx_ids_of(txid)
        if not found:
            raise NotInChainError(
                f"transaction {txid}, which the policy leaves out, is not in the chain: "
                "ingest more blocks or drop it from the policy"
            )
        tx_ids.extend(found)
    return np.array(sorted(tx_ids), dtype=np.int64)


def _known(tables: _core.TableRows, earlier: Earlier) -> list[tuple[int, int, str]]:
    """The outputs of earlier mixes and Tx0s, by which the lineage of later ones is told."""
    kinds = dict(_kinds(earlier.coinjoins, "type"))
    # what was taken back was a mix to those that came after it, when they were judged
    kinds |= dict(_kinds(earlier.lookalikes, "taken_for"))
    kinds |= {
        tx_id: kind for tx_id, kind in _kinds(earlier.lookalikes, "type") if kind == "whirlpool_tx0"
    }
    tx_ids = sorted(kinds)
    if not tx_ids:
        return []
    rows = tables.fetch("txs", tx_ids, ["first_txout_id", "txout_count"])
    return [
        (first, first + count, kinds[tx_id])
        for tx_id, first, count in zip(
            tx_ids, rows["first_txout_id"], rows["txout_count"], strict=True
        )
    ]


def _kinds(table: pa.Table, column: str) -> list[tuple[int, str]]:
    pairs = zip(table["tx_id"].to_pylist(), table[column].to_pylist(), strict=True)
    return [(tx_id, kind) for tx_id, kind in pairs if kind is not None]


def _with_earlier(
    tables: _core.TableRows, coinjoins: pa.Table, first: Int64, scripts: Int64
) -> tuple[Int64, Int64]:
    """The groups of spent scripts with those of the earlier CoinJoins put before them."""
    asked = [kind in RETRACTABLE for kind in coinjoins["type"].to_pylist()]
    tx_ids = coinjoins["tx_id"].to_pylist()
    spent = spent_scripts(tables, [t for t, wanted in zip(tx_ids, asked, strict=True) if wanted])
    groups = [spent[t] if wanted else [] for t, wanted in zip(tx_ids, asked, strict=True)]
    ends = np.cumsum([0, *map(len, groups)], dtype=np.int64)
    flat = np.array([script for group in groups for script in group], dtype=np.int64)
    return np.concatenate([ends[:-1], first + ends[-1]]), np.concatenate([flat, scripts])


def _taken_back(lookalikes: pa.Table, coinjoins: pa.Table) -> pa.Table:
    """The lookalikes with these CoinJoins, which one party paid, among them."""
    schema = TABLES["lookalikes"].schema
    rows = coinjoins.num_rows
    reasons = [
        f"all its inputs are one cluster by other transactions; it has the shape: {reason}"
        for reason in coinjoins["reasons"].to_pylist()
    ]
    columns = {
        "tx_id": coinjoins["tx_id"],
        "type": pa.array([ONE_CLUSTER] * rows, pa.string()),
        "taken_for": coinjoins["type"].cast(pa.string()),
        "participants_at_least": pa.array([1] * rows, pa.int32()),
        "score": coinjoins["score"],
        "reasons": pa.array(reasons, pa.string()),
    }
    taken = pa.table(columns).cast(schema)
    return pa.concat_tables([lookalikes, taken]).unify_dictionaries().sort_by("tx_id")
