"""Raw transactions of a store: from the node's block files, or from a partial store's vault."""

from collections.abc import Sequence
from dataclasses import dataclass

from peelchain import _core
from peelchain.actions.esplora.view import EsploraView
from peelchain.chain.partial.vault import Vault
from peelchain.errors import NotInChainError, SourceError
from peelchain.raw_tx import compact_size
from peelchain.script import sha256d
from peelchain.store.lookup import BlockRow

_HEADER_BYTES = 80
_WHOLE_BELOW_BYTES = 100_000
"""A block so small is read whole for any transaction of it."""
_WHOLE_ABOVE = 20
"""Of a block of which so many transactions are asked, all is read at once."""


@dataclass(frozen=True)
class Placed:
    """A transaction and where it lies: its row's id, txid in internal order and place in a block.

    `size_bytes` with witnesses; None where the store does not know it.
    """

    tx_id: int
    txid: bytes
    height: int
    tx_index: int | None
    size_bytes: int | None


def raw_transactions(placed: Sequence[Placed], view: EsploraView) -> dict[int, bytes]:
    """The raw bytes of each transaction by tx_id, each held against its txid.

    Raises StoreError where the block files no longer have one, NotInChainError for one of a partial
    store that was never fetched whole.
    """
    if view.is_partial:
        return _of_vault(placed, view)
    by_height: dict[int, list[Placed]] = {}
    for one in placed:
        by_height.setdefault(one.height, []).append(one)
    found: dict[int, bytes] = {}
    for block in view.lookup.blocks(sorted(by_height)):
        found |= _of_block(block, by_height[block.height], view)
    return found


def whole_block(block: BlockRow, view: EsploraView) -> bytes:
    """The raw block, checked against its header. Raises StoreError where the files lack it."""
    return view.shelf.whole_blocks.get(block.height, lambda: view.raw_blocks.block(block))


def _of_block(block: BlockRow, placed: list[Placed], view: EsploraView) -> dict[int, bytes]:
    whole = block.size_bytes <= _WHOLE_BELOW_BYTES or len(placed) >= _WHOLE_ABOVE
    # sister chains have more between header and transactions, or another order of these
    whole = whole or not view.network.is_bitcoin
    if not whole and block.height not in view.shelf.whole_blocks:
        parts = _parts(block, placed, view)
        if parts is not None:
            return parts
    index_of = {one.tx_id: one.tx_index for one in placed if one.tx_index is not None}
    there = view.raw_blocks.transactions(whole_block(block, view), index_of.values())
    return {tx_id: there[index] for tx_id, index in index_of.items()}


def _parts(block: BlockRow, placed: list[Placed], view: EsploraView) -> dict[int, bytes] | None:
    """The transactions read from where the sizes of those before say; None where that fails.

    Reading and hashing a whole block takes some ten times as long.
    """
    last = max(one.tx_id for one in placed)
    ids = range(block.first_tx_id, last + 1)
    sizes = view.lookup.columns_of("txs", ids, ["size_bytes"])["size_bytes"]
    starts = [_HEADER_BYTES + len(compact_size(block.tx_count))]
    for size in sizes:
        starts.append(starts[-1] + size)
    found = {}
    for one in placed:
        at = one.tx_id - block.first_tx_id
        raw = view.raw_blocks.part(block, starts[at], sizes[at])
        if raw is None or not _has_txid(raw, one.txid):
            return None
        found[one.tx_id] = raw
    return found


def _has_txid(raw: bytes, txid: bytes) -> bool:
    try:
        return sha256d(_core.without_witness(raw)) == txid
    except SourceError:
        return False


def _of_vault(placed: Sequence[Placed], view: EsploraView) -> dict[int, bytes]:
    found = {}
    with Vault.open(view.store.path, view.network, create=False) as vault:
        for one in placed:
            raw = vault.raw(one.txid)
            if raw is None:
                raise NotInChainError(
                    "Transaction not fetched whole: this server's partial store knows parts of it "
                    "only"
                )
            found[one.tx_id] = raw
    return found
