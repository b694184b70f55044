"""Blocks in Esplora's form."""

from typing import Any

from peelchain.actions.esplora.raws import whole_block
from peelchain.actions.esplora.transactions import WITHOUT_WITNESSES, transaction_forms
from peelchain.actions.esplora.view import (
    EsploraView,
    block_at,
    block_of,
    hash_of,
    number_of,
    tx_ids_of,
    whole_block_of,
)
from peelchain.chain.esplora_form import block_form
from peelchain.errors import MisuseError, NotInChainError
from peelchain.store.lookup import BlockRow
from peelchain.units import format_hash

Row = dict[str, Any]

PAGE_TXS = 25
"""Transactions that one answer holds."""
_PAGE_BLOCKS = 10
_MEDIAN_BLOCKS = 11


def tip_height(view: EsploraView) -> int:
    """The height of the last block."""
    return view.tip_height


def tip_hash(view: EsploraView) -> str:
    """The hash of the last block, in display hex."""
    return hash_at(str(view.tip_height), view)


def hash_at(height: str, view: EsploraView) -> str:
    """The hash of the block of a height. Raises MisuseError, NotInChainError."""
    return format_hash(block_at(number_of(height), view).block_hash)


def block(block_hash: str, view: EsploraView) -> Row:
    """A block. Raises MisuseError for no hash, NotInChainError where the chain lacks it."""
    found = whole_block_of(block_hash, view)
    return block_forms([found], view)[0]


def newest_blocks(start_height: str | None, view: EsploraView) -> list[Row]:
    """The ten blocks up to the tip, or up to a height; the newest first."""
    last = view.tip_height if start_height is None else number_of(start_height)
    whole_block_of(format_hash(block_at(last, view).block_hash), view)
    rows = view.lookup.blocks(range(max(0, last - _PAGE_BLOCKS + 1), last + 1))
    return block_forms(rows, view)[::-1]


def block_status(block_hash: str, view: EsploraView) -> Row:
    """Whether a block is in the best chain, and the hash of the next."""
    height = view.height_of_block(hash_of(block_hash))
    if height is None:
        if view.is_partial:
            block_of(block_hash, view)
        return {"in_best_chain": False}
    told: Row = {"in_best_chain": True, "height": height}
    for following in view.lookup.blocks([height + 1]):
        told["next_best"] = format_hash(following.block_hash)
    return told


def header(block_hash: str, view: EsploraView) -> str:
    """The 80 bytes of a block's header in hex."""
    return block_of(block_hash, view).header.hex()


def raw_block(block_hash: str, view: EsploraView) -> bytes:
    """The raw block. Raises StoreError where the node's files no longer have it.

    NotInChainError too where the store was made from a dump that gives no witnesses.
    """
    found = whole_block_of(block_hash, view)
    raw = whole_block(found, view)
    if len(raw) != found.size_bytes:
        raise NotInChainError(f"Block not here whole: {WITHOUT_WITNESSES}")
    return raw


def block_txids(block_hash: str, view: EsploraView) -> list[str]:
    """The txids of a block in its order."""
    tx_ids = tx_ids_of(whole_block_of(block_hash, view), view)
    txids = view.lookup.txids(tx_ids)
    return [format_hash(txids[tx_id]) for tx_id in tx_ids]


def block_txid(block_hash: str, index: str, view: EsploraView) -> str:
    """The txid at a position of a block. Raises NotInChainError beyond the last."""
    found = whole_block_of(block_hash, view)
    number = number_of(index)
    if number >= found.tx_count:
        raise NotInChainError("tx index out of range")
    tx_id = tx_ids_of(found, view)[number]
    return format_hash(view.lookup.txids([tx_id])[tx_id])


def block_txs(block_hash: str, start_index: str | None, view: EsploraView) -> list[Row]:
    """Up to 25 transactions of a block from a position on, which is a multiple of 25.

    As Esplora's servers do, and against its documentation, each has its `status`.
    """
    found = whole_block_of(block_hash, view)
    start = 0 if start_index is None else number_of(start_index)
    if start % PAGE_TXS:
        raise MisuseError(f"start index must be a multiple of {PAGE_TXS}")
    if start >= found.tx_count:
        raise MisuseError("start index out of range")
    return transaction_forms(tx_ids_of(found, view)[start : start + PAGE_TXS], view)


def block_forms(rows: list[BlockRow], view: EsploraView) -> list[Row]:
    """Neighbouring blocks in Esplora's form; both lowest first."""
    lowest = rows[0].height
    before = view.lookup.blocks(range(max(0, lowest - _MEDIAN_BLOCKS + 1), lowest))
    times = [b.time_seconds for b in (*before, *rows)]
    weights = view.lookup.columns_of("blocks", [b.height for b in rows], ["weight"])["weight"]
    forms = []
    for at, (found, weight) in enumerate(zip(rows, weights, strict=True), start=len(before) + 1):
        recent = sorted(times[max(0, at - _MEDIAN_BLOCKS) : at])
        forms.append(
            block_form(
                found.height,
                found.block_hash,
                found.header,
                tx_count=found.tx_count,
                size=found.size_bytes,
                weight=weight,
                median_time=recent[len(recent) // 2],
            )
        )
    return forms
