"""Rows of a dump into the vault of a partial store: what holds by itself, and the dump's word."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from peelchain import _core
from peelchain.chain.dumps.etl import with_coinbase_script
from peelchain.chain.dumps.header_chain import HeaderChain
from peelchain.chain.dumps.rows import BlockRow, Refusals, RowError, TxRow, why
from peelchain.chain.partial.records import Place, Prevout
from peelchain.chain.partial.source import Inclusion
from peelchain.chain.partial.vault import Vault
from peelchain.errors import FalseAnswerError, SourceError
from peelchain.raw_tx import merkle_root_of
from peelchain.units import format_hash


@dataclass
class Added:
    """Rows taken in, and of each block its transactions, each with its position where told."""

    rows: int = 0
    of_blocks: dict[bytes, list[tuple[int | None, bytes]]] = field(default_factory=dict)


def add_rows(
    vault: Vault,
    rows: Iterable[TxRow],
    source: str,
    refusals: Refusals,
    chain: HeaderChain,
    heights: Mapping[bytes, int],
) -> Added:
    """Adds transactions to a vault.

    `chain` are the dump's own blocks; `heights` those of blocks whose headers prove their work,
    which tell heights where the rows do not. Rows that contradict what is known are counted among
    the refused.
    """
    added = Added()
    blocks = chain.by_hash
    provable = {chain.blocks[height].block_hash for height in chain.headers}
    for row in rows:
        try:
            place = _add(vault, row, source, chain, blocks, heights)
        except (RowError, FalseAnswerError, SourceError) as e:
            refusals.add(row.where, why(e, source))
            continue
        added.rows += 1
        if place.block_hash in provable:
            txs = added.of_blocks.setdefault(place.block_hash, [])
            txs.append((place.position, row.transaction.txid))
    return added


def prove_places(
    vault: Vault, chain: HeaderChain, added: Added, source: str, refusals: Refusals
) -> int:
    """Proves where transactions are, of blocks that the dump has whole; gives how many it could.

    A header is kept where its parts hash to the block's hash and that proves its work.
    """
    proven = 0
    for height, header in chain.headers.items():
        block = chain.blocks[height]
        txids = _in_order(added.of_blocks.get(block.block_hash, []))
        try:
            vault.add_header(header, height, source)
            leaves = b"".join(txids)
            for position, txid in enumerate(txids):
                branch = tuple(_core.merkle_branch(leaves, position))
                if position == 0 and merkle_root_of(txid, 0, branch) != header[36:68]:
                    break
                if vault.raw(txid) is not None:
                    vault.add_place(txid, Inclusion(height, position, branch), source)
                    proven += 1
        except (FalseAnswerError, SourceError) as e:
            refusals.add(block.where, why(e, source))
    return proven


def _in_order(txs: list[tuple[int | None, bytes]]) -> list[bytes]:
    """The txids in block order: by position where told, else as they came; each once."""
    told = all(position is not None for position, _ in txs)
    ordered = sorted(txs, key=lambda tx: tx[0] or 0) if told else txs
    return list(dict.fromkeys(txid for _, txid in ordered))


def _add(
    vault: Vault,
    row: TxRow,
    source: str,
    chain: HeaderChain,
    blocks: Mapping[bytes, BlockRow],
    heights: Mapping[bytes, int],
) -> Place:
    """Adds one row; gives its place, with what its block tells of it."""
    place = _place(row, chain, blocks, heights)
    block = blocks.get(place.block_hash) if place.block_hash else None
    if block is not None and block.coinbase_script is not None:
        row = with_coinbase_script(row, block.coinbase_script)
    if vault.has_tx(row.transaction.txid):
        _check_same(vault, row)
    vault.tell_prevouts(_told(row), source)
    tx = row.transaction
    if row.raw is not None:
        size = tx.size_bytes if row.stripped else None
        vault.add_raw(row.raw, source, asked=tx.txid, size_bytes=size)
    else:
        vault.add_told(tx, source)
    if place != Place(None, None, None, None):
        vault.tell_place(row.transaction.txid, place, source)
    return place


def _place(
    row: TxRow,
    chain: HeaderChain,
    blocks: Mapping[bytes, BlockRow],
    heights: Mapping[bytes, int],
) -> Place:
    place = row.place
    if place.block_hash is None:
        block = chain.blocks.get(place.height) if place.height is not None else None
        return place if block is None else replace(place, block_hash=block.block_hash)
    block = blocks.get(place.block_hash)
    height = heights.get(place.block_hash, block.height if block else None)
    if height is None:
        return place
    if place.height not in (None, height):
        raise SourceError(
            f"transaction {format_hash(row.transaction.txid)} is told to be at height "
            f"{place.height}, and its block {format_hash(place.block_hash)} is at {height}"
        )
    return replace(place, height=height)


def _told(row: TxRow) -> list[Prevout]:
    return [i.prevout for i in row.transaction.inputs if i.prevout]


def _check_same(vault: Vault, row: TxRow) -> None:
    """Refuses a row that gives a transaction other parts than those known; raises SourceError."""
    known = vault.transaction(row.transaction.txid)
    if known is None:
        return
    spends = [i.prevout.outpoint if i.prevout else None for i in row.transaction.inputs]
    same = known.outputs == row.transaction.outputs and spends == [
        i.prevout.outpoint if i.prevout else None for i in known.inputs
    ]
    if not same:
        raise SourceError(
            f"transaction {format_hash(row.transaction.txid)} was given with other inputs or "
            "outputs before; one of the two is false"
        )
