"""The vault of a partial store: what was fetched, how it was checked, and who said the rest."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from peelchain.chain.partial.header_checks import (
    check_header,
    check_neighbours,
    check_times,
)
from peelchain.chain.partial.proofs import check_inclusion
from peelchain.chain.partial.records import (
    Output,
    Place,
    Prevout,
    Transaction,
    of_raw,
    told_together,
)
from peelchain.chain.partial.source import Inclusion, Tip
from peelchain.chain.partial.told_text import of_told_text, told_text
from peelchain.errors import FalseAnswerError, MisuseError, SourceError, StoreError
from peelchain.network import Network
from peelchain.raw_tx import merkle_root_of, parsed, serialised
from peelchain.script import sha256d
from peelchain.units import OutPoint, format_hash

NAME = "vault.sqlite"
_FORMAT = "peelchain-vault 1"
_MOST_BRANCH = 24
"""A block has fewer than 2^24 transactions: each takes more than a byte of its four million."""
_MOST_KNOWN = 20_000
"""Transactions held in memory: those that are looked at again mostly are so soon."""
_LEAF_LIKE_BYTES = 64
"""A transaction of this size can pass for an inner node of a Merkle tree (CVE-2017-12842)."""

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE txs (txid BLOB PRIMARY KEY, raw BLOB, told TEXT, source TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE places (txid BLOB PRIMARY KEY, height INTEGER, block_hash BLOB, time INTEGER,
  position INTEGER, branch BLOB, source TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE headers (height INTEGER PRIMARY KEY, header BLOB NOT NULL, source TEXT NOT NULL);
CREATE TABLE prevouts (txid BLOB, vout INTEGER, value_sat INTEGER NOT NULL, script BLOB NOT NULL,
  source TEXT NOT NULL, PRIMARY KEY (txid, vout)) WITHOUT ROWID;
CREATE TABLE absences (txid BLOB, vout INTEGER, height INTEGER NOT NULL, block_hash BLOB NOT NULL,
  source TEXT NOT NULL, PRIMARY KEY (txid, vout)) WITHOUT ROWID;
CREATE TABLE histories (script BLOB PRIMARY KEY, height INTEGER NOT NULL, block_hash BLOB NOT NULL,
  txs INTEGER NOT NULL, complete INTEGER NOT NULL, source TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE answers (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE consents (server TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class Vault:
    """All that a partial store knows, in one SQLite file. A context manager; one process writes.

    What is added counts after `commit`. A transaction or header is kept only when it holds by
    itself; what rests on a source's word is kept as that. Txids and hashes are in internal order.
    """

    def __init__(self, path: Path, database: sqlite3.Connection, network: Network) -> None:
        self.path = path
        self.network = network
        self._database = database
        self._known: dict[bytes, Transaction] = {}

    @classmethod
    def open(cls, store: Path, network: Network, *, create: bool = True) -> Self:
        """The vault of the partial store in a folder, a new one where there is none.

        Raises StoreError where it is missing, damaged or of another version, and MisuseError for
        a vault of another network, or where the folder holds a store of a whole chain.
        """
        path = store / NAME
        if not path.exists():
            if not create:
                raise StoreError(
                    f"{store} is no partial store: it has no {NAME}; make one with 'peelchain "
                    f"chain fetch esplora:URL --store {store} TXID'"
                )
            if (store / "manifest.json").exists():
                raise MisuseError(
                    f"{store} holds the whole chain of a node; name a folder of its own for what "
                    "is fetched, with --store"
                )
            store.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            database = sqlite3.connect(path, isolation_level=None, timeout=10.0)
            _set_up(database, network)
        except sqlite3.OperationalError as e:
            if "locked" in str(e):
                raise StoreError(f"{path} is being written by another process; wait for it") from e
            raise _unreadable(path, e) from e
        except sqlite3.DatabaseError as e:
            raise _unreadable(path, e) from e
        vault = cls(path, database, network)
        if vault._meta("format") != _FORMAT:
            database.close()
            raise StoreError(f"{path} is of another version; use the peelchain that wrote it")
        if vault._meta("network") != network.name:
            kept = vault._meta("network")
            database.close()
            raise MisuseError(
                f"{store} holds transactions of {kept}, not of {network.name}; use another store, "
                f"or --network {kept}"
            )
        return vault

    def close(self) -> None:
        """Closes the file; what was not committed is gone."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def commit(self) -> None:
        """Makes what was added since the last commit durable, all of it or nothing."""
        if self._database.in_transaction:
            self._database.execute("COMMIT")

    def rollback(self) -> None:
        """Forgets what was added since the last commit."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")
            self._known.clear()

    @contextmanager
    def atomically(self) -> Iterator[None]:
        """What is added in the `with` stays, until the commit, or none of it where it raises."""
        self._begin()
        self._database.execute("SAVEPOINT whole")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK TO whole")
            self._known.clear()
            raise
        finally:
            self._database.execute("RELEASE whole")

    # --- transactions ---

    def add_raw(
        self,
        raw: bytes,
        source: str,
        *,
        asked: bytes | None = None,
        size_bytes: int | None = None,
    ) -> bytes:
        """The txid of a raw transaction, which is kept.

        In the place of one that was only told. Bytes without the witnesses that it has come with
        its whole size, `size_bytes`, as the source tells it; bytes with them take their place.
        Raises FalseAnswerError where the bytes are no transaction, or not the one asked for.
        """
        try:
            tx = of_raw(raw, rules=self.network.rules)
        except SourceError as e:
            what = f" for transaction {format_hash(asked)}" if asked else ""
            raise FalseAnswerError(
                f"{source}: the bytes given{what} are no transaction ({e}); use another server"
            ) from None
        if asked is not None and tx.txid != asked:
            raise FalseAnswerError(
                f"{source}: the bytes given for transaction {format_hash(asked)} hash to "
                f"{format_hash(tx.txid)}; use another server"
            )
        told = None if size_bytes in (None, len(raw)) else str(size_bytes)
        self._write(
            "INSERT INTO txs VALUES (?, ?, ?, ?) ON CONFLICT (txid) DO UPDATE SET "
            "raw = excluded.raw, told = excluded.told, source = excluded.source "
            "WHERE raw IS NULL OR (told IS NOT NULL AND excluded.told IS NULL)",
            (tx.txid, raw, told, source),
        )
        # another may be kept already, with its witnesses
        self._known.pop(tx.txid, None)
        return tx.txid

    def add_told(self, tx: Transaction, source: str) -> None:
        """Keeps a transaction that cannot be checked against its txid, unless a checked one is.

        What one source leaves out another may tell. Raises SourceError where two tell otherwise.
        """
        found = self._one("SELECT raw, told, source FROM txs WHERE txid = ?", (tx.txid,))
        if found is None:
            self._write("INSERT INTO txs VALUES (?, NULL, ?, ?)", (tx.txid, told_text(tx), source))
            return
        if found[0] is not None:
            return
        merged = told_together(of_told_text(tx.txid, found[1]), tx)
        if merged is None:
            raise SourceError(
                f"{source}: transaction {format_hash(tx.txid)} differs from what {found[2]} told; "
                "neither can be checked: use a source that gives raw bytes"
            )
        text = told_text(merged)
        if text != found[1]:
            self._write("UPDATE txs SET told = ? WHERE txid = ?", (text, tx.txid))
            self._known.pop(tx.txid, None)

    def has_tx(self, txid: bytes) -> bool:
        """Whether the transaction is kept, checked or told."""
        return self._one("SELECT 1 FROM txs WHERE txid = ?", (txid,)) is not None

    def raw(self, txid: bytes) -> bytes | None:
        """The raw bytes of a transaction; None where they are not kept."""
        found = self._one("SELECT raw FROM txs WHERE txid = ?", (txid,))
        return bytes(found[0]) if found and found[0] is not None else None

    def transaction(self, txid: bytes) -> Transaction | None:
        """A transaction; None where it is not kept."""
        if txid not in self._known:
            found = self._one("SELECT raw, told FROM txs WHERE txid = ?", (txid,))
            if found is None:
                return None
            raw, told = found
            tx = (
                of_told_text(txid, told)
                if raw is None
                else of_raw(bytes(raw), _size_of(told), self.network.rules)
            )
            if tx.txid != txid:
                raise StoreError(
                    f"{self.path} is damaged: the bytes kept for transaction {format_hash(txid)} "
                    f"have txid {format_hash(tx.txid)}; restore it from a copy, or fetch again"
                )
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[txid] = tx
        return self._known[txid]

    def transactions(self) -> Iterator[tuple[Transaction, bool, str]]:
        """Every transaction, whether its bytes are kept, and who gave it; by txid."""
        rows = self._database.execute(
            "SELECT txid, raw IS NOT NULL, source FROM txs ORDER BY txid"
        ).fetchall()
        for txid, checked, source in rows:
            tx = self.transaction(bytes(txid))
            if tx is not None:
                yield tx, bool(checked), source

    # --- where they are ---

    def add_header(self, header: bytes, height: int, source: str) -> bytes:
        """The hash of a block's header, which is kept.

        Raises FalseAnswerError where it proves no work, or contradicts a header known: after a
        reorganisation `forget_from` takes those away that were left.
        """
        block_hash = check_header(header, height, self.network, source)
        known = self.header(height)
        if known == header:
            return block_hash
        if known is not None:
            raise FalseAnswerError(
                f"{source}: the block at height {height} is {format_hash(block_hash)}, and "
                f"{format_hash(sha256d(known))} was known there; fetch again once the "
                "servers agree"
            )
        blocks = self.network.retarget_blocks
        period = height // blocks * blocks
        near = self._database.execute(
            "SELECT height, header FROM headers WHERE height IN (?, ?) OR height = "
            "(SELECT max(height) FROM headers WHERE height >= ? AND height < ?)",
            (height - 1, height + 1, period, period + blocks),
        )
        others = {h: bytes(b) for h, b in near}
        check_neighbours(header, height, others, self.network, source)
        below = self._nearest("height < ? ORDER BY height DESC", height)
        above = self._nearest("height > ? ORDER BY height", height)
        check_times(header, height, below, above, self.network, source)
        self._write("INSERT INTO headers VALUES (?, ?, ?)", (height, header, source))
        return block_hash

    def _nearest(self, which: str, height: int) -> tuple[int, bytes] | None:
        found = self._one(f"SELECT height, header FROM headers WHERE {which} LIMIT 1", (height,))
        return (found[0], bytes(found[1])) if found else None

    def header(self, height: int) -> bytes | None:
        """The header at a height; None where it is not kept."""
        found = self._one("SELECT header FROM headers WHERE height = ?", (height,))
        return bytes(found[0]) if found else None

    def headers(self) -> dict[int, bytes]:
        """Every header by height, lowest first."""
        rows = self._database.execute("SELECT height, header FROM headers ORDER BY height")
        return {height: bytes(header) for height, header in rows}

    def newest_headers(self, most: int) -> list[tuple[int, bytes]]:
        """The headers kept of the greatest heights, at most so many, highest first."""
        rows = self._database.execute(
            "SELECT height, header FROM headers ORDER BY height DESC LIMIT ?", (most,)
        )
        return [(height, bytes(header)) for height, header in rows]

    def forget_from(self, height: int) -> None:
        """Forgets blocks from a height on, where transactions are in them, and what rested on them.

        For a chain that was reorganised: the transactions stay, to be placed again.
        """
        self._write("DELETE FROM headers WHERE height >= ?", (height,))
        self._write("DELETE FROM places WHERE height >= ?", (height,))
        self._write("DELETE FROM absences WHERE height >= ?", (height,))
        self._write("DELETE FROM histories WHERE height >= ?", (height,))

    def add_place(self, txid: bytes, inclusion: Inclusion, source: str) -> None:
        """Keeps where a transaction is, proven: its branch leads to the root of a kept header.

        Raises FalseAnswerError where it does not, or leads there from another position, and
        MisuseError where the header is not kept.
        """
        header, raw = self.header(inclusion.height), self.raw(txid)
        shown = f"{source}: the Merkle proof of transaction {format_hash(txid)}"
        if header is None or raw is None:
            raise MisuseError(f"{shown} came before its header or its bytes")
        if len(serialised(parsed(raw, self.network.rules), witness=False)) == _LEAF_LIKE_BYTES:
            raise FalseAnswerError(
                f"{shown} proves nothing: 64 bytes can stand for two hashes (CVE-2017-12842)"
            )
        branch = inclusion.branch
        fits = len(branch) <= _MOST_BRANCH and 0 <= inclusion.position < 1 << len(branch)
        if not fits or any(len(h) != 32 for h in branch):
            raise FalseAnswerError(
                f"{shown} has position {inclusion.position} and {len(branch)} hashes, which no "
                "block has; use another server"
            )
        if merkle_root_of(txid, inclusion.position, branch) != header[36:68]:
            raise FalseAnswerError(
                f"{shown} does not lead to the Merkle root of the block at height "
                f"{inclusion.height}; use another server"
            )
        check_inclusion(of_raw(raw, rules=self.network.rules), inclusion, source)
        time = int.from_bytes(header[68:72], "little")
        values = (inclusion.height, sha256d(header), time, inclusion.position)
        self._write(
            "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?, ?)",
            (txid, *values, b"".join(branch), source),
        )

    def tell_place(self, txid: bytes, place: Place, source: str) -> None:
        """Keeps where a source says that a transaction is, unless that is proven.

        Raises SourceError where another source told otherwise.
        """
        known = self.place_of(txid)
        if known is not None:
            if self.branch_of(txid) is not None or known == place:
                return
            merged = Place(*(b if b is not None else a for a, b in _pairs(known, place)))
            if any(None not in (a, b) and a != b for a, b in _pairs(known, place)):
                raise SourceError(
                    f"{source}: transaction {format_hash(txid)} is in another block or place than "
                    "told before; neither is proven: use a source that proves it"
                )
            place = merged
        self._write(
            "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, NULL, ?)",
            (txid, place.height, place.block_hash, place.time, place.position, source),
        )

    def place_of(self, txid: bytes) -> Place | None:
        """Where a transaction is; None where nobody told, as while no block has it."""
        found = self._one(
            "SELECT height, block_hash, time, position FROM places WHERE txid = ?", (txid,)
        )
        if found is None:
            return None
        height, block_hash, time, position = found
        return Place(height, bytes(block_hash) if block_hash else None, time, position)

    def branch_of(self, txid: bytes) -> tuple[bytes, ...] | None:
        """The Merkle branch of a transaction, from the leaves up; None where it is not proven."""
        found = self._one("SELECT branch FROM places WHERE txid = ?", (txid,))
        if found is None or found[0] is None:
            return None
        joined = bytes(found[0])
        return tuple(joined[i : i + 32] for i in range(0, len(joined), 32))

    # --- what sources say ---

    def tell_prevouts(self, prevouts: Iterable[Prevout], source: str) -> None:
        """Keeps satoshis and scripts of outputs as those who spend them tell; others are left.

        Raises SourceError where a kept transaction or an earlier word says otherwise.
        """
        for prevout in prevouts:
            value_sat, script = prevout.value_sat, prevout.script_pubkey
            if value_sat is None or script is None:
                continue
            key = (prevout.outpoint.txid, prevout.outpoint.vout)
            if not 0 <= value_sat <= self.network.rules.max_money:
                raise SourceError(
                    f"{source}: output {prevout.outpoint} is told to hold {value_sat} satoshis, "
                    "which cannot be"
                )
            known = self.output(prevout.outpoint)
            if known is None:
                self._write(
                    "INSERT INTO prevouts VALUES (?, ?, ?, ?, ?)",
                    (*key, value_sat, script, source),
                )
            elif (known.value_sat, known.script_pubkey) != (value_sat, script):
                raise SourceError(
                    f"{source}: output {prevout.outpoint} is told to hold {value_sat} satoshis, "
                    f"and {known.value_sat} were known, or its script differs; the source is wrong "
                    "about it"
                )

    def output(self, outpoint: OutPoint) -> Output | None:
        """An output, by its transaction or else by the word of who spends it."""
        tx = self.transaction(outpoint.txid)
        if tx is not None:
            return tx.outputs[outpoint.vout] if outpoint.vout < len(tx.outputs) else None
        found = self._one(
            "SELECT value_sat, script FROM prevouts WHERE txid = ? AND vout = ?",
            (outpoint.txid, outpoint.vout),
        )
        return Output(found[0], bytes(found[1])) if found else None

    def told_prevouts(self) -> dict[bytes, dict[int, tuple[Output, str]]]:
        """The outputs known by the word of who spends them, with the source: by txid and vout."""
        found: dict[bytes, dict[int, tuple[Output, str]]] = {}
        for txid, vout, value_sat, script, source in self._database.execute(
            "SELECT txid, vout, value_sat, script, source FROM prevouts ORDER BY txid, vout"
        ):
            outputs = found.setdefault(bytes(txid), {})
            outputs[vout] = Output(value_sat, bytes(script)), source
        return found

    def tell_unspent(self, outpoints: Iterable[OutPoint], tip: Tip, source: str) -> None:
        """Keeps that a server says nobody spends these outputs up to a tip."""
        for outpoint in outpoints:
            self._write(
                "INSERT OR REPLACE INTO absences VALUES (?, ?, ?, ?, ?)",
                (outpoint.txid, outpoint.vout, tip.height, tip.block_hash, source),
            )

    def unspent_as_of(self, outpoint: OutPoint) -> Tip | None:
        """The tip up to which a server said that nobody spends an output; None where none did."""
        found = self._one(
            "SELECT height, block_hash FROM absences WHERE txid = ? AND vout = ?",
            (outpoint.txid, outpoint.vout),
        )
        return Tip(found[0], bytes(found[1])) if found else None

    def forget_word_of(self, source: str) -> None:
        """Forgets what rests on a source's word alone: what it said is unspent, and histories.

        For one that was found to lie: what it proved stays.
        """
        self._write("DELETE FROM absences WHERE source = ?", (source,))
        self._write("DELETE FROM histories WHERE source = ?", (source,))

    def absences(self) -> dict[OutPoint, tuple[Tip, str]]:
        """Every output that a server said nobody spends, up to which tip, and which server."""
        rows = self._database.execute("SELECT * FROM absences ORDER BY txid, vout")
        return {
            OutPoint(bytes(txid), vout): (Tip(height, bytes(block_hash)), source)
            for txid, vout, height, block_hash, source in rows
        }

    def tell_history(
        self, script_pubkey: bytes, tip: Tip, *, txs: int, complete: bool, source: str
    ) -> None:
        """Keeps that a server told so many transactions of a script, and whether these are all."""
        self._write(
            "INSERT OR REPLACE INTO histories VALUES (?, ?, ?, ?, ?, ?)",
            (script_pubkey, tip.height, tip.block_hash, txs, int(complete), source),
        )

    def history_of(self, script_pubkey: bytes) -> tuple[Tip, int, bool] | None:
        """At which tip a script's history was told, of how many transactions, and if of all."""
        found = self._one(
            "SELECT height, block_hash, txs, complete FROM histories WHERE script = ?",
            (script_pubkey,),
        )
        return (Tip(found[0], bytes(found[1])), found[2], bool(found[3])) if found else None

    def histories(self) -> list[tuple[bytes, Tip, int, bool, str]]:
        """Every history told: script, tip, transactions, whether all, source; by script."""
        rows = self._database.execute("SELECT * FROM histories ORDER BY script")
        return [
            (bytes(script), Tip(height, bytes(block_hash)), txs, bool(complete), source)
            for script, height, block_hash, txs, complete, source in rows
        ]

    # --- asking ---

    def answer(self, name: str) -> bytes | None:
        """An answer kept under this name, None where there is none."""
        found = self._one("SELECT body FROM answers WHERE name = ?", (name,))
        return bytes(found[0]) if found else None

    def keep_answer(self, name: str, body: bytes) -> None:
        """Keeps an answer, so that it need not be asked for again."""
        self._write("INSERT OR REPLACE INTO answers VALUES (?, ?)", (name, body))

    def has_consent(self, server: str) -> bool:
        """Whether the user agreed that this server is asked."""
        return self._one("SELECT 1 FROM consents WHERE server = ?", (server,)) is not None

    def keep_consent(self, server: str) -> None:
        """Keeps that the user agreed."""
        self._write("INSERT OR IGNORE INTO consents VALUES (?)", (server,))

    def _meta(self, name: str) -> str | None:
        found = self._one("SELECT value FROM meta WHERE name = ?", (name,))
        return str(found[0]) if found else None

    def _one(self, query: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        try:
            found: tuple[Any, ...] | None = self._database.execute(query, values).fetchone()
        except sqlite3.DatabaseError as e:
            raise _unreadable(self.path, e) from e
        return found

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        try:
            self._begin()
            self._database.execute(statement, values)
        except sqlite3.DatabaseError as e:
            raise _unreadable(self.path, e) from e

    def _begin(self) -> None:
        try:
            if not self._database.in_transaction:
                self._database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as e:
            if "locked" in str(e):
                raise StoreError(
                    f"{self.path} is being written by another process; wait for it"
                ) from e
            raise _unreadable(self.path, e) from e
        except sqlite3.DatabaseError as e:
            raise _unreadable(self.path, e) from e


def _set_up(database: sqlite3.Connection, network: Network) -> None:
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA trusted_schema = OFF")
    there = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if there == 0:
        database.executescript(f"BEGIN IMMEDIATE; {_TABLES}")
        database.executemany(
            "INSERT INTO meta VALUES (?, ?)", [("format", _FORMAT), ("network", network.name)]
        )
        database.execute("COMMIT")


def _unreadable(path: Path, error: sqlite3.Error) -> StoreError:
    return StoreError(
        f"{path} cannot be read or written ({error}); make room, check your rights, or restore it "
        "from a copy: what it holds can also be fetched again into a new store"
    )


def _pairs(a: Place, b: Place) -> list[tuple[Any, Any]]:
    return list(zip(asdict(a).values(), asdict(b).values(), strict=True))


def _size_of(told: str | None) -> int | None:
    return int(told) if told is not None else None
