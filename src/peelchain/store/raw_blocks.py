"""Raw blocks and transactions, read from where the store's source keeps them."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from peelchain import _core
from peelchain.errors import MisuseError, SourceError, StoreError
from peelchain.network.kernel import kernel_rules
from peelchain.store.lookup import BlockRow
from peelchain.store.reader import Store
from peelchain.units import format_hash, parse_txid

SCAN_CACHE = "scan.cache"
"""What a scan of a store's own archive found, beside its files."""


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
        self._network = store.network
        self._scanned: _core.BlockSource | None = None

    def block(self, row: BlockRow) -> bytes:
        """The raw block. Raises StoreError when the files no longer hold it, as after pruning.

        Where it is not in its place it is looked for: a store that goes on from another node's
        files, or over RPC, has the places that the blocks had in those before.
        """
        raw = self._read(row, row.file_number, row.file_offset)
        if raw is None and (place := self._other_place(row)) is not None:
            raw = self._read(row, *place)
        if raw is None:
            raise StoreError(
                f"{self._path}/blk{row.file_number:05d}.dat no longer holds block "
                f"{format_hash(row.block_hash)} (height {row.height}) at offset {row.file_offset}, "
                "nor is it elsewhere in that folder; a pruned node forgets blocks: ingest from "
                "files that have them all"
            )
        return raw

    def _read(self, row: BlockRow, file_number: int, offset: int) -> bytes | None:
        try:
            raw = self._source.read_block(file_number, offset, row.size_bytes)
            problem = _core.check_block(raw, rules=self._rules)
        except (OSError, SourceError):
            return None
        return raw if raw[:80] == row.header and problem is None else None

    def _other_place(self, row: BlockRow) -> tuple[int, int] | None:
        if self._scanned is None:
            self._scanned = self._scan()
        hashes = self._scanned.hashes()
        if hashes[32 * row.height : 32 * row.height + 32] != row.block_hash:
            return None
        number, offset, _ = self._scanned.place(row.height)
        return (number, offset) if (number, offset) != (row.file_number, row.file_offset) else None

    def _scan(self) -> _core.BlockSource:
        """The best chain in the files, empty where they cannot be scanned."""
        source = _core.BlockSource(self._path, self._network.magic, self._rules)
        cache = Path(self._path) / SCAN_CACHE
        with contextlib.suppress(OSError, SourceError):
            source.scan(
                parse_txid(self._network.genesis_hash),
                self._network.pow_limit.to_bytes(32, "little"),
                cache=cache.read_bytes() if cache.is_file() else None,
            )
        return source

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
