"""Prints docs/schema.md from peelchain.schema: `render_schema.py > docs/schema.md`."""

import sys

import pyarrow as pa

from peelchain.schema import SCHEMA_VERSION, TABLES, TableSpec

_HEAD = f"""# Tables

Rendered from `src/peelchain/schema`; `make schema-page` writes it anew. This is schema version
{SCHEMA_VERSION}; `docs/adr/0001-store-format-versions.md` says what a change of it means.

Money is whole satoshis (`_sat`), times are UTC (`_utc`), hashes are in internal byte order and
shown reversed. `tx_id`, `txout_id` and `script_id` count from 0 in chain order and have a meaning
inside one store only. A column without a word under *null* is never null.

`chain` tables are facts, cut into segments by height. `derived` tables are written by a run of a
stage, and are void when the tip of that run is no longer on the best chain. The *basis* says what
kind of statement a row is: a fact can be checked against the chain, an inference is a rule's
conclusion, an assertion is somebody's word.
"""


def schema_page() -> str:
    """The whole page, in Markdown, ending in a newline."""
    return "\n".join([_HEAD, _contents(), *(_section(table) for table in TABLES.values())])


def _contents() -> str:
    lines = ["| table | kind | basis | holds |", "|---|---|---|---|"]
    lines += [
        f"| [{t.name}](#{t.name}) | {t.kind} | {t.basis} | {t.holds} |" for t in TABLES.values()
    ]
    return "\n".join(lines) + "\n"


def _section(table: TableSpec) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    sort = ", ".join(f"`{name}`" for name in table.sort)
    lines = [
        f"## {table.name}",
        "",
        f"{table.holds[0].upper()}{table.holds[1:]}. Key: {key}. Sorted by {sort}.",
        "",
        "| column | type | meaning | null |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{c.name}` | {_type_name(c.type)} | {c.meaning} | {c.null or ''} |"
        for c in table.columns
    ]
    return "\n".join(lines) + "\n"


def _type_name(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return f"{kind.value_type} (dictionary)"
    return str(kind)


if __name__ == "__main__":
    sys.stdout.write(schema_page())
