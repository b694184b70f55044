"""That a block holds a transaction: Electrum's Merkle proof, and bitcoind's Merkle block."""

from typing import Any

from peelchain import _core
from peelchain.actions.esplora.view import EsploraView, block_at, lacking, tx_id_of, tx_ids_of
from peelchain.chain.partial.vault import Vault
from peelchain.errors import NotInChainError
from peelchain.raw_tx import compact_size
from peelchain.script import sha256d
from peelchain.store.lookup import BlockRow
from peelchain.units import format_hash

Row = dict[str, Any]


def merkle_proof(txid: str, view: EsploraView) -> Row:
    """Height, position and the siblings from the leaf up, in display hex.

    Source: ElectrumX, blockchain.transaction.get_merkle.
    """
    tx_id, index, block = _place(txid, view)
    if view.is_partial:
        return _kept_proof(tx_id, view)
    branch = _core.merkle_branch(b"".join(_txids(block, view)), index)
    return {
        "block_height": block.height,
        "merkle": [format_hash(sibling) for sibling in branch],
        "pos": index,
    }


def merkle_block(txid: str, view: EsploraView) -> str:
    """The block's header and the part of its tree that leads to the transaction, in hex.

    Source: BIP 37, merkleblock. Raises NotInChainError in a partial store, which has no whole tree.
    """
    _, index, block = _place(txid, view)
    if view.is_partial:
        raise NotInChainError(lacking("Block", view))
    txids = _txids(block, view)
    hashes, bits = partial_tree(txids, index)
    flags = bytearray(-(-len(bits) // 8))
    for at, bit in enumerate(bits):
        flags[at // 8] |= bit << at % 8
    parts = [block.header, len(txids).to_bytes(4, "little"), compact_size(len(hashes)), *hashes]
    return b"".join([*parts, compact_size(len(flags)), flags]).hex()


def partial_tree(txids: list[bytes], index: int) -> tuple[list[bytes], list[int]]:
    """Hashes and flag bits of a partial Merkle tree with one match, both in order of its walk.

    From the root down and from left to right: a node above the match is a 1 and its children
    follow, another is a 0 with its hash; the matched leaf is a 1 with its hash. Source: BIP 37.
    """
    levels = [txids]
    while len(levels[-1]) > 1:
        level = levels[-1]
        if len(level) % 2:
            level = [*level, level[-1]]
        pairs = zip(level[::2], level[1::2], strict=True)
        levels.append([sha256d(left + right) for left, right in pairs])
    hashes, bits = [], []
    stack = [(len(levels) - 1, 0)]
    while stack:
        depth, at = stack.pop()
        above = at == index >> depth
        bits.append(int(above))
        if not above or depth == 0:
            hashes.append(levels[depth][at])
            continue
        below = (2 * at + 1, 2 * at)
        stack += [(depth - 1, child) for child in below if child < len(levels[depth - 1])]
    return hashes, bits


def _place(txid: str, view: EsploraView) -> tuple[int, int, BlockRow]:
    """The tx_id, the position in its block, and the block."""
    tx_id = tx_id_of(txid, view)
    row = view.lookup.rows_of("txs", [tx_id], ["height", "tx_index"])[tx_id]
    return tx_id, row["tx_index"], block_at(row["height"], view)


def _txids(block: BlockRow, view: EsploraView) -> list[bytes]:
    tx_ids = tx_ids_of(block, view)
    txids = view.lookup.txids(tx_ids)
    return [txids[tx_id] for tx_id in tx_ids]


def _kept_proof(tx_id: int, view: EsploraView) -> Row:
    """The proof that was fetched with a transaction of a partial store."""
    txid = view.lookup.txids([tx_id])[tx_id]
    with Vault.open(view.store.path, view.network, create=False) as vault:
        place, branch = vault.place_of(txid), vault.branch_of(txid)
    if place is None or place.height is None or place.position is None or branch is None:
        raise NotInChainError("Merkle proof not fetched: this server has a partial store")
    return {
        "block_height": place.height,
        "merkle": [format_hash(sibling) for sibling in branch],
        "pos": place.position,
    }
