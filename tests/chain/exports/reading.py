"""Exported folders read as their users would, and transactions made again from rows."""

import gzip
import json
from pathlib import Path
from typing import Any

from peelchain.raw_tx import RawTx, TxInput, TxOutput
from peelchain.script import sha256d

Row = dict[str, Any]


def json_rows(folder: Path, table: str) -> list[Row]:
    """The rows of a table, in the order of files and lines."""
    return [
        json.loads(line)
        for path in sorted(folder.glob(f"{table}_*.json*"))
        for line in text_of(path).splitlines()
    ]


def tsv_rows(folder: Path, table: str, day: str = "*") -> list[dict[str, str]]:
    """The rows of a table of Blockchair's, in the order of files and lines."""
    rows = []
    for path in sorted(folder.glob(f"blockchair_bitcoin_{table}_{day}.tsv*")):
        head, *lines = text_of(path).splitlines()
        names = head.split("\t")
        rows += [dict(zip(names, line.split("\t"), strict=True)) for line in lines]
    return rows


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def etl_transaction(row: Row, coinbase_param: str) -> RawTx:
    """The transaction of a row of bitcoin-etl's, without witnesses."""
    inputs = [
        TxInput(
            bytes.fromhex(i["spent_transaction_hash"])[::-1],
            i["spent_output_index"],
            bytes.fromhex(i["script_hex"]),
            i["sequence"],
        )
        for i in row["inputs"]
    ]
    if row["is_coinbase"]:
        sequence = row.get("coinbase_sequence", 0xFFFF_FFFF)
        inputs = [TxInput(bytes(32), 0xFFFF_FFFF, bytes.fromhex(coinbase_param), sequence)]
    outputs = [TxOutput(o["value"], bytes.fromhex(o["script_hex"])) for o in row["outputs"]]
    return RawTx(row["version"], tuple(inputs), tuple(outputs), row["lock_time"])


def header_hash(
    version: int, prev_hash: str, merkle_root: str, time: int, bits: int, nonce: int
) -> str:
    """The hash of the block with this header."""
    header = (
        version.to_bytes(4, "little", signed=version < 0)
        + bytes.fromhex(prev_hash)[::-1]
        + bytes.fromhex(merkle_root)[::-1]
        + b"".join(n.to_bytes(4, "little") for n in (time, bits, nonce))
    )
    return sha256d(header)[::-1].hex()
