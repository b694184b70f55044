"""A dump that has every block, made into raw blocks again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from peelchain import _core
from peelchain.chain.block_archive import BlockArchive
from peelchain.chain.dumps.etl import check_size, with_coinbase_script
from peelchain.chain.dumps.header_chain import HeaderChain
from peelchain.chain.dumps.rows import BlockRow, Refusals, RowError, TxRow
from peelchain.chain.dumps.spool import Spool, open_spool
from peelchain.errors import SourceError
from peelchain.network.kernel import kernel_rules
from peelchain.raw_tx import COINBASE_PREVOUT, compact_size, parsed, serialised
from peelchain.units import format_hash

_RESERVED = bytes(32)
"""What nearly every coinbase has as the reserved value of its witness (BIP 141)."""


@dataclass(frozen=True)
class Rebuilt:
    """Rows taken in, blocks added to the archive, and in words why there are no more."""

    rows: int
    blocks: int
    missing: str | None


def add_blocks(
    archive: BlockArchive,
    chain: HeaderChain,
    heights: range,
    rows: Iterable[TxRow],
    refusals: Refusals,
) -> Rebuilt:
    """Makes the blocks of these heights from their transactions and adds them to the archive.

    Ends before the first block that is not whole. Rows that are false, or lack a part, are counted
    among the refused; those of other blocks are passed over.
    """
    by_hash = {chain.blocks[h].block_hash: chain.blocks[h] for h in heights}
    with open_spool(archive.folder) as spool:
        taken = 0
        for row in rows:
            block = _block_of(row, chain, by_hash)
            if block is None:
                continue
            try:
                _keep(spool, row, block)
            except (RowError, SourceError) as e:
                refusals.add(row.where, e)
                continue
            taken += 1
        added = 0
        for record, stripped, problem in _records(
            spool, chain, heights, kernel_rules(archive.network)
        ):
            if problem:
                return Rebuilt(taken, added, problem)
            if stripped:
                archive.allow_stripped()
            archive.add(record)
            added += 1
    return Rebuilt(taken, added, None)


def _block_of(row: TxRow, chain: HeaderChain, by_hash: dict[bytes, BlockRow]) -> BlockRow | None:
    if row.place.block_hash is not None:
        return by_hash.get(row.place.block_hash)
    block = chain.blocks.get(row.place.height) if row.place.height is not None else None
    return by_hash.get(block.block_hash) if block else None


def _keep(spool: Spool, row: TxRow, block: BlockRow) -> None:
    if row.place.height not in (None, block.height):
        raise RowError(
            f"it is told to be in block {format_hash(block.block_hash)} at height "
            f"{row.place.height}, and that is at height {block.height}"
        )
    if block.coinbase_script is not None:
        row = with_coinbase_script(row, block.coinbase_script)
    if row.raw is None:
        what = "its coinbase script does not make its txid" if row.coinbase else "a part is missing"
        raise RowError(f"its bytes cannot be made again: {what}")
    size = row.transaction.size_bytes or len(row.raw)
    check_size(size, len(row.raw), len(row.transaction.inputs))
    spool.add(block.height, row.transaction.txid, row.place.position, row.raw, size)


def _records(
    spool: Spool, chain: HeaderChain, heights: range, rules: _core.ChainRules
) -> Iterator[tuple[bytes, bool, str | None]]:
    """Each block as the archive keeps it, whether without witnesses, and what is wrong with it."""
    for height in heights:
        block, header = chain.blocks[height], chain.headers[height]
        txs = spool.block(height)
        problem = _count_problem(block, len(txs)) or _size_problem(block, header, txs)
        if problem:
            yield b"", False, problem
            return
        record, stripped = _record(header, txs, rules)
        found = _core.check_block(record, stripped, rules)
        if found:
            yield (
                b"",
                False,
                f"block {height} ({block.where}): {found}; the dump gives it other transactions, "
                "or in another order, than it has",
            )
            return
        yield record, stripped, None


def _record(
    header: bytes, txs: list[tuple[bytes, int]], rules: _core.ChainRules
) -> tuple[bytes, bool]:
    if all(len(raw) == size for raw, size in txs):
        return _joined(header, [raw for raw, _ in txs]), False
    (first, size), rest = txs[0], txs[1:]
    if all(len(raw) == told for raw, told in rest):
        # of the coinbase alone the witness is missing: the block says whether it was as usual
        coinbase = _with_usual_witness(first)
        whole = _joined(header, [coinbase, *(raw for raw, _ in rest)])
        if len(coinbase) == size and _core.check_block(whole, rules=rules) is None:
            return whole, False
    bare = [_core.without_witness(raw) for raw, _ in txs]
    sizes = b"".join(size.to_bytes(4, "little") for _, size in txs)
    return _joined(header, bare) + sizes, True


def _with_usual_witness(raw: bytes) -> bytes:
    tx = parsed(raw)
    own = tx.inputs[0]
    if (own.prev_txid, own.prev_vout) != COINBASE_PREVOUT:
        return raw
    return serialised(replace(tx, inputs=(replace(own, witness=(_RESERVED,)),)))


def _joined(header: bytes, raws: list[bytes]) -> bytes:
    return b"".join((header, compact_size(len(raws)), *raws))


def _count_problem(block: BlockRow, found: int) -> str | None:
    if found == 0 or block.tx_count not in (None, found):
        of = "" if block.tx_count is None else f" of {block.tx_count}"
        return (
            f"block {block.height} ({block.where}): {found}{of} transactions are in the dump; give "
            "the files with all of them"
        )
    return None


def _size_problem(block: BlockRow, header: bytes, txs: list[tuple[bytes, int]]) -> str | None:
    """What the sizes told of a block and of its transactions contradict each other in."""
    front = len(header) + len(compact_size(len(txs)))
    size = front + sum(told for _, told in txs)
    if block.size_bytes and block.size_bytes != size:
        return (
            f"block {block.height} ({block.where}): its size is told as {block.size_bytes}, and "
            f"its transactions make {size}; the dump contradicts itself"
        )
    return None
