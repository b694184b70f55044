"""One economy from seed to counts: simulate, ingest, cluster with the real code, compare."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.chain.core_files import find
from peelchain.chain.ingest import ingest_core_files
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.policy import DEFAULT_POLICY, Policy
from peelchain.cluster.stage import Clustering, cluster
from peelchain.evaluate.clustering_error import Found, clustering_counts, oracle_of
from peelchain.evaluate.detector_error import verdict_counts
from peelchain.evaluate.economy import Economy, read_economy
from peelchain.network import REGTEST
from peelchain.simulate.economy import simulate
from peelchain.simulate.parameters import Parameters
from peelchain.store.reader import Store

MIXES: frozenset[str] = frozenset(
    {
        "whirlpool_mix",
        "wasabi_2",
        "wasabi_1_1",
        "wasabi_1_0",
        "joinmarket",
        "equal_output",
        "equal_output_levels",
    }
)
"""The verdicts that flag a transaction as a mix."""

POLICIES: dict[str, Policy] = {
    "default": DEFAULT_POLICY,
    "no_detectors": Policy(detectors=(), negatives=()),
}
"""The policies that are measured, by the name that error rates use."""


def simulated(folder: Path, seed: int, blocks: int, parameters: Parameters) -> Path:
    """The data directory of this economy below the folder, made unless it is there already."""
    node = folder / "node"
    done = folder / "done"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        simulate(node, seed=seed, blocks=blocks, parameters=parameters)
        done.touch()
    return node


def economy_counts(node: Path, store: Path) -> dict[str, Any]:
    """The counts of every policy and of the detectors on a simulated data directory.

    `store` is a folder for its store, which is made and removed.
    """
    shutil.rmtree(store, ignore_errors=True)
    try:
        ingest_core_files(find(node, REGTEST), store)
        with Store.open(store) as opened:
            economy = read_economy(node, opened)
            return _counts(economy)
    finally:
        shutil.rmtree(store, ignore_errors=True)


def _counts(economy: Economy) -> dict[str, Any]:
    oracle = oracle_of(economy)
    counts: dict[str, Any] = {
        "transactions": len(economy.tx_class.code),
        "several_owners": int(economy.several_owners.sum()),
        "policies": {},
    }
    for name, policy in POLICIES.items():
        made = cluster(economy.arrays, policy)
        counts["policies"][name] = clustering_counts(economy, _found(economy, made), oracle)
        if policy == DEFAULT_POLICY:
            rows = made.coinjoins
            verdicts = dict(zip(rows["tx_id"].to_pylist(), rows["type"].to_pylist(), strict=True))
            counts["verdicts"] = verdict_counts(economy, verdicts)
    return counts


def _found(economy: Economy, made: Clustering) -> Found:
    flagged = np.zeros(len(economy.tx_class.code), dtype=np.bool_)
    flagged[made.coinjoins["tx_id"].to_numpy()] = True
    return Found(made.links, ClusterIndex(made.clusters), flagged)
