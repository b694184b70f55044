"""Blocks and transactions as bitcoin-etl writes them: JSON lines.

Source: github.com/blockchain-etl/bitcoin-etl, README and jobs/exporters; what its tests hold was
made by Bitcoin Core before version 22, which gave the addresses of keys and `reqSigs`.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from peelchain.chain.exports.files import Piece
from peelchain.chain.exports.parts import Block, Header, Tx, TxInput
from peelchain.chain.exports.plan import Cut
from peelchain.chain.exports.source import Source
from peelchain.network import Network
from peelchain.script.core_asm import (
    core_asm,
    core_script_type,
    key_addresses,
    required_signatures,
)
from peelchain.units import format_hash

NOTES = """\
`blocks_*.json` and `transactions_*.json` are JSON lines with the fields of
[bitcoin-etl](https://github.com/blockchain-etl/bitcoin-etl), in its order. Amounts are satoshis,
times seconds since 1970. A coinbase has no inputs; `coinbase_sequence`, where it is there, is its
nSequence. `type` is Bitcoin Core's name of the script's type. Scripts without an address have a
stand-in, `nonstandard` and 40 digits of their SHA-256. The form has no witnesses: `size` counts
them.

```sql
-- DuckDB: what an address received, by block
SELECT block_number, hash, o.value
FROM read_json('transactions_*.json*') t, UNNEST(t.outputs) AS u(o)
WHERE list_contains(o.addresses, 'ADDRESS') ORDER BY block_number;
```
"""

FINAL_SEQUENCE = 0xFFFF_FFFF
_KEPT_SCRIPTS = 1 << 16


def write(source: Source, cut: Cut, piece: Piece) -> None:
    """Writes `blocks_*.json` and `transactions_*.json`."""
    end = f"_{cut.label}.json" if cut.label else ".json"
    with piece.lines("blocks" + end) as blocks, piece.lines("transactions" + end) as file:
        for block, txs in source.blocks(cut):
            if block.block_hash is not None:
                blocks.add(json.dumps(block_row(block, txs)) + "\n")
            for tx in txs:
                file.add(json.dumps(transaction_row(block, tx, source.network)) + "\n")


def block_row(block: Block, txs: Sequence[Tx]) -> dict[str, Any]:
    """A row of blocks.json; null for what a partial store does not know."""
    header = None if block.header is None else Header.of(block.header)
    coinbase = next((tx for tx in txs if tx.is_coinbase), None)
    script_sig = coinbase.inputs[0].script_sig if coinbase else None
    return {
        "hash": _hash(block.block_hash),
        "size": block.size_bytes,
        "stripped_size": block.stripped_size,
        "weight": block.weight,
        "number": block.number,
        "version": header and header.version,
        "merkle_root": header and format_hash(header.merkle_root),
        "timestamp": block.time,
        "nonce": header and f"{header.nonce:x}",
        "bits": header and f"{header.bits:08x}",
        "coinbase_param": None if script_sig is None else script_sig.hex(),
        "transaction_count": None if block.size_bytes is None else block.tx_count,
    }


def transaction_row(block: Block, tx: Tx, network: Network) -> dict[str, Any]:
    """A row of transactions.json; null for what a partial store does not know.

    `coinbase_sequence` is no field of bitcoin-etl's: it stands in a coinbase whose sequence is not
    the usual one, without which its txid cannot be made again.
    """
    inputs = () if tx.is_coinbase else tx.inputs
    row = {
        "hash": format_hash(tx.txid),
        "size": tx.size_bytes,
        "virtual_size": tx.virtual_size,
        "version": tx.version,
        "lock_time": tx.locktime,
        "block_number": block.number,
        "block_hash": _hash(block.block_hash),
        "block_timestamp": block.time,
        "is_coinbase": tx.is_coinbase,
        "index": tx.index,
        "inputs": [input_row(vin, given, network) for vin, given in enumerate(inputs)],
        "outputs": [
            {"index": vout, **script_fields(o.script_pubkey, network), "value": o.value_sat}
            for vout, o in enumerate(tx.outputs)
        ],
        "input_count": len(inputs),
        "output_count": len(tx.outputs),
        "input_value": tx.input_sat,
        "output_value": tx.output_sat,
        "fee": tx.fee_sat,
    }
    if tx.is_coinbase and tx.inputs[0].sequence not in (FINAL_SEQUENCE, None):
        row["coinbase_sequence"] = tx.inputs[0].sequence
    return row


def input_row(vin: int, given: TxInput, network: Network) -> dict[str, Any]:
    """An input with what is known of the output that it spends."""
    of_prevout: dict[str, Any] = {"required_signatures": None, "type": None, "addresses": []}
    spent, script_sig = given.spent, given.script_sig
    if spent is not None:
        fields = script_fields(spent.script_pubkey, network)
        of_prevout = {name: fields[name] for name in of_prevout}
    return {
        "index": vin,
        "spent_transaction_hash": format_hash(given.prev_txid),
        "spent_output_index": given.prev_vout,
        "script_asm": None if script_sig is None else core_asm(script_sig, signatures=True),
        "script_hex": None if script_sig is None else script_sig.hex(),
        "sequence": given.sequence,
        **of_prevout,
        "value": None if spent is None else spent.value_sat,
    }


def _hash(internal: bytes | None) -> str | None:
    return None if internal is None else format_hash(internal)


@lru_cache(maxsize=_KEPT_SCRIPTS)
def script_fields(script: bytes, network: Network) -> dict[str, Any]:
    """What is shown of a script_pubkey.

    A script without an address has a stand-in for one, `nonstandard` and 40 digits of its SHA-256,
    by which rows of one script still come together.
    """
    kind, name = core_script_type(script)
    addresses = key_addresses(script, kind, network)
    return {
        "script_asm": core_asm(script),
        "script_hex": script.hex(),
        "required_signatures": required_signatures(script, kind),
        "type": name,
        "addresses": addresses or ["nonstandard" + sha256(script).hexdigest()[:40]],
    }
