"""What an export reads: an open store, its look-ups, and raw bytes where they are needed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from types import TracebackType
from typing import Self

from peelchain.chain.exports.parts import Block, BlockTxs, blocks
from peelchain.chain.exports.plan import Cut
from peelchain.chain.partial.vault import Vault
from peelchain.errors import StoreError
from peelchain.network import Network
from peelchain.store.lookup import BlockRow, Lookup
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store
from peelchain.units import format_hash

_HEADERS_AT_ONCE = 10_000


def _work(bits: int) -> int:
    """The hashes that a target takes on average. Source: GetBlockProof of Bitcoin Core."""
    target = (bits & 0xFFFFFF) << 8 * (bits >> 24) >> 24
    return (1 << 256) // (target + 1)


def _silent(blocks: int) -> None:
    """Says nothing of progress."""


@dataclass
class Source:
    """An open store to export from, in a `with`; not for several threads at once.

    `passed` is told how many blocks were read. Methods raise StoreError where raw blocks are no
    longer where they were, and for what a partial store cannot have.
    """

    store: Store
    lookup: Lookup
    passed: Callable[[int], object] = _silent
    _open: ExitStack = field(default_factory=ExitStack)
    _works: list[int] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def network(self) -> Network:
        """The chain that is exported."""
        return self.store.network

    @property
    def is_partial(self) -> bool:
        """Whether the store holds chosen transactions only."""
        return self.store.manifest.partial is not None

    @property
    def is_ranked(self) -> bool:
        """Whether blocks are known by their order alone: heights are then ranks."""
        partial = self.store.manifest.partial
        return partial is not None and partial.ranks

    @cached_property
    def stubs(self) -> frozenset[int]:
        """The tx_ids known by outputs alone that others spend."""
        if not self.is_partial:
            return frozenset()
        rows = self.lookup.rows("SELECT tx_id FROM provenance WHERE checked = 'stub'")
        return frozenset(row["tx_id"] for row in rows)

    def blocks(self, cut: Cut) -> Iterator[BlockTxs]:
        """The blocks of a cut with their transactions, but for stubs, in order."""
        raws = self._of_vault if self.is_partial else self._of_files
        for block, txs in blocks(self.lookup, raws, cut.heights):
            kept = [tx for tx in txs if tx.tx_id not in self.stubs]
            if self.network.rules.canonical_order:
                kept.sort(key=lambda tx: tx.index or 0)
            yield block, tuple(kept)
            self.passed(1)

    def raw_block(self, block: Block) -> bytes:
        """A raw block."""
        if self.is_partial or block.file_number is None or block.header is None:
            raise StoreError(
                f"{self.store.path} has no raw blocks: it holds chosen transactions; export them "
                "as esplora-lines, or blocks from a store of the whole chain"
            )
        assert block.block_hash is not None
        assert block.file_offset is not None
        return self._raw_blocks.block(
            BlockRow(
                height=block.height,
                block_hash=block.block_hash,
                header=block.header,
                time_seconds=block.time or 0,
                first_tx_id=block.first_tx_id,
                tx_count=block.tx_count,
                size_bytes=block.size_bytes or 0,
                file_number=block.file_number,
                file_offset=block.file_offset,
            )
        )

    @cached_property
    def usd(self) -> dict[str, Decimal]:
        """The price of a bitcoin in USD by day (ISO), of those imported; the last import counts."""
        rows = self.store.read_runs("rates", "rates").to_pylist()
        return {row["date"].isoformat(): row["price"] for row in rows if row["currency"] == "USD"}

    def chainwork(self, height: int) -> int | None:
        """The work of the chain up to a block; None in a partial store. Kept: 40 bytes a block."""
        if self.is_partial:
            return None
        works = self._works
        for start in range(len(works), height + 1, _HEADERS_AT_ONCE):
            heights = range(start, min(start + _HEADERS_AT_ONCE, height + 1))
            for header in self.lookup.columns_of("blocks", heights, ["header"])["header"]:
                work = _work(int.from_bytes(header[72:76], "little"))
                works.append(work + (works[-1] if works else 0))
        return works[height]

    @cached_property
    def _raw_blocks(self) -> RawBlocks:
        return RawBlocks(self.store)

    @cached_property
    def _vault(self) -> Vault:
        return self._open.enter_context(Vault.open(self.store.path, self.network, create=False))

    def _of_files(self, block: Block, txids: Sequence[bytes]) -> list[bytes]:
        raw = self.raw_block(block)
        # the store has parents first, a block may sort by txid
        spans = {txid: (start, end) for txid, start, end in self._raw_blocks.spans(raw)}
        if spans.keys() != set(txids):
            raise StoreError(
                f"block {format_hash(block.block_hash or b'')} has other transactions than the "
                f"store; run 'peelchain chain verify --store {self.store.path}'"
            )
        return [raw[slice(*spans[txid])] for txid in txids]

    def _of_vault(self, block: Block, txids: Sequence[bytes]) -> list[bytes | None]:
        return [self._vault.raw(txid) for txid in txids]
