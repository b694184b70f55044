"""Raw blocks and transactions, read from where the store's source keeps them."""

from collections.abc import Iterable
from pathlib import Path

from peelchain import _core
from peelchain.errors import MisuseError, SourceError, StoreError
from peelchain.network.kernel import kernel_rules
from peelchain.store.lookup import BlockRow
from peelchain.store.reader import Store
from peelchain.units import format_hash


class RawBlocks:
    """The block files behind a store. Each block read is checked: its hash and Merkle root."""

    def __init__(self, store: Store) -> None:
        if store.manifest.partial is not None:
            raise StoreError(
                f"{store.path} is a partial store: it has single transactions and no whole blocks; "
                "what needs the blocks themselves, such as an evidence bundle, needs a store made "
                "by 'peelchain chain ingest' of a whole chain"
            )
        path = store.manifest.source.get("path", "")
        gone = StoreError(
            "the block files this store was made from are no longer at "
            f"{path or 'a known place'}; bring them back, or run 'peelchain chain ingest "
            f"core:DIR --store {store.path}' with where they are now"
        )
        if not Path(path).is_dir():
            raise gone
        try:
            self._rules = kernel_rules(store.network)
            self._source = _core.BlockSource(path, store.network.magic, self._rules)
        except MisuseError:
            raise gone from None
        except OSError as e:
            raise StoreError(
                f"{e.filename or path}: {e.strerror}; check that you may read the node's files"
            ) from e
        self._path = path

    def block(self, row: BlockRow) -> bytes:
        """The raw block. Raises StoreError when the files no longer hold it, as after pruning."""
        try:
            raw = self._source.read_block(row.file_number, row.file_offset, row.size_bytes)
            problem = _core.check_block(raw, rules=self._rules)
            whole = raw[:80] == row.header and problem is None
        except (OSError, SourceError):
            whole = False
        if not whole:
            raise StoreError(
                f"{self._path}/blk{row.file_number:05d}.dat no longer holds block "
                f"{format_hash(row.block_hash)} (height {row.height}) at offset {row.file_offset}; "
                "a pruned or reindexed node moves blocks: ingest from files that have them all"
            )
        return raw

    def part(self, row: BlockRow, start: int, size: int) -> bytes | None:
        """Bytes of a block as they stand in its file, unchecked; None where it no longer has them.

        For one transaction of a block, which whoever asks holds against its txid.
        """
        if start < 0 or start + size > row.size_bytes:
            return None
        try:
            return self._source.read(row.file_number, row.file_offset + start, size)
        except (OSError, SourceError):
            return None

    def spans(self, raw_block: bytes) -> list[tuple[bytes, int, int]]:
        """Txid, begin and end of each transaction of a raw block, in the order of the block."""
        return _core.transaction_spans(raw_block, self._rules)

    def transactions(self, raw_block: bytes, indices: Iterable[int]) -> dict[int, bytes]:
        """The raw transactions at these positions of a block."""
        return transactions(raw_block, indices, self._rules)


def transactions(
    raw_block: bytes, indices: Iterable[int], rules: _core.ChainRules | None = None
) -> dict[int, bytes]:
    """The raw transactions at these positions of a block, which is Bitcoin's unless told."""
    spans = _core.transaction_spans(raw_block, rules)
    return {i: raw_block[spans[i][1] : spans[i][2]] for i in indices}
