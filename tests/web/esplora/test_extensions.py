"""What mempool.space's servers answer beside Esplora's, as far as a store knows it."""

from datetime import datetime

import httpx
import pytest

from peelchain.store.lookup import Lookup


def test_the_spends_of_several_transactions_at_once(ask: httpx.Client) -> None:
    tip = ask.get("/blocks/tip/hash").text
    txids = ask.get(f"/block/{tip}/txids").json()[:5]
    told = ask.get("/api/txs/outspends", params={"txids": ",".join(txids)}).json()
    assert told == [ask.get(f"/tx/{txid}/outspends").json() for txid in txids]
    assert ask.get("/txs/outspends").json() == []
    many = ask.get("/txs/outspends", params={"txids": ",".join([txids[0]] * 51)})
    assert many.status_code == 400


def test_addresses_are_validated_as_bitcoin_core_does(ask: httpx.Client) -> None:
    """Regtest addresses of BIP 173's key and of a script."""
    assert ask.get("/v1/validate-address/bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080").json() == {
        "isvalid": True,
        "address": "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
        "scriptPubKey": "0014751e76e8199196d454941c45d1b3a323f1433bd6",
        "isscript": False,
        "iswitness": True,
        "witness_version": 0,
        "witness_program": "751e76e8199196d454941c45d1b3a323f1433bd6",
    }
    p2pkh = ask.get("/v1/validate-address/mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r").json()
    assert (p2pkh["isvalid"], p2pkh["isscript"], p2pkh["iswitness"]) == (True, False, False)
    wrong = ask.get("/v1/validate-address/bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081")
    assert wrong.status_code == 200
    assert wrong.json()["isvalid"] is False


def test_the_block_before_a_time(ask: httpx.Client, lookup: Lookup) -> None:
    rows = lookup.rows(
        "SELECT height, show_hash(block_hash) AS hash, epoch(time_utc)::BIGINT AS time FROM blocks"
    )
    times = [row["time"] for row in rows]
    for asked in (times[0], times[100], times[100] + 1, times[200] - 1, max(times), max(times) + 9):
        told = ask.get(f"/v1/mining/blocks/timestamp/{asked}").json()
        latest = max(time for time in times if time <= asked)
        assert datetime.fromisoformat(told["timestamp"]).timestamp() == latest
        assert rows[told["height"]]["hash"] == told["hash"]
        assert rows[told["height"]]["time"] == latest
    assert ask.get(f"/v1/mining/blocks/timestamp/{min(times) - 1}").status_code == 404


@pytest.mark.parametrize("asked", ["soon", "-1", "4294967296", "9" * 40, "%D9%A1"])
def test_what_is_no_time_is_refused(ask: httpx.Client, asked: str) -> None:
    got = ask.get(f"/v1/mining/blocks/timestamp/{asked}")
    assert (got.status_code, got.text) == (400, "Invalid timestamp")


def test_blocks_have_their_fees_and_counts(ask: httpx.Client, lookup: Lookup) -> None:
    told = ask.get("/v1/blocks/250").json()
    assert [block["height"] for block in told] == list(range(250, 235, -1))
    assert [block["height"] for block in ask.get("/v1/blocks").json()] == list(range(260, 245, -1))
    empty = ask.get("/v1/blocks/1").json()
    assert [block["extras"]["avgFee"] for block in empty] == [0, 0]
    for block in (*told, *empty):
        rows = lookup.rows("SELECT * FROM txs WHERE height = ?", [block["height"]])
        others = [row for row in rows if row["tx_index"]]
        fees = sum(row["fee_sat"] for row in others)
        extras = block.pop("extras")
        assert block == ask.get(f"/block/{block['id']}").json()
        assert ask.get(f"/v1/block/{block['id']}").json() == {**block, "extras": extras}
        assert extras["totalFees"] == fees
        # what is paid to the miner is the subsidy and the fees, unless a miner leaves some
        assert extras["reward"] == lookup.store.network.subsidy(block["height"]) + fees
        assert extras["totalInputs"] == sum(row["txin_count"] for row in others)
        assert extras["totalOutputs"] == sum(row["txout_count"] for row in rows)
        if others:
            size = sum(row["size_bytes"] for row in others)
            rate = 4 * fees // sum(row["weight"] for row in others)
            assert extras["avgFee"] == fees // len(others)
            assert (extras["avgTxSize"], extras["avgFeeRate"]) == (size // len(others), rate)
