"""Blocks to fact tables and look-ups: adds what is new, rolls back what was reorganised."""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from peelchain import _core
from peelchain.chain.core_files import CoreFiles, Scanned, scan
from peelchain.chain.limits import Limits, limits
from peelchain.chain.progress import Progress, Step, silent
from peelchain.errors import MisuseError, SourceError
from peelchain.network import Network
from peelchain.schema import CHAIN_TABLES, TABLES
from peelchain.store.compaction import compacted
from peelchain.store.layout import segment_end
from peelchain.store.manifest import Manifest, Segment
from peelchain.store.reindex import cut_back
from peelchain.store.runs import check_runs
from peelchain.store.writer import StoreWriter, open_for_writing


@dataclass(frozen=True)
class Ingested:
    """What an ingest left in the store, and what it added and took back.

    `damage` tells in words what in the files is not as a node leaves it; the chain is ingested as
    far as it is whole.
    """

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
    damage: tuple[str, ...]
    seconds: float


def ingest_core_files(
    files: CoreFiles,
    store: Path,
    progress: Progress = silent,
    allowed: Limits | None = None,
    *,
    source: Mapping[str, str] | None = None,
    cache: Path | None = None,
) -> Ingested:
    """Brings a store to the best chain of block files, within the limits allowed.

    `source` is what the manifest says of where the blocks came from, its `path` the folder of the
    files; a node's own unless given. `cache` is the file that keeps what a scan found, so that
    files which are as they were are not read again.

    Raises SourceError, StoreError, StoreLockedError; the store is as it was at its last commit.
    """
    start = time.monotonic()
    with open_for_writing(store, create=files.network) as writer:
        if writer.manifest.network != files.network.name:
            raise MisuseError(
                f"{store} holds {writer.manifest.network}, the source is {files.network.name}; "
                "use another store for another chain"
            )
        found = scan_cached(files, cache, progress)
        before = writer.manifest
        top = len(found.hashes) - 1
        fork = _fork_height(writer, found)
        less = found.chainwork < before.chainwork and fork < before.tip_height
        if less and not found.damage:
            how = "ends" if fork == top else "leaves it"
            raise SourceError(
                f"{files.blocks}: its best chain has less work than the one in {store} and {how} "
                f"at height {fork}; use the files of a node that is up to date"
            )
        damage = list(found.damage)
        if fork < top and not less:
            told = dict(source or {"kind": "core", "path": str(files.blocks.resolve())})
            growth = _Growth(writer, files.network, told, found, allowed or limits(), progress)
            fault, top = growth.extend(fork)
            damage += [str(fault)] if fault else []
        after = writer.manifest
        fork = min(fork, after.tip_height)
        changed = after != before
        return Ingested(
            network=after.network,
            tip_height=after.tip_height,
            tip_hash=after.tip_hash,
            counts=after.counts,
            block_bytes=after.block_bytes,
            added_blocks=after.tip_height - fork if changed else 0,
            rolled_back=max(before.tip_height - fork, 0) if changed else 0,
            stale=found.stale,
            unconnected=found.unconnected,
            left_out=found.left_out,
            damage=tuple(
                f"{what}; the chain in the files is whole up to height {top}" for what in damage
            ),
            seconds=round(time.monotonic() - start, 3),
        )


def scan_cached(
    files: CoreFiles, cache: Path | None = None, progress: Progress = silent
) -> Scanned:
    """What `scan` finds, with the help of a cache in a file, which is written anew where due."""
    known = None
    if cache is not None:
        with contextlib.suppress(OSError):
            known = cache.read_bytes()
    found = scan(
        files, lambda done, of: progress(Step("scan", done, of, in_bytes=True)), cache=known
    )
    # the last file is always read, and never settled
    if cache is not None and found.files_read > 1:
        _core.replace_file(cache, found.source.scan_cache())
    return found


def _fork_height(writer: StoreWriter, found: Scanned) -> int:
    """The greatest height at which store and source agree, -1 when the store is empty."""
    # agreement at a height implies agreement below it, since each header names its parent
    agreed = -1
    for segment in writer.manifest.segments:
        last = segment.last_height
        if last < len(found.hashes) and found.hashes[last] == segment.last_hash:
            agreed = last
            continue
        heights = range(segment.first_height, min(last + 1, len(found.hashes)))
        for height, block_hash in zip(heights, writer.block_hashes(segment, heights), strict=True):
            if found.hashes[height] != block_hash:
                break
            agreed = height
        break
    return agreed


class _Growth:
    """One ingest's work on a store: segment by segment, each committed once it may count."""

    def __init__(
        self,
        writer: StoreWriter,
        network: Network,
        source: dict[str, str],
        found: Scanned,
        allowed: Limits,
        progress: Progress,
    ) -> None:
        self.writer = writer
        self.found = found
        self.network = network
        self.limits = allowed
        self.progress = progress
        self.source = source

    def extend(self, fork: int) -> tuple[SourceError | None, int]:
        """Ingests all above `fork`; gives the fault that it had to end before, and at what height.

        Raises SourceError when not even genesis is whole.
        """
        top = len(self.found.hashes) - 1
        # the head is ingested anew, since what is sealed is all that is known of coins and scripts
        manifest = cut_back(self.writer, self.writer.manifest, fork, self.say)
        manifest = replace(manifest, source=self.source)
        first = begin = manifest.sealed_height + 1
        ingest = self._open(manifest)
        fault: SourceError | None = None
        while first <= top:
            last, sealed = segment_end(first, top)
            folder = self.writer.new_folder(first, last)
            try:
                written = ingest.segment(
                    first,
                    last + 1,
                    {name: TABLES[name].fields for name in CHAIN_TABLES},
                    folder,
                    sealed=sealed,
                    progress=partial(self._reached, begin, first, top),
                )
            except SourceError as e:
                # what is before the bad block is whole: go on to there, and no further
                self.writer.drop_folder(folder)
                fault, top = e, first + getattr(e, "good_blocks", 0) - 1
                # its memory goes before as much is taken again
                del ingest
                ingest = self._open(manifest)
                continue
            manifest = self._with_segment(manifest, first, last, ingest.counts, written)
            if sealed:
                before = manifest.sorted_runs
                manifest = compacted(self.writer, manifest, partial(self.say, "compact"))
                if set(manifest.sorted_runs) != set(before):
                    del ingest
                    ingest = self._open(manifest)
            manifest = self._commit(manifest, whole=last == top and fault is None)
            first = last + 1
            self._reached(begin, first, top)
        if fault is not None and top < 0:
            raise fault
        return fault, top

    def _commit(self, manifest: Manifest, *, whole: bool) -> Manifest:
        """The manifest, committed unless the chain that the store has still has more work."""
        chainwork = self.found.source.chainwork(manifest.tip_height).hex()
        manifest = replace(manifest, chainwork=chainwork)
        if whole or chainwork > self.writer.manifest.chainwork:
            self.writer.commit_chain(manifest)
            return self.writer.manifest
        return manifest

    def say(self, what: str, done: int, of: int) -> None:
        self.progress(Step(what, done, of))

    def _reached(self, begin: int, first: int, top: int, blocks: int = 0, size: int = 0) -> None:
        """Tells of so many blocks and bytes from `first` on, of those from `begin` to `top`."""
        source = self.found.source
        height = first + blocks - 1
        self.progress(
            Step(
                "ingest",
                source.size_of(begin, first) + size,
                source.size_of(begin, top + 1),
                in_bytes=True,
                height=height if height >= 0 else None,
                time_utc=source.time(height) if height >= 0 else None,
            )
        )

    def _open(self, manifest: Manifest) -> _core.Ingest:
        """An ingest that goes on where the sealed segments end."""
        path = self.writer.path
        check_runs(path, manifest, ("coins", "scripts"))
        sealed = manifest.sealed_height
        counts = {}
        for segment in manifest.segments:
            if segment.last_height <= sealed:
                counts = segment.counts
        return _core.Ingest(
            self.found.source,
            key=bytes.fromhex(manifest.key),
            counts=counts,
            coins=[path / r.run.file for r in manifest.runs_of("coins")],
            spent=path / manifest.spent.file if manifest.spent else None,
            scripts=[
                path / r.run.file for r in manifest.runs_of("scripts") if r.last_height <= sealed
            ],
            threads=self.limits.threads,
            segment_bytes=self.limits.segment_bytes,
        )

    def _with_segment(
        self,
        manifest: Manifest,
        first: int,
        last: int,
        counts: dict[str, int],
        written: dict[str, Any],
    ) -> Manifest:
        stored = self.writer.stored_file
        segment = Segment(
            first_height=first,
            last_height=last,
            last_hash=self.found.hashes[last],
            counts=counts,
            block_bytes=self.found.source.size_of(first, last + 1),
            files={row["table"]: stored(row) for row in written["tables"]},
        )
        runs = tuple(self.writer.sorted_run(row, first, last) for row in written["runs"])
        return replace(
            manifest,
            segments=(*manifest.segments, segment),
            sorted_runs=(*manifest.sorted_runs, *runs),
            spent=stored(written["spent"]) if written["spent"] else manifest.spent,
        )
