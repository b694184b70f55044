"""Raw blocks and transactions, read from where the store's source keeps them."""

from collections.abc import Iterable
from pathlib import Path

from peelchain import _core
from peelchain.errors import StoreError
from peelchain.store.lookup import BlockRow
from peelchain.store.reader import Store
from peelchain.units import format_hash


class RawBlocks:
    """The block files behind a store. Every block read is checked against its hash and Merkle root."""

    def __init__(self, store: Store) -> None:
        path = store.manifest.source.get("path", "")
        if not Path(path).is_dir():
            raise StoreError(
                f"the block files this store was made from are no longer at {path or 'a known place'}; "
                f"bring them back, or run 'peelchain chain ingest core:DIR --store {store.path}' "
                "with where they are now"
            )
        self._source = _core.BlockSource(path, store.network.magic)
        self._path = path

    def block(self, row: BlockRow) -> bytes:
        """The raw block. Raises StoreError when the files no longer hold it, as after pruning."""
        try:
            raw = self._source.read(row.file_number, row.file_offset, row.size_bytes)
            whole = raw[:80] == row.header and _core.check_block(raw) is None
        except OSError:
            whole = False
        if not whole:
            raise StoreError(
                f"{self._path}/blk{row.file_number:05d}.dat no longer holds block "
                f"{format_hash(row.block_hash)} (height {row.height}) at offset {row.file_offset}; "
                "a pruned or reindexed node moves blocks: ingest again from files that have them all"
            )
        return raw


def transactions(raw_block: bytes, indices: Iterable[int]) -> dict[int, bytes]:
    """The raw transactions at these positions of a block."""
    spans = _core.transaction_spans(raw_block)
    return {i: raw_block[spans[i][1] : spans[i][2]] for i in indices}
