"""Look-ups made anew from the tables, and a chain taken back to an earlier block."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from peelchain import _core
from peelchain.schema import CHAIN_TABLES
from peelchain.store.manifest import Manifest, Segment
from peelchain.store.writer import StoreWriter

Progress = Callable[[str, int, int], None]
SORTING_BYTES = 1 << 30
"""What is held in memory for sorting unless told otherwise."""


def reindexed(
    writer: StoreWriter,
    manifest: Manifest,
    progress: Progress,
    sorting_bytes: int = SORTING_BYTES,
) -> Manifest:
    """The manifest with every look-up made anew from the tables, in new files.

    Raises StoreError when a table is damaged; what was written then does not count.
    """
    bare = replace(manifest, sorted_runs=(), spent=None)
    sealed = [s for s in manifest.segments if s.last_height <= manifest.sealed_height]
    return _with_coins(
        writer,
        _with_lookups(writer, bare, manifest.segments, progress, sorting_bytes),
        sealed,
        progress,
        sorting_bytes,
    )


def cut_back(
    writer: StoreWriter,
    manifest: Manifest,
    fork: int,
    progress: Progress,
    sorting_bytes: int = SORTING_BYTES,
) -> Manifest:
    """The manifest with its sealed segments up to height `fork` alone, ready to be gone on from.

    A fork in the head, as nearly all are, costs nothing; below it the look-ups that reach beyond
    the fork, and the unspent outputs as they were then, are made anew from the tables. Raises
    StoreError when a table is damaged.
    """
    sealed = manifest.sealed_height
    segments = tuple(s for s in manifest.segments if s.last_height <= min(fork, sealed))
    last = segments[-1].last_height if segments else -1
    runs = tuple(r for r in manifest.sorted_runs if r.last_height <= last)
    kept = replace(manifest, segments=segments, sorted_runs=runs)
    if last == sealed:
        return kept
    bare = replace(kept, sorted_runs=tuple(r for r in runs if r.kind != "coins"), spent=None)
    covered = max((r.last_height for r in bare.sorted_runs), default=-1)
    missing = [s for s in segments if s.last_height > covered]
    found = _with_lookups(writer, bare, missing, progress, sorting_bytes)
    return _with_coins(writer, found, segments, progress, sorting_bytes)


def _with_lookups(
    writer: StoreWriter,
    manifest: Manifest,
    segments: Sequence[Segment],
    progress: Progress,
    sorting_bytes: int,
) -> Manifest:
    runs = list(manifest.sorted_runs)
    for done, segment in enumerate(segments):

        def going_on(_rows: int, _of: int, done: int = done) -> None:
            progress("look-ups", done, len(segments))

        going_on(0, 0)
        first, last = segment.first_height, segment.last_height
        written = _core.reindex_segment(
            _files(writer, segment),
            bytes.fromhex(manifest.key),
            writer.new_folder(first, last, lookups=True),
            sorting_bytes,
            going_on,
        )
        runs += [writer.sorted_run(row, first, last) for row in written]
    progress("look-ups", len(segments), len(segments))
    return replace(manifest, sorted_runs=tuple(runs))


def _with_coins(
    writer: StoreWriter,
    manifest: Manifest,
    sealed: Sequence[Segment],
    progress: Progress,
    sorting_bytes: int,
) -> Manifest:
    if not sealed:
        return manifest
    counts = sealed[-1].counts
    # inputs and scripts are read first, then the outputs
    rows = counts["txins"] + counts["scripts"] + counts["txouts"]
    written = _core.reindex_coins(
        [_files(writer, s) for s in sealed],
        bytes.fromhex(manifest.key),
        writer.new_folder(0, sealed[-1].last_height, lookups=True),
        sorting_bytes,
        lambda done, _of: progress("coins", done, rows),
    )
    progress("coins", rows, rows)
    run = writer.sorted_run(written, 0, sealed[-1].last_height)
    return replace(manifest, sorted_runs=(*manifest.sorted_runs, run))


def _files(writer: StoreWriter, segment: Segment) -> dict[str, str]:
    return {t: str(writer.path / segment.files[t].file) for t in CHAIN_TABLES}
