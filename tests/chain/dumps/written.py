"""Dumps as others write them, of the raw blocks of a node: what the readers are held against."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peelchain.chain.core_files import find, scan
from peelchain.network import Network
from peelchain.raw_tx import RawTx, parsed, serialised, txid_of
from peelchain.script import ScriptType, address, script_type
from peelchain.units import format_hash, format_time

_CORE_TYPES = {
    ScriptType.P2PK: "pubkey",
    ScriptType.P2PKH: "pubkeyhash",
    ScriptType.P2SH: "scripthash",
    ScriptType.P2WPKH: "witness_v0_keyhash",
    ScriptType.P2WSH: "witness_v0_scripthash",
    ScriptType.P2TR: "witness_v1_taproot",
    ScriptType.OP_RETURN: "nulldata",
    ScriptType.MULTISIG: "multisig",
}

Outputs = dict[tuple[bytes, int], tuple[int, bytes]]


@dataclass(frozen=True)
class Known:
    """A block with what a node says of it."""

    height: int
    raw: bytes
    txs: tuple[RawTx, ...]
    network: Network
    spent: Outputs

    @property
    def hash(self) -> str:
        return format_hash(_sha256d(self.raw[:80]))

    def header(self, start: int, end: int) -> int:
        return int.from_bytes(self.raw[start:end], "little")

    @property
    def time(self) -> int:
        return self.header(68, 72)

    @property
    def stripped_bytes(self) -> int:
        front = len(self.raw) - sum(len(serialised(tx)) for tx in self.txs)
        return front + sum(len(serialised(tx, witness=False)) for tx in self.txs)


def known_blocks(node: Path) -> list[Known]:
    """The best chain of a node's files."""
    files = find(node, None)
    found = scan(files)
    outputs: Outputs = {}
    blocks = []
    for height, raw in enumerate(_raws(files.blocks, files.network.magic, found.hashes)):
        txs = tuple(_transactions(raw))
        spent = {}
        for tx in txs:
            for i in tx.inputs:
                if not i.is_coinbase:
                    spent[i.prev_txid, i.prev_vout] = outputs[i.prev_txid, i.prev_vout]
            txid = txid_of(tx)
            for vout, o in enumerate(tx.outputs):
                outputs[txid, vout] = o.value_sat, o.script_pubkey
        blocks.append(Known(height, raw, txs, files.network, spent))
    return blocks


def _raws(folder: Path, magic: bytes, hashes: tuple[str, ...]) -> Iterator[bytes]:
    by_hash = {}
    key = (folder / "xor.dat").read_bytes() if (folder / "xor.dat").exists() else bytes(8)
    for file in sorted(folder.glob("blk*.dat")):
        data = bytes(b ^ key[i % 8] for i, b in enumerate(file.read_bytes()))
        at = 0
        while data[at : at + 4] == magic:
            size = int.from_bytes(data[at + 4 : at + 8], "little")
            raw = data[at + 8 : at + 8 + size]
            by_hash[format_hash(_sha256d(raw[:80]))] = raw
            at += 8 + size
    for shown in hashes:
        yield by_hash[shown]


def _transactions(raw: bytes) -> Iterator[RawTx]:
    from peelchain import _core

    for _, start, end in _core.transaction_spans(raw):
        yield parsed(raw[start:end])


def _sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


# --- bitcoin-etl ---


def etl_block(block: Known) -> dict[str, Any]:
    """A row of blocks.json."""
    return {
        "hash": block.hash,
        "size": len(block.raw),
        "stripped_size": block.stripped_bytes,
        "weight": 3 * block.stripped_bytes + len(block.raw),
        "number": block.height,
        "version": int.from_bytes(block.raw[:4], "little", signed=True),
        "merkle_root": format_hash(block.raw[36:68]),
        "timestamp": block.time,
        "nonce": f"{block.header(76, 80):x}",
        "bits": f"{block.header(72, 76):08x}",
        "coinbase_param": block.txs[0].inputs[0].script_sig.hex(),
        "transaction_count": len(block.txs),
    }


def etl_transaction(block: Known, index: int) -> dict[str, Any]:
    """A row of transactions.json, with the inputs enriched."""
    tx = block.txs[index]
    size, bare = len(serialised(tx)), len(serialised(tx, witness=False))
    coinbase = tx.inputs[0].is_coinbase
    inputs = [] if coinbase else list(tx.inputs)
    spent = [block.spent[i.prev_txid, i.prev_vout] for i in inputs]
    paid = sum(o.value_sat for o in tx.outputs)
    return {
        "hash": format_hash(txid_of(tx)),
        "size": size,
        "virtual_size": (3 * bare + size + 3) // 4,
        "version": tx.version,
        "lock_time": tx.locktime,
        "block_number": block.height,
        "block_hash": block.hash,
        "block_timestamp": block.time,
        "is_coinbase": coinbase,
        "index": index,
        "inputs": [
            {
                "index": vin,
                "spent_transaction_hash": format_hash(i.prev_txid),
                "spent_output_index": i.prev_vout,
                "script_asm": "",
                "script_hex": i.script_sig.hex(),
                "sequence": i.sequence,
                "required_signatures": 1,
                **_addressed(script, block.network),
                "value": value,
            }
            for vin, (i, (value, script)) in enumerate(zip(inputs, spent, strict=True))
        ],
        "outputs": [
            {
                "index": vout,
                "script_asm": "",
                "script_hex": o.script_pubkey.hex(),
                "required_signatures": 1,
                **_addressed(o.script_pubkey, block.network),
                "value": o.value_sat,
            }
            for vout, o in enumerate(tx.outputs)
        ],
        "input_count": len(inputs),
        "output_count": len(tx.outputs),
        "input_value": sum(value for value, _ in spent),
        "output_value": paid,
        "fee": 0 if coinbase else sum(value for value, _ in spent) - paid,
    }


def _addressed(script: bytes, network: Network) -> dict[str, Any]:
    shown = address(script, network)
    kind = _CORE_TYPES.get(script_type(script), "nonstandard")
    if shown is None:
        name = f"nonstandard{hashlib.sha256(script).hexdigest()[:40]}"
        return {"type": kind, "addresses": [name]}
    return {"type": kind, "addresses": [shown]}


# --- Esplora ---


def esplora_block(block: Known) -> dict[str, Any]:
    """What /block/:hash answers."""
    return {
        "id": block.hash,
        "height": block.height,
        "version": int.from_bytes(block.raw[:4], "little", signed=True),
        "timestamp": block.time,
        "tx_count": len(block.txs),
        "size": len(block.raw),
        "weight": 3 * block.stripped_bytes + len(block.raw),
        "merkle_root": format_hash(block.raw[36:68]),
        "previousblockhash": format_hash(block.raw[4:36]) if block.height else None,
        "mediantime": block.time,
        "nonce": block.header(76, 80),
        "bits": block.header(72, 76),
        "difficulty": 1.0,
    }


def esplora_transaction(block: Known, index: int) -> dict[str, Any]:
    """What /tx/:txid answers."""
    tx = block.txs[index]
    size, bare = len(serialised(tx)), len(serialised(tx, witness=False))
    paid = sum(o.value_sat for o in tx.outputs)
    vin = []
    total = 0
    for i in tx.inputs:
        prevout = None
        if not i.is_coinbase:
            value, script = block.spent[i.prev_txid, i.prev_vout]
            total += value
            prevout = {"scriptpubkey": script.hex(), "value": value}
        one: dict[str, Any] = {
            "txid": format_hash(i.prev_txid),
            "vout": i.prev_vout,
            "prevout": prevout,
            "scriptsig": i.script_sig.hex(),
            "is_coinbase": i.is_coinbase,
            "sequence": i.sequence,
        }
        if i.witness:
            one["witness"] = [item.hex() for item in i.witness]
        vin.append(one)
    return {
        "txid": format_hash(txid_of(tx)),
        "version": tx.version,
        "locktime": tx.locktime,
        "vin": vin,
        "vout": [{"scriptpubkey": o.script_pubkey.hex(), "value": o.value_sat} for o in tx.outputs],
        "size": size,
        "weight": 3 * bare + size,
        "fee": 0 if tx.inputs[0].is_coinbase else total - paid,
        "status": {
            "confirmed": True,
            "block_height": block.height,
            "block_hash": block.hash,
            "block_time": block.time,
        },
    }


# --- Blockchair ---


def blockchair_tables(blocks: list[Known]) -> dict[str, list[list[Any]]]:
    """The four tables, each with its row of column names."""
    tables: dict[str, list[list[Any]]] = {
        "blocks": [
            [
                "id",
                "hash",
                "time",
                "median_time",
                "size",
                "stripped_size",
                "weight",
                "version",
                "version_hex",
                "merkle_root",
                "nonce",
                "bits",
                "difficulty",
                "coinbase_data_hex",
                "transaction_count",
            ]
        ],
        "transactions": [
            [
                "block_id",
                "hash",
                "time",
                "size",
                "weight",
                "version",
                "lock_time",
                "is_coinbase",
                "has_witness",
                "input_count",
                "output_count",
                "fee",
            ]
        ],
        "outputs": [
            [
                "block_id",
                "transaction_hash",
                "index",
                "time",
                "value",
                "value_usd",
                "recipient",
                "type",
                "script_hex",
                "is_from_coinbase",
                "is_spendable",
            ]
        ],
        "inputs": [
            [
                "block_id",
                "transaction_hash",
                "index",
                "time",
                "value",
                "value_usd",
                "recipient",
                "type",
                "script_hex",
                "is_from_coinbase",
                "is_spendable",
                "spending_block_id",
                "spending_transaction_hash",
                "spending_index",
                "spending_time",
                "spending_value_usd",
                "spending_sequence",
                "spending_signature_hex",
                "spending_witness",
                "lifespan",
                "cdd",
            ]
        ],
    }
    for block in blocks:
        when = format_time(block.time).replace("T", " ").rstrip("Z")
        coinbase_data = block.txs[0].inputs[0].script_sig.hex()
        bare = block.stripped_bytes
        version = int.from_bytes(block.raw[:4], "little", signed=True)
        tables["blocks"].append(
            [
                block.height,
                block.hash,
                when,
                when,
                len(block.raw),
                bare,
                3 * bare + len(block.raw),
                version,
                f"{version & 0xFFFFFFFF:x}",
                format_hash(block.raw[36:68]),
                block.header(76, 80),
                block.header(72, 76),
                1,
                coinbase_data,
                len(block.txs),
            ]
        )
        for tx in block.txs:
            txid = format_hash(txid_of(tx))
            size, stripped = len(serialised(tx)), len(serialised(tx, witness=False))
            coinbase = tx.inputs[0].is_coinbase
            tables["transactions"].append(
                [
                    block.height,
                    txid,
                    when,
                    size,
                    3 * stripped + size,
                    tx.version,
                    tx.locktime,
                    int(coinbase),
                    int(tx.has_witness),
                    len(tx.inputs),
                    len(tx.outputs),
                    0,
                ]
            )
            for vout, o in enumerate(tx.outputs):
                shown = address(o.script_pubkey, block.network) or "d-0123"
                kind = _CORE_TYPES.get(script_type(o.script_pubkey), "nonstandard")
                tables["outputs"].append(
                    [
                        block.height,
                        txid,
                        vout,
                        when,
                        o.value_sat,
                        0,
                        shown,
                        kind,
                        o.script_pubkey.hex(),
                        int(coinbase),
                        1,
                    ]
                )
            for vin, i in enumerate(tx.inputs):
                if coinbase:
                    continue
                value, script = block.spent[i.prev_txid, i.prev_vout]
                shown = address(script, block.network) or "d-0123"
                kind = _CORE_TYPES.get(script_type(script), "nonstandard")
                tables["inputs"].append(
                    [
                        0,
                        format_hash(i.prev_txid),
                        i.prev_vout,
                        when,
                        value,
                        0,
                        shown,
                        kind,
                        script.hex(),
                        0,
                        -1,
                        block.height,
                        txid,
                        vin,
                        when,
                        0,
                        i.sequence,
                        i.script_sig.hex(),
                        ",".join(w.hex() for w in i.witness),
                        0,
                        0,
                    ]
                )
    return tables


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    """JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def write_etl(folder: Path, blocks: list[Known]) -> Path:
    """blocks.json and transactions.json of bitcoin-etl."""
    write_lines(folder / "blocks.json", [etl_block(b) for b in blocks])
    rows = [etl_transaction(b, index) for b in blocks for index in range(len(b.txs))]
    write_lines(folder / "transactions.json", rows)
    return folder


def write_esplora(folder: Path, blocks: list[Known]) -> Path:
    """Blocks and transactions as Esplora's JSON, in one file of lines."""
    rows: list[dict[str, Any]] = []
    for block in blocks:
        rows.append(esplora_block(block))
        rows += [esplora_transaction(block, index) for index in range(len(block.txs))]
    write_lines(folder / "chain.jsonl", rows)
    return folder


def write_blockchair(folder: Path, blocks: list[Known]) -> Path:
    """The four tables, each as one day."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in blockchair_tables(blocks).items():
        text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
        (folder / f"blockchair_bitcoin_{name}_20090103.tsv").write_text(text, "utf-8")
    return folder
