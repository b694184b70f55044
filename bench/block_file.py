"""Block files as Bitcoin Core writes them, read and written plainly."""

from collections.abc import Iterator
from pathlib import Path

MAINNET_MAGIC = bytes.fromhex("f9beb4d9")


def turned(data: bytes, key: bytes) -> bytes:
    """The data under the key of xor.dat, from the file's start; doing it twice undoes it."""
    if not any(key):
        return data
    stream = (key * (len(data) // len(key) + 1))[: len(data)]
    mixed = int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")
    return mixed.to_bytes(len(data), "little")


def raw_blocks(blocks: Path) -> Iterator[bytes]:
    """Every whole block of a blocks folder, in the order of its files."""
    key_file = blocks / "xor.dat"
    key = key_file.read_bytes() if key_file.exists() else bytes(8)
    for path in sorted(blocks.glob("blk*.dat")):
        written = path.read_bytes()
        data = turned(written, key)
        position = 0
        while position + 8 <= len(written):
            # preallocated space is raw zeros, never obfuscated ones
            if not any(written[position : position + 8]):
                break
            size = int.from_bytes(data[position + 4 : position + 8], "little")
            if position + 8 + size > len(written):
                break
            yield data[position + 8 : position + 8 + size]
            position += 8 + size


def framed(raw: bytes, magic: bytes) -> bytes:
    """A block as it stands in a block file."""
    return magic + len(raw).to_bytes(4, "little") + raw
