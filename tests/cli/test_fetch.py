"""Traces that fetch what they lack from a server, by the command line."""

import json

import pytest
from tests.chain.crafted import genesis, grow, write_files
from tests.chain.stores import ingest
from tests.cli.documented import check
from tests.cli.running import peelchain
from tests.hostile_esplora import Reply, serving

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
