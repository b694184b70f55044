"""Finding things in a store by the names people use: txid, outpoint, script, height."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from peelchain.errors import NotInChainError
from peelchain.store.reader import Store
from peelchain.store.sql import connect
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
        cursor = self.sql.execute(query, list(values))
        names = [d[0] for d in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def tx_ids(self, txid: bytes) -> list[int]:
        """The tx_ids of a txid, in chain order; two for a BIP 30 duplicate. Raises NotInChainError."""
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
            "SELECT height, block_hash, header, epoch(time_utc)::BIGINT AS time_seconds, first_tx_id, "
            "tx_count, size_bytes, file_number, file_offset FROM blocks "
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
