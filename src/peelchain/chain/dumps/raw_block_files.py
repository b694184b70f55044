"""Raw blocks as files: one each, binary or hex, or many behind each other as a node keeps them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from peelchain import _core
from peelchain.chain.dumps.files import DumpFile, Told, chunks
from peelchain.chain.dumps.rows import Refusals
from peelchain.errors import SourceError
from peelchain.network import MAINNET, NETWORKS, Network, by_magic, sharing_magic
from peelchain.network.kernel import kernel_rules
from peelchain.script import sha256d
from peelchain.units import format_hash

_MOST_FILE_BYTES = 512 << 20
"""Four of a node's files: what is held in memory at once."""
_LEAST_BLOCK_BYTES = 81
_SPACE = b" \t\r\n"
_HEX = frozenset(b"0123456789abcdefABCDEF" + _SPACE)


@dataclass(frozen=True)
class RawBlock:
    """A raw block whose Merkle root and commitments hold.

    `height` is the one its coinbase states (BIP 34), None for a block that states none. `magic` is
    None where the block stood alone.
    """

    where: str
    raw: bytes
    height: int | None
    magic: bytes | None

    @property
    def hash(self) -> bytes:
        """Its hash, internal byte order."""
        return sha256d(self.raw[:80])

    @property
    def prev_hash(self) -> bytes:
        """The hash of the block before, internal byte order."""
        return self.raw[4:36]


def raw_blocks(
    files: Sequence[DumpFile], network: Network | None, refusals: Refusals, read: Told
) -> Iterator[RawBlock]:
    """The blocks of files in order; what is none is counted among the refused.

    They are read by the rules of the network, or of the first that has their magic, or Bitcoin's.

    A folder's other files, of which none of the bytes can be a block, are refused as one each.
    """
    for file in files:
        try:
            yield from _of_file(file, network, refusals, read)
        except SourceError as e:
            refusals.add(str(file.path), e)


def _of_file(
    file: DumpFile, network: Network | None, refusals: Refusals, read: Told
) -> Iterator[RawBlock]:
    data = _bytes_of(file, refusals, read)
    at = 0
    magic = data[:4]
    if not sharing_magic(magic):
        yield _block(str(file.path), data, None, kernel_rules(network or MAINNET))
        return
    rules = kernel_rules(network or by_magic(magic))
    while at < len(data):
        if not data[at:].strip(b"\0"):
            # a node fills its files up with zeros
            return
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        raw = data[at + 8 : at + 8 + size]
        where = f"{file.path}, offset {at}"
        if data[at : at + 4] != magic or len(raw) < size or size < _LEAST_BLOCK_BYTES:
            refusals.add(where, "no whole block begins here; the file is damaged or cut short")
            return
        try:
            yield _block(where, raw, magic, rules)
        except SourceError as e:
            refusals.add(where, e)
        at += 8 + size


def _bytes_of(file: DumpFile, refusals: Refusals, read: Told) -> bytes:
    parts: list[bytes] = []
    size = 0
    for chunk in chunks(file, refusals, read):
        parts.append(chunk)
        size += len(chunk)
        if size > _MOST_FILE_BYTES:
            raise SourceError(
                f"it has more than {_MOST_FILE_BYTES >> 20} MiB; for a node's files use "
                f"'core:{Path(file.path).parent}'"
            )
    data = b"".join(parts)
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if len(start) > 2 * _LEAST_BLOCK_BYTES and _HEX.issuperset(start[:200]):
        try:
            return bytes.fromhex(start.decode("ascii"))
        except (UnicodeDecodeError, ValueError):
            raise SourceError("it begins as hex and is not hex throughout") from None
    return data


def _block(where: str, raw: bytes, magic: bytes | None, rules: _core.ChainRules) -> RawBlock:
    if len(raw) < _LEAST_BLOCK_BYTES:
        raise SourceError(f"{len(raw):,} bytes are no block")
    problem = _core.check_block(raw, rules=rules)
    if problem:
        raise SourceError(f"{problem}; get the block again")
    return RawBlock(where, raw, _core.decode_block(raw, rules)["height"], magic)


def network_of(blocks: Sequence[RawBlock]) -> Network | None:
    """The network that the blocks are of, where magic or genesis tells. Raises SourceError.

    Where several have both, the first of them: Bitcoin's.
    """
    found = {by_magic(block.magic) for block in blocks if block.magic}
    hashes = {format_hash(b.hash) for b in blocks if b.prev_hash == bytes(32)}
    if not found and hashes:
        found = set([n for n in NETWORKS.values() if n.genesis_hash in hashes][:1])
    if len(found) > 1:
        names = ", ".join(sorted(network.name for network in found))
        raise SourceError(f"these are blocks of several chains, {names}; give the files of one")
    return next(iter(found), None)
