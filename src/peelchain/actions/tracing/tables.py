"""The tables of a trace as files: Parquet and CSV, with outpoints, and the stamp of the run."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from peelchain import __version__, _core
from peelchain.csv_text import csv_bytes
from peelchain.errors import MisuseError, PeelchainError

Row = Mapping[str, Any]

STAMP = "run.json"
_STAMP_KEY = b"peelchain"

_PLACE = [
    ("txid", pa.string(), False),
    ("vout", pa.int64(), True),
    ("address", pa.string(), True),
    ("height", pa.int64(), False),
    ("time_utc", pa.string(), False),
]


def _schema(*columns: tuple[str, pa.DataType, bool]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable) for name, kind, nullable in columns])


SCHEMAS: dict[str, pa.Schema] = {
    "seeds": _schema(
        ("outpoint", pa.string(), False),
        ("claimant", pa.string(), True),
        ("address", pa.string(), True),
        ("height", pa.int64(), False),
        ("time_utc", pa.string(), False),
        ("value_sat", pa.int64(), False),
        ("traced_sat", pa.int64(), False),
    ),
    "terminals": _schema(
        ("rule", pa.string(), False),
        ("scope", pa.string(), False),
        ("type", pa.string(), False),
        *_PLACE,
        ("label", pa.string(), True),
        ("output_sat", pa.int64(), False),
        ("traced_sat", pa.int64(), False),
        ("account", pa.string(), True),
        ("mark", pa.string(), True),
        ("fiat", pa.string(), True),
        ("currency", pa.string(), True),
    ),
    "holdings": _schema(
        ("rule", pa.string(), False),
        ("scope", pa.string(), False),
        ("account", pa.string(), False),
        ("label", pa.string(), True),
        ("type", pa.string(), False),
        ("closed_by", pa.string(), True),
        ("balance_sat", pa.int64(), False),
        ("traced_sat", pa.int64(), False),
    ),
    "payments": _schema(
        ("rule", pa.string(), False),
        ("scope", pa.string(), False),
        ("seq", pa.int64(), False),
        ("account", pa.string(), False),
        ("txid", pa.string(), False),
        ("output", pa.string(), True),
        ("other_account", pa.string(), True),
        ("type", pa.string(), True),
        ("address", pa.string(), True),
        ("height", pa.int64(), False),
        ("time_utc", pa.string(), False),
        ("output_sat", pa.int64(), False),
        ("traced_sat", pa.int64(), False),
        ("mark", pa.string(), True),
        ("fiat", pa.string(), True),
        ("currency", pa.string(), True),
    ),
    "hops": _schema(
        ("rule", pa.string(), False),
        ("seq", pa.int64(), False),
        ("from", pa.string(), False),
        ("txid", pa.string(), False),
        ("to", pa.string(), True),
        ("from_address", pa.string(), True),
        ("to_address", pa.string(), True),
        ("height", pa.int64(), False),
        ("time_utc", pa.string(), False),
        ("output_sat", pa.int64(), False),
        ("traced_sat", pa.int64(), False),
        ("basis", pa.string(), True),
        ("by", pa.string(), True),
        ("label", pa.string(), True),
        ("mark", pa.string(), True),
        ("fiat", pa.string(), True),
        ("currency", pa.string(), True),
    ),
    "claims": _schema(
        ("rule", pa.string(), False),
        ("claimant", pa.string(), False),
        ("type", pa.string(), False),
        ("txid", pa.string(), True),
        ("vout", pa.int64(), True),
        ("account", pa.string(), True),
        ("traced_sat", pa.int64(), False),
    ),
    "bounds": _schema(
        ("scope", pa.string(), False),
        ("destination", pa.string(), False),
        ("type", pa.string(), False),
        ("label", pa.string(), True),
        ("least_sat", pa.int64(), False),
        ("most_sat", pa.int64(), False),
        ("least_known_sat", pa.int64(), False),
        ("most_known_sat", pa.int64(), False),
    ),
    "cuts": _schema(
        ("scope", pa.string(), False),
        ("destination", pa.string(), False),
        ("label", pa.string(), True),
        ("bound", pa.string(), False),
        ("kind", pa.string(), False),
        ("at", pa.string(), True),
        ("account", pa.string(), True),
        ("value_sat", pa.int64(), False),
    ),
}
"""What leaves a store: no dense ids, amounts in satoshis, one row a rule. `vout` null is a fee."""


def check_folder(folder: Path | None) -> None:
    """Raises MisuseError where tables cannot go into a folder: it must be new or empty."""
    if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise MisuseError(f"{folder} is not empty; give --tables a new or empty folder")


def write_tables(
    folder: Path, stamp: Mapping[str, Any], tables: Mapping[str, Iterable[Row]]
) -> list[str]:
    """Writes each table as Parquet and CSV, then `run.json` with their hashes; gives their names.

    The stamp (tip, policy, run, parameters) lies in run.json and in each Parquet file's metadata
    under `peelchain`. The same rows and stamp give the same bytes.
    """
    stamp = {"software": f"peelchain {__version__}", **stamp}
    files: dict[str, bytes] = {}
    for name, rows in tables.items():
        schema = SCHEMAS[name]
        table = pa.Table.from_pylist(
            [{field: row[field] for field in schema.names} for row in rows], schema
        )
        files[f"{name}.parquet"] = _parquet(table, stamp)
        files[f"{name}.csv"] = csv_bytes(
            table.column_names, zip(*(c.to_pylist() for c in table.columns), strict=True)
        )
    hashes = {name: sha256(content).hexdigest() for name, content in sorted(files.items())}
    files[STAMP] = (json.dumps({**stamp, "files": hashes}, sort_keys=True) + "\n").encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            _core.replace_file(folder / name, content)
    except OSError as e:
        raise PeelchainError(
            f"{folder}: {e.strerror or e}; give --tables a folder you may write, with room"
        ) from None
    return list(files)


def _parquet(table: pa.Table, stamp: Mapping[str, Any]) -> bytes:
    buffer = pa.BufferOutputStream()
    told = {_STAMP_KEY: json.dumps(stamp, sort_keys=True).encode()}
    pq.write_table(table.replace_schema_metadata(told), buffer, compression="zstd")
    return bytes(buffer.getvalue())
