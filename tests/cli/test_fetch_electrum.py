"""Traces that fetch what they lack from an Electrum server, by the command line."""

import sqlite3
from pathlib import Path

import pytest
from tests.chain.crafted import genesis, grow
from tests.cli.documented import check
from tests.cli.running import peelchain
from tests.electrum_server import ServedChain, certificate, line, script_hash, serving
from tests.hostile_esplora import serving as serving_esplora

from peelchain.network import REGTEST
from peelchain.raw_tx import parsed
from peelchain.script import address

BLOCKS = grow([genesis()], 40)
CHAIN = ServedChain(block.raw for block in BLOCKS)
TXID = BLOCKS[16].txs[1].shown
SEEDS = {
    # coinbases, and from where their money lies
    "forward": [f"{block.txs[0].shown}:0" for block in BLOCKS[2:14]],
    "backward": [f"{block.txs[-1].shown}:0" for block in BLOCKS[12:30:3]],
}
ADDRESS = address(parsed(BLOCKS[16].txs[1].raw).outputs[0].script_pubkey, REGTEST)
FACTS = {
    "txs": "txid, raw, told",
    "places": "txid, height, block_hash, time, position, branch",
    "headers": "height, header",
    "prevouts": "txid, vout, value_sat, script",
    "absences": "txid, vout, height, block_hash",
    "histories": "script, height, block_hash, txs, complete",
}


@pytest.fixture(autouse=True)
def _no_authorities(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")


def trace(direction, store, source, *more):
    return peelchain(
        *("trace", direction, "--rule", "all", "--network", "regtest", "--json"),
        *(part for seed in SEEDS[direction] for part in ("--seed", seed)),
        *("--store", store, "--source", source, *more),
    )


def fetch(store, source, *what):
    return peelchain(
        *("chain", "fetch", source, *what, "--store", store, "--network", "regtest", "--json")
    )


def facts(store: Path) -> dict[str, list[tuple[object, ...]]]:
    """What a vault knows, whoever told it."""
    with sqlite3.connect(store / "vault.sqlite") as database:
        found = {
            table: database.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()
            for table, columns in FACTS.items()
        }
    database.close()
    return found


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_electrum_and_esplora_give_one_vault_and_one_trace(tmp_path, direction):
    with serving(CHAIN) as electrum, serving_esplora(BLOCKS) as esplora:
        one = trace(direction, tmp_path / "one", f"electrum:{electrum.place}").answer
        other = trace(direction, tmp_path / "other", esplora.source).answer
        asked = [(method, *map(str, params)) for method, params in electrum.requests]
    assert one["fetching"]["complete"]
    assert facts(tmp_path / "one") == facts(tmp_path / "other")
    assert len(facts(tmp_path / "one")["txs"]) > 15
    for key in ("terminals", "totals", "rules", "seeds_sat", "visited_txs", "poison", "tip_hash"):
        assert one[key] == other[key]
    fetched = [ask for ask in asked if not ask[0].startswith("server.")]
    assert len(fetched) == len(set(fetched))


def test_an_address_is_fetched_whole(tmp_path):
    with serving(CHAIN) as electrum, serving_esplora(BLOCKS) as esplora:
        for name, source in (("one", f"electrum:{electrum.place}"), ("other", esplora.source)):
            assert fetch(tmp_path / name, source, ADDRESS).answer["fetching"]["complete"]
    assert facts(tmp_path / "one") == facts(tmp_path / "other")
    assert facts(tmp_path / "one")["histories"][0][4] == 1


def test_a_lie_leaves_the_walk_to_the_next_server(tmp_path):
    def lying(request, reply):
        if request["method"] == "blockchain.transaction.get_merkle":
            reply = {**reply, "result": {**reply["result"], "pos": reply["result"]["pos"] ^ 1}}
        yield line(reply)

    two = (TXID, f"{TXID}:0")
    with serving(CHAIN, twist=lying) as liar, serving_esplora(BLOCKS) as esplora:
        answer = fetch(
            *(tmp_path / "one", f"electrum:{liar.place}", *two, "--source", esplora.source)
        ).answer
        fetch(tmp_path / "other", esplora.source, *two)
        alone = fetch(tmp_path / "alone", f"electrum:{liar.place}", *two)
    assert answer["fetching"]["complete"]
    (failure,) = answer["fetching"]["failures"]
    assert f"electrum:{liar.place}: the Merkle proof of transaction" in failure
    assert facts(tmp_path / "one") == facts(tmp_path / "other")
    alone.refused(1, f"electrum:{liar.place}: the Merkle proof of transaction")
    assert facts(tmp_path / "alone")["txs"] == []


def test_a_script_that_a_server_finds_too_large_stops_that_branch_alone(tmp_path):
    hot = script_hash(parsed(BLOCKS[16].txs[1].raw).outputs[0].script_pubkey)

    def twist(request, reply):
        if request["params"] == [hot]:
            error = {"code": 10001, "message": "history too large"}
            reply = {"id": reply["id"], "error": error}
        yield line(reply)

    outputs = (f"{TXID}:0", f"{TXID}:1")
    with serving(CHAIN, twist=twist) as server, serving_esplora(BLOCKS) as esplora:
        alone = fetch(tmp_path / "one", f"electrum:{server.place}", *outputs).answer
        both = fetch(
            *(tmp_path / "both", f"electrum:{server.place}", *outputs, "--source", esplora.source)
        ).answer
        fetch(tmp_path / "other", esplora.source, *outputs)
    assert not alone["fetching"]["complete"]
    assert alone["fetching"]["stopped_by"] is None
    assert "history too large" in alone["fetching"]["why"]
    assert f"{TXID}:0 is not known" in alone["fetching"]["why"]
    known, whole = facts(tmp_path / "one")["txs"], facts(tmp_path / "other")["txs"]
    assert set(known) < set(whole)
    assert both["fetching"]["complete"]
    assert facts(tmp_path / "both") == facts(tmp_path / "other")


def test_a_self_signed_certificate_is_told_once_and_then_held_to(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = certificate(tmp_path / "a"), certificate(tmp_path / "b")
    store = tmp_path / "store"
    with serving(CHAIN, shown=first) as server:
        port = server.port
        answer = fetch(store, f"electrum:{server.place}", TXID).answer
        assert first.fingerprint in answer["fetching"]["notes"][0]
        again = fetch(store, f"electrum:{server.place}", f"{TXID}:0").answer
        assert again["fetching"]["notes"] == []
    with serving(CHAIN, shown=second, port=port) as server:
        refused = fetch(store, f"electrum:localhost:{port}", ADDRESS)
        assert refused.code == 1
        assert "CHANGED" in refused.err
        assert server.requests == []
        pin = ("--tls-fingerprint", second.fingerprint)
        pinned = fetch(store, f"electrum:localhost:{port}", ADDRESS, *pin)
        assert pinned.answer["fetching"]["complete"]


def test_a_fingerprint_that_is_none_is_refused(tmp_path):
    done = trace("forward", tmp_path / "x", "electrum:localhost:1", "--tls-fingerprint", "abc")
    assert done.code == 2
    assert "'abc' is no fingerprint" in done.err


def test_what_a_plain_connection_reveals_is_said(tmp_path):
    done = trace("forward", tmp_path / "x", "electrum:electrum.example:50001:t")
    assert done.code == 2
    assert "NOT encrypted" in done.err
    assert "agree with --yes" in done.err
    done = trace("forward", tmp_path / "x", "electrum:electrum.example:50002")
    assert "NOT encrypted" not in done.err
    assert "This asks electrum.example (electrum:electrum.example:50002)" in done.err


def test_all_headers_prove_a_store_from_the_first_block_on(tmp_path):
    store = tmp_path / "store"
    with serving(CHAIN) as server:
        source = f"electrum:{server.place}"
        fetch(store, source, TXID)
        asked = ("chain", "headers", source, "--store", store, "--json")
        answer = peelchain(*asked).answer
        again = peelchain(*asked).answer
    check("chain headers", answer)
    assert answer["headers"] == 41
    assert answer["fetched_headers"] == 41 - 3  # of the tip, the transaction and its parent
    assert again["fetched_headers"] == 0
    assert again["chainwork"] == f"{2 * 41:064x}"
    verified = peelchain("chain", "verify", "--store", store, "--json").answer
    assert verified["checked"]["headers from the first block on"] == 41
    status = peelchain("chain", "status", "--store", store, "--json").answer
    assert status["chainwork"] == again["chainwork"]
    assert facts(store)["headers"] == list(enumerate(CHAIN.headers))


def test_an_esplora_server_gives_the_same_headers_one_by_one(tmp_path):
    store = tmp_path / "store"
    with serving_esplora(BLOCKS[:12]) as server:
        asked = ("chain", "headers", server.source, "--store", store, "--network", "regtest")
        answer = peelchain(*asked, "--json").answer
    assert (answer["complete"], answer["headers"]) == (True, 12)
    assert facts(store)["headers"] == list(enumerate(CHAIN.headers[:12]))
