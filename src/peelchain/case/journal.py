"""The journal of a case: an append-only, hash-chained record of what was asked and done.

A journal is one SQLite file. It leaves its database as JSON lines, for SQLite files are not
byte-stable. Whoever holds the file can rewrite it whole: the report's digest is what anchors it.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from peelchain.case.canonical import canonical_json
from peelchain.errors import BundleError, CaseError

FIRST_PREV = "0" * 64
"""`prev` of the first entry."""

_APPLICATION_ID = 0x70656C63
_FORMAT = 1
_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_FORMAT};
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    time_utc TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER entries_are_kept BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'a journal entry cannot be deleted'); END;
CREATE TRIGGER entries_are_final BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'a journal entry cannot be changed'); END;
CREATE TRIGGER entries_follow BEFORE INSERT ON entries
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
    BEGIN SELECT RAISE(ABORT, 'a journal entry must follow the last one'); END;
"""
# INSERT OR REPLACE deletes without firing the delete trigger: entries_follow is what stops it.


@dataclass(frozen=True)
class Entry:
    """One entry: `seq` from 1, UTC time as text, and the hashes that chain it."""

    seq: int
    time_utc: str
    kind: str
    body: dict[str, Any]
    prev: str
    hash: str

    def line(self) -> bytes:
        """The entry as a line of journal.jsonl."""
        return canonical_json(self.__dict__)

    def expected_hash(self) -> str:
        """SHA-256 of the canonical JSON of the line without `hash`."""
        fields = {key: value for key, value in self.__dict__.items() if key != "hash"}
        return sha256(canonical_json(fields)).hexdigest()


class Journal:
    """An open journal. Close it, or use it in a `with` statement.

    `broken` says what is wrong with the chain and at which entry, None when it holds. A broken
    journal can be read and refuses to be appended to.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.broken: str | None = None
        self._connection = connection
        self._last_seq = 0
        self._last_hash = FIRST_PREV
        self._check_new_entries()

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new, empty journal, readable by its owner only. Raises CaseError where one exists."""
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            raise CaseError(
                f"{path} exists already; open the case, or choose another folder"
            ) from None
        except OSError as error:
            raise CaseError(f"could not create the journal {path}: {error.strerror}") from error
        connection = _connect(path)
        with _translated(path):
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        _sync_folder(path.parent)
        return cls(path, connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The journal at `path`. Raises CaseError if it is missing or of another format."""
        if not path.is_file():
            raise CaseError(f"there is no journal {path}; is this the folder of a case?")
        connection = _connect(path)
        with _translated(path):
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        if application != _APPLICATION_ID:
            connection.close()
            raise CaseError(f"{path} is not a journal of peelchain")
        if version != _FORMAT:
            connection.close()
            raise CaseError(
                f"{path} is a journal of format {version}, and this peelchain reads format "
                f"{_FORMAT}; use the version that wrote it"
            )
        return cls(path, connection)

    def append(self, kind: str, body: dict[str, Any], time_utc: datetime) -> Entry:
        """The new last entry, on the disk when this returns.

        `time_utc` has a time zone; parts of a second are dropped. Raises CaseError on a broken
        chain or a disk that fails, BundleError for a body that canonical JSON does not hold; either
        way the journal is as it was.
        """
        if time_utc.tzinfo is None:
            raise CaseError(f"the time {time_utc} has no time zone; give it in UTC")
        stamp = f"{time_utc.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        with _translated(self.path), self._writing():
            self._check_new_entries()
            if self.broken is not None:
                raise CaseError(
                    f"{self.broken}; nothing can be added: keep it as it is and open a new case"
                )
            draft = Entry(self._last_seq + 1, stamp, kind, body, self._last_hash, "")
            entry = Entry(**{**draft.__dict__, "hash": draft.expected_hash()})
            self._connection.execute(
                "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)",
                (
                    entry.seq, entry.time_utc, entry.kind,
                    canonical_json(body).decode().rstrip("\n"), entry.prev, entry.hash,
                ),
            )  # fmt: skip
        self._last_seq, self._last_hash = entry.seq, entry.hash
        return entry

    def entries(self) -> Iterator[Entry]:
        """The entries in order. Raises CaseError at a row that is no entry at all."""
        return self._entries_after(0)

    def export(self) -> bytes:
        """journal.jsonl: one canonical line an entry. A broken journal is exported as it is."""
        return b"".join(entry.line() for entry in self.entries())

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _entries_after(self, seq: int) -> Iterator[Entry]:
        with _translated(self.path):
            rows = self._connection.execute(
                "SELECT seq, time_utc, kind, body, prev, hash FROM entries "
                "WHERE seq > ? ORDER BY seq",
                (seq,),
            ).fetchall()
        for number, time_utc, kind, body, prev, hash_ in rows:
            try:
                parsed = json.loads(body)
                if not isinstance(parsed, dict):
                    raise TypeError("its body is no object")
                entry = Entry(number, time_utc, kind, parsed, prev, hash_)
                entry.line()
            except (ValueError, TypeError, RecursionError, BundleError) as error:
                raise CaseError(f"{self.path} entry {number} is malformed: {error}") from error
            yield entry

    def _check_new_entries(self) -> None:
        """Follows the chain from the last entry known to hold; sets `broken` at the first fault."""
        if self.broken is not None:
            return
        try:
            for entry in self._entries_after(self._last_seq):
                if entry.seq != self._last_seq + 1:
                    self.broken = f"{self.path} entry {self._last_seq + 1} is missing"
                elif entry.prev != self._last_hash:
                    self.broken = f"{self.path} entry {entry.seq} does not follow the one before it"
                elif entry.hash != entry.expected_hash():
                    self.broken = f"{self.path} entry {entry.seq} was changed after it was written"
                if self.broken is not None:
                    return
                self._last_seq, self._last_hash = entry.seq, entry.hash
        except CaseError as error:
            self.broken = str(error)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CaseError(
            f"{path} could not be read or written: {error}; is another peelchain at work on the "
            "case, is the disk full, or is the file damaged?"
        ) from error


def _connect(path: Path) -> sqlite3.Connection:
    with _translated(path):
        connection = sqlite3.connect(path, isolation_level=None, timeout=5)
        try:
            # EXTRA also syncs the folder when the rollback journal is deleted.
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute("PRAGMA trusted_schema = OFF")
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
