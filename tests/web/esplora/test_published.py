"""Answers held against those of public servers, key by key, for transactions that everybody knows.

The form is that of the published API and its server; the values are those of block 170, in which
the first payment between two people stands.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from tests.esplora_server import serving_esplora

TXID = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"
BLOCK = "00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee"
COINBASE = "b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082"
SATOSHI = (
    "0411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f82e16"
    "0bfa9b8b64f9d4c03f999b8643f656b412a3"
)
FINNEY = (
    "04ae1a62fe09c5f51b13905f07f06b99a2f7159b2225f374cd378d71302fa28414e7aab37397f554a7df5f142c21c1"
    "b7303b8a0626f1baded5c72a704f7e6cd84c"
)
SIGNATURE = (
    "304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de48"
    "60a4acdd12909d831cc56cbbac4622082221a8768d1d0901"
)
STATUS = {
    "confirmed": True,
    "block_height": 170,
    "block_hash": BLOCK,
    "block_time": 1231731025,
}


def _paid(key: str, value: int) -> dict[str, object]:
    return {
        "scriptpubkey": f"41{key}ac",
        "scriptpubkey_asm": f"OP_PUSHBYTES_65 {key} OP_CHECKSIG",
        "scriptpubkey_type": "p2pk",
        "value": value,
    }


@pytest.fixture(scope="module")
def ask(early_store: Path) -> Iterator[httpx.Client]:
    with serving_esplora(early_store) as served, served.client() as client:
        yield client


def test_a_transaction_is_told_as_public_servers_tell_it(ask: httpx.Client) -> None:
    got = ask.get(f"/tx/{TXID}")
    expected = {
        "txid": TXID,
        "version": 1,
        "locktime": 0,
        "vin": [
            {
                "txid": "0437cd7f8525ceed2324359c2d0ba26006d92d856a9c20fa0241106ee5a597c9",
                "vout": 0,
                "prevout": _paid(SATOSHI, 5_000_000_000),
                "scriptsig": "47" + SIGNATURE,
                "scriptsig_asm": f"OP_PUSHBYTES_71 {SIGNATURE}",
                "is_coinbase": False,
                "sequence": 4294967295,
            }
        ],
        "vout": [_paid(FINNEY, 1_000_000_000), _paid(SATOSHI, 4_000_000_000)],
        "size": 275,
        "weight": 1100,
        "fee": 0,
        "status": STATUS,
    }
    assert got.json() == expected
    # the order is the public servers' too, for those who compare text
    assert list(got.json()) == list(expected)
    assert got.headers["content-type"] == "application/json"
    assert ask.get(f"/api/tx/{TXID}").content == got.content
    assert ask.get(f"/tx/{TXID}/status").json() == STATUS


def test_the_coinbase_names_no_prevout(ask: httpx.Client) -> None:
    (txin,) = ask.get(f"/tx/{COINBASE}").json()["vin"]
    assert txin == {
        "txid": "00" * 32,
        "vout": 4294967295,
        "prevout": None,
        "scriptsig": "04ffff001d0102",
        "scriptsig_asm": "OP_PUSHBYTES_4 ffff001d OP_PUSHBYTES_1 02",
        "is_coinbase": True,
        "sequence": 4294967295,
    }


def test_the_block_is_told_as_public_servers_tell_it(ask: httpx.Client) -> None:
    times = [
        ask.get(f"/block/{ask.get(f'/block-height/{height}').text}").json()["timestamp"]
        for height in range(160, 171)
    ]
    assert ask.get(f"/block/{BLOCK}").json() == {
        "id": BLOCK,
        "height": 170,
        "version": 1,
        "timestamp": 1231731025,
        "tx_count": 2,
        "size": 490,
        "weight": 1960,
        "merkle_root": "7dac2c5666815c17a3b36427de37bb9d2e2c5ccec3f8633eb91a4205cb4c10ff",
        "previousblockhash": "000000002a22cfee1f2c846adbd12b3e183d4f97683f85dad08a79780a84bd55",
        "mediantime": sorted(times)[5],
        "nonce": 1889418792,
        "bits": 486604799,
        "difficulty": 1.0,
    }
    assert ask.get(f"/block/{BLOCK}/txids").json() == [COINBASE, TXID]
    assert ask.get(f"/block/{BLOCK}/txid/1").text == TXID
    assert ask.get("/block-height/170").text == BLOCK
    genesis = ask.get("/block/000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f")
    assert genesis.json()["previousblockhash"] is None


def test_the_proof_is_the_one_sibling(ask: httpx.Client) -> None:
    told = ask.get(f"/tx/{TXID}/merkle-proof").json()
    assert told == {"block_height": 170, "merkle": [COINBASE], "pos": 1}


def test_the_key_has_what_it_received_and_spent(ask: httpx.Client) -> None:
    # not reversed, as Esplora has it and Electrum does not
    scripthash = sha256(bytes.fromhex(f"41{SATOSHI}ac")).hexdigest()
    told = ask.get(f"/scripthash/{scripthash}").json()
    assert told["scripthash"] == scripthash
    stats = told["chain_stats"]
    assert stats["funded_txo_count"] == len(_funding(ask, scripthash))
    assert stats["funded_txo_sum"] == sum(_funding(ask, scripthash))
    assert ask.get(f"/tx/{TXID}/outspend/1").json() == {
        "spent": True,
        "txid": "a16f3ce4dd5deb92d98ef5cf8afeaf0775ebca408f708b2146c4fb42b41e14be",
        "vin": 0,
        "status": {
            "confirmed": True,
            "block_height": 181,
            "block_hash": ask.get("/block-height/181").text,
            "block_time": 1231740133,
        },
    }


def _funding(ask: httpx.Client, scripthash: str) -> list[int]:
    return [
        out["value"]
        for tx in ask.get(f"/scripthash/{scripthash}/txs").json()
        for out in tx["vout"]
        if out["scriptpubkey"] == f"41{SATOSHI}ac"
    ]
