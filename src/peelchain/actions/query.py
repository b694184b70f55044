"""SQL over the tables of a store."""

from pathlib import Path
from typing import Any

import duckdb

from peelchain.errors import MisuseError
from peelchain.store.reader import Store
from peelchain.store.sql import connect, unreadable


def sql(query: str, store: Path) -> dict[str, Any]:
    """The rows of one SELECT, with the columns' names. Raises MisuseError for anything else."""
    with Store.open(store) as opened, connect(opened) as connection:
        try:
            statements = connection.extract_statements(query)
            kinds = [s.type.name for s in statements]
            # not EXPLAIN either: with ANALYZE it runs what it explains, COPY into the store too
            if kinds != ["SELECT"]:
                raise MisuseError(
                    f"only one SELECT at a time is answered, not {', '.join(kinds) or 'nothing'}; "
                    "the tables are described in docs/schema.md"
                )
            cursor = connection.execute(statements[0])
            columns = [d[0] for d in cursor.description or ()]
            rows = cursor.fetchall()
        except duckdb.IOException as e:
            raise unreadable(opened, e) from None
        except duckdb.Error as e:
            raise MisuseError(
                f"the query failed: {str(e).strip()}; the tables are described in docs/schema.md"
            ) from None
        manifest = opened.manifest
        return {
            "tip_height": manifest.tip_height,
            "tip_hash": manifest.tip_hash,
            "columns": columns,
            "rows": [[_plain(value) for value in row] for row in rows],
        }


def _plain(value: object) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
