"""Simulated cases in stores, ready to be traced and held against their truth."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from tests.oracle.ground_flow import Place, seeds_of
from tests.simulate.reading import read_truth

from peelchain.actions import chain, clusters
from peelchain.actions.simulations import Choice, simulate
from peelchain.actions.tagging import importing as tag_import
from peelchain.actions.view import StoreView
from peelchain.case.services import Services, services, stops
from peelchain.store.arrays import ChainArrays, Int64
from peelchain.trace.graph import NO_TERMINAL
from peelchain.trace.walk import RULES, TERMINAL_TYPES, Trace, TraceRequest
from peelchain.units import OutPoint, format_hash

SEED = 7
BLOCKS = 220
CASES = ("demo", "ransomware", "theft", "layering")
DATE = datetime(2024, 1, 31, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """A simulated case in a store, ready to be traced.

    `claimants` number who lost each seed, `cluster_of` has the cluster of each script, `places`
    gives each txout_id its outpoint, `inputs` each txid the outpoints it spends.
    """

    node: Path
    store: Path
    arrays: ChainArrays
    known: Services
    request: TraceRequest
    claimants: Int64
    cluster_of: Int64
    places: dict[int, Place]
    inputs: dict[str, list[Place]]
    txids: list[str]

    def place(self, tx: int, txout: int | None) -> Place:
        """The output, or the fee, by display txid."""
        return (self.txids[tx], None) if txout is None else self.places[txout]

    def destination(self, kind: str, txout: int | None) -> str:
        """Whom a terminal is at: the service's label, or the type."""
        if kind != "service" or txout is None:
            return kind
        mark = self.known.mark(int(self.arrays.txout_script[txout]))
        return mark.label if mark else kind


def prepare(folder: Path, name: str) -> Case:
    """The case simulated in `folder/node` and taken into `folder/store`, as a user would."""
    node, store = folder / "node", folder / "store"
    choice = Choice(case="" if name == "demo" else name)
    simulate(SEED, BLOCKS, node, choice=choice)
    chain.ingest(f"core:{node}", store)
    clusters.run(store)
    tag_import.import_tags([node / "tagpack.yaml"], store, DATE)
    with StoreView(store) as view:
        arrays = view.arrays
        count = len(arrays.tx_height)
        raw = view.lookup.txids(range(count))
        txids = [format_hash(raw[tx]) for tx in range(count)]
        cluster_of = view.clusters.index.cluster_of(np.arange(int(arrays.txout_script.max()) + 1))
        known = services(view.attribution, view.clusters.index)
        seeds = seeds_of(node)
        txouts = view.lookup.txout_ids([OutPoint.parse(f"{t}:{v}") for t, v in seeds])
        names = [row["claimant"] for row in read_truth(node, "case_seeds")]
        claimants = np.unique(names, return_inverse=True)[1].astype(np.int64)
        request = TraceRequest(
            "forward",
            np.array(txouts, np.int64),
            np.array(list(seeds.values()), np.int64),
            boundaries=stops(known, view.clusters.coinjoins["tx_id"].to_numpy()),
            rules=RULES,
        )
    first = arrays.tx_first_txout
    places: dict[int, Place] = {
        txout: (txids[tx], txout - int(first[tx]))
        for txout, tx in enumerate(arrays.txout_tx.tolist())
    }
    spent = arrays.txin_prev_txout.tolist()
    ins = arrays.tx_first_txin.tolist()
    inputs = {
        txids[tx]: [places[txout] for txout in spent[ins[tx] : ins[tx + 1]] if txout >= 0]
        for tx in range(count)
    }
    return Case(node, store, arrays, known, request, claimants, cluster_of, places, inputs, txids)


def ends_of(case: Case, traced: Trace) -> dict[Place, str]:
    """The destination at each output and fee where value can rest, but for seeds it comes to."""
    graph = traced.graph
    assert graph is not None
    ends = {
        case.places[txout]: case.destination(TERMINAL_TYPES[kind], txout)
        for txout, kind in zip(graph.node_txout.tolist(), graph.node_type.tolist(), strict=True)
        if kind not in (NO_TERMINAL, TERMINAL_TYPES.index("seed"))
    }
    fees: dict[Place, str] = {(case.txids[tx], None): "fee" for tx in graph.visit_tx.tolist()}
    return {**ends, **fees}
