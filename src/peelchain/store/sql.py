"""The tables of a store in DuckDB: read only, and nothing outside the store within reach."""

import duckdb

from peelchain.errors import StoreError
from peelchain.schema import CHAIN_TABLES, PARTIAL_TABLES, TABLES, Type
from peelchain.store.reader import Store

_MACROS = (
    # internal byte order to the order people read, and back
    "CREATE MACRO show_hash(h) AS "
    "array_to_string(list_reverse(regexp_extract_all(lower(hex(h)), '..')), '')",
    "CREATE MACRO hash_of(t) AS "
    "unhex(array_to_string(list_reverse(regexp_extract_all(t, '..')), ''))",
)
_DUCK_TYPES: dict[Type, str] = {
    "binary": "BLOB",
    "bool": "BOOLEAN",
    "date": "DATE",
    "float64": "DOUBLE",
    "hash": "BLOB",
    "header": "BLOB",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "name": "VARCHAR",
    "price": "DECIMAL(20, 8)",
    "text": "VARCHAR",
    "time": "TIMESTAMP",
}


def connect(store: Store) -> duckdb.DuckDBPyConnection:
    """A connection with a view for each table of the store.

    Fact tables are whole. Derived tables show the rows of every run that still stands, with the
    `run_id`, which the view `runs` explains. `show_hash(h)` and `hash_of(text)` turn hashes between
    the stored byte order and display hex. Files outside the store cannot be read; whoever passes on
    statements of others lets SELECT through alone, since COPY could write into the store. Raises
    StoreError when a file is missing or damaged.
    """
    connection = duckdb.connect(":memory:")
    try:
        _set_up(connection, store)
    except duckdb.Error as e:
        connection.close()
        raise unreadable(store, e) from None
    return connection


def unreadable(store: Store, error: duckdb.Error) -> StoreError:
    """The error for a store whose files DuckDB cannot read."""
    return StoreError(
        f"{store.path} cannot be read ({str(error).splitlines()[0]}); run 'peelchain chain verify "
        f"--store {store.path}' to see what is damaged, then ingest into a new store"
    )


def _set_up(connection: duckdb.DuckDBPyConnection, store: Store) -> None:
    root = store.path.resolve()
    connection.execute("SET TimeZone = 'UTC'")
    # else a FROM may name a variable of the calling Python code
    connection.execute("SET python_enable_replacements = false")
    connection.execute(f"SET allowed_directories = [{_text(str(root) + '/')}]")
    connection.execute("SET enable_external_access = false")
    for name in (*CHAIN_TABLES, *PARTIAL_TABLES):
        files = [str(f.resolve()) for f in store.files(name)]
        _view(connection, name, [(file, None) for file in files])
    for name, spec in TABLES.items():
        if spec.kind == "derived" and name != "runs":
            rows: list[tuple[str, str | None]] = [
                (str(root / stored.file), run.run_id)
                for run in store.manifest.runs
                for stored in run.parts(name)
            ]
            _view(connection, name, rows)
    _runs(connection, store)
    for macro in _MACROS:
        connection.execute(macro)
    connection.execute("SET lock_configuration = true")


def _view(
    connection: duckdb.DuckDBPyConnection, name: str, files: list[tuple[str, str | None]]
) -> None:
    if not files:
        columns = ", ".join(
            f'NULL::{_DUCK_TYPES[c.type_name]} AS "{c.name}"' for c in TABLES[name].columns
        )
        connection.execute(f"CREATE VIEW {name} AS SELECT {columns} WHERE false")
        return
    if files[0][1] is None:
        chosen = _chosen(name)
        listed = ", ".join(_text(file) for file, _ in files)
        connection.execute(f"CREATE VIEW {name} AS SELECT {chosen} FROM read_parquet([{listed}])")
        return
    parts = (
        f"SELECT {_text(run_id or '')} AS run_id, {_known(connection, name, file)} "
        f"FROM read_parquet({_text(file)})"
        for file, run_id in files
    )
    connection.execute(f"CREATE VIEW {name} AS " + " UNION ALL ".join(parts))


def _chosen(name: str) -> str:
    """Every column; times as plain UTC, which needs no time zone library to read."""
    times = [c.name for c in TABLES[name].columns if c.type_name == "time"]
    if not times:
        return "*"
    return "* REPLACE (" + ", ".join(f"timezone('UTC', {t}) AS {t}" for t in times) + ")"


def _known(connection: duckdb.DuckDBPyConnection, name: str, file: str) -> str:
    """Every column of a derived table, null where the file's writer did not know it yet."""
    told = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({_text(file)})").fetchall()
    there = {row[0] for row in told}
    chosen = []
    for column in TABLES[name].columns:
        if column.name not in there:
            chosen.append(f"NULL::{_DUCK_TYPES[column.type_name]} AS {column.name}")
        elif column.type_name == "time":
            chosen.append(f"timezone('UTC', {column.name}) AS {column.name}")
        else:
            chosen.append(f'"{column.name}"')
    return ", ".join(chosen)


def _runs(connection: duckdb.DuckDBPyConnection, store: Store) -> None:
    connection.execute(
        "CREATE TABLE runs (run_id VARCHAR, stage VARCHAR, software VARCHAR, parameters VARCHAR, "
        "inputs VARCHAR, tip_hash VARCHAR, tip_height INTEGER)"
    )
    for run in store.manifest.runs:
        connection.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                run.run_id,
                run.stage,
                run.software,
                str(run.parameters),
                str(run.inputs),
                run.tip_hash,
                run.tip_height,
            ],
        )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
