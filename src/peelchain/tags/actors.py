"""Actors of a GraphSense ActorPack: who is behind a service, and under which law."""

from dataclasses import dataclass
from pathlib import Path

from peelchain.errors import TagError
from peelchain.tags.pack import Item, Pack, Value, read_pack
from peelchain.tags.text import cleaned
from peelchain.units import shown


@dataclass(frozen=True)
class Actor:
    """One actor: its id as tags name it, label, jurisdictions (ISO 3166 codes) and categories."""

    actor: str
    label: str
    uri: str | None
    jurisdictions: tuple[str, ...]
    categories: tuple[str, ...]


def read_actorpack(path: Path) -> dict[str, Actor]:
    """The actors of an ActorPack by id, ids ascending.

    Raises TagError naming file and line for a broken file, an actor without id or label, or an id
    given twice.
    """
    pack = read_pack(path, "actors")
    actors: dict[str, Actor] = {}
    for item in pack.items:
        actor = _actor(pack, item)
        if actor.actor in actors:
            raise _refused(pack, item, f"the actor {shown(actor.actor)} stands there twice")
        actors[actor.actor] = actor
    return dict(sorted(actors.items()))


def _actor(pack: Pack, item: Item) -> Actor:
    if item.fault:
        raise _refused(pack, item, f"the actor's {item.fault}")
    label = _text(pack, item, "label")
    identity = _text(pack, item, "id")
    if not identity or not label:
        raise _refused(pack, item, "an actor has no id or no label")
    return Actor(
        actor=identity,
        label=label,
        uri=_text(pack, item, "uri"),
        jurisdictions=_texts(pack, item, "jurisdictions"),
        categories=_texts(pack, item, "categories"),
    )


def _text(pack: Pack, item: Item, field: str) -> str | None:
    value = item.fields.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _refused(pack, item, f"the actor's {field} is not text")
    return cleaned(value) or None


def _texts(pack: Pack, item: Item, field: str) -> tuple[str, ...]:
    value: Value = item.fields.get(field, pack.header.get(field))
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _refused(pack, item, f"the actor's {field} are not a list of texts")
    return tuple(sorted({cleaned(each) for each in value} - {""}))


def _refused(pack: Pack, item: Item, what: str) -> TagError:
    return TagError(f"{shown(pack.file)} line {item.line}: {what}")
