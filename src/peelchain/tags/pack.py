"""A pack of YAML (TagPack or ActorPack) as a header and its items, each with its line.

The file is read as a stream of events and never built into objects by a YAML library: every scalar
stays text (a label `no` is no boolean), and aliases, which make small files large, are refused.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from peelchain.errors import TagError
from peelchain.tags.text import cleaned
from peelchain.units import shown

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_ITEMS = 2_000_000
MAX_DEPTH = 16
MAX_FIELDS = 100
MAX_TEXT = 100_000

Value = str | None | list[Any] | dict[str, Any]
"""A scalar's text, None for YAML's null, or what a sequence or mapping holds."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_CORE_TAGS = frozenset({"!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))})


@dataclass(frozen=True, slots=True)
class Item:
    """One tag or actor: its number in the file from 1, its line, its fields, or what is wrong."""

    number: int
    line: int
    fields: dict[str, Value]
    fault: str | None = None


@dataclass(frozen=True)
class Pack:
    """A pack: name and SHA-256 of its file, header fields, items."""

    file: str
    sha256: str
    header: dict[str, Value]
    items: list[Item]


def read_pack(path: Path, items_key: str) -> Pack:
    """The pack in a YAML file whose items stand under `items_key` (`tags` or `actors`).

    Raises TagError naming the file and line where the file is no such pack.
    """
    return pack_of(content_of(path), file_name(path), items_key)


def pack_of(content: bytes, name: str, items_key: str) -> Pack:
    """The pack that the bytes of a file hold; see `read_pack`."""
    reader = _Reader(name)
    try:
        header, items = reader.pack(yaml.parse(content, Loader=yaml.CSafeLoader), items_key)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}" if mark else ""
        raise TagError(
            f"{shown(name)}{line}: not valid YAML: {shown(error.problem or 'unreadable')}; "
            "nothing was imported"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TagError(
            f"{shown(name)}: not valid YAML: {shown(str(error))}; nothing was imported"
        ) from None
    return Pack(name, hashlib.sha256(content).hexdigest(), header, items)


def file_name(path: Path) -> str:
    """The name of a file for messages: it may hold bytes that are no text at all."""
    return cleaned(path.name)


def content_of(path: Path) -> bytes:
    """The bytes of a list. Raises TagError where it cannot be read or is too large."""
    try:
        if not path.is_file():
            raise TagError(f"{shown(str(path))}: no such file; give the path of a list")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise TagError(
                f"{shown(path.name)}: {size:,} bytes are more than the {MAX_FILE_BYTES:,} a pack "
                "may have; split it"
            )
        return path.read_bytes()
    except OSError as error:
        raise TagError(f"{shown(str(path))}: cannot be read: {error.strerror}") from None


class _Reader:
    """Walks the events of one file; holds its name for messages."""

    def __init__(self, file: str) -> None:
        self._file = file

    def pack(
        self, events: Iterator[yaml.Event], items_key: str
    ) -> tuple[dict[str, Value], list[Item]]:
        header: dict[str, Value] = {}
        items: list[Item] | None = None
        self._expect_mapping(events, items_key)
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            if key in header or (key == items_key and items is not None):
                raise self._refuse(event, f"{shown(key)} stands there twice")
            event = next(events)
            if key == items_key:
                items = self._items(event, events, items_key)
            else:
                header[key] = self._value(event, events, 1)
            if len(header) > MAX_FIELDS:
                raise self._refuse(event, f"more than {MAX_FIELDS} fields in the header")
        if items is None:
            raise TagError(
                f"{shown(self._file)}: has no list of {items_key}; is it a pack of {items_key}?"
            )
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise self._refuse(event, "a second document begins; give each a file of its own")
        return header, items

    def _expect_mapping(self, events: Iterator[yaml.Event], items_key: str) -> None:
        for event in events:
            if isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
                continue
            if isinstance(event, yaml.MappingStartEvent):
                self._check(event)
                return
            break
        raise TagError(
            f"{shown(self._file)}: does not begin with fields such as 'title:'; "
            f"is it a pack of {items_key}?"
        )

    def _items(self, event: yaml.Event, events: Iterator[yaml.Event], items_key: str) -> list[Item]:
        if not isinstance(event, yaml.SequenceStartEvent):
            raise self._refuse(event, f"'{items_key}' is not a list")
        self._check(event)
        items: list[Item] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            if len(items) == MAX_ITEMS:
                raise self._refuse(event, f"more than {MAX_ITEMS:,} {items_key}; split the file")
            items.append(self._item(event, events, len(items) + 1))
        return items

    def _item(self, event: yaml.Event, events: Iterator[yaml.Event], number: int) -> Item:
        line = _line(event)
        if not isinstance(event, yaml.MappingStartEvent):
            self._value(event, events, 2)
            return Item(number, line, {}, "is not a set of fields")
        self._check(event)
        fields: dict[str, Value] = {}
        fault = None
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            if key in fields:
                fault = f"{shown(key)} stands there twice"
            elif len(fields) == MAX_FIELDS:
                raise self._refuse(event, f"more than {MAX_FIELDS} fields")
            fields[key] = self._value(next(events), events, 3)
        return Item(number, line, fields, fault)

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._refuse(event, "a field's name is not text")
        self._check(event)
        key: str = event.value
        if len(key) > MAX_FIELDS:
            raise self._refuse(event, f"a field's name has {len(key):,} characters")
        return key

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Value:
        self._check(event)
        if isinstance(event, yaml.ScalarEvent):
            text: str = event.value
            if len(text) > MAX_TEXT:
                raise self._refuse(event, f"a text has {len(text):,} characters")
            return None if event.implicit[0] and text in _NULLS else text
        if depth > MAX_DEPTH:
            raise self._refuse(event, f"nested more than {MAX_DEPTH} deep")
        if isinstance(event, yaml.SequenceStartEvent):
            values: list[Any] = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                values.append(self._value(event, events, depth + 1))
            return values
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event)
            mapping[key] = self._value(next(events), events, depth + 1)
        return mapping

    def _check(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise self._refuse(event, "aliases (*name) are not read; write the value out")
        if not isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            return
        tag = event.tag
        if tag is not None and tag not in _CORE_TAGS:
            raise self._refuse(event, f"the YAML tag {shown(tag)} is not read; remove it")

    def _refuse(self, event: yaml.Event, what: str) -> TagError:
        return TagError(f"{shown(self._file)} line {_line(event)}: {what}; nothing was imported")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
