"""Rows that others published: bitcoin-etl's own sample, and real blocks with their prevouts."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.chain.dumps.test_partial_dumps import provenance
from tests.chain.dumps.written import write_lines

from peelchain.chain import sources
from peelchain.chain.sources import Asked
from peelchain.raw_tx import RawTx, TxInput, TxOutput, serialised, txid_of
from peelchain.script import sha256d
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store


def test_bitcoin_etls_own_sample_is_checked(shared_data: Path, tmp_path: Path) -> None:
    """The first of the duplicated coinbases: its bytes are made of both rows."""
    place = shared_data / "bip30" / "expected_*.json"
    done = sources.ingest(f"etl:{place}", Asked(tmp_path / "store"))
    assert (done["refused"], done["txs"], done["tip_height"]) == (0, 1, 91_722)
    # without the block before it, its header cannot be made
    assert provenance(tmp_path / "store") == ["txid"]
    with Store.open(tmp_path / "store") as store:
        (row,) = store.read("txs").to_pylist()
        assert row["size_bytes"] == 133
        assert store.read("txouts")["value_sat"].to_pylist() == [50 * 10**8]


def _raw_tx(tx: dict[str, Any]) -> RawTx:
    return RawTx(
        tx["version"],
        tuple(
            TxInput(
                bytes.fromhex(i["previous_output"]["txid"])[::-1],
                i["previous_output"]["vout"],
                bytes.fromhex(i["script"][2:]),
                i["sequence"],
                tuple(bytes.fromhex(w[2:]) for w in i["witness"]) if tx["is_segwit"] else (),
            )
            for i in tx["inputs"]
        ),
        tuple(TxOutput(o["value"], bytes.fromhex(o["pk_script"][2:])) for o in tx["outputs"]),
        tx["lock_time"],
    )


def _as_esplora(tx: dict[str, Any], height: int, time: int) -> dict[str, Any]:
    raw = _raw_tx(tx)
    vin: list[dict[str, Any]] = []
    for given, own in zip(tx["inputs"], raw.inputs, strict=True):
        prevout = given["previous_output"]["data"]
        vin.append(
            {
                "txid": own.prev_txid[::-1].hex(),
                "vout": own.prev_vout,
                "prevout": None
                if own.is_coinbase
                else {"scriptpubkey": prevout["pk_script"][2:], "value": prevout["value"]},
                "scriptsig": own.script_sig.hex(),
                "witness": [item.hex() for item in own.witness],
                "is_coinbase": own.is_coinbase,
                "sequence": own.sequence,
            }
        )
    spent = sum(i["prevout"]["value"] for i in vin if i["prevout"])
    paid = sum(o.value_sat for o in raw.outputs)
    return {
        "txid": txid_of(raw)[::-1].hex(),
        "version": raw.version,
        "locktime": raw.locktime,
        "vin": vin,
        "vout": [
            {"scriptpubkey": o.script_pubkey.hex(), "value": o.value_sat} for o in raw.outputs
        ],
        "size": len(serialised(raw)),
        "fee": 0 if raw.inputs[0].is_coinbase else spent - paid,
        "status": {"confirmed": True, "block_height": height, "block_time": time},
    }


@pytest.mark.parametrize("after", [169, 24834, 57042, 116927, 757738])
def test_real_blocks_with_prevouts_balance_to_the_satoshi(
    after: int, shared_data: Path, tmp_path: Path
) -> None:
    file = shared_data / "blocks_with_prevouts" / f"full_{after}.json"
    (block,) = json.loads(file.read_text())["blocks"]
    given = block["data"]["transactions"]
    rows = [_as_esplora(tx, after + 1, block["header"]["time"]) for tx in given]
    write_lines(tmp_path / "txs.jsonl", rows)
    done = sources.ingest(f"esplora-lines:{tmp_path / 'txs.jsonl'}", Asked(tmp_path / "store"))
    assert (done["refused"], done["txs"], done["tip_height"]) == (0, len(rows), after + 1)
    with Store.open(tmp_path / "store") as store:
        txs = {bytes(t["txid"])[::-1].hex(): t for t in store.read("txs").to_pylist()}
        fees = sum(txs[row["txid"]]["fee_sat"] for row in rows)
        coinbase = sum(o["value"] for o in rows[0]["vout"])
        assert coinbase == store.network.subsidy(after + 1) + fees
        assert Lookup(store).blocks([after + 1])[0].height == after + 1


def test_the_header_of_a_real_block_is_made_of_its_parts(shared_data: Path, tmp_path: Path) -> None:
    """A block row in bitcoin-etl's form with its parent's: the transactions are proven."""
    name = next((shared_data / "blocks_mainnet").glob("030240-*.bin"))
    raw = name.read_bytes()
    block_hash = sha256d(raw[:80])[::-1].hex()
    row = {
        "hash": block_hash,
        "number": "30240",
        "version": int.from_bytes(raw[:4], "little"),
        "merkle_root": raw[36:68][::-1].hex(),
        "timestamp": int.from_bytes(raw[68:72], "little") * 1_000_000,
        "bits": raw[72:76][::-1].hex(),
        "nonce": f"{int.from_bytes(raw[76:80], 'little'):x}",
        "coinbase_param": raw[123 : 123 + raw[122]].hex(),
        "transaction_count": raw[80],
        "previous_block_hash": raw[4:36][::-1].hex(),
    }
    end = 123 + raw[122] + 4
    value = int.from_bytes(raw[end + 1 : end + 9], "little")
    script = raw[end + 10 : end + 10 + raw[end + 9]]
    tx = {
        "hash": row["merkle_root"],
        "version": 1.0,
        "lock_time": "0",
        "block_hash": block_hash,
        "is_coinbase": None,
        "inputs": None,
        "outputs": [{"index": 0, "script_hex": script.hex(), "value": f"{value}.000000000"}],
    }
    assert raw[80] == 1
    write_lines(tmp_path / "rows.json", [tx, row])
    done = sources.ingest(f"etl:{tmp_path / 'rows.json'}", Asked(tmp_path / "store"))
    assert (done["refused"], done["proven"], done["tip_height"]) == (0, 1, 30_240)
    assert provenance(tmp_path / "store") == ["inclusion"]
