"""Traces that fetch what they lack from a server, by the command line."""

import json

import pytest
from tests.chain.crafted import genesis, grow, write_files
from tests.chain.stores import ingest
from tests.cli.documented import check
from tests.cli.running import peelchain
from tests.hostile_esplora import Reply, display, serving
from tests.socks_server import proxying

BLOCKS = grow([genesis()], 40)
# the output of the block's first spend that its next merge takes
SEED = f"{BLOCKS[16].txs[1].shown}:0"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    ingest(write_files(folder / "blocks", BLOCKS), folder / "store")
    return folder / "store"


@pytest.fixture
def server():
    with serving(BLOCKS) as served:
        yield served


@pytest.fixture
def store(tmp_path):
    return tmp_path / "part"


def fetch(served, store, *more):
    return peelchain(
        "chain", "fetch", served.source, *more, "--store", store, "--network", "regtest", "--json"
    )


def test_keys_of_what_was_fetched_are_documented_and_given(server, store):
    txid = SEED.partition(":")[0]
    spender = server.chain.spenders[bytes.fromhex(txid)[::-1], 0][0]

    def unconfirmed(path, truth):
        if path == f"/tx/{txid}/outspend/1":
            return Reply(
                json.dumps(
                    {"spent": True, "txid": "11" * 32, "vin": 0, "status": {"confirmed": False}}
                ).encode()
            )
        return truth

    server.lie = unconfirmed
    answer = fetch(server, store, txid, f"{txid}:1", spender[::-1].hex()).answer
    assert answer["fetching"]["unconfirmed_spends"] == [
        {"outpoint": f"{txid}:1", "txid": "11" * 32}
    ]
    check("chain fetch", answer)
    assert answer["fetching"]["complete"]


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_trace_through_a_server_ends_where_that_of_the_whole_chain_does(
    server, store, whole, direction
):
    asked = ["trace", direction, "--seed", SEED, "--json", "--rule", "all"]
    server_options = ["--source", server.source, "--network", "regtest"]
    fetched = peelchain(*asked, "--store", store, *server_options).answer
    rules = [rule["rule"] for rule in fetched["rules"]]
    of_rules = [part for rule in rules for part in ("--rule", rule)]
    truth = peelchain(*asked[:-2], *of_rules, "--store", whole).answer
    assert fetched["fetching"]["complete"]
    for key in ("terminals", "totals", "rules", "seeds_sat", "visited_txs", "poison"):
        assert fetched[key] == truth[key]
    # what was fetched answers again, with nobody asked
    asked_before = dict(server.asked)
    again = peelchain(*asked[:-2], *of_rules, "--store", store).answer
    assert again["terminals"] == fetched["terminals"]
    assert dict(server.asked) == asked_before
    assert max(asked_before.values()) == 1


@pytest.fixture
def far(server):
    """The server by a name that only a proxy knows, and that proxy."""
    port = int(server.url.split(":")[2].partition("/")[0])
    with proxying({"explorer.example": ("127.0.0.1", port)}) as proxy:
        yield "esplora:http://explorer.example/api", proxy


def test_nothing_is_asked_of_a_far_server_without_consent(server, far, store):
    source, proxy = far
    asked = ["chain", "fetch", source, SEED, "--store", store, "--network", "regtest"]
    said = peelchain(*asked, "--proxy", proxy.url).refused(2, "--yes", "no terminal")
    assert f"output {SEED}" in said
    assert "explorer.example" in said
    assert "does not see your network address" in said
    assert "NOT encrypted" in said
    assert (proxy.asked, dict(server.asked)) == ([], {})


def test_consent_is_for_one_server_and_for_the_way_to_it(server, far, store):
    source, proxy = far
    asked = ["chain", "fetch", source, SEED, "--store", store, "--network", "regtest", "--json"]
    asked += ["--requests-per-second", 1000]
    ran = peelchain(*asked, "--proxy", proxy.url, "--yes")
    assert ran.answer["fetching"]["complete"]
    # the name was resolved by the proxy: nobody here was asked for it
    assert {host for host, _ in proxy.asked} == {"explorer.example"}
    # remembered, and what is asked for is said no more
    again = peelchain(*asked, "--proxy", proxy.url)
    assert again.answer["fetching"]["complete"]
    assert "explorer.example" not in again.err
    # not for showing the network address
    said = peelchain(*asked).refused(2, "--yes")
    assert "It sees your network address" in said


def test_trace_says_that_what_it_comes_to_is_asked_too(far, store):
    source, proxy = far
    asked = ["trace", "forward", "--seed", SEED, "--source", source, "--store", store]
    said = peelchain(*asked, "--network", "regtest", "--proxy", proxy.url).refused(2)
    assert "each transaction, output and address that the trace comes to" in said


def test_server_on_this_machine_is_asked_without_consent_or_proxy(server, far, store):
    _, proxy = far
    ran = fetch(server, store, SEED, "--proxy", proxy.url)
    assert ran.answer["fetching"]["complete"]
    assert proxy.asked == []


@pytest.mark.parametrize(
    "source, words",
    [
        ("esplora:http://ann:hunter2@explorer.example/api", "user or password"),
        ("esplora:ftp://explorer.example", "no URL"),
        ("esplora:https://explorer.example/api?key=hunter2", "no URL"),
        ("esplora:", "KIND:PLACE"),
        ("gopher:explorer.example", "kinds are"),
    ],
)
def test_source_that_is_none_is_refused(store, source, words):
    said = peelchain("chain", "fetch", source, SEED, "--store", store, "--yes").refused(2, words)
    assert "ann" not in said
    assert not store.exists()


@pytest.mark.parametrize(
    "proxy, words",
    [
        ("socks5://ann:hunter2@127.0.0.1:9050", "user or password"),
        ("http://127.0.0.1:9050", "socks5://HOST:PORT"),
        ("socks5://127.0.0.1", "socks5://HOST:PORT"),
        ("127.0.0.1:9050", "socks5://HOST:PORT"),
    ],
)
def test_proxy_that_is_none_is_refused_before_anything_is_asked(server, store, proxy, words):
    said = fetch(server, store, SEED, "--proxy", proxy).refused(2, words)
    assert "hunter2" not in said
    assert not server.asked


def test_store_of_a_whole_chain_is_not_fetched_into(server, whole):
    fetch(server, whole, SEED).refused(2, "holds the whole chain")


def test_store_is_of_one_network(server, store):
    assert fetch(server, store, SEED).code == 0
    ran = peelchain(
        "chain", "fetch", server.source, SEED, "--store", store, "--network", "testnet4"
    )
    ran.refused(2, "--network", "regtest")


def test_server_of_another_network_is_refused(server, store):
    ran = peelchain("chain", "fetch", server.source, SEED, "--store", store)
    ran.refused(1, "begins with", "--network", server.url)


def test_transaction_that_no_block_has_is_said_so(server, store):
    txid = display(b"\x05" * 32)
    ran = fetch(server, store, txid)
    ran.refused(1, txid, "in no block")


def test_output_that_a_transaction_does_not_have_is_said_so(server, store):
    fetch(server, store, f"{SEED.partition(':')[0]}:99").refused(1, "counted from 0")


def test_account_rules_are_refused_before_anything_is_asked(server, store):
    asked = ["trace", "forward", "--seed", SEED, "--rule", "account-fifo", "--store", store]
    peelchain(*asked, "--source", server.source, "--network", "regtest").refused(
        2, "every receipt and payment"
    )
    assert not server.asked


def test_trace_says_what_it_fetched_and_that_a_server_failed(server, store):
    server.lie = lambda path, truth: (
        Reply(b"gone", status=410) if path.endswith("/outspend/0") else truth
    )
    asked = ["trace", "forward", "--seed", SEED, "--store", store, "--network", "regtest"]
    ran = peelchain(*asked, "--source", server.source)
    assert ran.code == 1
    assert f"warning: {server.url}" in ran.err
    assert "not complete" in ran.out
    assert "unresolved" in ran.out
    server.lie = lambda _path, truth: truth
    ran = peelchain(*asked, "--source", server.source)
    assert ran.code == 0
    assert "not complete" not in ran.out


def test_transaction_and_address_are_shown_as_from_the_whole_chain(server, store, whole):
    options = ["--store", store, "--source", server.source, "--network", "regtest"]
    txid = SEED.partition(":")[0]
    fetched = peelchain("tx", txid, *options, "--json").answer
    truth = peelchain("tx", txid, "--store", whole, "--json").answer
    assert fetched["fetching"]["complete"]
    assert {k: fetched[k] for k in truth} == truth
    paid = truth["outputs"][0]["address"]
    fetched = peelchain("address", paid, *options, "--json").answer
    truth = peelchain("address", paid, "--store", whole, "--json").answer
    assert len(truth["receipts"]) > 3
    # the whole chain knows other addresses of the cluster, and no server was asked for them
    apart = {"cluster_id", "cluster_scripts"}
    assert {k: fetched[k] for k in truth.keys() - apart} == {
        k: truth[k] for k in truth.keys() - apart
    }
    assert max(server.asked.values()) <= 2
