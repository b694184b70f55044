"""A store, open for reading: one generation, unchanged while it is open."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from peelchain import _core
from peelchain.errors import StoreError
from peelchain.network import Network, by_name
from peelchain.schema import CHAIN_TABLES, PARTIAL_TABLES, TABLES
from peelchain.store import manifest as manifests
from peelchain.store.locks import Reading
from peelchain.store.manifest import Manifest, Run, StoredFile

if TYPE_CHECKING:
    # what only looks a store up need not wait for Arrow
    import pyarrow as pa


class Store:
    """A read-only view of a store. Many processes may hold one while one writes."""

    def __init__(self, path: Path, manifest: Manifest, reading: Reading) -> None:
        self.path = path
        self.manifest = manifest
        self._reading = reading

    @classmethod
    def open(cls, path: Path | str) -> "Store":
        """The store at this path. Raises StoreError with the remedy."""
        path = Path(path)
        text = manifests.read_text(path)
        while True:
            manifest = manifests.parse(path, text)
            reading = Reading(path, manifest.generation)
            again = manifests.read_text(path)
            if again == text:
                return cls(path, manifest, reading)
            # a commit fell between reading the manifest and holding its generation
            reading.close()
            text = again

    def close(self) -> None:
        """Lets the generation go; its files may then be removed by a writer."""
        self._reading.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def network(self) -> Network:
        """The chain this store holds."""
        return by_name(self.manifest.network)

    def files(self, table: str) -> list[Path]:
        """The Parquet files of a fact table, in chain order."""
        return [self.path / f.file for f in self.manifest.table_files(table)]

    def read(self, table: str, columns: Sequence[str] | None = None) -> "pa.Table":
        """A fact table, or some of its columns, in the order of its sort key."""
        import pyarrow as pa

        if table not in (*CHAIN_TABLES, *PARTIAL_TABLES):
            raise StoreError(f"{table} is not a fact table; those are {', '.join(CHAIN_TABLES)}")
        schema = TABLES[table].schema
        if columns is not None:
            schema = pa.schema([schema.field(c) for c in columns])
        parts = [self._read_file(f, schema) for f in self.manifest.table_files(table)]
        return pa.concat_tables(parts) if parts else schema.empty_table()

    def runs(self, stage: str) -> list[Run]:
        """The runs of a stage whose tip is still in the chain, oldest first."""
        return [r for r in self.manifest.runs if r.stage == stage]

    def read_run(self, run: Run, table: str) -> "pa.Table":
        """A table that a run wrote."""
        import pyarrow as pa

        schema = TABLES[table].schema
        parts = [self._read_file(stored, schema) for stored in run.parts(table)]
        return pa.concat_tables(parts) if parts else schema.empty_table()

    def run_rows(self, run: Run, table: str) -> _core.TableRows:
        """A table that a run wrote, for look-ups in it."""
        parts = [(str(self.path / stored.file), stored.rows) for stored in run.parts(table)]
        return _core.TableRows({table: parts})

    def read_runs(self, stage: str, table: str) -> "pa.Table":
        """The rows of a table from every run of a stage, oldest run first."""
        import pyarrow as pa

        parts = [self.read_run(r, table) for r in self.runs(stage) if table in r.tables]
        return pa.concat_tables(parts) if parts else TABLES[table].schema.empty_table()

    def _read_file(self, stored: StoredFile, schema: "pa.Schema") -> "pa.Table":
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.path / stored.file
        try:
            there = set(pq.read_schema(path).names)
            known = [f.name for f in schema if f.name in there or not f.nullable]
            table = pq.read_table(path, columns=known, partitioning=None)
            table = _with_later_columns(table, schema).cast(schema)
        except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as e:
            raise StoreError(
                f"{path} cannot be read ({(str(e) or repr(e)).splitlines()[0]}); run 'peelchain "
                f"chain verify --store {self.path}' to see what is damaged, then ingest into a "
                "new store"
            ) from None
        if table.num_rows != stored.rows:
            raise StoreError(
                f"{path} has {table.num_rows} rows, the manifest says {stored.rows}; "
                "ingest into a new store"
            )
        return table


def _with_later_columns(table: "pa.Table", schema: "pa.Schema") -> "pa.Table":
    """The table with null in columns that may be null and that its writer did not know yet."""
    import pyarrow as pa

    for at, field in enumerate(schema):
        if field.nullable and field.name not in table.column_names:
            table = table.add_column(at, field, pa.nulls(table.num_rows, field.type))
    return table
