"""The blocks of a dump as headers that join: made again from their parts, held to their hashes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from peelchain.chain.dumps.rows import BlockRow, Refusals, why
from peelchain.chain.partial.header_checks import check_header
from peelchain.errors import FalseAnswerError
from peelchain.network import Network
from peelchain.script import sha256d
from peelchain.units import format_hash


@dataclass(frozen=True)
class HeaderChain:
    """A dump's blocks by height, and the headers of those that could be made again.

    A header needs the hash of the block before: of the lowest of a run of heights it is missing
    unless the dump tells it, or the store knows it.
    """

    blocks: dict[int, BlockRow]
    headers: dict[int, bytes]

    @property
    def by_hash(self) -> dict[bytes, BlockRow]:
        """The blocks by their hash."""
        return {block.block_hash: block for block in self.blocks.values()}

    def run_from(self, is_known: Callable[[int, bytes], bool]) -> range:
        """The heights, without a gap, from the lowest block on that joins what is known.

        `is_known` tells of a height and hash whether that block is known; the parent of genesis is
        not asked for. Empty where no block joins.
        """
        for height in sorted(self.headers):
            if height == 0 or is_known(height - 1, self.headers[height][4:36]):
                top = height
                while top + 1 in self.headers:
                    top += 1
                return range(height, top + 1)
        return range(0)


def header_chain(
    rows: Iterable[BlockRow],
    network: Network,
    refusals: Refusals,
    known: Mapping[int, bytes] | None = None,
) -> HeaderChain:
    """The header chain of a dump's block rows, in whatever order they come.

    `known` are hashes by height that the store has. Rows whose parts do not hash to their hash, or
    that contradict another, are counted among the refused.
    """
    blocks: dict[int, BlockRow] = {}
    for row in rows:
        there = blocks.setdefault(row.height, row)
        if there is row:
            continue
        if there.block_hash != row.block_hash or _header(there, bytes(32)) != _header(
            row, bytes(32)
        ):
            refusals.add(
                row.where,
                f"the block at height {row.height} is {format_hash(row.block_hash)}, and "
                f"{format_hash(there.block_hash)} was given there before ({there.where}); leave "
                "the one out that is not of the best chain",
            )
    headers: dict[int, bytes] = {}
    before: tuple[int, bytes] = (-2, b"")
    for height in sorted(blocks):
        row = blocks[height]
        prev = _prev_hash(row, before, network, known or {})
        if prev is None:
            before = (height, row.block_hash)
            continue
        header = _header(row, prev)
        problem = _problem(row, header, network)
        if problem is None:
            headers[height] = header
            before = (height, row.block_hash)
            continue
        refusals.add(row.where, problem)
        del blocks[height]
        before = (-2, b"")
    return HeaderChain(blocks, headers)


def _problem(row: BlockRow, header: bytes, network: Network) -> str | None:
    if sha256d(header) != row.block_hash:
        return (
            f"the parts of its header do not hash to {format_hash(row.block_hash)}, with the block "
            f"at height {row.height - 1} before it"
        )
    try:
        # what proves no work must not come among raw blocks, which are never taken out
        check_header(header, row.height, network, row.where)
    except FalseAnswerError as e:
        return why(e, row.where)
    return None


def _prev_hash(
    row: BlockRow, before: tuple[int, bytes], network: Network, known: Mapping[int, bytes]
) -> bytes | None:
    if row.height == 0:
        return network.genesis_header[4:36]
    if row.prev_hash is not None:
        return row.prev_hash
    height, block_hash = before
    return block_hash if height == row.height - 1 else known.get(row.height - 1)


def _header(row: BlockRow, prev_hash: bytes) -> bytes:
    return b"".join(
        (
            row.version.to_bytes(4, "little", signed=True),
            prev_hash,
            row.merkle_root,
            row.time.to_bytes(4, "little"),
            row.bits.to_bytes(4, "little"),
            row.nonce.to_bytes(4, "little"),
        )
    )
