"""A run being written: its files are found or made first, then one commit lists them all."""

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peelchain import _core
from peelchain.schema import TABLES
from peelchain.store.manifest import Run, StoredFile

if TYPE_CHECKING:
    import pyarrow as pa

    from peelchain.store.writer import StoreWriter


class NewRun:
    """A run of a stage in the making. Made by `StoreWriter.new_run`.

    A table may come in several parts, one file each, in order; every part counts once committed.
    """

    def __init__(self, writer: "StoreWriter", run: Run) -> None:
        self._writer = writer
        self.run = run
        self._parts: dict[str, list[StoredFile]] = {}

    def path(self, table: str) -> Path:
        """Where a kernel is to write the next part of a table."""
        return self._writer.derived_path(f"{table}-{self.run.run_id}")

    def add_file(self, table: str, told: Mapping[str, Any]) -> None:
        """Takes the part that a kernel wrote to `path`."""
        self._parts.setdefault(table, []).append(self._writer.stored_file(told))

    def add_part(self, table: str, stored: StoredFile) -> None:
        """Takes a part that an earlier run wrote and this one builds on."""
        self._parts.setdefault(table, []).append(stored)

    def add_table(self, table: str, rows: "pa.Table") -> None:
        """Writes a table as the next part."""
        # heavy, and an ingest does without it
        import pyarrow.parquet as pq

        buffer = io.BytesIO()
        cast = rows.cast(TABLES[table].schema)
        pq.write_table(cast, buffer, compression="zstd", store_schema=True)
        path = self.path(table)
        digest, size = _core.replace_file(path, buffer.getvalue())
        stored = self._writer.stored(path, rows.num_rows, size, digest)
        self._parts.setdefault(table, []).append(stored)

    def commit(self, replaces: tuple[str, ...] = ()) -> Run:
        """Makes it a run of the store; `replaces` are run_ids that it makes obsolete."""
        tables = {
            name if number == 0 else f"{name}/{number + 1}": stored
            for name, parts in self._parts.items()
            for number, stored in enumerate(parts)
        }
        run = replace(self.run, tables=tables)
        manifest = self._writer.manifest
        kept = tuple(r for r in manifest.runs if r.run_id not in replaces)
        self._writer.commit(replace(manifest, runs=kept).with_run(run))
        return run
