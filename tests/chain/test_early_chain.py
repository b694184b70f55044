"""The first 4,313 blocks of mainnet: what everybody knows of them must be what the commands say."""

from pathlib import Path

import pytest
from tests.chain.stores import answer, ingest

TO_FINNEY = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"
FIRST_COIN = "0437cd7f8525ceed2324359c2d0ba26006d92d856a9c20fa0241106ee5a597c9"


@pytest.fixture(scope="module")
def early(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("early") / "store"
    done = ingest(shared_data / "early_chain", store)
    assert done.tip_height == 4312
    assert done.tip_hash == "00000000a9da635727dce622d78361b153ce3334e6a60d4377fad529abfc7863"
    assert done.counts["txs"] == 4371
    assert done.counts["txins"] == 4313 + 247
    assert (done.stale, done.unconnected, done.left_out) == (0, 0, ())
    return store


def test_it_verifies(early: Path) -> None:
    found = answer("chain", "verify", "--store", early)
    assert (found["ok"], found["failures"]) == (True, [])
    assert (found["checked"]["blocks"], found["checked"]["txs"]) == (4313, 4371)


def test_the_first_payment(early: Path) -> None:
    tx = answer("tx", TO_FINNEY, "--store", early)
    assert (tx["height"], tx["fee_sat"]) == (170, 0)
    assert [o["value_sat"] for o in tx["outputs"]] == [10 * 10**8, 40 * 10**8]
    assert tx["inputs"][0]["prevout"] == f"{FIRST_COIN}:0"
    assert tx["inputs"][0]["value_sat"] == 50 * 10**8
    assert tx["outputs"][1]["spent_by"].startswith("a16f3ce4dd5deb92d98ef5cf8afeaf0775ebca408f7")


def test_the_address_of_a_key_shows_what_the_key_was_paid(early: Path) -> None:
    satoshi = answer("address", "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S", "--store", early)
    assert [r["height"] for r in satoshi["receipts"]] == [9, 170, 181, 182, 183, 248]
    assert satoshi["balance_sat"] == 18 * 10**8
    assert satoshi["script_type"] == "p2pk"
    assert satoshi["paid_as_key"] == [satoshi["script_pubkey"]]
    first = answer("address", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "--store", early)
    assert (first["received_sat"], first["first_seen_height"]) == (50 * 10**8, 0)


def test_genesis_cannot_be_spent_and_is_not_called_unspent(early: Path) -> None:
    from peelchain.store import arrays
    from peelchain.store.reader import Store

    with Store.open(early) as store:
        assert arrays.load(store).txout_unspendable[:2].tolist() == [True, False]


def test_it_clusters(early: Path) -> None:
    assert answer("cluster", "run", "--store", early)["links"] == 188


@pytest.mark.parametrize("rule", ["pro_rata", "index_fifo"])
def test_traces_add_up(early: Path, rule: str) -> None:
    forward = answer(
        "trace", "forward", "--store", early, "--seed", f"{FIRST_COIN}:0", "--rule", rule
    )
    assert forward["seeds_sat"] == 50 * 10**8 == sum(forward["totals"].values())
    backward = answer(
        "trace", "backward", "--store", early, "--seed", f"{TO_FINNEY}:0", "--rule", rule
    )
    assert backward["totals"] == {"coinbase": 10 * 10**8}
