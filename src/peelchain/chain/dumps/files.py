"""The files that a path means, and their lines: plain or compressed, one at a time."""

import glob
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from peelchain.chain.dumps.rows import Refusals
from peelchain.errors import MisuseError, SourceError

MOST_LINE_BYTES = 64 << 20
"""A block's transactions as JSON take some ten times the block."""

_MOST_FILES = 1_000_000
_CHUNK = 1 << 20
# of data that are cut short, at most so many bytes are lost with the cut
_UNPACKED = 1 << 14
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_ASIDE = {"manifest.json", "provenance.json", "SHA256SUMS", "README.md", "README"}
_BOM = b"\xef\xbb\xbf"

Told = Callable[[int], None]
"""Takes how many bytes of a file, as it lies on the disk, were read since the last call."""


@dataclass(frozen=True)
class DumpFile:
    """A file of a dump; `name` without the ending that says how it is compressed."""

    path: Path
    size: int

    @property
    def name(self) -> str:
        """The file's name, less `.gz` or `.zst`."""
        name = self.path.name
        return name.rsplit(".", 1)[0] if name.endswith((".gz", ".zst")) else name


def find(place: str, what: str) -> list[DumpFile]:
    """The files that a path, a folder (with those in it) or a glob means, by name.

    What an exporter leaves beside its tables (checksums, a manifest, hidden files) is passed over.
    Raises MisuseError where there is none; `what` says in words what was looked for.
    """
    given = Path(place)
    if given.is_file():
        return [DumpFile(given, given.stat().st_size)]
    if given.is_dir():
        found = [Path(folder) / name for folder, _, names in os.walk(given) for name in names]
        root = len(given.parts)
    else:
        found = [Path(p) for p in glob.iglob(place, recursive=True)]  # noqa: PTH207 - it may be absolute
        root = -1
    kept = sorted(
        p
        for p in found
        if p.is_file()
        and p.name not in _ASIDE
        and not any(part.startswith(".") for part in p.parts[root:])
    )
    if not kept:
        raise MisuseError(f"{place} is no file, folder or glob with files; give {what}")
    if len(kept) > _MOST_FILES:
        raise MisuseError(
            f"{place} has {len(kept):,} files; give at most {_MOST_FILES:,} at a time"
        )
    return [DumpFile(p, p.stat().st_size) for p in kept]


def lines(
    file: DumpFile, refusals: Refusals, read: Told, *, blank_ends: bool = False
) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not empty, with their number from 1, without their ends.

    White space at both ends goes with them, unless the `blank_ends` are fields of a table.

    What a damaged compression cuts off, a line too long and a last line cut short are counted among
    the refused. Raises SourceError where the file cannot be read.
    """
    number = 0
    for number, line in enumerate(_all_lines(file, refusals, read), 1):
        bare = line.removeprefix(_BOM) if number == 1 else line
        bare = bare.rstrip(b"\r") if blank_ends else bare.strip()
        if bare.strip():
            yield number, bare


def _all_lines(file: DumpFile, refusals: Refusals, read: Told) -> Iterator[bytes]:
    parts: list[bytes] = []
    size = number = 0
    for chunk in chunks(file, refusals, read):
        first, *others = chunk.split(b"\n")
        parts.append(first)
        size += len(first)
        if others:
            yield b"".join(parts)
            yield from others[:-1]
            number += len(others)
            parts, size = [others[-1]], len(others[-1])
        if size > MOST_LINE_BYTES:
            raise SourceError(
                f"{file.path}, line {number + 1}: it has more than {MOST_LINE_BYTES >> 20} MiB; "
                "give one row a line"
            )
    if size:
        yield b"".join(parts)


def chunks(file: DumpFile, refusals: Refusals, read: Told) -> Iterator[bytes]:
    """The bytes of a file, decompressed. Raises SourceError where it cannot be read."""
    try:
        with file.path.open("rb") as raw:
            start = raw.read(4)
            raw.seek(0)
            kind = next((k for mark, k in _COMPRESSIONS.items() if start.startswith(mark)), None)
            counted = _Counted(raw, read)
            if kind is None:
                while chunk := counted.read(_CHUNK):
                    yield chunk
                return
            yield from _decompressed(file, counted, kind, refusals)
    except OSError as e:
        raise SourceError(
            f"{file.path}: {e.strerror or e}; check that you may read it and that it is whole"
        ) from e


def _decompressed(
    file: DumpFile, counted: "_Counted", kind: str, refusals: Refusals
) -> Iterator[bytes]:
    stream = pa.CompressedInputStream(pa.PythonFile(counted, "r"), kind)
    while True:
        try:
            chunk = stream.read(_UNPACKED)
        except OSError as e:
            # what came before is whole by itself: each row of it is checked as any other
            refusals.damaged(
                f"{file.path}, byte {counted.at}", f"the {kind} data are damaged ({e})"
            )
            return
        if not chunk:
            return
        yield chunk


class _Counted(io.RawIOBase):
    """A file whose reads are told."""

    def __init__(self, file: io.BufferedReader, read: Told) -> None:
        self._file = file
        self._told = read
        self.at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Bytes of the file, told."""
        found = self._file.read(size)
        self.at += len(found)
        self._told(len(found))
        return found
