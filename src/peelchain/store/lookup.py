"""Finding things in a store by the names people use: txid, outpoint, script, height."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb

from peelchain.errors import NotInChainError
from peelchain.script import ScriptType, hash160, script_type
from peelchain.store.reader import Store
from peelchain.store.sql import connect, unreadable
from peelchain.units import OutPoint, format_hash


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


class Lookup:
    """Point look-ups in an open store. Close it before the store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.sql: duckdb.DuckDBPyConnection = connect(store)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query, as dictionaries."""
        try:
            cursor = self.sql.execute(query, list(values))
            names = [d[0] for d in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except (duckdb.IOException, duckdb.InvalidInputException) as e:
            raise unreadable(self.store, e) from None

    def tx_ids(self, txid: bytes) -> list[int]:
        """The tx_ids of a txid, in chain order; two for a BIP 30 twin. Raises NotInChainError."""
        found = self.rows("SELECT tx_id FROM txs WHERE txid = ? ORDER BY tx_id", [txid])
        if not found:
            raise NotInChainError(
                f"transaction {format_hash(txid)} is not in the chain up to height "
                f"{self.store.manifest.tip_height}; check the txid, or ingest newer blocks"
            )
        return [row["tx_id"] for row in found]

    def txout_ids(self, outpoints: Sequence[OutPoint]) -> list[int]:
        """The txout_id of each outpoint; of BIP 30 duplicates the later. Raises NotInChainError."""
        wanted = sorted({o.txid for o in outpoints})
        found = {
            row["txid"]: row
            for row in self.rows(
                "SELECT txid, first_txout_id, txout_count FROM txs "
                "WHERE txid IN (SELECT unnest(?)) ORDER BY tx_id",
                [wanted],
            )
        }
        ids = []
        for outpoint in outpoints:
            row = found.get(outpoint.txid)
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

    def script_ids(self, scripts: Iterable[bytes]) -> dict[bytes, int]:
        """The script_id of each script that is in the chain; the others are left out."""
        wanted = sorted(set(scripts))
        found = self.rows(
            "SELECT script_pubkey, script_id FROM scripts "
            "WHERE script_pubkey IN (SELECT unnest(?::BLOB[]))",
            [wanted],
        )
        return {row["script_pubkey"]: row["script_id"] for row in found}

    def key_scripts(self, hash20: bytes) -> dict[bytes, int]:
        """The P2PK scripts whose public key has this HASH160, with their script_ids.

        Explorers show what such scripts receive under the key's P2PKH address. A key hashes
        differently in each of its forms, so that one script at most is found.
        """
        return dict(self._key_scripts.get(hash20, ()))

    def paid_as_key(self, script: bytes) -> dict[bytes, int]:
        """The P2PK scripts of the key that a P2PKH script stands for; none for any other script."""
        if script_type(script) != ScriptType.P2PKH:
            return {}
        return self.key_scripts(script[3:23])

    @cached_property
    def _key_scripts(self) -> dict[bytes, list[tuple[bytes, int]]]:
        found = self.rows(
            "SELECT script_pubkey, script_id FROM scripts WHERE script_type = 'p2pk' "
            "ORDER BY script_id"
        )
        by_hash: dict[bytes, list[tuple[bytes, int]]] = {}
        for row in found:
            script = row["script_pubkey"]
            by_hash.setdefault(hash160(script[1:-1]), []).append((script, row["script_id"]))
        return by_hash

    def first_outpoints(self, script_ids: Iterable[int]) -> list[str]:
        """The outpoint that first carried each script, as TXID:VOUT, in order of script_id."""
        found = self.rows(
            "SELECT t.txid, o.vout FROM scripts s JOIN txouts o ON o.txout_id = s.first_txout_id "
            "JOIN txs t USING (tx_id) WHERE s.script_id IN (SELECT unnest(?::BIGINT[])) "
            "ORDER BY s.script_id",
            [sorted(set(script_ids))],
        )
        return [str(OutPoint(row["txid"], row["vout"])) for row in found]

    def scripts(self, script_ids: Iterable[int]) -> dict[int, bytes]:
        """The bytes of each script."""
        found = self.rows(
            "SELECT script_id, script_pubkey FROM scripts WHERE script_id IN (SELECT unnest(?))",
            [sorted(set(script_ids))],
        )
        return {row["script_id"]: row["script_pubkey"] for row in found}

    def txids(self, tx_ids: Iterable[int]) -> dict[int, bytes]:
        """The txid of each transaction, internal byte order."""
        found = self.rows(
            "SELECT tx_id, txid FROM txs WHERE tx_id IN (SELECT unnest(?))",
            [sorted(set(tx_ids))],
        )
        return {row["tx_id"]: row["txid"] for row in found}

    def blocks(self, heights: Iterable[int]) -> list[BlockRow]:
        """The blocks of these heights, lowest first."""
        found = self.rows(
            "SELECT height, block_hash, header, epoch(time_utc)::BIGINT AS time_seconds, "
            "first_tx_id, tx_count, size_bytes, file_number, file_offset FROM blocks "
            "WHERE height IN (SELECT unnest(?)) ORDER BY height",
            [sorted(set(heights))],
        )
        return [BlockRow(**row) for row in found]

    def close(self) -> None:
        """Ends the connection."""
        self.sql.close()

    def __enter__(self) -> "Lookup":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
