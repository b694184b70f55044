"""Compaction: days to weeks, neighbouring look-ups to one: few files stay to be searched."""

from collections.abc import Callable
from dataclasses import replace

from peelchain import _core
from peelchain.schema import CHAIN_TABLES, TABLES
from peelchain.store.layout import mergeable_lookups, mergeable_segments
from peelchain.store.manifest import RUN_KINDS, Manifest, Segment
from peelchain.store.writer import StoreWriter

Progress = Callable[[int, int], None]
"""Called with rows done of the file being written, and 0."""


def compacted(writer: StoreWriter, manifest: Manifest, progress: Progress) -> Manifest:
    """The manifest with what is due to be merged merged, in new files; the same one if nothing is.

    Raises StoreError when a file to merge is damaged, KeyboardInterrupt when stopped; what was
    written then does not count.
    """
    manifest = _merge_tables(writer, manifest, progress)
    for kind in RUN_KINDS:
        manifest = _merge_runs(writer, manifest, kind, progress)
    return manifest


def _merge_tables(writer: StoreWriter, manifest: Manifest, progress: Progress) -> Manifest:
    sealed = [s for s in manifest.segments if s.last_height <= manifest.sealed_height]
    head = manifest.segments[len(sealed) :]
    ranges = [(s.first_height, s.last_height) for s in sealed]
    for group in reversed(mergeable_segments(ranges)):
        sealed[group] = [_merged_segment(writer, sealed[group], progress)]
    return replace(manifest, segments=(*sealed, *head))


def _merged_segment(writer: StoreWriter, parts: list[Segment], progress: Progress) -> Segment:
    first, last = parts[0], parts[-1]
    folder = writer.new_folder(first.first_height, last.last_height)
    written = _core.compact_tables(
        {t: [writer.path / s.files[t].file for s in parts] for t in CHAIN_TABLES},
        {t: TABLES[t].fields for t in CHAIN_TABLES},
        folder,
        progress,
    )
    return replace(
        last,
        first_height=first.first_height,
        block_bytes=sum(s.block_bytes for s in parts),
        files={row["table"]: writer.stored_file(row) for row in written},
    )


def _merge_runs(writer: StoreWriter, manifest: Manifest, kind: str, progress: Progress) -> Manifest:
    runs = manifest.runs_of(kind)
    head = [r for r in runs if r.last_height > manifest.sealed_height]
    runs = [r for r in runs if r.last_height <= manifest.sealed_height]
    others = [r for r in manifest.sorted_runs if r.kind != kind]
    spent = manifest.spent
    for group in reversed(mergeable_lookups([(r.first_height, r.last_height) for r in runs])):
        parts = runs[group]
        first, last = parts[0].first_height, parts[-1].last_height
        folder = writer.new_folder(first, last, lookups=True)
        if kind == "coins" and spent is not None:
            files = [writer.path / r.run.file for r in runs]
            written, bits = _core.merge_coins(
                files, writer.path / spent.file, group.start, group.stop, folder, progress
            )
            spent = writer.stored_file(bits)
        else:
            files = [writer.path / r.run.file for r in parts]
            written = _core.merge_runs(kind, files, folder, progress)
        runs[group] = [writer.sorted_run(written, first, last)]
    return replace(manifest, sorted_runs=(*others, *runs, *head), spent=spent)
