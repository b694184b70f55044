"""The file of a vault: its tables, how it is opened, and how what it loses is overwritten."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peelchain.case.vault import sealing
from peelchain.errors import CaseError

_APPLICATION_ID = 0x70656C76
_FORMAT = 1
_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_FORMAT};
CREATE TABLE checks (value BLOB NOT NULL) STRICT;
CREATE TABLE persons (
    first INTEGER PRIMARY KEY, count INTEGER NOT NULL, seeds BLOB NOT NULL
) STRICT;
CREATE TABLE records (
    first INTEGER PRIMARY KEY, count INTEGER NOT NULL, first_person INTEGER NOT NULL,
    ends BLOB NOT NULL, boxes BLOB NOT NULL, commitments BLOB NOT NULL
) STRICT;
CREATE INDEX records_of ON records (first_person);
CREATE TABLE batches (
    number INTEGER PRIMARY KEY, first INTEGER NOT NULL, first_person INTEGER NOT NULL,
    count INTEGER NOT NULL, root BLOB NOT NULL
) STRICT;
CREATE TABLE blinds (bucket INTEGER NOT NULL, entries BLOB NOT NULL) STRICT;
CREATE INDEX blinds_of ON blinds (bucket);
CREATE TABLE files (
    number INTEGER PRIMARY KEY, seed BLOB NOT NULL, box BLOB NOT NULL, commitment BLOB NOT NULL
) STRICT;
CREATE TABLE mentions (file INTEGER NOT NULL, person INTEGER NOT NULL) STRICT;
"""


def create(path: Path, key: bytes) -> sqlite3.Connection:
    """A new, empty vault that this key is to open. Raises CaseError."""
    with translated(path):
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as e:
            raise CaseError(f"{path}: {e.strerror}; check your rights and the room") from None
        connection = _connected(path)
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        connection.execute("INSERT INTO checks VALUES (?)", (sealing.check_value(key),))
        return connection


def connect(path: Path, key: bytes) -> sqlite3.Connection:
    """The vault at `path`. Raises CaseError where it is none, or another key's."""
    with translated(path):
        connection = _connected(path)
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if (application, version) != (_APPLICATION_ID, _FORMAT):
            connection.close()
            raise CaseError(f"{path} is no vault that this peelchain reads")
        told = connection.execute("SELECT value FROM checks").fetchone()
        if told is None or bytes(told[0]) != sealing.check_value(key):
            connection.close()
            raise CaseError(f"{path} was made with another key than the one beside it")
        return connection


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA trusted_schema = OFF")
    # what is erased is overwritten, not only unlinked
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Has errors of the database raised as CaseError."""
    try:
        yield
    except sqlite3.Error as e:
        raise CaseError(
            f"{path} could not be read or written: {e}; is another peelchain at work on the case, "
            "is the disk full, or is the file damaged?"
        ) from None


@contextmanager
def leaving_nothing(path: Path, connection: sqlite3.Connection) -> Iterator[None]:
    """Overwrites the rollback journal after what is done: it holds the pages as they were."""
    beside = path.with_name(f"{path.name}-journal")
    with translated(path):
        connection.execute("PRAGMA journal_mode = PERSIST")
        try:
            yield
        finally:
            if beside.exists():
                _overwrite(beside)
            connection.execute("PRAGMA journal_mode = DELETE")


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        left = file.seek(0, os.SEEK_END)
        file.seek(0)
        while left > 0:
            left -= file.write(bytes(min(1 << 20, left)))
        file.flush()
        os.fsync(file.fileno())
