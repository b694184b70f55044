"""A walk that fetches what it lacks gives what the whole chain gives, and asks nothing twice."""

from itertools import groupby

import pytest
from tests.chain.crafted import Block, Tx
from tests.chain.partial.fetched import facts_of
from tests.esplora_server import serving_esplora
from tests.hostile_esplora import serving
from tests.oracle.ground_flow import seeds_of

from peelchain.actions import chain as chain_actions
from peelchain.actions import show
from peelchain.actions.fetching.asked import FetchAsked
from peelchain.actions.fetching.traces import (
    between_fetched,
    compare_fetched,
    path_fetched,
    trace_fetched,
)
from peelchain.actions.simulations import Choice, simulate
from peelchain.actions.tracing.between import BetweenAsked, trace_between
from peelchain.actions.tracing.compare import CompareAsked, trace_compare
from peelchain.actions.tracing.filters import Filters
from peelchain.actions.tracing.path import PathAsked, trace_path
from peelchain.actions.tracing.seeds import SeedsAsked
from peelchain.actions.tracing.traces import TraceAsked, trace_asked
from peelchain.chain.partial.sitting import FETCHING
from peelchain.raw_tx import parsed, serialised

RULES = ("pro-rata", "index-fifo", "tiho")
SAME = ("terminals", "totals", "seeds_sat", "seeds_net_sat", "visited_txs", "poison", "claimants")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The store of a simulated theft, without tags."""
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    folder = tmp_path_factory.mktemp("theft")
    simulate(7, 200, folder / "node", choice=Choice(case="theft"))
    chain_actions.ingest(f"core:{folder / 'node'}", folder / "store")
    return folder / "store"


@pytest.fixture(scope="module")
def blocks(whole):
    found = []
    for _, facts in groupby(facts_of(whole), key=lambda fact: fact.inclusion.height):
        txs = [(f, Tx(f.raw, serialised(parsed(f.raw), witness=False))) for f in facts]
        found.append(Block(txs[0][0].header, tuple(tx for _, tx in txs)))
    return found


@pytest.fixture(scope="module")
def seeds(whole):
    """What was stolen, as a user writes it."""
    stolen = seeds_of(whole.parent / "node")
    return SeedsAsked([f"{txid}:{vout}={sat}" for (txid, vout), sat in stolen.items()])


@pytest.fixture(scope="module")
def hops(whole, seeds):
    """The hops of the trace forward over the whole chain."""
    asked = TraceAsked("forward", seeds, RULES, Filters(max_hops=4), hops=True)
    return [hop for hop in trace_asked(asked, whole)["hops"] if hop["to"]]


@pytest.fixture
def server(blocks):
    with serving(blocks) as served:
        yield served


def fetch_of(source, **more):
    return FetchAsked([source], lambda _reveals: True, network="regtest", **more)


def same(fetched, truth, *keys):
    assert fetched["fetching"]["complete"], fetched["fetching"]
    for key in keys:
        assert fetched[key] == truth[key], key


def test_trace_forward_is_that_of_the_whole_chain_and_asks_for_each_thing_once(
    whole, seeds, server, tmp_path
):
    asked = TraceAsked("forward", seeds, RULES, Filters(max_hops=4))
    fetched = trace_fetched(asked, tmp_path / "store", fetch_of(server.source))
    same(fetched, trace_asked(asked, whole), *SAME)
    assert fetched["visited_txs"] > 20
    assert max(server.asked.values()) == 1
    # and of the chain no more than the walk came to
    raws = sum(path.endswith("/raw") for path in server.asked)
    assert raws == fetched["fetching"]["fetched_txs"] == fetched["partial_store"]["txs"]
    before = sum(server.asked.values())
    again = trace_fetched(asked, tmp_path / "store", fetch_of(server.source))
    same(again, fetched, *SAME)
    # the tip alone was asked for: nothing has changed
    assert sum(server.asked.values()) == before + 2


def test_trace_backward_is_that_of_the_whole_chain(whole, hops, server, tmp_path):
    seeds = SeedsAsked([hops[-1]["to"]])
    asked = TraceAsked("backward", seeds, ("pro-rata", "index-fifo"), Filters(max_hops=5))
    fetched = trace_fetched(asked, tmp_path / "store", fetch_of(server.source))
    same(fetched, trace_asked(asked, whole), *SAME)
    assert max(server.asked.values()) == 1


def test_trace_from_an_address_begins_with_its_history(whole, hops, server, tmp_path):
    seeds = SeedsAsked(addresses=[hops[0]["to_address"]])
    asked = TraceAsked("forward", seeds, ("pro-rata",), Filters(max_hops=2))
    fetched = trace_fetched(asked, tmp_path / "store", fetch_of(server.source))
    same(fetched, trace_asked(asked, whole), *SAME, "receipts")
    assert max(server.asked.values()) == 1


def test_trace_from_a_cluster_fetches_what_the_cluster_received(whole, hops, server, tmp_path):
    cluster = next(
        hop["from_address"]
        for hop in hops
        if show.address_history(hop["from_address"], whole)["cluster_scripts"] > 2
    )
    asked = TraceAsked(
        "forward", SeedsAsked(clusters=[cluster]), ("pro-rata",), Filters(max_hops=1)
    )
    fetched = trace_fetched(asked, tmp_path / "store", fetch_of(server.source))
    truth = trace_asked(asked, whole)
    assert truth["receipts"]["count"] > 2
    same(fetched, truth, *SAME, "receipts")
    assert max(server.asked.values()) == 1


def test_compare_path_and_between_are_those_of_the_whole_chain(
    whole, seeds, hops, server, tmp_path
):
    end = hops[-1]["to"]
    limits = Filters(max_hops=4)
    store, fetch = tmp_path / "store", fetch_of(server.source)
    compare = CompareAsked(seeds, to=[end], rules=RULES, filters=limits)
    truth = trace_compare(compare, whole)
    same(compare_fetched(compare, store, fetch), truth, "destinations", "rules", "visited_txs")
    start = seeds.outpoints[0].partition("=")[0]
    path = PathAsked(start, hops[0]["to"], RULES, limits)
    fetched, truth = path_fetched(path, store, fetch), trace_path(path, whole)
    assert truth["paths"]
    same(fetched, truth, "from", "to", "more")
    steps = [[step["outpoint"] for step in row["steps"]] for row in truth["paths"]]
    assert [[step["outpoint"] for step in row["steps"]] for row in fetched["paths"]] == steps
    between = BetweenAsked([start], [end], RULES, limits)
    same(between_fetched(between, store, fetch), trace_between(between, whole), "pairs", "direct")
    assert max(server.asked.values()) == 1 + 2


def test_walk_stops_at_the_limit_and_goes_on_from_there(whole, seeds, server, tmp_path):
    asked = TraceAsked("forward", seeds, RULES, Filters(max_hops=4))
    store = tmp_path / "store"
    first = trace_fetched(asked, store, fetch_of(server.source, most_txs=12))
    fetching = first["fetching"]
    assert (fetching["complete"], fetching["stopped_by"]) == (False, "max_fetch")
    assert fetching["fetched_txs"] == 12
    assert fetching["missing_count"] > 0
    assert "goes on from here" in fetching["why"]
    # whatever was fetched, every rule accounts for every satoshi
    assert all(sum(rule["totals"].values()) == first["seeds_sat"] for rule in first["rules"])
    assert "unresolved" in first["totals"]
    second = trace_fetched(asked, store, fetch_of(server.source))
    same(second, trace_asked(asked, whole), *SAME)
    raws = {path: count for path, count in server.asked.items() if path.endswith("/raw")}
    assert set(raws.values()) == {1}


def test_walk_that_was_stopped_keeps_what_was_fetched_and_goes_on(whole, seeds, server, tmp_path):
    asked = TraceAsked("forward", seeds, RULES, Filters(max_hops=4))
    store = tmp_path / "store"

    def stop_after_nine(what, done, _of):
        return not (what == FETCHING and done >= 9)

    first = trace_fetched(asked, store, fetch_of(server.source), stop_after_nine)
    assert first["fetching"]["stopped_by"] == "you"
    assert first["fetching"]["fetched_txs"] == 9
    second = trace_fetched(asked, store, fetch_of(server.source))
    assert second["fetching"]["fetched_txs"] > 0
    same(second, trace_asked(asked, whole), *SAME)


def test_walk_over_our_own_server_is_that_of_the_whole_chain(whole, seeds, tmp_path):
    asked = TraceAsked("forward", seeds, RULES, Filters(max_hops=3))
    with serving_esplora(whole) as served:
        source = f"esplora:{served.origin}/api"
        fetched = trace_fetched(asked, tmp_path / "store", fetch_of(source))
    same(fetched, trace_asked(asked, whole), *SAME)
