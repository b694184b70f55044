"""Transactions of a dump on their way into blocks: kept on the disk, given in block order."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from peelchain.chain.dumps.rows import RowError
from peelchain.errors import StoreError

_PREFIX = "spool-"
_TABLE = """
CREATE TABLE txs (height INTEGER, txid BLOB, position INTEGER, seq INTEGER, raw BLOB, size INTEGER,
  PRIMARY KEY (height, txid)) WITHOUT ROWID;
"""


class Spool:
    """The transactions of blocks, in a database that is thrown away. Made by `open_spool`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._seq = 0

    def add(self, height: int, txid: bytes, position: int | None, raw: bytes, size: int) -> None:
        """Keeps a transaction of a block; `size` is that with witnesses.

        Raises RowError where it was given otherwise before.
        """
        self._seq += 1
        done = self._database.execute(
            "INSERT OR IGNORE INTO txs VALUES (?, ?, ?, ?, ?, ?)",
            (height, txid, position, self._seq, raw, size),
        )
        if done.rowcount:
            return
        there = self._database.execute(
            "SELECT position, raw, size FROM txs WHERE height = ? AND txid = ?", (height, txid)
        ).fetchone()
        if tuple(there) != (position, raw, size):
            raise RowError("the transaction was given otherwise before; one of the two is false")

    def block(self, height: int) -> list[tuple[bytes, int]]:
        """The raw transactions of a block in order, each with its size with witnesses.

        By their positions, or where these are not told as they came.
        """
        rows = self._database.execute(
            "SELECT raw, size FROM txs WHERE height = ? ORDER BY position IS NULL, position, seq",
            (height,),
        )
        return [(bytes(raw), size) for raw, size in rows]


@contextmanager
def open_spool(folder: Path) -> Iterator[Spool]:
    """A spool in a folder; what one that was killed left there is taken away.

    Raises StoreError where the disk is full.
    """
    for left in folder.glob(f"{_PREFIX}*/*"):
        left.unlink(missing_ok=True)
    for left in folder.glob(f"{_PREFIX}*"):
        left.rmdir()
    with throwaway(folder, _PREFIX, _TABLE) as database:
        yield Spool(database)


@contextmanager
def throwaway(folder: Path | None, prefix: str, tables: str) -> Iterator[sqlite3.Connection]:
    """A database with these tables that is gone afterwards; None: where temporary files go.

    Raises StoreError where it cannot be written, as on a full disk.
    """
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder) as own:
        try:
            with closing(sqlite3.connect(Path(own) / "rows.sqlite", isolation_level=None)) as made:
                # what it holds is of no use after a crash
                made.execute("PRAGMA journal_mode = OFF")
                made.execute("PRAGMA synchronous = OFF")
                made.executescript(tables)
                made.execute("BEGIN")
                yield made
        except sqlite3.Error as e:
            raise StoreError(
                f"{own}: the rows of the dump cannot be kept there while they are put together "
                f"({e}); make room, or set TMPDIR to a folder with more"
            ) from e
