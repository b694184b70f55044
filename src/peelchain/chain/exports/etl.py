"""Blocks and transactions as bitcoin-etl writes them: JSON lines.

Source: github.com/blockchain-etl/bitcoin-etl, README and jobs/exporters; what its tests hold was
made by Bitcoin Core before version 22, which gave the addresses of keys and `reqSigs`.
"""

import json
from functools import lru_cache
from hashlib import sha256
from typing import Any

from peelchain.chain.exports.files import Piece
from peelchain.chain.exports.parts import BlockParts, Header, Spent, TxInput, TxParts
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

FINAL_SEQUENCE = 0xFFFF_FFFF
_KEPT_SCRIPTS = 1 << 16


def write(source: Source, cut: Cut, piece: Piece) -> None:
    """Writes `blocks_*.json` and `transactions_*.json`."""
    end = f"_{cut.label}.json" if cut.label else ".json"
    with piece.lines("blocks" + end) as blocks, piece.lines("transactions" + end) as txs:
        for block in source.blocks(cut):
            blocks.add(json.dumps(block_row(block)) + "\n")
            for tx in block.txs:
                txs.add(json.dumps(transaction_row(block, tx, source.network)) + "\n")


def block_row(block: BlockParts) -> dict[str, Any]:
    """A row of blocks.json."""
    header = Header.of(block.row.header)
    return {
        "hash": format_hash(block.row.block_hash),
        "size": block.row.size_bytes,
        "stripped_size": block.stripped_size,
        "weight": block.weight,
        "number": block.row.height,
        "version": header.version,
        "merkle_root": format_hash(header.merkle_root),
        "timestamp": header.time,
        "nonce": f"{header.nonce:x}",
        "bits": f"{header.bits:08x}",
        "coinbase_param": block.txs[0].tx.inputs[0].script_sig.hex(),
        "transaction_count": block.row.tx_count,
    }


def transaction_row(block: BlockParts, tx: TxParts, network: Network) -> dict[str, Any]:
    """A row of transactions.json.

    `coinbase_sequence` is no field of bitcoin-etl's: it stands in a coinbase whose sequence is not
    the usual one, without which its txid cannot be made again.
    """
    inputs = [] if tx.is_coinbase else tx.tx.inputs
    row = {
        "hash": format_hash(tx.txid),
        "size": tx.size_bytes,
        "virtual_size": tx.virtual_size,
        "version": tx.tx.version,
        "lock_time": tx.tx.locktime,
        "block_number": block.row.height,
        "block_hash": format_hash(block.row.block_hash),
        "block_timestamp": block.row.time_seconds,
        "is_coinbase": tx.is_coinbase,
        "index": tx.index,
        "inputs": [
            input_row(vin, given, tx.spent[vin], network) for vin, given in enumerate(inputs)
        ],
        "outputs": [
            {"index": vout, **script_fields(o.script_pubkey, network), "value": o.value_sat}
            for vout, o in enumerate(tx.tx.outputs)
        ],
        "input_count": len(inputs),
        "output_count": len(tx.tx.outputs),
        "input_value": tx.input_sat,
        "output_value": tx.output_sat,
        "fee": tx.fee_sat,
    }
    if tx.is_coinbase and tx.tx.inputs[0].sequence != FINAL_SEQUENCE:
        row["coinbase_sequence"] = tx.tx.inputs[0].sequence
    return row


def input_row(vin: int, given: TxInput, spent: Spent | None, network: Network) -> dict[str, Any]:
    """An input with what is known of the output that it spends."""
    of_prevout: dict[str, Any] = {"required_signatures": None, "type": None, "addresses": []}
    if spent is not None:
        of_prevout = {n: script_fields(spent.script_pubkey, network)[n] for n in of_prevout}
    return {
        "index": vin,
        "spent_transaction_hash": format_hash(given.prev_txid),
        "spent_output_index": given.prev_vout,
        "script_asm": core_asm(given.script_sig, signatures=True),
        "script_hex": given.script_sig.hex(),
        "sequence": given.sequence,
        **of_prevout,
        "value": None if spent is None else spent.value_sat,
    }


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
