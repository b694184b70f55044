"""A file of an export: written under another name, hashed as it is written, then renamed."""

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from peelchain.errors import PeelchainError

Compression = Literal["none", "gz", "zst"]
COMPRESSIONS: tuple[Compression, ...] = ("none", "gz", "zst")

_SUFFIXES: dict[Compression, str] = {"none": "", "gz": ".gz", "zst": ".zst"}
_CODECS: dict[Compression, str] = {"none": "none", "gz": "gzip", "zst": "zstd"}
_GZIP_LEVEL = 6
_BUFFER_BYTES = 1 << 20
_ROW_GROUP = 131_072
_ROW_GROUP_BYTES = 64 << 20
"""A row group has at most so many rows, and is written once it has so many bytes in memory."""


@dataclass(frozen=True)
class Written:
    """A file that is whole: its name in the folder, rows, bytes and SHA-256 (hex)."""

    name: str
    rows: int
    bytes: int
    sha256: str


class Lines:
    """Takes lines of text, each with its line end."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: list[str] = []
        self._length = 0
        self.rows = 0

    def add(self, line: str) -> None:
        """Writes one row."""
        self._waiting.append(line)
        self._length += len(line)
        self.rows += 1
        if self._length >= _BUFFER_BYTES:
            self.flush()

    def head(self, line: str) -> None:
        """Writes a line that is no row."""
        self.add(line)
        self.rows -= 1

    def flush(self) -> None:
        """Writes what waits."""
        self._stream.write("".join(self._waiting).encode())
        self._waiting, self._length = [], 0


class Batches:
    """Takes tables of one schema and writes them as Parquet."""

    def __init__(self, stream: "_Hashing", schema: pa.Schema, compression: Compression) -> None:
        self._writer = pq.ParquetWriter(
            pa.PythonFile(stream, mode="w"),
            schema,
            compression=_CODECS[compression],
            write_statistics=True,
        )
        self.schema = schema
        self.rows = 0
        self._waiting: list[pa.Table] = []

    def add(self, rows: pa.Table) -> None:
        """Writes rows, once there are enough for a row group."""
        self._waiting.append(rows.cast(self.schema))
        self.rows += rows.num_rows
        waiting = sum(table.num_rows for table in self._waiting)
        if waiting >= _ROW_GROUP or sum(t.nbytes for t in self._waiting) >= _ROW_GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Writes what waits, and the footer."""
        try:
            self._flush()
        finally:
            self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            rows, self._waiting = pa.concat_tables(self._waiting), []
            self._writer.write_table(rows, row_group_size=_ROW_GROUP)


class Raw:
    """Takes bytes as they are; `rows` counts what the writer counts."""

    def __init__(self, stream: BinaryIO) -> None:
        self.write = stream.write
        self.rows = 0


@dataclass
class Piece:
    """The files of one part of an export, made together; `written` fills as they are closed."""

    folder: Path
    compression: Compression
    written: list[Written] = field(default_factory=list)

    @contextmanager
    def lines(self, name: str, *, plain: bool = False) -> Iterator[Lines]:
        """A file of lines, compressed as asked unless `plain`; the suffix follows from that."""
        compression: Compression = "none" if plain else self.compression
        with self._file(name + _SUFFIXES[compression]) as (hashing, done):
            with _compressed(hashing, compression) as stream:
                lines = Lines(stream)
                yield lines
                lines.flush()
            done(lines.rows)

    @contextmanager
    def parquet(self, name: str, schema: pa.Schema) -> Iterator[Batches]:
        """A Parquet file, its pages compressed as asked."""
        with self._file(name) as (hashing, done):
            with closing(Batches(hashing, schema, self.compression)) as batches:
                yield batches
            done(batches.rows)

    @contextmanager
    def raw(self, name: str) -> Iterator[Raw]:
        """A file of bytes, compressed as asked."""
        with self._file(name + _SUFFIXES[self.compression]) as (hashing, done):
            with _compressed(hashing, self.compression) as stream:
                raw = Raw(stream)
                yield raw
            done(raw.rows)

    @contextmanager
    def _file(self, name: str) -> Iterator[tuple["_Hashing", Callable[[int], None]]]:
        path = self.folder / name
        waiting = path.with_name(f".{path.name}.part")
        rows: list[int] = []
        try:
            path.parent.mkdir(exist_ok=True)
            with waiting.open("wb") as file:
                hashing = _Hashing(file)
                yield hashing, rows.append
                file.flush()
                os.fsync(file.fileno())
            waiting.replace(path)
        except OSError as e:
            raise PeelchainError(
                f"{path} cannot be written ({e.strerror or e}); make room or give another folder "
                "with -o: the same command goes on with the files that are whole"
            ) from None
        finally:
            waiting.unlink(missing_ok=True)
        self.written.append(Written(name, rows[0], hashing.count, hashing.digest.hexdigest()))


class _Hashing:
    """A file that only grows, hashed on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = sha256()
        self.count = 0
        self.closed = False

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self._file.write(view)
        self.digest.update(view)
        self.count += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        return self.count

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self.closed = True


@contextmanager
def _compressed(hashing: _Hashing, compression: Compression) -> Iterator[Any]:
    """What takes bytes and hands them on compressed; closed even where the writing fails."""
    if compression == "none":
        yield hashing
        return
    if compression == "gz":
        # neither name nor time stands in the header: the same rows give the same bytes
        stream: Any = gzip.GzipFile("", "wb", _GZIP_LEVEL, hashing, mtime=0)
    else:
        stream = pa.CompressedOutputStream(pa.PythonFile(hashing, mode="w"), "zstd")
    with closing(stream):
        yield stream
