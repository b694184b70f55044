"""What a table is: columns with their types, a key, an order and a basis."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    # what only looks a store up need not wait for Arrow
    import pyarrow as pa

Basis = Literal["fact", "inference", "assertion", "scan"]

Type = Literal[
    "binary",
    "bool",
    "date",
    "float64",
    "hash",
    "header",
    "int32",
    "int64",
    "name",
    "price",
    "text",
    "time",
]
"""The types of columns. A `name` is one of a few texts, a `time` is UTC in milliseconds."""


@dataclass(frozen=True)
class Column:
    """One column: its type, what it means, and what null means (None: never null)."""

    name: str
    type_name: Type
    meaning: str
    null: str | None = None

    @property
    def type(self) -> "pa.DataType":
        """The Arrow type."""
        return arrow_type(self.type_name)


@dataclass(frozen=True)
class TableSpec:
    """One table: its key, its sort order, the basis of its rows, and where it lives.

    `kind` is `chain` for the fact tables, cut into segments by height range, `partial` for what
    stands beside them in partial stores, and `derived` for what a run of a stage writes.
    """

    name: str
    kind: Literal["chain", "partial", "derived"]
    holds: str
    key: tuple[str, ...]
    sort: tuple[str, ...]
    basis: Basis
    columns: tuple[Column, ...]

    @property
    def fields(self) -> list[tuple[str, str, bool]]:
        """Name, type and whether it may be null, of each column, as the kernels take a schema."""
        return [(c.name, c.type_name, c.null is not None) for c in self.columns]

    @property
    def schema(self) -> "pa.Schema":
        """The Arrow schema of this table."""
        import pyarrow as pa

        return pa.schema(
            [pa.field(c.name, c.type, nullable=c.null is not None) for c in self.columns]
        )


def arrow_type(name: Type) -> "pa.DataType":
    """The Arrow type of this name."""
    import pyarrow as pa

    types: dict[Type, pa.DataType] = {
        "binary": pa.binary(),
        "bool": pa.bool_(),
        "date": pa.date32(),
        "float64": pa.float64(),
        "hash": pa.binary(32),
        "header": pa.binary(80),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "name": pa.dictionary(pa.int8(), pa.string()),
        "price": pa.decimal128(20, 8),
        "text": pa.string(),
        "time": pa.timestamp("ms", tz="UTC"),
    }
    return types[name]
