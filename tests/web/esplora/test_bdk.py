"""A wallet of the field syncs from the server: BDK, through its own client of the Esplora API."""

from typing import Any

import httpx
import pytest
from tests.esplora_server import EsploraServed

from peelchain.store.lookup import Lookup

bdk = pytest.importorskip("bdkpython", reason="bdkpython is not installed")


@pytest.fixture(scope="module")
def client(esplora: EsploraServed) -> Any:
    return bdk.EsploraClient(esplora.origin + "/api")


@pytest.fixture(scope="module")
def keys(ask: httpx.Client, lookup: Lookup) -> list[tuple[str, str]]:
    """Public keys that have spent, each with its address: the busiest and the richest of them."""
    rows = lookup.rows(
        "SELECT show_hash(any_value(txid)) AS txid, any_value(vin) AS vin, count(*) AS uses, "
        "script_id FROM txins i JOIN txouts o ON o.txout_id = i.prev_txout_id JOIN txs s ON "
        "s.tx_id = i.tx_id WHERE o.script_type = 'p2wpkh' GROUP BY script_id "
        "ORDER BY uses DESC, script_id LIMIT 30"
    )
    found = []
    for row in rows:
        txin = ask.get(f"/tx/{row['txid']}").json()["vin"][row["vin"]]
        found.append((txin["witness"][1], txin["prevout"]["scriptpubkey_address"]))
    richest = max(found, key=lambda pair: _balance(ask, pair[1]))
    return [found[0], richest]


def _balance(ask: httpx.Client, address: str) -> int:
    stats = ask.get(f"/address/{address}").json()["chain_stats"]
    return int(stats["funded_txo_sum"] - stats["spent_txo_sum"])


def test_a_wallet_has_the_balance_and_the_transactions_of_the_chain(
    client: Any, ask: httpx.Client, keys: list[tuple[str, str]]
) -> None:
    balances = []
    for key, address in keys:
        wallet = bdk.Wallet.create_single(
            bdk.Descriptor(f"wpkh({key})", bdk.NetworkKind.TEST),
            bdk.Network.REGTEST,
            bdk.Persister.new_in_memory(),
        )
        request = wallet.start_full_scan().build()
        wallet.apply_update(client.full_scan(request, stop_gap=3, parallel_requests=4))
        stats = ask.get(f"/address/{address}").json()["chain_stats"]
        balances.append(wallet.balance().total.to_sat())
        assert balances[-1] == _balance(ask, address)
        assert len(wallet.transactions()) == stats["tx_count"]
        assert wallet.latest_checkpoint().height == 260
    assert max(balances) > 0


def test_every_answer_has_the_form_that_the_client_reads(
    client: Any, ask: httpx.Client, lookup: Lookup
) -> None:
    tip = ask.get("/blocks/tip/hash").text
    assert (client.get_height(), str(client.get_tip_hash())) == (260, tip)
    assert str(client.get_block_hash(200)) == ask.get("/block-height/200").text
    block = client.get_block_by_hash(bdk.BlockHash.from_string(tip))
    assert len(block.txdata) == ask.get(f"/block/{tip}").json()["tx_count"]
    txid = client.get_txid_at_block_index(bdk.BlockHash.from_string(tip), 0)
    raw = client.get_tx(txid).serialize()
    assert raw == ask.get(f"/tx/{txid}/raw").content
    info = client.get_tx_info(txid)
    assert (str(info.txid), info.size, info.status.block_height) == (str(txid), len(raw), 260)
    assert client.get_tx_status(txid).confirmed
    assert not client.get_output_status(txid, 0).spent
    assert client.get_merkle_proof(txid).pos == 0
    assert client.get_fee_estimates() == {}
    assert client.get_tx(bdk.Txid.from_string("00" * 32)) is None
    with pytest.raises(bdk.EsploraError.HttpResponse, match="read only"):
        client.broadcast(client.get_tx(txid))
