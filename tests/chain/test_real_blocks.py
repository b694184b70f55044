"""Real mainnet blocks, beside Bitcoin Core's own parser."""

import ast
import csv
import json
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import pbk
from tests.chain.crafted import Tx, compact, merkle_root, sha256d

from peelchain import _core
from peelchain.actions.chain import decode
from peelchain.script import is_unspendable, script_type

NAMES = {"opreturn": "op_return", "p2ms": "multisig", "other": "nonstandard"}


def index(shared_data: Path) -> list[dict[str, str]]:
    with (shared_data / "blocks_mainnet" / "INDEX.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def outpoint(point: Any) -> tuple[bytes, int]:
    return bytes(point.txid), point.index


def test_every_block_parses_as_bitcoin_core_parses_it(shared_data: Path) -> None:
    rows = index(shared_data)
    assert len(rows) == 26
    for row in rows:
        raw = (shared_data / "blocks_mainnet" / row["file"]).read_bytes()
        ours, core = _core.decode_block(raw), pbk.Block(raw)
        assert ours["problem"] is None
        assert ours["hash"] == bytes(core.block_hash)
        assert ours["hash"][::-1].hex() == row["hash"]
        assert len(ours["txs"]) == len(core.transactions) == int(row["txs"])
        stripped_bytes = 0
        for tx, theirs in zip(ours["txs"], core.transactions, strict=True):
            start, end = tx["span"]
            assert tx["txid"] == bytes(theirs.txid)
            assert raw[start:end] == bytes(theirs)
            assert tx["wtxid"] == sha256d(bytes(theirs))
            assert tx["locktime"] == theirs.locktime
            stripped = _core.without_witness(raw[start:end])
            assert sha256d(stripped) == tx["txid"]
            assert tx["weight"] == 3 * len(stripped) + (end - start)
            stripped_bytes += len(stripped)
            assert [(value, script) for value, script, _ in tx["outputs"]] == [
                (o.amount, bytes(o.script_pubkey)) for o in theirs.outputs
            ]
            coinbase = tx is ours["txs"][0]
            assert [prevout for prevout, _, _ in tx["inputs"]] == (
                [None] if coinbase else [outpoint(i.out_point) for i in theirs.inputs]
            )
            assert [sequence for _, sequence, _ in tx["inputs"]] == [
                i.sequence for i in theirs.inputs
            ]
        overhead = 80 + (1 if len(ours["txs"]) < 253 else 3)
        assert ours["weight"] == 3 * (stripped_bytes + overhead) + len(raw)


def test_the_height_is_the_one_the_coinbase_states(shared_data: Path) -> None:
    stated = 0
    for row in index(shared_data):
        answer = decode(shared_data / "blocks_mainnet" / row["file"])
        height = int(next(value for name, value in row.items() if name.startswith("height")))
        if height >= 227_931:  # BIP 34 in force
            assert answer["height"] == height
            stated += 1
        elif height >= 0:
            assert answer["height"] in (None, height)
    assert stated >= 15


def test_script_types_are_those_of_the_index(shared_data: Path) -> None:
    for row in index(shared_data):
        raw = (shared_data / "blocks_mainnet" / row["file"]).read_bytes()
        counted: Counter[str] = Counter()
        for tx in _core.decode_block(raw)["txs"]:
            for _, script, kind in tx["outputs"]:
                assert kind == script_type(script)
                # the index counts OP_RETURN by its first byte; Core asks that only pushes follow
                counted["op_return" if script[:1] == b"\x6a" else kind] += 1
        listed = ast.literal_eval(row["output_types"])
        assert counted == {NAMES.get(name, name): count for name, count in listed.items()}


def test_both_script_typers_agree_on_bitcoin_cores_scripts(shared_data: Path) -> None:
    found = list((shared_data / "vectors").rglob("key_io_valid.json"))
    scripts = [
        bytes.fromhex(row[1])
        for path in found
        for row in json.loads(path.read_text(encoding="utf-8"))
        if not row[2].get("isPrivkey")
    ]
    assert len(scripts) > 30
    for script in scripts:
        kind = script_type(script)
        assert _core.script_type(script) == (kind, is_unspendable(script))


def test_values_balance_where_every_prevout_is_known(shared_data: Path) -> None:
    files = sorted((shared_data / "blocks_with_prevouts").glob("full_*.json"))
    assert len(files) == 12
    for file in files:
        given = json.loads(file.read_text(encoding="utf-8"))
        height = given["chain_state"]["block_height"] + 1
        (listed,) = given["blocks"]
        txs = listed["data"]["transactions"]
        raw = raw_block(listed, given["chain_state"]["best_block_hash"])
        block = _core.decode_block(raw)
        assert block["problem"] is None
        assert block["hash"][::-1].hex() == given["expected"]["best_block_hash"]
        values = [i["previous_output"]["data"]["value"] for tx in txs[1:] for i in tx["inputs"]]
        paid = sum(value for tx in block["txs"] for value, _, _ in tx["outputs"])
        assert paid == sum(values) + (50 * 10**8 >> height // 210_000)
        for tx in txs:
            for coin in tx["inputs"]:
                script = unhex(coin["previous_output"]["data"]["pk_script"])
                assert _core.script_type(script) == (script_type(script), is_unspendable(script))


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def raw_block(listed: Any, parent: str) -> bytes:
    """The bytes of a block given as JSON; its Merkle root is computed."""
    txs = []
    for tx in listed["data"]["transactions"]:
        points = [i["previous_output"] for i in tx["inputs"]]
        body = compact(len(points))
        for point, given in zip(points, tx["inputs"], strict=True):
            script = unhex(given["script"])
            body += bytes.fromhex(point["txid"])[::-1] + struct.pack("<I", point["vout"])
            body += compact(len(script)) + script + struct.pack("<I", given["sequence"])
        body += compact(len(tx["outputs"]))
        for output in tx["outputs"]:
            script = unhex(output["pk_script"])
            body += struct.pack("<q", output["value"]) + compact(len(script)) + script
        version, locktime = struct.pack("<I", tx["version"]), struct.pack("<I", tx["lock_time"])
        witness = b"".join(
            compact(len(i["witness"]))
            + b"".join(compact(len(unhex(item))) + unhex(item) for item in i["witness"])
            for i in tx["inputs"]
        )
        stripped = version + body + locktime
        whole = version + b"\0\1" + body + witness + locktime if tx["is_segwit"] else stripped
        txs.append(Tx(whole, stripped))
    header = listed["header"]
    start = struct.pack("<I", header["version"]) + bytes.fromhex(parent)[::-1]
    start += merkle_root([tx.txid for tx in txs])
    start += struct.pack("<III", header["time"], header["bits"], header["nonce"])
    return start + compact(len(txs)) + b"".join(tx.raw for tx in txs)
