"""The personal data of a case: encrypted per person, found by blind keys, erased by their seeds.

One SQLite file, mode 0600, beside the key that opens it. What a case holds of persons lies here and
nowhere else; journal and outputs name them by ref (`P1`, `P2`, ... in order of import). Rows come
in chunks, so that a table of a million users is read and written like one of ten.

An erased person loses seed, records and index entries; the commitments stay, so that roots can
still be checked, and tell nothing without their salts. What a backup or the wear levelling of a
disk still holds is beyond this file: destroy those copies too.
"""

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from peelchain import _core
from peelchain.case.canonical import canonical_json
from peelchain.case.vault import file as vault_file
from peelchain.case.vault import sealing
from peelchain.case.vault.key import KEY, PRIVATE, new_key, read_key, vault_passphrase
from peelchain.errors import CaseError, ErasedError

VAULT = f"{PRIVATE}/vault.sqlite"

_CHUNK = 4096
_BUCKETS = 4096
_NUMBER_BYTES = 8
_ENTRY = np.dtype([("blind", f"V{sealing.BLIND_BYTES}"), ("person", "<u8")])
_ERASED = bytes(sealing.SEED_BYTES)


@dataclass(frozen=True)
class Batch:
    """Records added at once, one a person: `P{first_person}` and the following, in order.

    `root` is the Merkle root over their commitments, in hex.
    """

    number: int
    first: int
    first_person: int
    count: int
    root: str

    def refs(self) -> list[str]:
        """The ref of each record's person, in order."""
        return [f"P{n}" for n in range(self.first_person, self.first_person + self.count)]


@dataclass(frozen=True)
class Disclosed:
    """A record with the salt that opens its commitment, all as the journal has them."""

    salt: str
    value: Any
    commitment: str


@dataclass(frozen=True)
class KeyColumn:
    """Keys of one kind for many records: each text, and the place of its record among them."""

    kind: str
    texts: Sequence[str]
    places: Sequence[int]


class Vault:
    """An open vault. Close it, or use it in a `with` statement. Raises CaseError throughout."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, case_key: bytes) -> None:
        self.path = folder / VAULT
        self._connection = connection
        self._case_key = case_key
        self._index_key = sealing.index_key(case_key)

    @classmethod
    def open(cls, case_folder: Path, passphrase: str | None = None) -> Self:
        """The vault of a case, made on first use.

        Without a passphrase the one that the environment sets is taken, which locks a new key and
        opens one that is locked.
        """
        path = case_folder / VAULT
        chosen = passphrase if passphrase is not None else vault_passphrase()
        if not path.exists():
            has_key = (case_folder / KEY).exists()
            key = read_key(case_folder, chosen) if has_key else new_key(case_folder, chosen)
            return cls(case_folder, vault_file.create(path, key), key)
        key = read_key(case_folder, chosen)
        return cls(case_folder, vault_file.connect(path, key), key)

    @staticmethod
    def exists(case_folder: Path) -> bool:
        """Whether a case has personal data at all."""
        return (case_folder / VAULT).exists()

    def add(
        self,
        record: Mapping[str, Any],
        person: str | None = None,
        keys: Iterable[tuple[str, str]] = (),
    ) -> tuple[str, str]:
        """The ref of the person, new where none is named, and the commitment to the record, hex.

        `keys` are what `find` finds the person by: kind and text, such as ("email", "a@b.org").
        """
        value = canonical_json(dict(record))
        with self._writing():
            number = self._new_persons(1) if person is None else _person(person)
            seed = self._seed(number)
            at = self._next("records")
            own = sealing.person_keys(self._case_key, seed)
            nonce = secrets.token_bytes(sealing.NONCE_BYTES)
            box = sealing.seal(own, at, nonce, value)
            committed = sealing.commitment(own.salt(nonce), value)
            self._insert_records(at, number, [len(box)], box, committed)
            blinds = [sealing.blind(self._index_key, *key) for key in keys]
            self._index(b"".join(blinds), [number] * len(blinds))
        return f"P{number}", committed.hex()

    def add_many(
        self,
        records: Sequence[bytes],
        keys: Sequence[KeyColumn] = (),
        progress: Callable[[int], None] = lambda _: None,
    ) -> Batch:
        """Records of as many new persons, each the canonical JSON of an object, in their order.

        `keys` are what they are found by. `progress` is told how many are in.
        """
        with self._writing():
            return self._add_many(records, keys, progress)

    def records(self, ref: str) -> list[dict[str, Any]]:
        """All that is known of a person, in order of import. Raises ErasedError."""
        return [opened.value for opened in self.openings(ref)]

    def openings(self, ref: str) -> list[Disclosed]:
        """The records of a person with the salts that open them. Raises ErasedError."""
        number = _person(ref)
        keys = sealing.person_keys(self._case_key, self._seed(number))
        rows = self._rows(
            "SELECT first, count, first_person, ends, boxes, commitments FROM records "
            "WHERE first_person > ? AND first_person <= ? AND ? < first_person + count "
            "ORDER BY first",
            (number - _CHUNK, number, number),
        )
        found = []
        for first, _, first_person, ends, boxes, commitments in rows:
            at = number - first_person
            box = _piece(boxes, ends, at)
            value = self._unsealed(keys, first + at, box)
            salt = keys.salt(box[: sealing.NONCE_BYTES])
            committed = commitments[at * sealing.HASH_BYTES : (at + 1) * sealing.HASH_BYTES]
            found.append(Disclosed(salt.hex(), json.loads(value), committed.hex()))
        return found

    def batch(self, number: int) -> Batch:
        """A batch by its number."""
        rows = self._rows(
            "SELECT first, first_person, count, root FROM batches WHERE number = ?", (number,)
        )
        if not rows:
            raise CaseError(f"{self.path} has no batch {number}; is it the vault of this case?")
        first, first_person, count, committed = rows[0]
        return Batch(number, first, first_person, count, committed.hex())

    def batch_records(self, number: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """The ref and the record of each person of a batch, in order.

        Raises ErasedError where one of them was erased: what rests on all cannot be made again.
        """
        for ref, value in self.batch_values(number):
            if value is None:
                raise ErasedError(f"{ref} was erased; what rests on it cannot be derived again")
            yield ref, json.loads(value)

    def batch_parsed(self, number: int) -> Iterator[dict[str, Any] | None]:
        """The record of each person of a batch, in order; None where it was erased."""
        for _, value in self.batch_values(number):
            yield None if value is None else json.loads(value)

    def batch_values(self, number: int) -> Iterator[tuple[str, bytes | None]]:
        """The ref and the canonical JSON of each person of a batch, None where it was erased."""
        batch = self.batch(number)
        for first in range(batch.first, batch.first + batch.count, _CHUNK):
            (row,) = self._rows(
                "SELECT count, first_person, ends, boxes FROM records WHERE first = ?", (first,)
            )
            count, first_person, ends, boxes = row
            seeds = self._seeds(first_person, count)
            try:
                values = _core.unseal_records(
                    self._case_key, first, seeds, np.frombuffer(ends, "<u8").tolist(), boxes
                )
            except ValueError as e:
                raise self._changed(int(str(e))) from None
            for number_of, value in enumerate(values, first_person):
                yield f"P{number_of}", value

    def refs(self) -> list[str]:
        """Every person that was not erased, in order of import."""
        found = []
        for first, count, seeds in self._rows("SELECT first, count, seeds FROM persons"):
            ends = range(0, count * sealing.SEED_BYTES, sealing.SEED_BYTES)
            found += [
                f"P{first + at}"
                for at, start in enumerate(ends)
                if seeds[start : start + sealing.SEED_BYTES] != _ERASED
            ]
        return found

    def find(self, kind: str, key: str) -> list[str]:
        """The persons whose records were added with this key, in order of import."""
        wanted = sealing.blind(self._index_key, kind, key)
        found: set[int] = set()
        for (packed,) in self._rows(
            "SELECT entries FROM blinds WHERE bucket = ?", (_bucket(wanted),)
        ):
            entries = np.frombuffer(packed, _ENTRY)
            found.update(entries["person"][entries["blind"] == np.void(wanted)].tolist())
        return [f"P{n}" for n in sorted(found)]

    def keep(self, content: bytes, persons: Iterable[str] = ()) -> tuple[str, str]:
        """Keeps a personal file as it is: its ref (`F1`, ...) and the commitment to it, hex.

        It is erased with the first of the persons it mentions: see `mentions`.
        """
        with self._writing():
            number = self._next("files", "number")
            seed, nonce = secrets.token_bytes(sealing.SEED_BYTES), secrets.token_bytes(12)
            own = sealing.person_keys(self._case_key, seed)
            committed = sealing.commitment(own.salt(nonce), content)
            self._connection.execute(
                "INSERT INTO files VALUES (?, ?, ?, ?)",
                (number, seed, sealing.seal(own, number, nonce, content), committed),
            )
            self._mention(number, persons)
        return f"F{number}", committed.hex()

    def mentions(self, file: str, persons: Iterable[str]) -> None:
        """Records that a kept file tells of these persons, so that it is erased with them."""
        with self._writing():
            self._mention(_file(file), persons)

    def kept(self, file: str) -> bytes:
        """A kept file. Raises ErasedError."""
        number = _file(file)
        rows = self._rows("SELECT seed, box FROM files WHERE number = ?", (number,))
        if not rows:
            raise CaseError(f"the vault of this case has no {file}; is it the right one?")
        seed, box = rows[0]
        if seed == _ERASED:
            raise ErasedError(f"{file} was erased; what rests on it cannot be derived again")
        return self._unsealed(sealing.person_keys(self._case_key, seed), number, box)

    def erase(self, refs: Iterable[str]) -> dict[str, list[str]]:
        """Destroys persons and the kept files that tell of them, or files by their refs.

        Gives `persons` and `files`, the refs of what is now gone. Seeds, records, files and index
        entries are overwritten, in the file and in the rollback journal. Raises ErasedError for one
        that is gone already.
        """
        asked = list(dict.fromkeys(refs))
        files = {_file(ref) for ref in asked if ref.startswith("F")}
        persons = [_person(ref) for ref in asked if not ref.startswith("F")]
        with vault_file.leaving_nothing(self.path, self._connection), self._writing():
            for number in persons:
                self._seed(number)
                files |= {
                    file
                    for (file,) in self._rows(
                        "SELECT file FROM mentions JOIN files ON file = number "
                        "WHERE person = ? AND seed != ?",
                        (number, _ERASED),
                    )
                }
            for number in persons:
                self._erase_person(number)
            wanted = np.array(persons, np.uint64)
            self._unindex(lambda numbers: np.isin(numbers, wanted))
            for number in sorted(files):
                self._erase_file(number)
        return {
            "persons": [f"P{n}" for n in sorted(persons)],
            "files": [f"F{n}" for n in sorted(files)],
        }

    def discard(self, batch: Batch) -> None:
        """Takes back the batch that was added last, whose numbers are then free again.

        For an import that came to nothing: no entry of the journal may name it. Raises CaseError
        for any other batch.
        """
        with vault_file.leaving_nothing(self.path, self._connection), self._writing():
            after = batch.first_person + batch.count
            if self._next("persons") != after or self._next("records") != batch.first + batch.count:
                raise CaseError(f"{self.path}: more was added since batch {batch.number}; erase it")
            self._connection.execute("DELETE FROM batches WHERE number = ?", (batch.number,))
            self._connection.execute("DELETE FROM records WHERE first >= ?", (batch.first,))
            self._connection.execute("DELETE FROM persons WHERE first >= ?", (batch.first_person,))
            self._unindex(lambda persons: persons >= batch.first_person)

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _add_many(
        self,
        records: Sequence[bytes],
        keys: Sequence[KeyColumn],
        progress: Callable[[int], None],
    ) -> Batch:
        count = len(records)
        first_record, first_person = self._next("records"), self._next("persons")
        commitments = []
        for start in range(0, count, _CHUNK):
            some = records[start : start + _CHUNK]
            seeds = secrets.token_bytes(sealing.SEED_BYTES * len(some))
            nonces = secrets.token_bytes(sealing.NONCE_BYTES * len(some))
            boxes, ends, committed = _core.seal_records(
                self._case_key, first_record + start, seeds, nonces, some
            )
            self._connection.execute(
                "INSERT INTO persons VALUES (?, ?, ?)", (first_person + start, len(some), seeds)
            )
            self._insert_records(first_record + start, first_person + start, ends, boxes, committed)
            commitments.append(committed)
            progress(start + len(some))
        for column in keys:
            blinds = _core.blind_keys(self._index_key, column.kind, column.texts)
            self._index(blinds, [first_person + place for place in column.places])
        root = _core.merkle_root(b"".join(commitments))
        number = self._next("batches", "number")
        self._connection.execute(
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?)",
            (number, first_record, first_person, count, root),
        )
        return Batch(number, first_record, first_person, count, root.hex())

    def _insert_records(
        self, first: int, first_person: int, ends: Sequence[int], boxes: bytes, commitments: bytes
    ) -> None:
        packed = np.array(ends, "<u8").tobytes()
        self._connection.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)",
            (first, len(ends), first_person, packed, boxes, commitments),
        )

    def _new_persons(self, count: int) -> int:
        number = self._next("persons")
        self._connection.execute(
            "INSERT INTO persons VALUES (?, ?, ?)",
            (number, count, secrets.token_bytes(sealing.SEED_BYTES * count)),
        )
        return number

    def _next(self, table: str, column: str = "first") -> int:
        """The number after the last of a table: chunks count in `first` and `count`."""
        last = f"{column} + count" if column == "first" else f"{column} + 1"
        query = f"SELECT {last} FROM {table} ORDER BY {column} DESC LIMIT 1"
        rows = self._rows(query)
        return int(rows[0][0]) if rows else 1

    def _seed(self, number: int) -> bytes:
        seed = self._seeds(number, 1)
        if seed == _ERASED:
            raise ErasedError(f"P{number} was erased")
        return seed

    def _seeds(self, first: int, count: int) -> bytes:
        rows = self._rows(
            "SELECT first, count, seeds FROM persons WHERE first <= ? ORDER BY first DESC LIMIT 1",
            (first,),
        )
        if not rows or first + count > rows[0][0] + rows[0][1]:
            raise CaseError(f"the vault of this case has no P{first}; is it the right one?")
        start = (first - rows[0][0]) * sealing.SEED_BYTES
        return bytes(rows[0][2][start : start + count * sealing.SEED_BYTES])

    def _unsealed(self, keys: sealing.PersonKeys, number: int, box: bytes) -> bytes:
        try:
            return sealing.unseal(keys, number, box)
        except ValueError:
            raise self._changed(number) from None

    def _changed(self, number: int) -> CaseError:
        return CaseError(
            f"{self.path} record {number} was changed or its key is another's; bring back a "
            "copy of the vault and its key"
        )

    def _index(self, blinds: bytes, persons: Sequence[int]) -> None:
        """Adds blind keys, laid end to end, with the person of each."""
        if not persons:
            return
        entries = np.empty(len(persons), _ENTRY)
        entries["blind"] = np.frombuffer(blinds, _ENTRY["blind"])
        entries["person"] = persons
        buckets = entries.view("<u2").reshape(len(entries), -1)[:, 0] % _BUCKETS
        order = np.argsort(buckets, kind="stable")
        entries, buckets = entries[order], buckets[order]
        found, starts = np.unique(buckets, return_index=True)
        parts = np.split(entries, starts[1:])
        self._connection.executemany(
            "INSERT INTO blinds VALUES (?, ?)",
            ((bucket, part.tobytes()) for bucket, part in zip(found.tolist(), parts, strict=True)),
        )

    def _unindex(self, chosen: Callable[[npt.NDArray[np.uint64]], npt.NDArray[np.bool_]]) -> None:
        changed = []
        for row, packed in self._rows("SELECT rowid, entries FROM blinds"):
            entries = np.frombuffer(packed, _ENTRY)
            gone = chosen(entries["person"])
            if gone.any():
                changed.append((entries[~gone].tobytes(), row))
        self._connection.executemany("UPDATE blinds SET entries = ? WHERE rowid = ?", changed)

    def _erase_person(self, number: int) -> None:
        ((first, seeds),) = self._rows(
            "SELECT first, seeds FROM persons WHERE first <= ? ORDER BY first DESC LIMIT 1",
            (number,),
        )
        start = (number - first) * sealing.SEED_BYTES
        cleared = seeds[:start] + _ERASED + seeds[start + sealing.SEED_BYTES :]
        self._connection.execute("UPDATE persons SET seeds = ? WHERE first = ?", (cleared, first))
        for at, first_person, ends, boxes in self._rows(
            "SELECT first, first_person, ends, boxes FROM records "
            "WHERE first_person > ? AND first_person <= ? AND ? < first_person + count",
            (number - _CHUNK, number, number),
        ):
            box_start, box_end = _bounds(ends, number - first_person)
            cleared = boxes[:box_start] + bytes(box_end - box_start) + boxes[box_end:]
            self._connection.execute("UPDATE records SET boxes = ? WHERE first = ?", (cleared, at))

    def _erase_file(self, number: int) -> None:
        rows = self._rows("SELECT seed FROM files WHERE number = ?", (number,))
        if not rows:
            raise CaseError(f"the vault of this case has no F{number}; is it the right one?")
        if rows[0][0] == _ERASED:
            raise ErasedError(f"F{number} was erased")
        self._connection.execute(
            "UPDATE files SET seed = ?, box = ? WHERE number = ?", (_ERASED, b"", number)
        )

    def _mention(self, file: int, persons: Iterable[str]) -> None:
        self._connection.executemany(
            "INSERT INTO mentions VALUES (?, ?)", [(file, _person(ref)) for ref in persons]
        )

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with vault_file.translated(self.path):
            return self._connection.execute(query, tuple(values)).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with vault_file.translated(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _bounds(ends: bytes, at: int) -> tuple[int, int]:
    def end(place: int) -> int:
        start = place * _NUMBER_BYTES
        return int.from_bytes(ends[start : start + _NUMBER_BYTES], "little")

    return (end(at - 1) if at else 0), end(at)


def _piece(boxes: bytes, ends: bytes, at: int) -> bytes:
    start, end = _bounds(ends, at)
    return bytes(boxes[start:end])


def _bucket(blind: bytes) -> int:
    return int.from_bytes(blind[:2], "little") % _BUCKETS


def _person(ref: str) -> int:
    return _numbered(ref, "P", "a person")


def _file(ref: str) -> int:
    return _numbered(ref, "F", "a file")


def _numbered(ref: str, letter: str, what: str) -> int:
    digits = ref[1:]
    if not ref.startswith(letter) or not digits.isascii() or not digits.isdigit():
        raise CaseError(
            f"{ref[:20]!a} names no {what.split()[-1]} of a vault; give one like {letter}12"
        )
    if len(digits) > 15 or digits.startswith("0"):
        raise CaseError(
            f"{ref[:20]!a} names no {what.split()[-1]} of a vault; give one like {letter}12"
        )
    return int(digits)
