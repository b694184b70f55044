"""Blocks of a store with all their parts: the tables' rows joined with what raw blocks hold."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from peelchain.chain.raw_tx import RawTx, TxInput, TxOutput, parsed
from peelchain.store.lookup import BlockRow, Lookup
from peelchain.store.raw_blocks import RawBlocks

_BATCH_BYTES = 8 << 20
"""Raw blocks read together: bounds memory, and few small blocks are slow to look up alone."""
_MOST_BLOCKS = 144


@dataclass(frozen=True, slots=True)
class Spent:
    """The output that an input spends."""

    value_sat: int
    script_pubkey: bytes


@dataclass(frozen=True, slots=True)
class TxParts:
    """A transaction with its place and what its inputs spend, in order of vin.

    `spent` has None for a coinbase's input and for an output that the store does not know.
    `fee_sat` is None where such an output makes it unknown. `witness_known` is false where the
    source of the store gave no witnesses: those of `tx` are then empty.
    """

    txid: bytes
    index: int
    tx: RawTx
    size_bytes: int
    weight: int
    fee_sat: int | None
    spent: tuple[Spent | None, ...]
    witness_known: bool

    @property
    def is_coinbase(self) -> bool:
        """Whether it is its block's first, which spends nothing."""
        return self.tx.inputs[0].is_coinbase

    @property
    def virtual_size(self) -> int:
        """Weight by four, rounded up (BIP 141)."""
        return -(-self.weight // 4)

    @property
    def input_sat(self) -> int | None:
        """What it spends, 0 for a coinbase; None where that is not known."""
        if self.is_coinbase:
            return 0
        total = 0
        for spent in self.spent:
            if spent is None:
                return None
            total += spent.value_sat
        return total

    @property
    def output_sat(self) -> int:
        """What it pays."""
        return sum(o.value_sat for o in self.tx.outputs)


@dataclass(frozen=True, slots=True)
class BlockParts:
    """A block: its row, its weight, its size without witnesses, and its transactions in order."""

    row: BlockRow
    weight: int
    txs: tuple[TxParts, ...]

    @property
    def stripped_size(self) -> int:
        """Bytes without witnesses: weight is three times these and the size (BIP 141)."""
        return (self.weight - self.row.size_bytes) // 3


@dataclass(frozen=True)
class Header:
    """The fields of a block's header; hashes in internal byte order."""

    version: int
    prev_hash: bytes
    merkle_root: bytes
    time: int
    bits: int
    nonce: int

    @classmethod
    def of(cls, header: bytes) -> "Header":
        """The fields of 80 bytes."""

        def number(at: int) -> int:
            return int.from_bytes(header[at : at + 4], "little")

        return cls(
            version=int.from_bytes(header[:4], "little", signed=True),
            prev_hash=header[4:36],
            merkle_root=header[36:68],
            time=number(68),
            bits=number(72),
            nonce=number(76),
        )


def blocks(lookup: Lookup, raw: RawBlocks, heights: Iterable[int]) -> Iterator[BlockParts]:
    """The blocks of these heights, which rise, one by one.

    Raises StoreError where the node's files no longer hold one, or a file is damaged.
    """
    for rows in _batches(lookup, heights):
        for run in _neighbours(rows):
            yield from _joined(lookup, raw, run)


def _batches(lookup: Lookup, heights: Iterable[int]) -> Iterator[list[BlockRow]]:
    waiting: list[int] = []
    for height in heights:
        waiting.append(height)
        if len(waiting) == _MOST_BLOCKS:
            yield from _by_size(lookup.blocks(waiting))
            waiting = []
    yield from _by_size(lookup.blocks(waiting))


def _by_size(rows: Sequence[BlockRow]) -> Iterator[list[BlockRow]]:
    some: list[BlockRow] = []
    size = 0
    for row in rows:
        if some and size + row.size_bytes > _BATCH_BYTES:
            yield some
            some, size = [], 0
        some.append(row)
        size += row.size_bytes
    if some:
        yield some


def _neighbours(rows: Sequence[BlockRow]) -> Iterator[list[BlockRow]]:
    """Runs of blocks that follow each other: their transactions, and so their rows, do too."""
    run: list[BlockRow] = []
    for row in rows:
        if run and row.height != run[-1].height + 1:
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _joined(lookup: Lookup, raw: RawBlocks, rows: Sequence[BlockRow]) -> Iterator[BlockParts]:
    first = rows[0].first_tx_id
    last = rows[-1].first_tx_id + rows[-1].tx_count
    columns = ["txid", "size_bytes", "weight", "fee_sat", "first_txin", "txin_count"]
    txs = lookup.columns_of("txs", range(first, last), columns)
    first_txin = txs["first_txin"][0]
    end_txin = txs["first_txin"][-1] + txs["txin_count"][-1]
    txins = lookup.columns_of(
        "txins", range(first_txin, end_txin), ["prev_txout_id", "witness_items"]
    )
    spent = _spent(lookup, txins["prev_txout_id"])
    weights = lookup.columns_of("blocks", [row.height for row in rows], ["weight"])["weight"]
    for row, weight in zip(rows, weights, strict=True):
        raw_block = raw.block(row)
        spans = raw.spans(raw_block)
        made = []
        for index, (_, start, end) in enumerate(spans):
            at = row.first_tx_id + index - first
            txin = txs["first_txin"][at] - first_txin
            ends = txin + txs["txin_count"][at]
            prevouts = txins["prev_txout_id"][txin:ends]
            made.append(
                TxParts(
                    txid=txs["txid"][at],
                    index=index,
                    tx=parsed(raw_block[start:end]),
                    size_bytes=txs["size_bytes"][at],
                    weight=txs["weight"][at],
                    fee_sat=txs["fee_sat"][at],
                    spent=tuple(None if p is None else spent[p] for p in prevouts),
                    witness_known=None not in txins["witness_items"][txin:ends],
                )
            )
        yield BlockParts(row, weight, tuple(made))


def _spent(lookup: Lookup, prevouts: Sequence[int | None]) -> dict[int, Spent]:
    wanted = sorted({p for p in prevouts if p is not None})
    outputs = lookup.columns_of("txouts", wanted, ["value_sat", "script_id"])
    script_ids = sorted(set(outputs["script_id"]))
    found = lookup.columns_of("scripts", script_ids, ["script_pubkey"])["script_pubkey"]
    scripts: dict[int, Any] = dict(zip(script_ids, found, strict=True))
    return {
        txout_id: Spent(value_sat, scripts[script_id])
        for txout_id, value_sat, script_id in zip(
            wanted, outputs["value_sat"], outputs["script_id"], strict=True
        )
    }


__all__ = ["BlockParts", "Header", "RawTx", "Spent", "TxInput", "TxOutput", "TxParts", "blocks"]
