"""Scripts by their SHA-256, by which Electrum's and Esplora's clients ask: no look-up has it."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from peelchain import _core
from peelchain.errors import StoreError
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[int, int], None]
"""Called with how many scripts are hashed, and of how many."""

FOLDER = "script-hashes"
RUN_SCRIPTS = 1 << 24
"""Scripts of one file: sorted in a gigabyte of memory, and a whole chain has some ninety."""

_HEAD = struct.Struct("<16s32sqqq")
_MAGIC = b"peelchain hash 1"


@dataclass(frozen=True)
class HashRun:
    """Scripts of consecutive script_ids, by the first eight bytes of their hashes.

    `keys` uint64[S] rising, those bytes as a big-endian number; `places` uint32[S] the script_id of
    each, less `first`.
    """

    first: int
    keys: npt.NDArray[np.uint64]
    places: npt.NDArray[np.uint32]

    def at(self, key: np.uint64) -> list[int]:
        """The script_ids of a key."""
        start = np.searchsorted(self.keys, key, "left")
        end = np.searchsorted(self.keys, key, "right")
        return [self.first + int(place) for place in self.places[start:end]]


class ScriptHashes:
    """The scripts of a store's generation by SHA-256. Safe for several threads at once."""

    def __init__(self, runs: Sequence[HashRun]) -> None:
        self._runs = runs

    def script(self, hash32: bytes, lookup: Lookup) -> bytes | None:
        """The script with this SHA-256 (not reversed), None where the chain does not have it."""
        key = np.uint64(int.from_bytes(hash32[:8], "big"))
        candidates = sorted(i for run in self._runs for i in run.at(key))
        scripts = lookup.scripts(candidates).values()
        return next((s for s in scripts if sha256(s).digest() == hash32), None)


class ScriptHasher:
    """Hashes the scripts of a store, and of a later generation only those that are new.

    Each `run_scripts` of them that can change no more go into a file beside the tables, of 12 bytes
    a script; the rest is held in memory.
    """

    def __init__(self, run_scripts: int = RUN_SCRIPTS) -> None:
        self._run_scripts = run_scripts
        self._kept: dict[tuple[str, int], HashRun] = {}

    def hashes(self, store: Store, progress: Progress | None = None) -> ScriptHashes:
        """The scripts of an open store.

        Raises StoreError where a table cannot be read, and where a long chain's hashes cannot be
        written beside it.
        """
        import duckdb

        from peelchain.store.sql import connect, unreadable

        total = store.manifest.counts["scripts"]
        runs = []
        with connect(store) as connection:
            try:
                for first, end in self._settled(store):
                    runs.append(_stored(store, connection, first, end))
                    if progress is not None:
                        progress(end, total)
                rest = runs[-1].first + self._run_scripts if runs else 0
                kept = {}
                for sha, file, first, end in _files(store):
                    if end <= rest:
                        continue
                    start = max(first, rest)
                    kept[sha, start] = self._kept.get((sha, start)) or _hashed(
                        connection, [file], start, end
                    )
                    if progress is not None:
                        progress(end, total)
            except duckdb.Error as e:
                raise unreadable(store, e) from None
        self._kept = kept
        return ScriptHashes([*runs, *kept.values()])

    def _settled(self, store: Store) -> list[tuple[int, int]]:
        """The full runs whose scripts change no more: script_ids from and to before."""
        sealed = store.manifest.sealed_height
        counts = [s.counts["scripts"] for s in store.manifest.segments if s.last_height <= sealed]
        full = counts[-1] // self._run_scripts if counts else 0
        size = self._run_scripts
        return [(first, first + size) for first in range(0, full * size, size)]


def _stored(store: Store, connection: "duckdb.DuckDBPyConnection", first: int, end: int) -> HashRun:
    """A run from its file, which is written where it is not there or of another chain."""
    path = store.path / FOLDER / f"{first:012d}-{end:012d}.run"
    height, block_hash = _settling_block(store, end - 1)
    head = _HEAD.pack(_MAGIC, block_hash, height, first, end)
    found = _mapped(path, head, first, end - first)
    if found is not None:
        return found
    overlapping = [file for _, file, a, b in _files(store) if a < end and b > first]
    made = _hashed(connection, overlapping, first, end)
    content = [head, made.keys.astype("<u8").tobytes(), made.places.astype("<u4").tobytes()]
    try:
        path.parent.mkdir(exist_ok=True)
        _core.replace_file(path, b"".join(content))
    except OSError as e:
        raise StoreError(
            f"{path.parent}: {e.strerror}; scripts by their hash take 12 bytes each beside the "
            "store of a long chain: make room, or let this user write there"
        ) from None
    return _mapped(path, head, first, end - first) or made


def _settling_block(store: Store, script_id: int) -> tuple[int, bytes]:
    """Height and hash of the block that a script first came in: it settles all ids up to it."""
    with Lookup(store) as lookup:
        (script,) = lookup.rows_of("scripts", [script_id], ["first_txout_id"]).values()
        (out,) = lookup.rows_of("txouts", [script["first_txout_id"]], ["tx_id"]).values()
        (tx,) = lookup.rows_of("txs", [out["tx_id"]], ["height"]).values()
        (block,) = lookup.blocks([tx["height"]])
    return block.height, block.block_hash


def _files(store: Store) -> list[tuple[str, str, int, int]]:
    """SHA-256 and path of each file of scripts, and the script_ids in it, from and to before."""
    ends = [segment.counts["scripts"] for segment in store.manifest.segments]
    stored = store.manifest.table_files("scripts")
    return [
        (file.sha256, f"{store.path}/{file.file}", end - file.rows, end)
        for file, end in zip(stored, ends, strict=True)
    ]


def _mapped(path: Path, head: bytes, first: int, count: int) -> HashRun | None:
    """The run in a file; None where it is not there, cut short, or of another chain."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            same = file.read(len(head)) == head
    except OSError:
        return None
    if not same or size != len(head) + 12 * count:
        return None
    keys = np.memmap(path, "<u8", "r", len(head), (count,))
    return HashRun(first, keys, np.memmap(path, "<u4", "r", len(head) + 8 * count, (count,)))


def _hashed(
    connection: "duckdb.DuckDBPyConnection", files: list[str], first: int, end: int
) -> HashRun:
    found = connection.execute(
        "SELECT ('0x' || sha256(script_pubkey)[:16])::UBIGINT AS hash, "
        "(script_id - ?)::UINTEGER AS place "
        "FROM read_parquet(?) WHERE script_id >= ? AND script_id < ?",
        [first, files, first, end],
    ).fetchnumpy()
    keys, places = found["hash"].astype(np.uint64), found["place"].astype(np.uint32)
    order = np.argsort(keys, kind="stable")
    return HashRun(first, keys[order], places[order])
