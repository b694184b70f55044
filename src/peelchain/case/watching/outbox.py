"""The outbox of a watch: what is still to be told to whom, and how far the chain was looked at.

It is one SQLite file beside the journal, never part of it: the journal says what was decided, the
outbox what became of telling it. A notice is written here, with everyone it is owed to, before it
is sent to anyone, and noted as sent after the other side took it. Between these two a process may
die: then it is sent again, under the same id, by which the other side can drop it.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from peelchain.errors import CaseError

Row = dict[str, Any]

FOLDER = "watch"
"""The folder of a case that the outbox lies in."""

BLOCKS_KEPT = 2_016
"""Hashes of blocks looked at that are kept, so that a fork is found."""

_FILE = "outbox.sqlite"
_LOCK = ".lock"
_APPLICATION_ID = 0x70656C6F
_FORMAT = 1
_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_FORMAT};
CREATE TABLE notices (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    entry INTEGER NOT NULL,
    time_utc TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE deliveries (
    id TEXT NOT NULL REFERENCES notices (id),
    channel TEXT NOT NULL,
    sent_utc TEXT,
    PRIMARY KEY (id, channel)
) STRICT;
CREATE TABLE channels (
    name TEXT PRIMARY KEY,
    tries INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    error TEXT
) STRICT;
CREATE TABLE blocks (height INTEGER PRIMARY KEY, hash TEXT NOT NULL) STRICT;
CREATE TABLE items (name TEXT PRIMARY KEY, entry INTEGER NOT NULL, height INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True)
class Owed:
    """A notice that a channel was not told yet, or not that we know."""

    id: str
    entry: int
    time_utc: str
    body: Row


@dataclass(frozen=True)
class Failing:
    """A channel that failed: how often in a row, why, and when to try it again (epoch seconds)."""

    tries: int
    next_at: int
    error: str


class Outbox:
    """An open outbox. Close it, or use it in a `with` statement.

    `is_new` says that there was none: what the journal told before is then not owed to anyone.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, is_new: bool) -> None:
        self.path = path
        self.is_new = is_new
        self._connection = connection

    @classmethod
    def exists(cls, case: Path) -> bool:
        """Whether a case was ever watched here."""
        return (case / FOLDER / _FILE).is_file()

    @classmethod
    def open(cls, case: Path) -> Self:
        """The outbox of the case in a folder, made where there is none. Raises CaseError."""
        path = case / FOLDER / _FILE
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as e:
            raise CaseError(f"{path}: {e.strerror}; check your rights and the room") from None
        with _translated(path):
            connection = sqlite3.connect(path, isolation_level=None, timeout=10)
            connection.execute("PRAGMA synchronous = EXTRA")
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            is_new = application == 0
            if is_new:
                connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        if not is_new and (application, version) != (_APPLICATION_ID, _FORMAT):
            connection.close()
            raise CaseError(
                f"{path} is no outbox of this version of peelchain; move it away: what the journal "
                "tells of is then not sent again"
            )
        return cls(path, connection, is_new=is_new)

    def take(self, rows: Iterable[tuple[int, str, Row]], channels: Sequence[str]) -> int:
        """Takes in notices of the journal (entry, time, body) that are new here; gives how many.

        Each is owed to all of the channels from now on. `channels` may be none, for what was told
        in a journal before there was this outbox.
        """
        added = 0
        with self._writing():
            for entry, time_utc, body in rows:
                name = str(body["id"])
                text = json.dumps(body, sort_keys=True)
                added += self._connection.execute(
                    "INSERT OR IGNORE INTO notices (id, entry, time_utc, body) VALUES (?, ?, ?, ?)",
                    (name, entry, time_utc, text),
                ).rowcount and self._owe(name, channels)
        return added

    def _owe(self, name: str, channels: Sequence[str]) -> int:
        self._connection.executemany(
            "INSERT INTO deliveries VALUES (?, ?, NULL)", [(name, c) for c in channels]
        )
        return 1

    def knows(self) -> frozenset[str]:
        """The ids of all notices taken in."""
        return frozenset(row[0] for row in self._rows("SELECT id FROM notices"))

    def owed(self, channel: str) -> list[Owed]:
        """What a channel is owed, in the order in which it was decided."""
        rows = self._rows(
            "SELECT n.id, n.entry, n.time_utc, n.body FROM notices n JOIN deliveries d "
            "ON d.id = n.id WHERE d.channel = ? AND d.sent_utc IS NULL ORDER BY n.number",
            (channel,),
        )
        return [Owed(name, entry, time, json.loads(body)) for name, entry, time, body in rows]

    def sent(self, name: str, channel: str, time_utc: str) -> None:
        """Notes that a channel took a notice; the channel is well then."""
        with self._writing():
            self._connection.execute(
                "UPDATE deliveries SET sent_utc = ? WHERE id = ? AND channel = ?",
                (time_utc, name, channel),
            )
            self._connection.execute("DELETE FROM channels WHERE name = ?", (channel,))

    def failed(self, channel: str, error: str, next_at: int) -> None:
        """Notes that a channel failed once more, and when it is tried again (epoch seconds)."""
        with self._writing():
            self._connection.execute(
                "INSERT INTO channels VALUES (?, 1, ?, ?) ON CONFLICT (name) DO UPDATE SET "
                "tries = tries + 1, next_at = excluded.next_at, error = excluded.error",
                (channel, next_at, error),
            )

    def failing(self, channel: str) -> Failing | None:
        """How a channel fails; None for one that does not."""
        rows = self._rows("SELECT tries, next_at, error FROM channels WHERE name = ?", (channel,))
        return Failing(*rows[0]) if rows else None

    def deliveries(self) -> dict[str, dict[str, str | None]]:
        """To whom each notice is owed, by id and channel: when it was sent, None for not yet."""
        found: dict[str, dict[str, str | None]] = {}
        for name, channel, sent in self._rows(
            "SELECT id, channel, sent_utc FROM deliveries ORDER BY channel"
        ):
            found.setdefault(name, {})[channel] = sent
        return found

    def looked_at(self) -> list[tuple[int, str]]:
        """The blocks looked at last, height and hash as shown, the highest first.

        The first of them is the watch's bookmark.
        """
        rows = self._rows("SELECT height, hash FROM blocks ORDER BY height DESC")
        return [(int(height), str(hash_)) for height, hash_ in rows]

    def looked(self, blocks: Iterable[tuple[int, str]], above: int) -> None:
        """Notes blocks as looked at, in place of all that were noted above a height."""
        with self._writing():
            self._connection.execute("DELETE FROM blocks WHERE height > ?", (above,))
            self._connection.executemany("INSERT OR REPLACE INTO blocks VALUES (?, ?)", blocks)
            self._connection.execute(
                "DELETE FROM blocks WHERE height <= (SELECT max(height) FROM blocks) - ?",
                (BLOCKS_KEPT,),
            )

    def since(self, items: Mapping[str, int], height: int) -> dict[str, int]:
        """From above which height each watched item counts, by name, given the entries that added.

        One that is new here counts from above `height`, which is kept; where the chain forked off
        below, all count from above the fork.
        """
        with self._writing():
            for name, entry in items.items():
                self._connection.execute(
                    "INSERT INTO items VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
                    "entry = excluded.entry, height = excluded.height "
                    "WHERE items.entry != excluded.entry",
                    (name, entry, height),
                )
            self._connection.execute("UPDATE items SET height = min(height, ?)", (height,))
        rows = self._rows("SELECT name, height FROM items")
        return {name: int(from_) for name, from_ in rows if name in items}

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with _translated(self.path):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _translated(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


@contextmanager
def alone(case: Path) -> Iterator[None]:
    """Has the watch of a case for this process. Raises CaseError where another one watches it.

    The system lets it go when the process ends, however it ends.
    """
    folder = case / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as e:
        raise CaseError(f"{folder}: {e.strerror}; a watch must write there") from None
    with os.fdopen(handle, "r+", encoding="ascii", errors="replace") as lock:
        _take(lock, case)
        yield


def _take(lock: IO[str], case: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        whom = lock.read(100).strip() or "another process"
        raise CaseError(f"{case} is watched by {whom} already; stop that one first") from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}")
    lock.flush()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CaseError(
            f"{path} could not be read or written: {error}; is the disk full, or the file damaged?"
        ) from error
