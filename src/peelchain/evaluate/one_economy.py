"""One economy from seed to counts: simulate, ingest, cluster with the real code, compare."""

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.chain.core_files import find
from peelchain.chain.ingest import ingest_core_files
from peelchain.evaluate.clustering_error import Found, clustering_counts
from peelchain.evaluate.clusterings import DEFAULT, Made, clusterings, oracle_clusters
from peelchain.evaluate.detector_error import verdict_counts
from peelchain.evaluate.economy import Economy, read_economy
from peelchain.evaluate.verdicts import verdicts
from peelchain.network import REGTEST
from peelchain.simulate.economy import simulate
from peelchain.simulate.parameters import Parameters
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store

SUSPICIOUS = frozenset({"payjoin_suspected"})
"""Names that point at a transaction which is linked all the same."""


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
        with Store.open(store) as opened, closing(Lookup(opened)) as lookup:
            return _counts(read_economy(node, opened), lookup, node)
    finally:
        shutil.rmtree(store, ignore_errors=True)


def _counts(economy: Economy, lookup: Lookup, node: Path) -> dict[str, Any]:
    oracle = oracle_clusters(economy)
    named = verdicts(lookup.store, economy.arrays)
    counts: dict[str, Any] = {
        "transactions": len(economy.tx_class.code),
        "several_owners": int(economy.several_owners.sum()),
        "policies": {},
        "verdicts": [],
    }
    for name, made in clusterings(lookup, node):
        found = _found(economy, made, named)
        counts["policies"][name] = clustering_counts(economy, found, oracle)
        if name == DEFAULT:
            _check_same(made, named)
    counts["verdicts"] = verdict_counts(economy, named)
    return counts


def _found(economy: Economy, made: Made, named: dict[int, str]) -> Found:
    flagged = np.zeros(len(economy.tx_class.code), dtype=np.bool_)
    flagged[[tx_id for tx_id, name in named.items() if name in SUSPICIOUS]] = True
    clusters = made.clusters
    flagged[clusters.coinjoins["tx_id"].to_numpy()] = True
    flagged[clusters.lookalikes["tx_id"].to_numpy()] = True
    return Found(clusters.links, clusters.index, flagged, made.suspected)


def _check_same(made: Made, named: dict[int, str]) -> None:
    """The stage and `classify` are one set of detectors: they must say the same of mixes."""
    for table in (made.clusters.coinjoins, made.clusters.lookalikes):
        kinds = table["taken_for" if "taken_for" in table.schema.names else "type"].to_pylist()
        for tx_id, kind in zip(table["tx_id"].to_pylist(), kinds, strict=True):
            if kind is not None and named.get(tx_id) != kind:
                raise AssertionError(
                    f"transaction {tx_id} is {kind} to the clustering and {named.get(tx_id)} to "
                    "classify"
                )
