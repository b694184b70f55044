"""A store from a node over RPC: the tables of its files, each block fetched once."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tests.chain.crafted import Block, grow, pay
from tests.chain.rpc.reading import archived, ingest
from tests.chain.stores import content, content_of, snapshot
from tests.core_rpc import CoreServer
from tests.socks_server import proxying

from peelchain.actions.chain import verify
from peelchain.chain.progress import Step
from peelchain.chain.rpc import blocks as fetching
from peelchain.chain.rpc import ingest as stage
from peelchain.chain.rpc.ingest import RpcOptions, ingest_rpc
from peelchain.errors import MisuseError, RemoteError, SourceError
from peelchain.network import by_name
from peelchain.remote.http import HttpLimits
from peelchain.store import manifest as manifests
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store


@pytest.fixture(params=["rpc", "rest"])
def node(core: CoreServer, request: pytest.FixtureRequest, monkeypatch: Any) -> CoreServer:
    """The node, with REST for all blocks or without."""
    core.rest = request.param == "rest"
    monkeypatch.setattr(fetching, "_REST_FROM_BYTES", 0)
    return core


def block_requests(core: CoreServer, chain: list[Block]) -> list[int]:
    return [core.asked[b.shown] for b in chain]


def test_the_tables_are_those_of_the_files(
    node: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    done = ingest(node, store)
    assert (done.added_blocks, done.tip_hash) == (len(crafted), crafted[-1].shown)
    assert content(store) == content_of(crafted)
    assert verify(store)["ok"]
    assert block_requests(node, crafted) == [1] * len(crafted)
    assert (node.asked["getblock"] == 0) == node.rest


def test_raw_blocks_are_found_where_the_manifest_says(
    core: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    ingest(core, store)
    assert manifests.read(store).source == {
        "kind": "rpc",
        "path": str((store / "blocks").resolve()),
        "url": core.url,
    }
    with Store.open(store) as opened, Lookup(opened) as lookup:
        (row,) = lookup.blocks([17])
        assert RawBlocks(opened).block(row) == crafted[17].raw


def test_what_is_there_is_not_fetched_again(
    node: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    whole = node.chain
    node.chain = whole[:30]
    assert ingest(node, store).tip_height == 29
    node.chain = whole
    assert ingest(node, store).added_blocks == len(crafted) - 30
    before = snapshot(store)
    assert ingest(node, store).added_blocks == 0
    assert {k: v for k, v in snapshot(store).items() if "lock" not in k} == {
        k: v for k, v in before.items() if "lock" not in k
    }
    assert block_requests(node, crafted) == [1] * len(crafted)
    assert content(store) == content_of(crafted)


@pytest.mark.parametrize("depth", [1, 3, 20])
def test_a_reorganisation_is_followed_and_the_old_blocks_are_kept(
    node: CoreServer, crafted: list[Block], tmp_path: Path, depth: int
) -> None:
    store = tmp_path / "store"
    ingest(node, store)
    other = grow(crafted[:-depth], depth + 1, "other")
    node.mine(*other[-depth - 1 :], instead_of=depth)
    done = ingest(node, store)
    assert (done.rolled_back, done.added_blocks, done.stale) == (depth, depth + 1, depth)
    assert content(store) == content_of(other)
    assert block_requests(node, other) == [1] * len(other)


def test_a_chain_of_less_work_is_refused(
    node: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    ingest(node, store)
    before = content(store), archived(store)
    node.chain = crafted[:20]
    with pytest.raises(SourceError, match=r"less work than the one in .* ends at height 19;"):
        ingest(node, store)
    node.mine(*grow(crafted[:20], 5, "other")[-5:])
    with pytest.raises(SourceError, match=r"less work than the one in .* leaves it at height 19;"):
        ingest(node, store)
    assert (content(store), archived(store)) == before
    assert node.asked[node.chain[-1].shown] == 0


def test_an_equal_fork_changes_nothing(
    node: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    ingest(node, store)
    node.mine(*grow(crafted[:-1], 1, "other")[-1:], instead_of=1)
    assert ingest(node, store).tip_hash == crafted[-1].shown


def test_answers_in_any_order_are_put_in_order(
    core: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    core.answers = lambda answers: random.Random(3).sample(answers, len(answers))
    assert ingest(core, tmp_path / "store").tip_hash == crafted[-1].shown


@pytest.mark.parametrize("whole", [0, 1, 17, 40])
def test_a_node_that_goes_away_leaves_what_came(
    core: CoreServer, crafted: list[Block], tmp_path: Path, whole: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr(fetching, "_MOST_IN_BATCH", 1)
    store = tmp_path / "store"
    missing = {b.shown for b in crafted[whole:]}

    def cut(handler: Any, body: bytes) -> None:
        if core.asked["cut"] or any(core.asked[m] for m in missing):
            core.asked["cut"] += 1
            handler.close_connection = True
            return
        handler.send_response(200)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    core.send = cut
    if whole <= len(crafted) - 1:
        with pytest.raises(RemoteError, match=r"127\.0\.0\.1.* broken off .*goes on from there"):
            ingest(core, store)
    held = archived(store)
    assert held == tuple(b.shown for b in crafted[: len(held)])
    core.send = None
    core.asked.clear()
    ingest(core, store)
    assert content(store) == content_of(crafted)
    assert block_requests(core, crafted[: len(held)]) == [0] * len(held)


def test_a_restart_with_another_cookie_is_taken_in_stride(
    core: CoreServer, crafted: list[Block], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(fetching, "_BATCH_BYTES", 2000)
    begun = core.cookie.read_text()

    def restart(method: str, params: list[Any], result: Any) -> Any:
        if core.asked["getblock"] == 20:
            core.new_cookie()
            core.warming_up = 6
        return result

    core.twist = restart
    said: list[str] = []
    done = ingest(core, tmp_path / "store", say=said.append)
    assert done.tip_hash == crafted[-1].shown
    assert core.cookie.read_text() != begun
    assert len(said) >= 1
    assert all("the node is starting, it says 'Loading block index" in line for line in said)


def test_a_node_that_is_starting_is_waited_for(
    node: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    node.warming_up = 5
    said: list[str] = []
    assert ingest(node, tmp_path / "store", say=said.append).tip_hash == crafted[-1].shown
    assert said == [
        f"{node.url}: the node is starting, it says 'Loading block index\\u2026'; waiting for it"
    ]


def test_a_pruned_node_is_refused_with_the_heights_that_are_missing(
    node: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    node.pruned_below = 25
    with pytest.raises(
        SourceError, match=r"pruned: it has blocks from height 25 on, .* heights 0 to 24 are miss"
    ):
        ingest(node, store)
    assert archived(store) == ()
    assert not any(node.asked[b.shown] for b in crafted)


def test_a_pruned_node_will_do_where_the_rest_is_there(
    node: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    whole, node.chain = node.chain, node.chain[:30]
    ingest(node, store)
    node.chain, node.pruned_below = whole, 25
    assert ingest(node, store).tip_height == len(crafted) - 1
    assert content(store) == content_of(crafted)


def test_a_node_that_prunes_meanwhile_says_so(
    node: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    node.pruned_below = 25

    def unpruned(method: str, params: list[Any], result: Any) -> Any:
        return {**result, "pruned": False} if method == "getblockchaininfo" else result

    node.twist = unpruned
    with pytest.raises(SourceError, match=r"pruned data.*if (it|the node) is pruned"):
        ingest(node, tmp_path / "store")


def test_a_node_that_is_still_fetching_is_said_to_be(
    core: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    core.syncing = True
    done = ingest(core, tmp_path / "store")
    (told,) = done.left_out
    assert "still fetching its chain (43 % verified, headers up to 541)" in told
    assert f"{crafted[-1].shown} at height 40" in told


def test_a_node_of_another_network_is_refused(core: CoreServer, tmp_path: Path) -> None:
    options = RpcOptions(cookie=core.cookie)
    with pytest.raises(SourceError, match="a node of regtest, not of signet; give --network reg"):
        ingest_rpc(core.url, tmp_path / "store", by_name("signet"), options=options)
    core.twist = lambda m, params, r: "ab" * 32 if (m, params) == ("getblockhash", [0]) else r
    with pytest.raises(SourceError, match=f"begins with block {'ab' * 32}, which is none that"):
        ingest_rpc(core.url, tmp_path / "store", options=options)
    assert not (tmp_path / "store").exists()


def test_a_store_of_another_network_is_refused(core: CoreServer, tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest(core, store)
    manifest = json.loads((store / "manifest.json").read_text())
    (store / "manifest.json").write_text(json.dumps({**manifest, "network": "signet"}))
    with pytest.raises(MisuseError, match="holds signet, the source is regtest"):
        ingest(core, store)


def test_blocks_larger_than_an_answer_may_be_are_asked_for_one_by_one(
    core: CoreServer, crafted: list[Block], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(stage, "_LATER", HttpLimits(tries=2, answer_bytes=12_000))
    assert 2 * sum(len(b.raw) for b in crafted) > 24_000
    assert ingest(core, tmp_path / "store").tip_hash == crafted[-1].shown
    assert content(tmp_path / "store") == content_of(crafted)


def test_a_store_grows_while_its_blocks_come(
    core: CoreServer, crafted: list[Block], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(stage, "INGEST_EVERY_BYTES", 3000)
    monkeypatch.setattr(fetching, "_BATCH_BYTES", 2000)
    store = tmp_path / "store"
    heights = []

    def watch(step: Step) -> None:
        if step.what == "fetch" and (store / "manifest.json").exists():
            heights.append(manifests.read(store).tip_height)

    ingest_rpc(core.url, store, progress=watch, options=RpcOptions(cookie=core.cookie))
    assert set(heights) >= {15, 31}
    assert content(store) == content_of(crafted)


def test_progress_tells_height_and_bytes(core: CoreServer, tmp_path: Path) -> None:
    steps: list[Step] = []
    ingest_rpc(
        core.url, tmp_path / "store", progress=steps.append, options=RpcOptions(cookie=core.cookie)
    )
    last = [s for s in steps if s.what == "fetch"][-1]
    assert (last.done, last.of, last.height) == (41, 41, 40)
    assert last.size_bytes == sum(len(b.raw) for b in core.chain)
    assert last.time_utc == int.from_bytes(core.chain[-1].raw[68:72], "little")


@pytest.mark.parametrize("instead_of", [1, 5])
def test_a_reorganisation_while_headers_come_is_taken_in_stride(
    node: CoreServer, crafted: list[Block], tmp_path: Path, instead_of: int
) -> None:
    """To a chain of more work, and for a moment to one of fewer blocks."""
    other = grow(crafted[:-instead_of], instead_of + 2, "other")
    store = tmp_path / "store"

    def reorganise(method: str, params: list[Any], result: Any) -> Any:
        headers = method == "getblockheader" or (method == "rest" and "headers" in params[0])
        if headers and not node.asked["reorganised"]:
            node.asked["reorganised"] += 1
            node.mine(*other[-instead_of - 2 :], instead_of=instead_of)
        return result

    node.twist = reorganise
    done = ingest(node, store)
    assert node.asked["reorganised"] == 1
    # the next run has it at the latest
    done = ingest(node, store)
    assert done.tip_hash == other[-1].shown
    assert content(store) == content_of(other)


def test_an_error_of_the_node_is_told_with_its_code(core: CoreServer, tmp_path: Path) -> None:
    core.answers = lambda answers: [
        {"id": a["id"], "error": {"code": -20, "message": "disk\x1b[2J read error"}}
        for a in answers
    ]
    with pytest.raises(
        SourceError, match=rf"{core.url}: the node answers a call with error -20, 'disk\\x1b\[2J re"
    ):
        ingest(core, tmp_path / "store")


def test_a_node_behind_a_proxy_is_named_there_alone(
    core: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    """The name is never looked up here: the proxy, such as Tor's, is given it."""
    with proxying({"node.invalid": ("127.0.0.1", core.port)}) as proxy:
        options = RpcOptions(cookie=core.cookie, proxy=proxy.url)
        done = ingest_rpc("http://node.invalid:8332", tmp_path / "store", options=options)
        assert done.tip_hash == crafted[-1].shown
        assert set(proxy.asked) == {("node.invalid", 8332)}


def test_blocks_that_grow_at_a_stroke_come_in_smaller_batches(
    core: CoreServer, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(stage, "_LATER", HttpLimits(tries=2, answer_bytes=60_000))
    monkeypatch.setattr(fetching, "_TOO_LONG_BYTES", 30_000)
    monkeypatch.setattr(fetching, "_BATCH_BYTES", 20_000)
    chain = core.chain
    for height in range(12):
        note = bytes(1) + bytes((height,)) * 9_000
        chain = pay(chain, tag="full", rewards=[(1, note)])
    core.chain, core.known = chain, {b.shown: b for b in chain}
    assert ingest(core, tmp_path / "store").tip_hash == chain[-1].shown
    assert archived(tmp_path / "store") == tuple(b.shown for b in chain)
