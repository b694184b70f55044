"""Tags and actors as GraphSense's TagPacks and ActorPacks, and as CSV; each reads back the same.

A TagPack names its creator once, so tags of several creators make several packs. What GraphSense's
schema has no field for stands in the context, in an object `peelchain`. Every text is a quoted
scalar with JSON's escapes, which YAML reads alike.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from peelchain.csv_text import CsvRows
from peelchain.tags.claims import OWN_CONTEXT, OWN_FIELDS
from peelchain.tags.table import inert_cell

Row = Mapping[str, Any]

CSV_COLUMNS = (
    "address",
    "label",
    "source",
    "category",
    "concepts",
    "abuse",
    "actor",
    "creator",
    "confidence",
    "is_cluster_definer",
    "tag_type",
    "context",
    "lastmod",
    "created",
    "valid_from",
    "valid_until",
    "derived_from",
    "currency",
)
_IN_PACK = ("label", "source", "category", "abuse", "actor", "confidence", "tag_type")
_SHARED = (*_IN_PACK, "lastmod", "is_cluster_definer", "concepts", "context")
_ROWS_AT_ONCE = 10_000


def tagpacks(tags: pa.Table, *, title: str, description: str) -> Iterator[tuple[str, str]]:
    """Each creator of the tags and the text of the TagPack of its tags, creators rising.

    The creator is empty for tags that name none. Tags keep their order.
    """
    creators = tags["creator"].to_pylist()
    for creator in sorted({name or "" for name in creators}):
        rows = [at for at, name in enumerate(creators) if (name or "") == creator]
        yield creator, "".join(_tagpack(tags.take(rows), creator, title, description))


def actorpack(actors: pa.Table, *, title: str, creator: str, description: str) -> str:
    """The ActorPack of the rows of `actors`; `creator` where they do not all name one."""
    creators = set(actors["creator"].to_pylist())
    shared = next(iter(creators)) if len(creators) == 1 else None
    lines = [
        f"title: {_text(title)}\n",
        f"creator: {_text(shared or creator)}\n",
        f"description: {_text(description)}\n",
        "actors:\n" if actors.num_rows else "actors: []\n",
    ]
    for row in actors.to_pylist():
        lines.append(f"- id: {_text(row['actor'])}\n")
        for name in ("label", "uri", "lastmod", "source", "creator"):
            if row[name] is not None and not (name == "creator" and shared):
                value = row[name] if name == "lastmod" else _text(row[name])
                lines.append(f"  {name}: {value}\n")
        for name in ("jurisdictions", "categories", "aliases"):
            listed = json.loads(row[name])
            if listed or name == "categories":
                lines.append(f"  {name}: {_text(listed)}\n")
        if row["context"] is not None:
            lines.append(f"  context: {_text(_parsed(row['context']))}\n")
    return "".join(lines)


def tags_csv(tags: pa.Table) -> Iterator[str]:
    """The lines of the tags as CSV, the headings first. No spreadsheet runs a cell of it."""
    yield _line(CSV_COLUMNS)
    for batch in tags.to_batches(max_chunksize=_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            yield _line([_cell(name, row.get(name)) for name in CSV_COLUMNS])


def lacking(tags: pa.Table) -> dict[str, int]:
    """How many tags lack what GraphSense's schema demands and ours does not."""
    return {name: tags[name].null_count for name in ("creator", "confidence")}


def _tagpack(tags: pa.Table, creator: str, title: str, description: str) -> Iterator[str]:
    yield f"title: {_text(title)}\n"
    yield f"creator: {_text(creator)}\n"
    yield f"description: {_text(description)}\n"
    yield "currency: BTC\nnetwork: BTC\n"
    rows = [_fields(row) for row in tags.to_pylist()]
    shared = {
        name: rows[0][name]
        for name in _SHARED
        if rows and name in rows[0] and all(row.get(name) == rows[0][name] for row in rows)
    }
    for name, value in shared.items():
        yield f"{name}: {value}\n"
    yield "tags:\n" if rows else "tags: []\n"
    for row in rows:
        yield f"- address: {row['address']}\n"
        for name in _SHARED:
            if name in row and name not in shared:
                yield f"  {name}: {row[name]}\n"


def _fields(row: Row) -> dict[str, str]:
    """The fields of a tag that GraphSense's schema has, as YAML writes them."""
    fields = {"address": _text(row["address"])}
    fields |= {name: _text(row[name]) for name in _IN_PACK if row[name] is not None}
    if row["lastmod"] is not None:
        fields["lastmod"] = row["lastmod"]
    if row["is_cluster_definer"] is not None:
        fields["is_cluster_definer"] = "true" if row["is_cluster_definer"] else "false"
    if row["concepts"] is not None:
        fields["concepts"] = _text(json.loads(row["concepts"]))
    own = {name: row[name] for name in OWN_FIELDS if row[name] is not None}
    context = row["context"]
    if own:
        own |= {} if context is None else {"context": context}
        context = json.dumps({OWN_CONTEXT: own}, ensure_ascii=False)
    if context is not None:
        fields["context"] = _text(context)
    return fields


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _parsed(context: str) -> Any:
    try:
        return json.loads(context)
    except ValueError:
        return context


def _cell(name: str, value: Any) -> str:
    if name == "currency":
        return "BTC"
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return inert_cell(str(value))


def _line(cells: Sequence[str] | Iterable[str]) -> str:
    stream = io.StringIO(newline="")
    CsvRows(stream).add(cells)
    return stream.getvalue()
