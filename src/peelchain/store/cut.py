"""A store as it was at an earlier tip, in a folder of its own, for what must be asked again."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peelchain import _core
from peelchain.errors import StoreError
from peelchain.schema import CHAIN_TABLES
from peelchain.store.manifest import Manifest, Run, Segment, SortedRun, StoredFile
from peelchain.store.reader import Store
from peelchain.store.reindex import SORTING_BYTES
from peelchain.store.writer import StoreWriter, open_for_writing
from peelchain.units import format_hash

Progress = Callable[[str, int, int], None]

_KINDS = ("receipts", "scripts", "spenders", "txids")
_TARGET_BITS = 256


class NotAncestorError(StoreError):
    """A block is not in the chain that a store holds, or not yet."""


@contextmanager
def store_at(path: Path, height: int, block_hash: str, progress: Progress) -> Iterator[Path]:
    """A store with the chain up to a block (hash as shown), and the runs that stand on it or below.

    The same rows as in a store whose ingest ended there. It links to the files of the store it is
    cut from, which stays open meanwhile, and is removed afterwards; the segment that holds the
    block is written anew, and so are look-ups that reach beyond it. Raises NotAncestorError where
    the chain does not have the block, StoreError where a file is damaged.
    """
    with Store.open(path) as store, tempfile.TemporaryDirectory(prefix="peelchain-") as folder:
        check_block(store, height, block_hash)
        out = Path(folder) / "store"
        with open_for_writing(out, create=store.network) as writer:
            writer.commit(_cut(store, writer, height, block_hash, progress))
        yield out


def check_block(store: Store, height: int, block_hash: str) -> None:
    """Raises NotAncestorError where the chain of a store does not have the block."""
    manifest = store.manifest
    if height > manifest.tip_height:
        raise NotAncestorError(
            f"{store.path} ends at height {manifest.tip_height}, and block {block_hash} is at "
            f"{height}; ingest the chain so far"
        )
    segment = _segment_of(manifest, height)
    stored = segment.files["blocks"]
    rows = _core.TableRows({"blocks": [(str(store.path / stored.file), stored.rows)]})
    found = rows.fetch("blocks", [height - segment.first_height], ["block_hash"])["block_hash"][0]
    if format_hash(found) != block_hash:
        raise NotAncestorError(
            f"{store.path} has another block at height {height} than {block_hash}: that one was "
            "reorganised away, or the store is of another chain"
        )


def _segment_of(manifest: Manifest, height: int) -> Segment:
    return next(s for s in manifest.segments if s.first_height <= height <= s.last_height)


def _cut(
    store: Store, writer: StoreWriter, height: int, block_hash: str, progress: Progress
) -> Manifest:
    manifest = store.manifest
    whole = [s for s in manifest.segments if s.last_height <= height]
    for segment in whole:
        for stored in segment.files.values():
            _link(store.path, writer.path, stored)
    segments = list(whole)
    if not whole or whole[-1].last_height < height:
        segment = _segment_of(manifest, height)
        before = dict.fromkeys(CHAIN_TABLES, 0) if not whole else whole[-1].counts
        segments.append(_shortened(store, writer, segment, before, height, block_hash))
    kept = _covered(manifest, height)
    for run in kept:
        for file in (run.run, run.filter):
            if file is not None:
                _link(store.path, writer.path, file)
    covered = max((run.last_height for run in kept), default=-1)
    missing = [s for s in segments if s.last_height > covered]
    runs = [*kept, *_lookups(writer, manifest.key, missing, progress)]
    stand = tuple(run for run in manifest.runs if run.tip_height <= height)
    for run_ in stand:
        _link_run(store.path, writer.path, run_)
    return replace(
        manifest,
        generation=writer.manifest.generation,
        chainwork=_chainwork(store, height),
        segments=tuple(segments),
        sorted_runs=tuple(runs),
        spent=None,
        runs=stand,
    )


def _covered(manifest: Manifest, height: int) -> list[SortedRun]:
    """The look-ups that end at the height or below, as far as every kind reaches."""
    ends = []
    for kind in _KINDS:
        below = [r.last_height for r in manifest.runs_of(kind) if r.last_height <= height]
        ends.append(max(below, default=-1))
    reach = min(ends)
    return [r for r in manifest.sorted_runs if r.kind in _KINDS and r.last_height <= reach]


def _lookups(
    writer: StoreWriter, key: str, segments: list[Segment], progress: Progress
) -> list[SortedRun]:
    found = []
    for done, segment in enumerate(segments):
        progress("look-ups of the earlier tip", done, len(segments))
        first, last = segment.first_height, segment.last_height
        written = _core.reindex_segment(
            {t: str(writer.path / segment.files[t].file) for t in CHAIN_TABLES},
            bytes.fromhex(key),
            writer.new_folder(first, last, lookups=True),
            SORTING_BYTES,
            lambda _rows, _of: None,
        )
        found += [writer.sorted_run(row, first, last) for row in written]
    progress("look-ups of the earlier tip", len(segments), len(segments))
    return found


def _shortened(
    store: Store,
    writer: StoreWriter,
    segment: Segment,
    before: dict[str, int],
    height: int,
    block_hash: str,
) -> Segment:
    """The segment without the blocks after `height`, written anew."""
    tables = {name: _read(store, segment.files[name]) for name in CHAIN_TABLES}
    blocks = tables["blocks"].filter(pc.less_equal(tables["blocks"]["height"], height))
    last = blocks.slice(blocks.num_rows - 1).to_pylist()[0]
    txs = last["first_tx_id"] + last["tx_count"]
    outputs = tables["txouts"].filter(pc.less(tables["txouts"]["tx_id"], txs))
    # scripts are counted in the order in which outputs first pay them
    newest = pc.max(outputs["script_id"]).as_py()
    scripts = max(before["scripts"], -1 if newest is None else newest + 1)
    kept = {
        "blocks": blocks,
        "txs": tables["txs"].filter(pc.less(tables["txs"]["tx_id"], txs)),
        "txouts": outputs,
        "txins": tables["txins"].filter(pc.less(tables["txins"]["tx_id"], txs)),
        "scripts": tables["scripts"].filter(pc.less(tables["scripts"]["script_id"], scripts)),
    }
    folder = writer.new_folder(segment.first_height, height)
    files = {}
    for name, rows in kept.items():
        file = folder / f"{name}.parquet"
        pq.write_table(rows, file, compression="zstd", store_schema=True)
        # what is thrown away when it was read is not worth the time that hashing takes
        files[name] = writer.stored(file, rows.num_rows, file.stat().st_size, bytes(32))
    return replace(
        segment,
        last_height=height,
        last_hash=block_hash,
        counts={name: before[name] + kept[name].num_rows for name in CHAIN_TABLES},
        block_bytes=pc.sum(blocks["size_bytes"]).as_py(),
        files=files,
    )


def _read(store: Store, stored: StoredFile) -> pa.Table:
    path = store.path / stored.file
    try:
        return pq.read_table(path, partitioning=None)
    except (OSError, pa.ArrowException) as e:
        raise StoreError(
            f"{path} cannot be read ({(str(e) or repr(e)).splitlines()[0]}); run 'peelchain chain "
            f"verify --store {store.path}' to see what is damaged"
        ) from None


def _chainwork(store: Store, height: int) -> str:
    """The chainwork up to a block: the tip's less the work of the blocks above."""
    above = [s for s in store.manifest.segments if s.last_height > height]
    work = 0
    for segment in above:
        rows = _read(store, segment.files["blocks"])
        for header in rows.filter(pc.greater(rows["height"], height))["header"].to_pylist():
            bits = int.from_bytes(header[72:76], "little")
            size, mantissa = bits >> 24, bits & 0x7FFFFF
            target = mantissa << 8 * (size - 3) if size > 3 else mantissa >> 8 * (3 - size)
            work += (1 << _TARGET_BITS) // (target + 1)
    return f"{int(store.manifest.chainwork, 16) - work:064x}"


def _link_run(source: Path, out: Path, run: Run) -> None:
    for stored in run.tables.values():
        _link(source, out, stored)


def _link(source: Path, out: Path, stored: StoredFile) -> None:
    target = out / stored.file
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to((source / stored.file).resolve())
