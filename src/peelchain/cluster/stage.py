"""The clustering of a chain under a policy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from peelchain.cluster.coinjoin import NAME as EQUAL_OUTPUT
from peelchain.cluster.coinjoin import find_coinjoins
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.merge import merge_links
from peelchain.cluster.one_cluster import NAME as ONE_CLUSTER
from peelchain.cluster.one_cluster import paid_by_one_cluster
from peelchain.cluster.policy import DEFAULT_POLICY, DETECTORS, RULES, Policy
from peelchain.errors import MisuseError, NotInChainError
from peelchain.schema import TABLES
from peelchain.store.arrays import ChainArrays, Int64

Progress = Callable[[str, int, int], object]
"""Called with what is being done, the steps done and the steps in all."""

TxIdsOf = Callable[[str], Sequence[int]]
"""Gives the tx_ids of a txid: none if it is not in the chain, several for a BIP 30 duplicate."""


@dataclass(frozen=True)
class Clustering:
    """What a policy makes of a chain: the tables `links`, `coinjoins` and `clusters`.

    `batch_payouts` are the tx_ids, rising, that a detector flagged and a negative took back.
    """

    policy: Policy
    links: pa.Table
    coinjoins: pa.Table
    clusters: pa.Table
    batch_payouts: Int64


def cluster(
    arrays: ChainArrays,
    policy: Policy = DEFAULT_POLICY,
    progress: Progress | None = None,
    *,
    tx_ids_of: TxIdsOf | None = None,
) -> Clustering:
    """Links, CoinJoins and clusters of a chain.

    First the detectors flag; then the links of every other transaction make clusters; then the
    negative `one_cluster` takes the flag from a transaction whose inputs are all in one of those
    clusters. A flag taken back gives links but joins nothing new, so that pass is the last.

    `tx_ids_of` looks up the policy's exclusions; MisuseError if it is needed and missing,
    NotInChainError if the chain lacks one of them.
    """
    report = progress or (lambda what, done, total: None)
    excluded = _excluded(policy, tx_ids_of)

    report("looking for CoinJoins", 0, 3)
    coinjoins = TABLES["coinjoins"].schema.empty_table()
    if EQUAL_OUTPUT in policy.detectors:
        coinjoins = find_coinjoins(arrays, DETECTORS[EQUAL_OUTPUT])
    flagged: Int64 = coinjoins["tx_id"].to_numpy()

    report("linking", 1, 3)
    links = _links(arrays, policy, flagged, excluded)

    report("merging", 2, 3)
    clusters = merge_links(links)
    payouts = np.zeros(0, dtype=np.int64)
    if ONE_CLUSTER in policy.negatives and len(flagged):
        by_one = paid_by_one_cluster(arrays, flagged, ClusterIndex(clusters))
        payouts = flagged[by_one]
        if len(payouts):
            coinjoins = coinjoins.filter(pa.array(~by_one))
            links = _links(arrays, policy, flagged[~by_one], excluded)
    report("clustered", 3, 3)
    return Clustering(policy, links, coinjoins, clusters, payouts)


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


def _links(arrays: ChainArrays, policy: Policy, flagged: Int64, excluded: Int64) -> pa.Table:
    without = np.union1d(flagged, excluded)
    tables = [RULES[name](arrays, without) for name in policy.rules]
    if len(tables) < 2:
        return tables[0] if tables else TABLES["links"].schema.empty_table()
    order = [(column, "ascending") for column in TABLES["links"].sort]
    return pa.concat_tables(tables).unify_dictionaries().sort_by(order)
