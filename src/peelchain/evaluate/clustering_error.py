"""The counts of one clustering of one simulated economy, by stratum, to be summed over many."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.payjoin import possible_payjoins
from peelchain.evaluate.agreement import Contingency, Int64
from peelchain.evaluate.economy import ERAS, Economy, Named
from peelchain.evaluate.merges import FALSE, RIGHT, Merges, judge_merges

LARGEST = 5

Counts = dict[str, Any]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Found:
    """What is to be measured: `links` in chain order, and `clusters` with its script's cluster.

    `flagged_txs` bool[T]: transactions that the clustering itself points at as doubtful;
    `flagged_clusters` are the cluster_ids that it reports as conflicting or too large.
    """

    links: pa.Table
    clusters: ClusterIndex
    flagged_txs: Mask
    flagged_clusters: frozenset[int] = frozenset()


def clustering_counts(economy: Economy, found: Found, oracle: Int64) -> Counts:
    """Counts of merges, pairs, B-cubed, whole clusters, and recall beside the oracle.

    `oracle` int64[S] is the cluster of each script by `oracle_clusters`. By stratum: `merges`
    [right, false]; `pairs` [both, same cluster, same owner]; `b_cubed` [scripts, sum of precision,
    sum of recall]; `beside_oracle` likewise with the oracle's clusters in place of owners: pairs
    [both, of the oracle], B-cubed recall [scripts, sum], merges [in both clusterings, of the
    oracle], a clustering of n scripts in k parts having made n - k. In all: `clusters` [clusters,
    pure, owners, whole]; `case` of false merges in clusters of the case [all, suspected, suspected
    or a possible PayJoin], and the same of right merges; `false_by`, `flagged_by` and
    `case_unflagged_by` count false merges by class of transaction.
    """
    cluster = _cluster_of(found.clusters, economy)
    known = economy.owner.code >= 0
    merges = _merges(economy, found)
    cells = Contingency(economy.owner.code[known], cluster[known])
    beside = Contingency(oracle[known], cluster[known])
    counts: Counts = {
        "merges": {},
        "pairs": {},
        "b_cubed": {},
        "beside_oracle": {},
        "clusters": list(vars(cells.clusters()).values()),
        "adjusted_rand": cells.pairs().adjusted_rand,
    }
    for stratum, of_scripts in _script_strata(economy):
        mask = of_scripts[known]
        inside = of_scripts & known
        pairs = Contingency(economy.owner.code[inside], cluster[inside]).pairs()
        counts["pairs"][stratum] = [pairs.both, pairs.same_cluster, pairs.same_owner]
        b = cells.b_cubed(mask)
        counts["b_cubed"][stratum] = [b.scripts, b.precision_sum, b.recall_sum]
        meet = Contingency(oracle[inside], cluster[inside])
        shared, near, scripts = meet.pairs(), beside.b_cubed(mask), int(inside.sum())
        counts["beside_oracle"][stratum] = {
            "pairs": [shared.both, shared.same_owner],
            "b_cubed": [near.scripts, near.recall_sum],
            "merges": [scripts - len(meet.count), scripts - len(meet.owner_sizes)],
        }
    left = cells.b_cubed(cells.outside_largest(LARGEST))
    counts["b_cubed"]["outside_five_largest"] = [left.scripts, left.precision_sum, left.recall_sum]
    for stratum, of_merges in _merge_strata(economy, found, merges):
        verdict = merges.verdict[of_merges]
        counts["merges"][stratum] = [int((verdict == RIGHT).sum()), int((verdict == FALSE).sum())]
    return {**counts, **_blame(economy, found, merges, cluster)}


def _cluster_of(index: ClusterIndex, economy: Economy) -> Int64:
    return index.cluster_of(np.arange(len(economy.owner.code)))


def _merges(economy: Economy, found: Found) -> Merges:
    a, b = (found.links[c].to_numpy() for c in ("script_a", "script_b"))
    return judge_merges(a, b, economy.owner.code)


def _script_strata(economy: Economy) -> Iterator[tuple[str, Mask]]:
    yield "all", np.ones(len(economy.owner.code), dtype=np.bool_)
    for era in range(1, ERAS + 1):
        yield f"era:{era}", economy.script_era == era
    for kind, named in (("family", economy.family), ("script_type", economy.script_type)):
        for name in named.names:
            mask = named.where(name) & (economy.owner.code >= 0)
            if mask.any():
                yield f"{kind}:{name}", mask


def _merge_strata(economy: Economy, found: Found, merges: Merges) -> Iterator[tuple[str, Mask]]:
    """A merge counts in every stratum that one of its ends, its transaction or rule is of."""
    rows = found.links.take(pa.array(merges.link))
    tx, a, b = (rows[c].to_numpy() for c in ("tx_id", "script_a", "script_b"))
    yield "all", np.ones(len(merges.link), dtype=np.bool_)
    for era in range(1, ERAS + 1):
        yield f"era:{era}", economy.tx_era[tx] == era

    def by_end(kind: str, named: Named) -> Iterator[tuple[str, Mask]]:
        for name in named.names:
            has = named.where(name)
            mask = has[a] | has[b]
            if mask.any():
                yield f"{kind}:{name}", mask

    yield from by_end("family", economy.family)
    yield from by_end("script_type", economy.script_type)
    rules = np.array(rows["rule"].to_pylist(), dtype=object)
    for rule in sorted(set(rules.tolist())):
        yield f"rule:{rule}", np.asarray(rules == rule, dtype=np.bool_)


def _blame(economy: Economy, found: Found, merges: Merges, cluster: Int64) -> Counts:
    """Where false merges come from, and whether those in clusters of the case are flagged."""
    tx = found.links["tx_id"].to_numpy()[merges.link]
    place = cluster[found.links["script_a"].to_numpy()[merges.link]]
    case = np.isin(place, cluster[economy.case_scripts])
    flagged = found.flagged_txs[tx] | np.isin(place, list(found.flagged_clusters))
    outputs = np.diff(economy.arrays.tx_first_txout)
    may_be_payjoin = np.isin(tx, possible_payjoins(found.links, lambda tx_ids: outputs[tx_ids]))
    wrong, right = merges.verdict == FALSE, merges.verdict == RIGHT
    flags = (np.ones(len(tx), dtype=np.bool_), flagged, flagged | may_be_payjoin)

    def by_class(which: Mask) -> dict[str, int]:
        counts = Counter(economy.tx_class[at] for at in tx[which].tolist())
        return dict(sorted(counts.items()))

    return {
        "false_by": by_class(wrong),
        "flagged_by": by_class(wrong & flagged),
        "case": [int((case & kind & also).sum()) for kind in (wrong, right) for also in flags],
        "case_unflagged_by": by_class(case & wrong & ~flagged),
    }  # fmt: skip
