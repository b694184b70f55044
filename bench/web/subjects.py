"""What the page is asked for: seeded random subjects of a store, and the busiest of each kind."""

from dataclasses import dataclass
from random import Random

import numpy as np

from peelchain.actions.view import StoreView
from peelchain.script import address
from peelchain.units import format_hash


@dataclass(frozen=True)
class Subjects:
    """Names of transactions, addresses, clusters (by their least script), services and blocks.

    The first few of each are the busiest: most outputs, most receipts, most scripts.
    """

    txs: list[str]
    addresses: list[str]
    clusters: list[str]
    services: list[str]
    blocks: list[str]


def subjects(view: StoreView, count: int, seed: int) -> Subjects:
    """`count` of each kind, or as many as there are; the same for the same store and seed."""
    chance, arrays = Random(seed), view.arrays
    outputs = np.diff(arrays.tx_first_txout) + np.diff(arrays.tx_first_txin)
    txs = _some(chance, outputs, count)
    receipts = np.bincount(arrays.txout_script)
    scripts = _some(chance, receipts, 2 * count)
    owners = view.clusters.table["cluster_id"].to_numpy()
    named, sizes = np.unique(owners, return_counts=True)
    clusters = named[_some(chance, sizes, 2 * count)].tolist()
    txids = view.lookup.txids(txs)
    names = {
        i: address(script, view.network)
        for i, script in view.lookup.scripts({*scripts, *clusters}).items()
    }
    heights = list(range(view.store.manifest.tip_height + 1))
    busiest = np.argsort(-np.bincount(arrays.tx_height))[:5].tolist()
    return Subjects(
        [format_hash(txids[i]) for i in txs],
        [n for i in scripts if (n := names[i])][:count],
        [n for i in clusters if (n := names[i])][:count],
        sorted({mark.party for mark in view.services.marks}),
        [str(h) for h in [*busiest, *chance.sample(heights, min(count, len(heights)))]][:count],
    )


def _some(chance: Random, weights: np.ndarray, count: int) -> list[int]:
    """The places of the ten greatest weights, then of any, each once."""
    there = np.flatnonzero(weights).tolist()
    busiest = np.argsort(-weights, kind="stable")[:10].tolist()
    rest = chance.sample(there, min(count, len(there)))
    return list(dict.fromkeys([*busiest, *rest]))[:count]
