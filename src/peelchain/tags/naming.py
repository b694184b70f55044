"""The names that tags and actors give, to find by the beginnings of their words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

_WORDS = re.compile(r"\w+")

MOST_NAMES = 200_000
"""Names looked through; what tags hold beyond is found by its address."""


@dataclass(frozen=True)
class Name:
    """A name: `what` is `label` or `actor`; `id` is a label's first tag_id, or an actor's id.

    `words` are its words without capitals, `count` how many tags have it.
    """

    what: str
    text: str
    id: str
    category: str | None
    actor: str | None
    words: tuple[str, ...]
    count: int


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, without capitals."""
    return tuple(_WORDS.findall(text.casefold()))


def names_of_tags(tags: pa.Table, actors: pa.Table) -> list[Name]:
    """Every label with its category and actor, then every actor, each once.

    Reads `label`, `category`, `actor` and `tag_id` of the tags, sorted by tag_id, and `actor` and
    `label` of the actors.
    """
    first: dict[tuple[str, str | None, str | None], tuple[str, int]] = {}
    columns = (tags[name].to_pylist() for name in ("label", "category", "actor", "tag_id"))
    for label, category, actor, tag_id in zip(*columns, strict=True):
        known = first.get((label, category, actor))
        first[label, category, actor] = (tag_id, 1) if known is None else (known[0], known[1] + 1)
    names = [
        Name("label", label, tag_id, category, actor, words_of(label), count)
        for (label, category, actor), (tag_id, count) in first.items()
    ]
    rows = zip(actors["actor"].to_pylist(), actors["label"].to_pylist(), strict=True)
    names += [
        Name("actor", label, actor, None, actor, words_of(f"{label} {actor}"), 0)
        for actor, label in rows
    ]
    return names[:MOST_NAMES]


def names_beginning(names: Iterable[Name], asked: str, limit: int) -> list[Name]:
    """The names of which words begin with each word asked for: the whole first, then by count."""
    wanted = words_of(asked)
    if not wanted:
        return []
    found = [
        name
        for name in names
        if all(any(word.startswith(part) for word in name.words) for part in wanted)
    ]
    found.sort(key=lambda n: (n.words != wanted, len(n.words), -n.count, n.text, n.id))
    return found[:limit]
