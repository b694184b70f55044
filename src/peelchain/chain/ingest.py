"""Blocks to fact tables: adds what is new, rolls back what was reorganised, commits by segments."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from peelchain import _core
from peelchain.chain.core_files import CoreFiles, Scanned, scan
from peelchain.errors import MisuseError, SourceError
from peelchain.schema import CHAIN_TABLES, TABLES
from peelchain.store.manifest import Segment
from peelchain.store.reader import Store
from peelchain.store.writer import StoreWriter, open_for_writing

SEGMENT_BLOCKS = 1008
"""A sealed segment ends below a multiple of this (a week of blocks): layout follows height."""
HEAD_BLOCKS = 100
"""At least so many blocks below the tip stay unsealed, replaced whole when the tip moves."""

Progress = Callable[[str, int, int], None]
"""Called with the phase (`scan` in bytes, `ingest` in blocks), done, and in all."""


@dataclass(frozen=True)
class Ingested:
    """What an ingest left in the store, and what it added and took back."""

    network: str
    tip_height: int
    tip_hash: str
    counts: dict[str, int]
    block_bytes: int
    added_blocks: int
    rolled_back: int
    stale: int
    unconnected: int
    left_out: tuple[str, ...]
    seconds: float


def ingest_core_files(files: CoreFiles, store: Path, progress: Progress | None = None) -> Ingested:
    """Brings a store to the best chain of a node's block files.

    Raises SourceError, StoreError, StoreLockedError; the store is as it was at its last commit.
    """
    start = time.monotonic()
    say = progress or (lambda phase, done, of: None)
    with open_for_writing(store, create=files.network) as writer:
        if writer.manifest.network != files.network.name:
            raise MisuseError(
                f"{store} holds {writer.manifest.network}, the source is {files.network.name}; "
                "use another store for another chain"
            )
        found = scan(files, lambda done, of: say("scan", done, of))
        before = writer.manifest
        top = len(found.hashes) - 1
        fork = _fork_height(store, found) if before.segments else -1
        if found.chainwork < before.chainwork and fork < before.tip_height:
            how = "ends" if fork == top else "leaves it"
            raise SourceError(
                f"{files.blocks}: its best chain has less work than the one in {store} and {how} "
                f"at height {fork}; use the files of a node that is up to date"
            )
        if fork == top:
            added = 0
        else:
            added = top - fork
            _extend(writer, files, found, fork, lambda done, of: say("ingest", done, of))
        after = writer.manifest
        return Ingested(
            network=after.network,
            tip_height=after.tip_height,
            tip_hash=after.tip_hash,
            counts=after.counts,
            block_bytes=after.block_bytes,
            added_blocks=added,
            rolled_back=max(before.tip_height - fork, 0) if added else 0,
            stale=found.stale,
            unconnected=found.unconnected,
            left_out=found.left_out,
            seconds=round(time.monotonic() - start, 3),
        )


def _fork_height(store: Path, found: Scanned) -> int:
    """The greatest height at which store and source agree, -1 when the store is empty."""
    with Store.open(store) as reader:
        have = reader.read("blocks", ["block_hash"])["block_hash"].to_pylist()
    limit = min(len(have), len(found.hashes))
    low, high = 0, limit
    # agreement at a height implies agreement below it, since each header names its parent
    while low < high:
        middle = (low + high) // 2
        if have[middle][::-1].hex() == found.hashes[middle]:
            low = middle + 1
        else:
            high = middle
    return low - 1


def _extend(
    writer: StoreWriter,
    files: CoreFiles,
    found: Scanned,
    fork: int,
    progress: Callable[[int, int], None],
) -> None:
    top = len(found.hashes) - 1
    # a head segment may end where a sealed one would: it is no more sealed for that
    settled = min(fork, top - HEAD_BLOCKS)
    kept = tuple(
        s
        for s in writer.manifest.segments
        if s.last_height <= settled and (s.last_height + 1) % SEGMENT_BLOCKS == 0
    )
    ingest = _core.Ingest(found.source, files.network.halving_interval)
    _restore(ingest, writer.path, kept)
    sizes = found.source.sizes()
    schemas = {name: TABLES[name].schema for name in CHAIN_TABLES}
    first = kept[-1].last_height + 1 if kept else 0
    begin = first
    segments = kept
    while first <= top:
        sealed = (first // SEGMENT_BLOCKS + 1) * SEGMENT_BLOCKS - 1
        last = sealed if sealed <= top - HEAD_BLOCKS else top
        folder = writer.new_folder(first, last)
        written = ingest.segment(
            first,
            last + 1,
            schemas,
            folder,
            partial(_report, progress, first - begin, top + 1 - begin),
        )
        segment = Segment(
            first_height=first,
            last_height=last,
            last_hash=found.hashes[last],
            counts=ingest.counts,
            block_bytes=int(sizes[first : last + 1].sum()),
            files={
                row["table"]: writer.stored(
                    Path(row["path"]), row["rows"], row["bytes"], row["sha256"]
                )
                for row in written
            },
        )
        segments = (*segments, segment)
        chainwork = found.source.chainwork(last).hex()
        # an older chain stays whole until this one has more work
        if last == top or chainwork > writer.manifest.chainwork:
            writer.commit_segments(
                segments,
                source={"kind": "core", "path": str(files.blocks.resolve())},
                chainwork=chainwork,
            )
        progress(last + 1 - begin, top + 1 - begin)
        first = last + 1


def _report(
    progress: Callable[[int, int], None], before: int, of: int, done: int, _bytes: int
) -> None:
    progress(before + done, of)


def _restore(ingest: _core.Ingest, path: Path, kept: tuple[Segment, ...]) -> None:
    if not kept:
        return
    counts = kept[-1].counts
    with Store.open(path) as store:

        def column(table: str, name: str) -> pa.Array:
            values = store.read(table, [name])[name].slice(0, counts[table])
            return values.combine_chunks()

        def integers(table: str, name: str) -> np.ndarray:
            filled = column(table, name).fill_null(-1)
            return np.ascontiguousarray(filled.to_numpy(zero_copy_only=False))

        txids = b"".join(column("txs", "txid").to_pylist())
        ingest.restore(
            counts["blocks"],
            txids,
            integers("txs", "first_txout_id"),
            integers("txouts", "value_sat"),
            integers("txouts", "script_id"),
            integers("txins", "prev_txout_id"),
            column("scripts", "script_pubkey"),
        )
