"""The cluster fingerprint: how the transactions that a cluster spends in are made."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from peelchain.cluster.change.rows import Rows, bounds, ranges
from peelchain.cluster.change.spender import locktime_class, sequence_class
from peelchain.cluster.change.transactions import NONE, Bools, Int64, Transactions
from peelchain.cluster.change.verdict import Verdict, in_any, to_outputs, verdict
from peelchain.store.lookup import Lookup

ClusterOf = Callable[[Int64], Int64]
"""Gives the cluster_id of each script_id."""

_VERSIONS = 3
_SEQUENCES = 3
_LOCKTIMES = 4


def fingerprint(version: Int64, locktime: Int64, height: Int64, sequence: Int64) -> Int64:
    """One number for version (1, 2 or another), locktime and sequence class of a transaction."""
    versions = np.where((version == 1) | (version == 2), version, 0)
    return (versions * _SEQUENCES + sequence_class(sequence)) * _LOCKTIMES + locktime_class(
        locktime, height
    )


def fingerprints_of(transactions: Transactions, cluster_of: ClusterOf) -> dict[int, int]:
    """Which fingerprints the transactions of each cluster have, as bits; of this batch alone.

    A transaction belongs to the cluster of its first input; coinbases, CoinJoins and those whose
    first input is not known to none. Several batches are joined by OR.
    """
    return _bits(
        cluster_of,
        transactions.in_script[transactions.first_in[:-1]],
        fingerprint(
            transactions.version,
            transactions.locktime,
            transactions.height,
            transactions.least_sequence,
        ),
        ~transactions.is_mix,
    )


def load_fingerprints(
    lookup: Lookup, tx_ids: Iterable[int], cluster_of: ClusterOf, mixes: Iterable[int] = ()
) -> dict[int, int]:
    """As `fingerprints_of`, of transactions of a store, with no more read than that takes."""
    rows = Rows(lookup)
    ids = np.unique(np.fromiter(tx_ids, dtype=np.int64))
    ids = ids[~np.isin(ids, np.fromiter(mixes, dtype=np.int64))]
    txs = rows.get("txs", ids, ("version", "locktime", "height", "first_txin", "txin_count"))
    spends = rows.get("txins", ranges(txs["first_txin"], txs["txin_count"]), ("sequence",))
    first = rows.get("txins", txs["first_txin"], ("prev_txout_id",))["prev_txout_id"]
    owners = np.full(len(ids), NONE, dtype=np.int64)
    owners[first >= 0] = rows.get("txouts", first[first >= 0], ("script_id",))["script_id"]
    if not len(ids):
        return {}
    least = np.minimum.reduceat(spends["sequence"], bounds(txs["txin_count"])[:-1])
    own = fingerprint(txs["version"], txs["locktime"], txs["height"], least)
    return _bits(cluster_of, owners, own, np.ones(len(ids), dtype=np.bool_))


def _bits(cluster_of: ClusterOf, owners: Int64, kinds: Int64, count: Bools) -> dict[int, int]:
    ours = (owners >= 0) & count
    pairs = np.unique(np.stack([cluster_of(owners[ours]), kinds[ours]]), axis=1)
    bits: dict[int, int] = {}
    for cluster, kind in pairs.T.tolist():
        bits[cluster] = bits.get(cluster, 0) | 1 << kind
    return bits


def cluster_fingerprint(
    transactions: Transactions, cluster_of: ClusterOf, known: Mapping[int, int]
) -> Verdict:
    """Outputs spent by the cluster of the inputs, or in a way that cluster is known to make.

    `known` gives the bits of `fingerprints_of` for the clusters of the inputs; it must rest on
    transactions up to `as_of_height` alone. An output that nobody has spent cannot be ruled out.
    Undecided where no output has been spent, or the cluster is not in `known`. Its own transaction
    is among the cluster's, so what it rules out no transaction of the cluster was ever like.

    Source: Kappos et al. 2022 (arXiv 2205.13882), who follow peel chains by the features of a
    cluster's transactions; theirs hold script types as well, which are the rules `address_type`
    and `spender_type` here. Takes from the future what `known` and the spenders do.
    """
    owners = cluster_of(transactions.in_script[transactions.first_in[:-1]])
    bits = np.array([known.get(c, 0) for c in owners.tolist()], dtype=np.int64)
    theirs = fingerprint(
        transactions.spender_version,
        transactions.spender_locktime,
        transactions.spender_height,
        transactions.spender_sequence,
    )
    alike = (to_outputs(transactions, bits) >> theirs) & 1 == 1
    same = cluster_of(transactions.out_script) == to_outputs(transactions, owners)
    applies = in_any(transactions, transactions.is_spent) & (bits > 0)
    return verdict(transactions, same | alike | ~transactions.is_spent, applies)
