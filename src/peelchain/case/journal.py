"""The journal of a case: an append-only, hash-chained record of what was asked and done.

A journal is one SQLite file. It leaves its database as JSON lines, for SQLite files are not
byte-stable. Whoever holds the file can rewrite it whole: the report's digest is what anchors it,
and the signature that an entry may carry.

What may have to be withheld or erased is *sealed*: the entry's body, which the chain fixes, holds
a salted commitment for it, and the salt and the value (its opening) lie beside the entry. Without
its opening an entry still holds, and nothing can be guessed from it.
"""

import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from peelchain.case.canonical import canonical_json
from peelchain.errors import BundleError, CaseError

FIRST_PREV = "0" * 64
"""`prev` of the first entry."""

_APPLICATION_ID = 0x70656C63
_FORMAT = 2
_SALT_BYTES = 32
_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_FORMAT};
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    time_utc TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    signer TEXT,
    signature TEXT
) STRICT;
CREATE TABLE openings (
    seq INTEGER NOT NULL REFERENCES entries,
    name TEXT NOT NULL,
    salt TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (seq, name)
) STRICT;
CREATE TRIGGER openings_are_final BEFORE UPDATE ON openings
    BEGIN SELECT RAISE(ABORT, 'an opening cannot be changed'); END;
CREATE TRIGGER entries_are_kept BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'a journal entry cannot be deleted'); END;
CREATE TRIGGER entries_are_final BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'a journal entry cannot be changed'); END;
CREATE TRIGGER entries_follow BEFORE INSERT ON entries
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
    BEGIN SELECT RAISE(ABORT, 'a journal entry must follow the last one'); END;
"""
# INSERT OR REPLACE deletes without firing the delete trigger: entries_follow is what stops it.


Signer = Callable[[bytes], tuple[str, str]]
"""Signs the 32 bytes of an entry's hash: gives the public key and the signature, both hex."""


@dataclass(frozen=True)
class Opening:
    """A sealed value with its salt (hex of 32 bytes)."""

    salt: str
    value: Any

    def commitment(self) -> str:
        """SHA-256 of the salt's bytes and the canonical JSON of the value, in hex."""
        return sha256(bytes.fromhex(self.salt) + canonical_json(self.value)).hexdigest()


@dataclass(frozen=True)
class Entry:
    """One entry: `seq` from 1, UTC time as text, and the hashes that chain it.

    `opened` holds the openings that are still there of what `body["sealed"]` commits to.
    `signer` and `signature` are hex, None where no key was set up.
    """

    seq: int
    time_utc: str
    kind: str
    body: dict[str, Any]
    prev: str
    hash: str
    signer: str | None = None
    signature: str | None = None
    opened: dict[str, Opening] = field(default_factory=dict)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """The entry that `line` wrote. Raises ValueError, TypeError or KeyError for any other."""
        if set(told) != {f.name for f in fields(cls)}:
            raise ValueError("its fields are not those of an entry")
        opened = {name: Opening(**o) for name, o in dict(told["opened"]).items()}
        texts = ("time_utc", "kind", "prev", "hash")
        if not isinstance(told["seq"], int) or not isinstance(told["body"], dict):
            raise TypeError("its number or its body is none")
        if not all(isinstance(told[key], str) for key in texts):
            raise TypeError("a field of it is no text")
        if not all(isinstance(told[k], str | None) for k in ("signer", "signature")):
            raise TypeError("its signature is no text")
        return cls(**{**told, "opened": opened})

    def line(self) -> bytes:
        """The entry as a line of journal.jsonl."""
        opened = {name: opening.__dict__ for name, opening in self.opened.items()}
        return canonical_json({**self.__dict__, "opened": opened})

    def expected_hash(self) -> str:
        """SHA-256 of the canonical JSON of seq, time_utc, kind, body and prev."""
        chained = ("seq", "time_utc", "kind", "body", "prev")
        return sha256(canonical_json({key: self.__dict__[key] for key in chained})).hexdigest()

    def value(self, name: str, default: Any = None) -> Any:
        """A field of the body or, where it is sealed, of its opening; the default for neither."""
        if name in self.opened:
            return self.opened[name].value
        return self.body.get(name, default)

    def withheld(self) -> list[str]:
        """The names of what is sealed and has no opening here, sorted."""
        return sorted(set(self.body.get("sealed", {})) - set(self.opened))


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

    @classmethod
    def restore(cls, path: Path, entries: Iterable[Entry]) -> Self:
        """A journal with entries that were exported elsewhere; `broken` says what does not hold.

        Raises CaseError where one exists at `path`, or an entry cannot follow the one before it.
        """
        with cls.create(path) as new, _translated(path), new._writing():
            for entry in entries:
                new._insert(entry)
        return cls.open(path)

    @property
    def last_seq(self) -> int:
        """The number of the last entry known to hold, 0 for none."""
        return self._last_seq

    def refresh(self) -> None:
        """Takes note of what other processes added since."""
        self._check_new_entries()

    def append(
        self,
        kind: str,
        body: dict[str, Any],
        time_utc: datetime,
        *,
        sealed: Mapping[str, Any] | None = None,
        signer: Signer | None = None,
    ) -> Entry:
        """The new last entry, on the disk when this returns.

        `sealed` are values that may have to be withheld or erased. `time_utc` has a time zone;
        parts of a second are dropped. Raises CaseError on a broken chain or a disk that fails,
        BundleError for a body that canonical JSON does not hold; either way the journal is as it
        was.
        """
        if time_utc.tzinfo is None:
            raise CaseError(f"the time {time_utc} has no time zone; give it in UTC")
        stamp = f"{time_utc.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        opened = {
            name: Opening(secrets.token_hex(_SALT_BYTES), value)
            for name, value in sorted((sealed or {}).items())
        }
        if opened:
            commitments = {name: opening.commitment() for name, opening in opened.items()}
            body = {**body, "sealed": commitments}
        with _translated(self.path), self._writing():
            self._check_new_entries()
            if self.broken is not None:
                raise CaseError(
                    f"{self.broken}; nothing can be added: keep it as it is and open a new case"
                )
            draft = Entry(self._last_seq + 1, stamp, kind, body, self._last_hash, "")
            digest = draft.expected_hash()
            signed = signer(bytes.fromhex(digest)) if signer is not None else (None, None)
            entry = replace(
                draft, hash=digest, signer=signed[0], signature=signed[1], opened=opened
            )
            self._insert(entry)
        self._last_seq, self._last_hash = entry.seq, entry.hash
        return entry

    def entries(self) -> Iterator[Entry]:
        """The entries in order. Raises CaseError at a row that is no entry at all."""
        return self._entries_after(0)

    def export(self, last_seq: int | None = None) -> bytes:
        """journal.jsonl: one canonical line an entry, to `last_seq` where it is given.

        A broken journal is exported as it is.
        """
        wanted = (e for e in self.entries() if last_seq is None or e.seq <= last_seq)
        return b"".join(entry.line() for entry in wanted)

    def erase(self, seq: int, name: str) -> None:
        """Destroys the opening of a sealed value: salt and value, beyond recovery from this file.

        The entry and the chain stay whole. Raises CaseError where there is no such opening.
        """
        with _translated(self.path), self._writing():
            gone = self._connection.execute(
                "DELETE FROM openings WHERE seq = ? AND name = ?", (seq, name)
            ).rowcount
            if not gone:
                raise CaseError(f"{self.path} entry {seq} has no opening {name!r} to erase")

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
                "SELECT seq, time_utc, kind, body, prev, hash, signer, signature FROM entries "
                "WHERE seq > ? ORDER BY seq",
                (seq,),
            ).fetchall()
            beside: dict[int, list[tuple[str, str, str]]] = {}
            for of, *opening in self._connection.execute(
                "SELECT seq, name, salt, value FROM openings WHERE seq > ? ORDER BY seq, name",
                (seq,),
            ):
                beside.setdefault(of, []).append((opening[0], opening[1], opening[2]))
        for number, time_utc, kind, body, prev, hash_, signer, signature in rows:
            try:
                parsed = json.loads(body)
                if not isinstance(parsed, dict):
                    raise TypeError("its body is no object")
                opened = {
                    name: Opening(salt, json.loads(value))
                    for name, salt, value in beside.get(number, [])
                }
                entry = Entry(
                    number, time_utc, kind, parsed, prev, hash_, signer, signature, opened
                )
                entry.line()
            except (ValueError, TypeError, RecursionError, BundleError) as error:
                raise CaseError(f"{self.path} entry {number} is malformed: {error}") from error
            yield entry

    def _insert(self, entry: Entry) -> None:
        self._connection.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.seq, entry.time_utc, entry.kind, _text(entry.body), entry.prev, entry.hash,
                entry.signer, entry.signature,
            ),
        )  # fmt: skip
        self._connection.executemany(
            "INSERT INTO openings VALUES (?, ?, ?, ?)",
            [(entry.seq, name, o.salt, _text(o.value)) for name, o in entry.opened.items()],
        )

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
                elif entry.hash != entry.expected_hash() or not _opens(entry):
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


def _opens(entry: Entry) -> bool:
    """Whether each opening is of what the entry commits to."""
    sealed = entry.body.get("sealed", {})
    return all(sealed.get(name) == o.commitment() for name, o in entry.opened.items())


def _text(value: Any) -> str:
    return canonical_json(value).decode().rstrip("\n")


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
            # What is erased is overwritten, not only unlinked.
            connection.execute("PRAGMA secure_delete = ON")
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
