"""Raw blocks that a store keeps itself, as a node's block files: for sources that are no files."""

import contextlib
import fcntl
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from peelchain import _core
from peelchain.chain.core_files import CoreFiles
from peelchain.errors import SourceError, StoreError, StoreLockedError
from peelchain.network import Network, by_magic
from peelchain.network.kernel import kernel_rules
from peelchain.store.raw_blocks import SCAN_CACHE as SCAN_CACHE

FOLDER = "blocks"
FILE_BYTES = 128 << 20
"""A file takes no more than this, as Bitcoin Core's (MAX_BLOCKFILE_SIZE)."""
SYNC_BYTES = 16 << 20
"""So much, and the block after it, a power cut can take: it is checked at the next opening."""

STRIPPED = "stripped"
"""Marks an archive in which blocks may lack their witnesses.

After such a block stands the size of each of its transactions with its witness, 4 bytes
little-endian each: the word of the source, which had no witnesses.
"""

_LOCK = "lock"
_LEAST_BYTES = 81


class BlockArchive:
    """The blocks folder of a store, open for appending. Made by `open_archive`.

    Records are as in a node's files without obfuscation: magic, size, block. Nothing is taken out,
    so that blocks which a reorganisation left behind stay.
    """

    def __init__(self, folder: Path, network: Network) -> None:
        self.folder = folder
        self.network = network
        self._most_bytes = network.rules.max_block_bytes
        self._unsure_bytes = SYNC_BYTES + 2 * (8 + self._most_bytes)
        self.cut_bytes = 0
        """Bytes of a record not written whole, which opening took off."""
        numbers = sorted(int(p.stem[3:]) for p in folder.glob("blk*.dat") if p.stem[3:].isdecimal())
        self._number = numbers[-1] if numbers else 0
        self._unsynced = 0
        self._file: IO[bytes] | None = None
        if numbers:
            self._refuse_another_chain(folder / f"blk{numbers[0]:05d}.dat")
            self._open()

    @property
    def is_empty(self) -> bool:
        """Whether no block was ever added."""
        return self._number == 0 and (self._file is None or self._file.tell() == 0)

    @property
    def files(self) -> CoreFiles:
        """The archive as a source for `scan` and `ingest_core_files`."""
        return CoreFiles(self.folder.resolve(), self.network)

    def add(self, raw: bytes) -> None:
        """Appends a block that the caller has checked; it is durable after `sync`.

        Raises SourceError for a size that no block has, and StoreError where the disk is full.
        """
        if not _LEAST_BYTES <= len(raw) <= self._most_bytes:
            raise SourceError(f"a block of {len(raw):,} bytes cannot be; get it from elsewhere")
        record = b"".join((self.network.magic, len(raw).to_bytes(4, "little"), raw))
        try:
            file = self._file or self._new_file()
            if file.tell() and file.tell() + len(record) > FILE_BYTES:
                self._close()
                self._number += 1
                file = self._new_file()
            begin = file.tell()
            try:
                file.write(record)
            except BaseException:
                # half a record would hide those after it
                with contextlib.suppress(OSError):
                    file.truncate(begin)
                    file.seek(begin)
                raise
        except OSError as e:
            raise _cannot_write(self._path(), e) from e
        self._unsynced += len(record)
        if self._unsynced >= SYNC_BYTES:
            self.sync()

    def allow_stripped(self) -> None:
        """Marks the archive as one in which blocks may lack their witnesses; see `STRIPPED`."""
        try:
            if not (self.folder / STRIPPED).exists():
                (self.folder / STRIPPED).touch()
                _core.sync_dir(self.folder)
        except OSError as e:
            raise _cannot_write(self.folder / STRIPPED, e) from e

    def sync(self) -> None:
        """Makes all that was added durable. Raises StoreError where the disk cannot."""
        if self._file is None:
            return
        try:
            os.fdatasync(self._file.fileno())
        except OSError as e:
            raise _cannot_write(self._path(), e) from e
        self._unsynced = 0

    def close(self) -> None:
        """Makes all durable and closes the file."""
        try:
            self.sync()
        finally:
            self._close()

    def _path(self) -> Path:
        return self.folder / f"blk{self._number:05d}.dat"

    def _new_file(self) -> IO[bytes]:
        # unbuffered, so that what a record's write leaves is known
        self._file = self._path().open("xb", buffering=0)
        _core.sync_dir(self.folder)
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            with self._file as file:
                os.fdatasync(file.fileno())
            self._file = None
            self._unsynced = 0

    def _open(self) -> None:
        path = self._path()
        with contextlib.ExitStack() as unless_whole:
            try:
                file = unless_whole.enter_context(path.open("r+b", buffering=0))
                end = self._end_of_whole_records(file)
                self.cut_bytes = file.seek(0, os.SEEK_END) - end
                if self.cut_bytes > self._unsure_bytes:
                    raise StoreError(
                        f"{path}, offset {end}: what lies there is no whole block; move the file "
                        "away and run the command again: its blocks are got anew"
                    )
                if self.cut_bytes:
                    file.truncate(end)
                    os.fsync(file.fileno())
                file.seek(end)
            except OSError as e:
                raise _cannot_write(path, e) from e
            unless_whole.pop_all()
        self._file = file

    def _end_of_whole_records(self, file: IO[bytes]) -> int:
        """Where the last whole record of a file ends. Those that may not be on disk are checked."""
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return 0
        rules, stripped = kernel_rules(self.network), (self.folder / STRIPPED).exists()
        at = 0
        with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as held:
            while at + 8 <= size and held[at : at + 4] == self.network.magic:
                length = int.from_bytes(held[at + 4 : at + 8], "little")
                end = at + 8 + length
                if not _LEAST_BYTES <= length <= self._most_bytes or end > size:
                    break
                unsure = size - end < self._unsure_bytes
                if unsure and _core.check_block(held[at + 8 : end], stripped, rules) is not None:
                    break
                at = end
        return at

    def _refuse_another_chain(self, first: Path) -> None:
        with first.open("rb") as file:
            magic = file.read(4)
        if len(magic) == 4 and magic not in (self.network.magic, bytes(4)):
            held, asked = by_magic(magic).name, self.network.name
            raise SourceError(
                f"{self.folder} holds blocks of {held}, the source is {asked}; use another store "
                "for another chain"
            )


@contextlib.contextmanager
def open_archive(store: Path, network: Network) -> Iterator[BlockArchive]:
    """The archive of a store, made where there is none, for this process alone.

    What a kill or power cut left unfinished at its end is cut off. Raises StoreLockedError,
    StoreError, and SourceError when it holds another chain.
    """
    folder = store / FOLDER
    try:
        _core.make_dirs(folder)
        _core.make_lock(folder / _LOCK)
        with (folder / _LOCK).open("a+", encoding="utf-8", errors="replace") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                holder = lock.read(200).strip() or "another process"
                raise StoreLockedError(
                    f"{folder} is being written by {holder}; wait until it is done, or stop it"
                ) from None
            lock.truncate(0)
            lock.write(f"process {os.getpid()}")
            lock.flush()
            archive = BlockArchive(folder, network)
            try:
                yield archive
            finally:
                archive.close()
                lock.truncate(0)
    except OSError as e:
        raise _cannot_write(folder, e) from e


def _cannot_write(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{error.filename or path}: {error.strerror or error}; make room or check your rights and "
        "run the command again, it goes on with the blocks that are there"
    )
