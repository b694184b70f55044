"""Crossing the CoinJoins of a simulated chain by txid, against whose outputs they were."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.chain.stores import ingest

from peelchain.actions.clusters import run
from peelchain.actions.simulations import simulate
from peelchain.actions.tracing.linkage import judgement, linkage_of
from peelchain.actions.view import StoreView
from peelchain.trace.crossing import Crossing, cross, intervals
from peelchain.trace.walk import TraceRequest, boundaries


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[tuple[StoreView, Path]]:
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    folder = tmp_path_factory.mktemp("crossing")
    simulate(5, 220, folder / "node")
    ingest(folder / "node" / "regtest" / "blocks", folder / "store")
    run(folder / "store")
    with StoreView(folder / "store") as view:
        yield view, folder / "node" / "truth"


def rows(truth: Path, name: str) -> list[dict[str, str]]:
    with (truth / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def joins(world, kind: str) -> list[str]:
    return [row["txid"] for row in rows(world[1], "coinjoins") if row["type"] == kind]


def asked(view: StoreView, txid: str, vin: int = 0) -> TraceRequest:
    """A trace of what an input of a transaction spends, that looks no further than its outputs."""
    prevout = int(view.chain.prevouts(view.tx_ids_of(txid)[0])[vin])
    return TraceRequest(
        "forward",
        np.array([prevout], np.int64),
        view.chain.outputs([prevout]).value_sat,
        boundaries=boundaries(coinjoin_txs=view.clusters.coinjoins["tx_id"].to_numpy()),
        max_hops=1,
    )


def crossing_of(view: StoreView, request: TraceRequest, txid: str) -> Crossing:
    """The request led through a CoinJoin, as a comparison does it."""
    tx = view.tx_ids_of(txid)[0]
    judged = judgement(view, tx)
    assert judged is not None
    parties = judged["participants_at_least"]
    return cross(view.chain, request, {tx: linkage_of(view, tx, parties_at_least=parties)})


def test_what_was_one_owner_s_is_never_excluded(world):
    view, truth = world
    owner_of = {bytes.fromhex(r["script_pubkey"]): r["owner_id"] for r in rows(truth, "scripts")}
    closed = 0
    for txid in joins(world, "joinmarket"):
        request = asked(view, txid)
        crossing = crossing_of(view, request, txid)
        closed += crossing.crossed[0].closed
        ends = crossing.wide.end_txouts
        outputs = ends[ends >= 0]
        scripts = view.chain.outputs(np.append(request.seed_txouts, outputs)).script_id.tolist()
        known = view.lookup.scripts(set(scripts))
        payer, *owners = (owner_of[known[script]] for script in scripts)
        own = outputs[[owner == payer for owner in owners]]
        (found,) = intervals(crossing, [np.isin(ends, own)])
        held = int(view.chain.outputs(own).value_sat.sum())
        brought = int(request.seed_traced_sat[0])
        gain = crossing.crossed[0].linkage.most_gain_sat
        assert found.narrowed.most_known_sat >= min(brought, held) - gain
        assert found.narrowed.most_sat <= found.wide.most_sat
        assert found.narrowed.least_sat >= found.wide.least_sat
    assert closed > 10


def test_a_pool_s_outputs_all_stay_open(world):
    view, _ = world
    txid = joins(world, "whirlpool")[0]
    crossing = crossing_of(view, asked(view, txid), txid)
    (one,) = crossing.crossed
    assert one.entering == (0,)
    assert one.closed == 0
    assert set(one.anonymity_sets()) == {(5, 5)}
