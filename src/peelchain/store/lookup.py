"""Finding things in a store by the names people use: txid, outpoint, script, height.

Look-ups tell where something may be; what is there is read from the tables and compared whole.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from peelchain import _core
from peelchain.errors import NotInChainError
from peelchain.schema import CHAIN_TABLES
from peelchain.script import ScriptType, hash160, script_type
from peelchain.store.reader import Store
from peelchain.store.runs import check_runs
from peelchain.units import OutPoint, format_hash

if TYPE_CHECKING:
    # most look-ups need no SQL
    import duckdb

_AT_ONCE = 65_536
"""Names looked up at once: bounds what is held beside the answer."""

Row = dict[str, Any]


@dataclass(frozen=True)
class BlockRow:
    """Where a block lies: file, offset and size of its raw bytes, and its transactions' ids."""

    height: int
    block_hash: bytes
    header: bytes
    time_seconds: int
    first_tx_id: int
    tx_count: int
    size_bytes: int
    file_number: int
    file_offset: int


@dataclass(frozen=True)
class Receipt:
    """An output that pays a script; `spender` is tx_id and vin of the input, None for unspent."""

    txout_id: int
    value_sat: int
    spender: tuple[int, int] | None


@dataclass(frozen=True)
class Spend:
    """An input that spends an output of a script."""

    tx_id: int
    vin: int
    txout_id: int
    value_sat: int


@dataclass(frozen=True)
class History:
    """What a script received and spent: sums over all, and the latest rows in chain order.

    Heights and times are the least and the greatest; times in seconds since 1970, by block headers.
    """

    receipt_count: int
    spend_count: int
    received_sat: int
    sent_sat: int
    heights: tuple[int, int]
    times: tuple[int, int]
    receipts: tuple[Receipt, ...]
    spends: tuple[Spend, ...]


class Lookup:
    """Point look-ups in an open store. Close it before the store.

    Every method raises StoreError when a file it reads is missing or damaged.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        # strings, not paths: a whole chain has thousands of files
        self._tables = _core.TableRows(
            {
                table: [
                    (f"{store.path}/{f.file}", f.rows) for f in store.manifest.table_files(table)
                ]
                for table in CHAIN_TABLES
            }
        )
        self._checked: set[str] = set()

    @property
    def tables(self) -> _core.TableRows:
        """The fact tables by row."""
        return self._tables

    @cached_property
    def sql(self) -> "duckdb.DuckDBPyConnection":
        """The tables in DuckDB, for questions that are no look-ups."""
        from peelchain.store.sql import connect

        return connect(self.store)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query, as dictionaries."""
        import duckdb

        from peelchain.store.sql import unreadable

        try:
            cursor = self.sql.execute(query, list(values))
            names = [d[0] for d in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except (duckdb.IOException, duckdb.InvalidInputException) as e:
            raise unreadable(self.store, e) from None

    def rows_of(self, table: str, numbers: Iterable[int], columns: Sequence[str]) -> dict[int, Row]:
        """Columns of the rows of a fact table with these numbers, which are its ids, rising.

        Of `txins` the numbers are what `txs.first_txin` counts. Times are in milliseconds since
        1970. Raises StoreError for a number that the table does not have.
        """
        wanted = sorted(set(numbers))
        fetched = self._tables.fetch(table, wanted, columns)
        rows = zip(*(fetched[c] for c in columns), strict=True)
        return {
            n: dict(zip(columns, row, strict=True)) for n, row in zip(wanted, rows, strict=True)
        }

    def columns_of(
        self, table: str, numbers: Sequence[int], columns: Sequence[str]
    ) -> dict[str, list[Any]]:
        """Columns of the rows of a fact table with these numbers, given rising and each once.

        As `rows_of`, for many rows: each column is one list.
        """
        if not numbers:
            return {column: [] for column in columns}
        return self._tables.fetch(table, numbers, columns)

    def find_tx_ids(self, txid: bytes) -> list[int]:
        """The tx_ids of a txid, in chain order; none where the chain lacks it."""
        found = self._column("txs", self._runs("txids").tx_ids(txid), "txid")
        return [tx_id for tx_id, at_row in found.items() if at_row == txid]

    def tx_ids(self, txid: bytes) -> list[int]:
        """The tx_ids of a txid, in chain order; two for a BIP 30 twin. Raises NotInChainError."""
        found = self.find_tx_ids(txid)
        if not found:
            raise NotInChainError(
                f"transaction {format_hash(txid)} is not in the chain up to height "
                f"{self.store.manifest.tip_height}; check the txid, or ingest newer blocks"
            )
        return found

    def txout_ids(self, outpoints: Sequence[OutPoint]) -> list[int]:
        """The txout_id of each outpoint; of BIP 30 duplicates the later. Raises NotInChainError."""
        runs = self._runs("txids")
        latest: dict[bytes, Row] = {}
        for txids in _portions(sorted({o.txid for o in outpoints})):
            tx_ids = {i for txid in txids for i in runs.tx_ids(txid)}
            columns = ["txid", "first_txout_id", "txout_count"]
            latest.update((r["txid"], r) for r in self.rows_of("txs", tx_ids, columns).values())
        ids = []
        for outpoint in outpoints:
            row = latest.get(outpoint.txid)
            if row is not None and self.store.manifest.partial is not None:
                ids.append(self._told_txout(outpoint, row))
                continue
            if row is None or outpoint.vout >= row["txout_count"]:
                why = (
                    "no such transaction" if row is None else f"it has {row['txout_count']} outputs"
                )
                raise NotInChainError(
                    f"output {outpoint} is not in the chain up to height "
                    f"{self.store.manifest.tip_height} ({why}); check it, or ingest newer blocks"
                )
            ids.append(row["first_txout_id"] + outpoint.vout)
        return ids

    def spend_states(self, spenders: Mapping[int, object]) -> dict[int, str]:
        """`spent`, `unspent` or `not_fetched` for each output, given by txout_id what spends it.

        None stands for no spender; in a partial store that says little, unless a server said it.
        """
        alone = [txout_id for txout_id, spender in spenders.items() if not spender]
        unspent = set(alone)
        if self.store.manifest.partial is not None:
            unspent &= set(self.store.read("absences", ["txout_id"])["txout_id"].to_pylist())
        return {
            txout_id: "spent" if spender else "unspent" if txout_id in unspent else "not_fetched"
            for txout_id, spender in spenders.items()
        }

    def history_told(self, script: bytes) -> dict[str, Any] | None:
        """What a partial store was told of a script's history; None where nobody was asked.

        `height` of the server's tip then, `tx_count`, whether `complete` by its word, `source`.
        """
        table = self.store.read("histories")
        rows = [row for row in table.to_pylist() if row["script_pubkey"] == script]
        columns = ("height", "tx_count", "complete", "source")
        return {name: rows[0][name] for name in columns} if rows else None

    def _told_txout(self, outpoint: OutPoint, row: Row) -> int:
        """The txout_id of an output of a transaction of which a store may know some alone."""
        first, count = row["first_txout_id"], row["txout_count"]
        vouts = self.vouts(range(first, first + count))
        for txout_id, vout in vouts.items():
            if vout == outpoint.vout:
                return txout_id
        known = ", ".join(str(vout) for vout in list(vouts.values())[:20])
        raise NotInChainError(
            f"output {outpoint} is not in this partial store, which knows outputs {known} of that "
            "transaction; fetch the transaction with 'peelchain chain fetch'"
        )

    def vouts(self, txout_ids: Iterable[int]) -> dict[int, int]:
        """The index of each output in its transaction, in order of txout_id."""
        return self._column("txouts", txout_ids, "vout")

    def script_ids(self, scripts: Iterable[bytes]) -> dict[bytes, int]:
        """The script_id of each script that is in the chain; the others are left out."""
        runs = self._runs("scripts")
        known: dict[bytes, int] = {}
        for some in _portions(sorted(set(scripts))):
            wanted = set(some)
            found = {i for script in some for i in runs.script_ids(script)}
            for script_id, script in self._column("scripts", found, "script_pubkey").items():
                if script in wanted:
                    known[script] = script_id
        return known

    def key_scripts(self, hash20: bytes) -> dict[bytes, int]:
        """The P2PK scripts whose public key has this HASH160, with their script_ids.

        Explorers show what such scripts receive under the key's P2PKH address. A key hashes
        differently in each of its forms, so that one script at most is found. No look-up leads from
        the hash to the key: the first call passes over the types of all scripts and hashes every
        P2PK key.
        """
        return dict(self._key_scripts.get(hash20, ()))

    def paid_as_key(self, script: bytes) -> dict[bytes, int]:
        """The P2PK scripts of the key that a P2PKH script stands for; none for any other script.

        The first call for a P2PKH script takes as long as that of `key_scripts`.
        """
        if script_type(script) != ScriptType.P2PKH:
            return {}
        return self.key_scripts(script[3:23])

    @cached_property
    def _key_scripts(self) -> dict[bytes, list[tuple[bytes, int]]]:
        ids = self._tables.rows_where("scripts", "script_type", b"p2pk")
        by_hash: dict[bytes, list[tuple[bytes, int]]] = {}
        for some in _portions(ids):
            for script_id, script in self._column("scripts", some, "script_pubkey").items():
                by_hash.setdefault(hash160(script[1:-1]), []).append((script, script_id))
        return by_hash

    def spenders(self, txout_ids: Sequence[int]) -> list[tuple[int, int] | None]:
        """tx_id and vin of the input that spends each output, None for one that no block spends."""
        return self._runs("spenders").spenders(txout_ids)

    def receipts(self, script_id: int) -> list[int]:
        """The txout_ids that pay a script, rising."""
        return self._runs("receipts").receipts(script_id)

    def history(self, script_id: int, limit: int) -> History:
        """What a script received and spent, with the latest `limit` receipts and spends."""
        self._runs("spenders")
        found = self._runs("receipts").history(self._tables, script_id, limit)
        first, last = found["times"]
        return History(
            receipt_count=found["receipt_count"],
            spend_count=found["spend_count"],
            received_sat=found["received_sat"],
            sent_sat=found["sent_sat"],
            heights=found["heights"],
            times=(first // 1000, last // 1000),
            receipts=tuple(Receipt(*row) for row in found["receipts"]),
            spends=tuple(Spend(*row) for row in found["spends"]),
        )

    def first_outpoints(self, script_ids: Iterable[int]) -> list[str]:
        """The outpoint that first carried each script, as TXID:VOUT, in order of script_id."""
        firsts = self._column("scripts", script_ids, "first_txout_id")
        outputs = self.rows_of("txouts", firsts.values(), ["tx_id", "vout"])
        txids = self.txids(row["tx_id"] for row in outputs.values())
        rows = (outputs[txout_id] for txout_id in firsts.values())
        return [str(OutPoint(txids[row["tx_id"]], row["vout"])) for row in rows]

    def scripts(self, script_ids: Iterable[int]) -> dict[int, bytes]:
        """The bytes of each script."""
        return self._column("scripts", script_ids, "script_pubkey")

    def txids(self, tx_ids: Iterable[int]) -> dict[int, bytes]:
        """The txid of each transaction, internal byte order."""
        return self._column("txs", tx_ids, "txid")

    def blocks(self, heights: Iterable[int]) -> list[BlockRow]:
        """The blocks of these heights, lowest first.

        Left out are heights above the tip, and blocks of which a partial store knows nothing. What
        it does not know of others is zero: the hash, 32 zero bytes, sizes and places in files.
        """
        columns = ["height", "block_hash", "header", "time_utc", "first_tx_id", "tx_count"]
        columns += ["size_bytes", "file_number", "file_offset"]
        there = (h for h in heights if 0 <= h <= self.store.manifest.tip_height)
        return [
            BlockRow(time_seconds=row.pop("time_utc") // 1000, **_told(row))
            for row in self.rows_of("blocks", there, columns).values()
            if row["time_utc"] is not None
        ]

    def close(self) -> None:
        """Ends the connection, where SQL was asked."""
        if "sql" in self.__dict__:
            self.sql.close()

    def __enter__(self) -> "Lookup":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _column(self, table: str, numbers: Iterable[int], column: str) -> dict[int, Any]:
        return {n: row[column] for n, row in self.rows_of(table, numbers, [column]).items()}

    def lookups(self, *kinds: str) -> _core.Lookups:
        """The look-ups, the files of these kinds checked against the manifest."""
        for kind in kinds:
            self._runs(kind)
        return self._lookups

    def _runs(self, kind: str) -> _core.Lookups:
        if kind not in self._checked:
            check_runs(self.store.path, self.store.manifest, [kind])
            self._checked.add(kind)
        return self._lookups

    @cached_property
    def _lookups(self) -> _core.Lookups:
        manifest = self.store.manifest
        segment_ends = [s.last_height for s in manifest.segments]

        def paths(kind: str) -> list[str]:
            return [f"{self.store.path}/{run.run.file}" for run in manifest.runs_of(kind)]

        def bounded(kind: str, table: str) -> list[tuple[str, int]]:
            last = (bisect_left(segment_ends, run.last_height) for run in manifest.runs_of(kind))
            ends = (manifest.segments[at].counts[table] for at in last)
            return list(zip(paths(kind), ends, strict=True))

        return _core.Lookups(
            key=bytes.fromhex(manifest.key),
            txids=paths("txids"),
            scripts=paths("scripts"),
            spenders=bounded("spenders", "txouts"),
            receipts=bounded("receipts", "scripts"),
        )


def _told(row: Row) -> Row:
    """The row of a block with what is not known of it as zero."""
    zero = {"block_hash": bytes(32), "header": b""}
    return {name: zero.get(name, 0) if value is None else value for name, value in row.items()}


def _portions(items: Sequence[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
