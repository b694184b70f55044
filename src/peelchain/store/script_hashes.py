"""Scripts by their SHA-256, by which Electrum's and Esplora's clients ask: no look-up has it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class HashRun:
    """Scripts of consecutive script_ids, by the first eight bytes of their hashes.

    `keys` uint64[S] rising, big-endian of those bytes; `ids` int64[S].
    """

    keys: npt.NDArray[np.uint64]
    ids: npt.NDArray[np.int64]

    def at(self, key: np.uint64) -> list[int]:
        """The script_ids of a key."""
        first = np.searchsorted(self.keys, key, "left")
        end = np.searchsorted(self.keys, key, "right")
        return [int(i) for i in self.ids[first:end]]


class ScriptHashes:
    """The scripts of a store's generation by SHA-256. Safe for several threads at once."""

    def __init__(self, runs: Sequence[HashRun]) -> None:
        self._runs = runs

    def script(self, hash32: bytes, lookup: Lookup) -> bytes | None:
        """The script with this SHA-256 (not reversed), None where the chain does not have it."""
        key = _key(hash32)
        candidates = sorted(i for run in self._runs for i in run.at(key))
        scripts = lookup.scripts(candidates).values()
        return next((s for s in scripts if sha256(s).digest() == hash32), None)


class ScriptHasher:
    """Hashes the scripts of a store, and of a later generation only those that are new."""

    def __init__(self) -> None:
        self._by_file: dict[str, HashRun] = {}

    def hashes(self, store: Store, progress: Progress | None = None) -> ScriptHashes:
        """The scripts of an open store; `progress` is told how many are hashed, and of how many.

        Raises StoreError where a file is missing or damaged.
        """
        import duckdb

        from peelchain.store.sql import connect, unreadable

        files = store.manifest.table_files("scripts")
        total = sum(f.rows for f in files)
        runs: dict[str, HashRun] = {}
        done = 0
        with connect(store) as connection:
            for stored in files:
                run = self._by_file.get(stored.sha256)
                try:
                    runs[stored.sha256] = run or _hashed(connection, str(store.path / stored.file))
                except duckdb.Error as e:
                    raise unreadable(store, e) from None
                done += stored.rows
                if progress is not None:
                    progress(done, total)
        self._by_file = runs
        return ScriptHashes(list(runs.values()))


def _hashed(connection: "duckdb.DuckDBPyConnection", file: str) -> HashRun:
    found = connection.execute(
        "SELECT ('0x' || sha256(script_pubkey)[:16])::UBIGINT AS hash, script_id "
        "FROM read_parquet(?)",
        [file],
    ).fetchnumpy()
    keys = found["hash"].astype(np.uint64)
    order = np.argsort(keys)
    return HashRun(keys[order], found["script_id"].astype(np.int64)[order])


def _key(hash32: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(hash32[:8], "big"))
