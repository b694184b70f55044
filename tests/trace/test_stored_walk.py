"""Traces from a store's files against those from memory: the same to the satoshi."""

from collections.abc import Iterator
from dataclasses import astuple, replace
from pathlib import Path
from typing import cast, get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.chain.crafted import genesis, grow, write_files
from tests.chain.stores import ingest

from peelchain.actions.simulations import simulate
from peelchain.errors import MisuseError, StoreError
from peelchain.store import arrays
from peelchain.store.arrays import ChainArrays, Int64
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.store.stored_chain import StoredChain
from peelchain.trace.accounts import (
    AccountRequest,
    AccountTrace,
    accounts_of,
    looked_up_accounts,
    trace_accounts,
)
from peelchain.trace.bounds import bounds
from peelchain.trace.network import Network
from peelchain.trace.paths import deposit_candidates
from peelchain.trace.seeds import receipts
from peelchain.trace.walk import RULES, Direction, Trace, TraceRequest, boundaries, trace

Both = tuple[ChainArrays, StoredChain, StoredChain]


@pytest.fixture(scope="module", params=["simulated", "early"])
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Both]:
    """A chain in memory and twice in files, the latter with a small cache."""
    folder = tmp_path_factory.mktemp("walked")
    if request.param == "simulated":
        simulate(12, 150, folder / "node")
        blocks = folder / "node" / "regtest" / "blocks"
    else:
        blocks = request.getfixturevalue("shared_data") / "early_chain"
    ingest(blocks, folder / "store")
    with Store.open(folder / "store") as store, Lookup(store) as lookup:
        chain = StoredChain(lookup, cache_bytes=100_000)
        yield arrays.load(store), chain, StoredChain(lookup, cache_bytes=100_000)


@st.composite
def requests(draw: st.DrawFn, flat: ChainArrays) -> TraceRequest:
    """A request with seeds, boundaries and limits of any kind."""
    worth = np.flatnonzero(flat.txout_value > 0)
    chosen = st.lists(st.integers(0, len(worth) - 1), min_size=1, max_size=8, unique=True)
    seeds = worth[draw(chosen)]
    direction: Direction = draw(st.sampled_from(get_args(Direction)))
    rules = ("pro_rata", "index_fifo") if direction == "backward" else RULES
    scripts, txs = int(flat.txout_script.max()), flat.tx_count - 1
    services = draw(st.sets(st.integers(0, scripts), max_size=30))
    mixers = draw(st.sets(st.integers(0, scripts), max_size=5)) - services
    heights = sorted(draw(st.lists(st.integers(0, 5000), min_size=2, max_size=2)))
    return TraceRequest(
        direction,
        seeds,
        flat.txout_value[seeds],
        rules=rules,
        boundaries=boundaries(
            services=list(services),
            mixers=list(mixers),
            coinjoin_txs=draw(st.lists(st.integers(0, txs), max_size=20)),
        ),
        max_hops=draw(st.none() | st.integers(0, 50)),
        min_value_sat=draw(st.none() | st.integers(0, 10**9)),
        max_height=draw(st.none() | st.just(heights[1])),
        min_height=draw(st.none() | st.just(heights[0])) if direction == "backward" else None,
        paths=draw(st.booleans()),
        graph=draw(st.booleans()),
    )


def assert_same(left: Trace, right: Trace) -> None:
    assert left.rules == right.rules
    assert (left.visited_txs, left.reached_txouts) == (right.visited_txs, right.reached_txouts)
    assert (left.poison, left.partial) == (right.poison, right.partial)
    for one, other in ((left.reached, right.reached), (left.graph, right.graph)):
        if one is None or other is None:
            assert one is other
            continue
        for a, b in zip(astuple(one), astuple(other), strict=True):
            assert np.array_equal(a, b)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_trace_is_the_same_from_files(both: Both, data: st.DataObject) -> None:
    flat, chain, _ = both
    request = data.draw(requests(flat))
    assert_same(trace(flat, request), trace(chain, request))


def owner_of(scripts: npt.ArrayLike) -> Int64:
    """The account of each script: those of four neighbours are one."""
    ids = np.asarray(scripts, np.int64)
    return ids - ids % 4


def assert_same_accounts(left: AccountTrace, right: AccountTrace) -> None:
    assert left.rules == right.rules
    assert (left.visited_txs, left.opened_books) == (right.visited_txs, right.opened_books)
    assert left.network is not None
    assert right.network is not None
    for a, b in zip(astuple(left.network), astuple(right.network), strict=True):
        assert np.array_equal(a, b)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_trace_through_accounts_is_the_same_from_files(both: Both, data: st.DataObject) -> None:
    """Walked over one chain in files, the accounts read from another, and its bounds."""
    flat, chain, beside = both
    asked = data.draw(requests(flat))
    scripts = int(flat.txout_script.max()) + 1
    request = AccountRequest(
        asked.direction,
        accounts_of(flat, owner_of),
        asked.seed_txouts,
        asked.seed_traced_sat,
        boundaries=asked.boundaries,
        max_hops=asked.max_hops,
        min_value_sat=asked.min_value_sat,
        min_height=asked.min_height,
        max_height=asked.max_height,
        network=True,
    )
    accounts = looked_up_accounts(
        beside,
        owner_of,
        lambda account: np.arange(account, min(account + 4, scripts), dtype=np.int64),
    )
    of_flat = trace_accounts(flat, request)
    of_files = trace_accounts(chain, replace(request, accounts=accounts))
    assert_same_accounts(of_flat, of_files)
    (network, read) = (cast(Network, found.network) for found in (of_flat, of_files))
    chosen = [network.end_types == code for code in np.unique(network.end_types)]
    assert bounds(network, chosen) == bounds(read, chosen)


def test_accounts_are_not_read_from_the_chain_that_is_walked(both: Both) -> None:
    flat, chain, _ = both
    seed = np.flatnonzero(flat.txout_value > 0)[:20]
    accounts = looked_up_accounts(chain, owner_of, lambda account: np.array([account]))
    request = AccountRequest("forward", accounts, seed, flat.txout_value[seed])
    with pytest.raises(RuntimeError, match="borrowed"):
        trace_accounts(chain, request)


def test_accounts_take_no_boundaries_by_cluster(both: Both) -> None:
    flat, _, _ = both
    seed = np.flatnonzero(flat.txout_value > 0)[:1]
    request = AccountRequest(
        "forward",
        accounts_of(flat, owner_of),
        seed,
        flat.txout_value[seed],
        boundaries=replace(boundaries(), clusters=np.array([1])),
    )
    with pytest.raises(MisuseError, match="list the scripts"):
        trace_accounts(flat, request)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_receipts_and_deposits_are_the_same_from_files(both: Both, data: st.DataObject) -> None:
    flat, chain, _ = both
    scripts = st.lists(st.integers(0, int(flat.txout_script.max())), max_size=6)
    own = data.draw(scripts)
    for one, other in zip(astuple(receipts(flat, own)), astuple(receipts(chain, own)), strict=True):
        assert np.array_equal(one, other)
    txout = data.draw(st.integers(0, flat.txout_count - 1))
    tx = int(flat.txout_tx[txout])
    of_tx = slice(flat.tx_first_txout[tx], flat.tx_first_txout[tx + 1])
    services = [*own, *flat.txout_script[of_tx].tolist()]
    reached = set(range(flat.txout_count))
    assert deposit_candidates(flat, reached, txout, services) == deposit_candidates(
        chain, reached, txout, services
    )


def test_what_progress_raises_ends_a_trace_and_leaves_the_chain_usable(both: Both) -> None:
    flat, chain, _ = both
    worth = np.flatnonzero(flat.txout_value > 0)
    request = TraceRequest("forward", worth, flat.txout_value[worth])

    def stop(stage: str, done: int, total: int | None) -> None:
        # the walk has the chain: nobody else may read it meanwhile
        with pytest.raises(RuntimeError, match="borrowed"):
            chain.outputs([0])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trace(chain, request, stop)
    assert_same(trace(flat, request), trace(chain, request))


def test_a_store_damaged_under_a_trace_is_named(tmp_path: Path) -> None:
    ingest(write_files(tmp_path / "blocks", grow([genesis()], 10)), tmp_path / "store")
    with Store.open(tmp_path / "store") as store, Lookup(store) as lookup:
        stored = StoredChain(lookup)
        (path,) = store.files("txouts")
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(StoreError, match=r"txouts.parquet cannot be read .*chain verify"):
            trace(stored, TraceRequest("forward", np.array([1]), np.array([1])))
