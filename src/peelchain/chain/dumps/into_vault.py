"""Rows of a dump into the vault of a partial store: what holds by itself, and the dump's word."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from peelchain.chain.dumps.rows import BlockRow, Refusals, TxRow
from peelchain.chain.dumps.stripped import coinbase_raw
from peelchain.chain.partial.records import Place, Prevout, of_raw
from peelchain.chain.partial.vault import Vault
from peelchain.errors import FalseAnswerError, SourceError


def add_rows(
    vault: Vault,
    rows: Iterable[TxRow],
    source: str,
    refusals: Refusals,
    blocks: Mapping[bytes, BlockRow],
    heights: Mapping[bytes, int],
) -> int:
    """Adds transactions to a vault; gives how many rows were taken in.

    `blocks` are the dump's own by hash; `heights` those of blocks whose headers prove their work,
    which tell heights where the rows do not. Rows that contradict what is known are counted among
    the refused.
    """
    taken = 0
    for row in rows:
        try:
            _add(vault, row, source, blocks, heights)
        except (FalseAnswerError, SourceError) as e:
            refusals.add(row.where, str(e).removeprefix(f"{source}: "))
            continue
        taken += 1
    return taken


def _add(
    vault: Vault,
    row: TxRow,
    source: str,
    blocks: Mapping[bytes, BlockRow],
    heights: Mapping[bytes, int],
) -> None:
    place = _place(row, blocks, heights)
    block = blocks.get(place.block_hash) if place.block_hash else None
    row = with_coinbase(row, block)
    if vault.has_tx(row.transaction.txid):
        _check_same(vault, row, source)
    vault.tell_prevouts(_told(row), source)
    if row.raw is not None and not row.stripped:
        vault.add_raw(row.raw, source, asked=row.transaction.txid)
    else:
        vault.add_told(row.transaction, source)
    if place != Place(None, None, None, None):
        vault.tell_place(row.transaction.txid, place, source)


def with_coinbase(row: TxRow, block: BlockRow | None) -> TxRow:
    """The row, made whole where it is a coinbase whose input its block tells."""
    if row.coinbase is None or block is None or block.coinbase_script is None:
        return row
    raw = coinbase_raw(
        row.coinbase, row.transaction.txid, block.coinbase_script, row.coinbase_sequence
    )
    if raw is None:
        return row
    bare = of_raw(raw)
    size = row.transaction.size_bytes or bare.size_bytes or 0
    stripped = size != bare.size_bytes
    own = bare.inputs[0]
    if stripped:
        own = replace(own, witness_items=None, witness_bytes=None)
    transaction = replace(row.transaction, inputs=(own,), size_bytes=size)
    return replace(row, transaction=transaction, raw=raw, stripped=stripped, coinbase=None)


def _place(row: TxRow, blocks: Mapping[bytes, BlockRow], heights: Mapping[bytes, int]) -> Place:
    place = row.place
    if place.height is not None or place.block_hash is None:
        return place
    block = blocks.get(place.block_hash)
    height = heights.get(place.block_hash, block.height if block else None)
    return replace(place, height=height)


def _told(row: TxRow) -> list[Prevout]:
    return [i.prevout for i in row.transaction.inputs if i.prevout]


def _check_same(vault: Vault, row: TxRow, source: str) -> None:
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
            f"transaction {row.transaction.txid[::-1].hex()} was given with other inputs or "
            "outputs before; one of the two is false"
        )
