"""A transaction's raw bytes, and the proof that a block holds it."""

from typing import Any

from peelchain import _core
from peelchain.actions.looking.stamp import stamp
from peelchain.actions.view import StoreView
from peelchain.case.merkle import merkle_branches
from peelchain.store.lookup import BlockRow
from peelchain.store.raw_blocks import RawBlocks
from peelchain.units import format_hash, format_time, parse_txid

Row = dict[str, Any]


def raw_transaction(txid: str, view: StoreView) -> Row:
    """The raw bytes in hex, as the node's block files hold them, with witnesses.

    Raises StoreError where the files no longer hold the block.
    """
    index, row = _place(txid, view)
    blocks = RawBlocks(view.store)
    raw = blocks.block(row)
    _, start, end = blocks.spans(raw)[index]
    return {**stamp(view), "txid": txid.lower(), "height": row.height, "raw": raw[start:end].hex()}


def proof_of(txid: str, view: StoreView) -> Row:
    """Raw bytes, Merkle branch and header, as an evidence bundle's transactions.jsonl has them.

    `branch` are the siblings from the leaf up in display order: the double SHA-256 of raw bytes
    without witness and siblings, pair by pair, is the header's Merkle root. Raises StoreError where
    the block files no longer hold the block.
    """
    index, row = _place(txid, view)
    blocks = RawBlocks(view.store)
    raw = blocks.block(row)
    spans = blocks.spans(raw)
    branches = merkle_branches(b"".join(span[0] for span in spans), [0, index])
    found, start, end = spans[index]
    return {
        **stamp(view),
        "basis": "fact",
        "transaction": {
            "txid": format_hash(found),
            "height": row.height,
            "index": index,
            "branch": [format_hash(h) for h in branches[index]],
            "raw": raw[start:end].hex(),
        },
        "block": {
            "height": row.height,
            "hash": format_hash(row.block_hash),
            "header": row.header.hex(),
            "merkle_root": format_hash(row.header[36:68]),
            "time_utc": format_time(row.time_seconds),
            "tx_count": row.tx_count,
            "coinbase": _core.without_witness(raw[spans[0][1] : spans[0][2]]).hex(),
            "branch": [format_hash(h) for h in branches[0]],
        },
    }


def _place(txid: str, view: StoreView) -> tuple[int, BlockRow]:
    """Its position in its block, and the block."""
    tx_id = view.lookup.tx_ids(parse_txid(txid))[-1]
    place = view.lookup.rows_of("txs", [tx_id], ["height", "tx_index"])[tx_id]
    (row,) = view.lookup.blocks([place["height"]])
    return place["tx_index"], row
