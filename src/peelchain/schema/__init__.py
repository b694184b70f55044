"""Every table of a store: columns, types, units, meaning of null, key and sort order.

This module is the contract. The Rust core receives these Arrow schemas and builds to them;
docs/schema.md is rendered from here; a test holds both equal.

Columns that a derived table gained since a run wrote it read as null, where null is allowed: since
schema version 2 `tags` gained all that follows `file`, and `rates` its `recorded_utc`.
"""

from peelchain.schema.assertion_tables import ASSERTION_TABLES
from peelchain.schema.chain_tables import CHAIN_TABLES as _CHAIN
from peelchain.schema.inference_tables import INFERENCE_TABLES
from peelchain.schema.partial_tables import PARTIAL_TABLES as _PARTIAL
from peelchain.schema.table import Basis, Column, TableSpec, Type, arrow_type
from peelchain.schema.trace_tables import TRACE_TABLES

__all__ = [
    "CHAIN_TABLES",
    "PARTIAL_TABLES",
    "READABLE_VERSIONS",
    "SCHEMA_VERSION",
    "TABLES",
    "Basis",
    "Column",
    "TableSpec",
    "Type",
    "arrow_type",
]

SCHEMA_VERSION = 3

READABLE_VERSIONS = (2, 3)
"""Version 3 brought partial stores; what version 2 wrote is a complete store of version 3."""

_TABLES = (*_CHAIN, *_PARTIAL, *INFERENCE_TABLES, *ASSERTION_TABLES, *TRACE_TABLES)

TABLES: dict[str, TableSpec] = {t.name: t for t in _TABLES}
CHAIN_TABLES: tuple[str, ...] = tuple(t.name for t in _TABLES if t.kind == "chain")
PARTIAL_TABLES: tuple[str, ...] = tuple(t.name for t in _TABLES if t.kind == "partial")
