"""Questions on a trace to a store too long to be loaded: the same answers as from memory."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.actions.tracing.test_controls import rows
from tests.chain.stores import ingest

from peelchain.actions import open_store
from peelchain.actions.casework.investigate import Request, investigate
from peelchain.actions.clusters import run
from peelchain.actions.simulations import simulate
from peelchain.actions.tagging.importing import import_tags
from peelchain.actions.tracing.compare import CompareAsked, trace_compare
from peelchain.actions.tracing.null_controls import NullAsked, null_controls
from peelchain.actions.tracing.path import PathAsked, trace_path
from peelchain.actions.tracing.patterns import PatternsAsked, patterns_on_trace
from peelchain.actions.tracing.seeds import SeedsAsked
from peelchain.actions.tracing.traces import TraceAsked, trace_asked, trace_from
from peelchain.actions.view import StoreView
from peelchain.case.services import services, stops
from peelchain.errors import MisuseError
from peelchain.store import arrays
from peelchain.store.stored_chain import StoredChain
from peelchain.trace.walk import TraceRequest, trace

Answer = dict[str, Any]
DATE = datetime(2024, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A simulated node and its store, clustered and with tags of its services."""
    folder = tmp_path_factory.mktemp("long")
    simulate(11, 200, folder / "node")
    store = folder / "store"
    ingest(folder / "node" / "regtest" / "blocks", store)
    run(store)
    import_tags([folder / "node" / "tagpack.yaml"], store, DATE)
    return folder / "node", store


def refused(*_: object) -> None:
    raise AssertionError("the whole chain was loaded")


def of_both(ask: Callable[[], Answer], patch: pytest.MonkeyPatch) -> tuple[Answer, Answer]:
    """The answer of a store held to be short, and of the same one held to be long."""
    short = ask()
    with patch.context() as long:
        long.setattr(open_store, "_SHORT_TXOUTS", 0)
        long.setattr(arrays, "load", refused)
        return short, ask()


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_a_trace(world: tuple[Path, Path], direction: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    node, store = world
    payments = rows(node, "withdrawals")
    payments = payments[:40] if direction == "forward" else payments[-40:]
    seeds = sorted({f"{row['txid']}:{row['vout']}" for row in payments})
    short, long = of_both(
        lambda: trace_from(direction, seeds, "pro-rata", store, with_hops=True), monkeypatch
    )
    assert short == long
    assert {"service"} <= {row["type"] for row in short["terminals"]}
    assert any(row["label"] for row in short["terminals"])


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_a_trace_through_accounts(
    world: tuple[Path, Path], direction: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, store = world
    seeds = sorted({f"{row['txid']}:{row['vout']}" for row in rows(node, "withdrawals")[:10]})
    if direction == "backward":
        ends = trace_from("forward", seeds, "pro-rata", store)["terminals"]
        seeds = [f"{end['txid']}:{end['vout']}" for end in ends if end["type"] == "service"][:5]
    asked = TraceAsked(direction, SeedsAsked(seeds), ("all",), hops=True)
    short, long = of_both(lambda: trace_asked(asked, store), monkeypatch)
    assert short == long
    assert short["payments"]
    assert bool(short["holdings"]) == (direction == "forward")


def test_patterns_paths_comparisons_and_controls(
    world: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, store = world
    withdrawals = rows(node, "withdrawals")
    seeds = sorted({f"{row['txid']}:{row['vout']}" for row in withdrawals[:30]})
    looked = PatternsAsked("forward", SeedsAsked(seeds))
    short, long = of_both(lambda: patterns_on_trace(looked, store), monkeypatch)
    assert short == long
    assert short["patterns"]
    label = next(
        row["label"]
        for row in trace_from("forward", seeds, "pro-rata", store)["terminals"]
        if row["type"] == "service"
    )
    asked = PathAsked(seeds[0], f"service:{label}")
    short, long = of_both(lambda: trace_path(asked, store), monkeypatch)
    assert short == long
    for compared in (
        CompareAsked(SeedsAsked(seeds)),
        CompareAsked(SeedsAsked(seeds[-5:]), direction="backward", rules=("account-pool",)),
    ):
        short, long = of_both(partial(trace_compare, compared, store), monkeypatch)
        assert short == long
        assert {"account"} <= {rule["scope"] for rule in short["rules"]}
    drawn = NullAsked(SeedsAsked(seeds[:3]), draws=5)
    short, long = of_both(lambda: null_controls(drawn, store), monkeypatch)
    assert short == long


def test_an_investigation(
    world: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, store = world
    seeds = [f"@{node / 'observed.txt'}"]
    bundles: list[bytes] = []

    def ask() -> Answer:
        folder = tmp_path / str(len(bundles)) / "case"
        folder.parent.mkdir()
        investigate(Request(seeds, store, folder, date_utc=DATE))
        bundles.append((folder / "bundle.zip").read_bytes())
        return {}

    of_both(ask, monkeypatch)
    assert len(bundles) == 2
    assert bundles[0] == bundles[1]


def test_services_by_cluster_stop_a_walk_where_their_scripts_do(world: tuple[Path, Path]) -> None:
    _, store = world
    with StoreView(store, in_memory=True) as short, StoreView(store, in_memory=False) as long:
        listed, shared = short.services, long.services
        assert len(shared.scripts) < len(listed.scripts)
        scripts = list(range(short.store.manifest.counts["scripts"]))
        assert listed.marks_at(scripts) == shared.marks_at(scripts)
        used = listed.marks_in_use()
        assert used == shared.marks_in_use()
        for mark in used:
            assert listed.of_party(mark.party).tolist() == shared.of_party(mark.party).tolist()
        own = listed.of_party(used[0].party)[::2]
        less, shared_less = listed.without(own), shared.without(own)
        assert less.marks_at(scripts) == shared_less.marks_at(scripts)
        assert less.of_party(used[0].party).tolist() == shared_less.of_party(used[0].party).tolist()
        passed, shared_passed = listed.without_marks([0]), shared.without_marks([0])
        assert passed.marks_at(scripts) == shared_passed.marks_at(scripts)
        seeds = short.arrays.txout_value.nonzero()[0][::5]
        for some, others in ((listed, shared), (less, shared_less), (passed, shared_passed)):
            read_out = others.listed()
            assert read_out.scripts.tolist() == some.scripts.tolist()
            assert read_out.mark_of.tolist() == some.mark_of.tolist()
            found = [
                trace(
                    one.chain,
                    TraceRequest(
                        "forward",
                        seeds,
                        short.arrays.txout_value[seeds],
                        boundaries=stops(known, short.clusters.coinjoins["tx_id"].to_numpy()),
                    ),
                )
                for one, known in ((short, some), (long, others), (long, some))
            ]
            assert found[0].rules == found[1].rules == found[2].rules


def test_a_chain_that_knows_no_clusters_takes_no_boundaries_by_them(
    world: tuple[Path, Path],
) -> None:
    with StoreView(world[1], in_memory=False) as long:
        known = services(long.attribution, long.clusters.index, by_cluster=True)
        request = TraceRequest(
            "forward",
            np.array([5]),
            np.array([1]),
            boundaries=stops(known, long.clusters.coinjoins["tx_id"].to_numpy()),
        )
        for chain in (long.arrays, StoredChain(long.lookup)):
            with pytest.raises(MisuseError, match="list their scripts"):
                trace(chain, request)
