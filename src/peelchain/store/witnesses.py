"""Witnesses of transactions, which a store's tables know by their shape only."""

from collections.abc import Collection

from peelchain.errors import SourceError
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks

Stack = list[bytes]
"""The elements of one input's witness, as they lie on the stack; empty for none."""


def witnesses(lookup: Lookup, blocks: RawBlocks, tx_ids: Collection[int]) -> dict[int, list[Stack]]:
    """The witness of every input of each transaction, in order of vin.

    Reads the whole block of each. Raises StoreError where the node's files no longer have it.
    """
    rows = lookup.rows_of("txs", tx_ids, ["height", "tx_index"])
    by_height: dict[int, dict[int, int]] = {}
    for tx_id, row in rows.items():
        by_height.setdefault(row["height"], {})[row["tx_index"]] = tx_id
    found = {}
    for block in lookup.blocks(sorted(by_height)):
        wanted = by_height[block.height]
        for index, raw in blocks.transactions(blocks.block(block), sorted(wanted)).items():
            found[wanted[index]] = witness_stacks(raw)
    return found


def witness_stacks(raw: bytes) -> list[Stack]:
    """The witness of every input of a raw transaction. Raises SourceError where it is none.

    Source: BIP 144.
    """
    reader = _Reader(raw)
    reader.take(4)
    segwit = raw[4:6] == b"\x00\x01"
    if segwit:
        reader.take(2)
    inputs = reader.size()
    for _ in range(inputs):
        reader.take(36)
        reader.take(reader.size())
        reader.take(4)
    for _ in range(reader.size()):
        reader.take(8)
        reader.take(reader.size())
    if not segwit:
        return [[] for _ in range(inputs)]
    return [[reader.take(reader.size()) for _ in range(reader.size())] for _ in range(inputs)]


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def take(self, count: int) -> bytes:
        taken = self._raw[self._at : self._at + count]
        if len(taken) != count:
            raise SourceError(
                f"a transaction of {len(self._raw)} bytes ends within its inputs, outputs or "
                "witnesses; it is damaged"
            )
        self._at += count
        return taken

    def size(self) -> int:
        """A compact size; no count may exceed the bytes there are."""
        first = self.take(1)[0]
        if first < 0xFD:
            return first
        size = int.from_bytes(self.take(1 << (first - 0xFC)), "little")
        return min(size, len(self._raw) + 1)
