"""Actors of a GraphSense ActorPack: who is behind a service, and under which law."""

import json
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from peelchain.schema import TABLES
from peelchain.tags.imported import RefusedItemError, Rejected
from peelchain.tags.pack import Item, Pack, Value
from peelchain.tags.text import cleaned, iso_day
from peelchain.units import shown

MAX_TEXT = 1_000
MAX_CONTEXT = 20_000

Row = dict[str, Any]


def actor_rows(pack: Pack, recorded_utc: datetime) -> tuple[list[Row], list[Rejected]]:
    """The rows of `actors` that an ActorPack gives, in its order, and the actors refused.

    Refused are an actor without id or label, one whose fields are of another kind, and an id that
    stood there before. Source: GraphSense's ActorPack schema.
    """
    rows: list[Row] = []
    rejected: list[Rejected] = []
    seen: set[str] = set()
    shared = {"recorded_utc": recorded_utc, "file": pack.file}
    for item in pack.items:
        try:
            row = _row(pack, item)
            if row["actor"] in seen:
                raise RefusedItemError(f"the actor {shown(row['actor'])} stands there twice")
        except RefusedItemError as refused:
            rejected.append(Rejected(pack.file, item.number, item.line, "", str(refused)))
            continue
        seen.add(row["actor"])
        rows.append({**row, **shared})
    return rows, rejected


def actors_table(rows: list[Row]) -> pa.Table:
    """The `actors` table of some rows: of several of one actor the last, by actor."""
    last = {row["actor"]: row for row in rows}
    return pa.Table.from_pylist([last[actor] for actor in sorted(last)], TABLES["actors"].schema)


def latest_actors(actors: pa.Table) -> pa.Table:
    """Each actor once, as the last of the rows has it, by actor."""
    if not actors.num_rows:
        return actors
    ids = actors["actor"].to_pylist()
    last = {actor: row for row, actor in enumerate(ids)}
    return actors.take([last[actor] for actor in sorted(last)])


def jurisdictions_of(actors: pa.Table, actor: str | None) -> tuple[str, ...]:
    """The ISO 3166 codes of an actor's jurisdictions, rising; none where nobody gives them.

    `actors` is the table of that name, each actor once.
    """
    if actor is None:
        return ()
    found = actors.filter(pc.equal(actors["actor"], actor))["jurisdictions"].to_pylist()
    return tuple(json.loads(found[-1])) if found else ()


def jurisdictions(actors: pa.Table) -> dict[str, tuple[str, ...]]:
    """The same of every actor in the table."""
    return {
        actor: tuple(json.loads(codes))
        for actor, codes in zip(
            actors["actor"].to_pylist(), actors["jurisdictions"].to_pylist(), strict=True
        )
    }


def _row(pack: Pack, item: Item) -> Row:
    if item.fault:
        raise RefusedItemError(f"the actor's {item.fault}")
    identity, label = (_text(item.fields.get(field), field) for field in ("id", "label"))
    if not identity or not label:
        raise RefusedItemError("an actor has no id or no label")

    def given(field: str) -> Value:
        own = item.fields.get(field)
        return pack.header.get(field) if own is None else own

    context = item.fields.get("context")
    return {
        "actor": identity,
        "label": label,
        "uri": _text(given("uri"), "uri"),
        "jurisdictions": _listed(sorted(set(_texts(given("jurisdictions"), "jurisdictions")))),
        "categories": _listed(_texts(given("categories"), "categories")),
        "aliases": _listed(_texts(item.fields.get("aliases"), "aliases")),
        "context": _context(context),
        "lastmod": iso_day(_text(given("lastmod"), "lastmod") or "") or None,
        "source": _text(given("source"), "source"),
        "creator": _text(given("creator"), "creator"),
    }


def _text(value: Value, field: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise RefusedItemError(f"the actor's {field} is not text")
    if len(value) > MAX_TEXT:
        raise RefusedItemError(f"the actor's {field} has {len(value):,} characters")
    return cleaned(value) or None


def _texts(value: Value, field: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise RefusedItemError(f"the actor's {field} are not a list of texts")
    return list(dict.fromkeys(text for text in map(cleaned, value) if text))


def _listed(texts: list[str]) -> str:
    return json.dumps(texts, separators=(",", ":"))


def _context(value: Value) -> str | None:
    if value is None:
        return None
    plain = cleaned(value) if isinstance(value, str) else json.dumps(value, sort_keys=True)
    if len(plain) > MAX_CONTEXT:
        raise RefusedItemError(f"the actor's context has {len(plain):,} characters")
    return plain or None
