"""Chat exports: JSON, HTML and CSV, message by message, with their dates."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from peelchain.case.extraction.markup import html_text
from peelchain.case.extraction.parts import Part, Parts, within

_DATE_NAMES = (
    "date_unixtime", "timestamp_ms", "timestamp", "date", "datetime", "time", "sent_at",
    "created_at", "ts", "created", "sent",
)  # fmt: skip
_NAMED = frozenset(_DATE_NAMES) | {"sent date", "date (utc)", "message date", "time (utc)"}
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_MESSAGE = re.compile(r'(?=<div class="message[ "])')
_TITLED = re.compile(r'title="(\d\d)\.(\d\d)\.(\d{4}) (\d\d:\d\d:\d\d)(?: UTC([+-]\d\d):?(\d\d))?"')


def json_parts(text: str, outer: str) -> Parts:
    """A part for each object with a date, and one for everything else. Raises ValueError."""
    rest: list[str] = []
    messages = list(_dated(json.loads(text), rest))
    for number, (date, words) in enumerate(messages, 1):
        yield Part(within(outer, f"message {number}"), words.encode("utf-8", "replace"), date)
    if rest:
        yield Part(within(outer, "rest"), "\n".join(rest).encode("utf-8", "replace"))


def html_parts(text: str, outer: str) -> Parts:
    """A part for each message where the page marks them as Telegram's export does, else one."""
    pieces = _MESSAGE.split(text)
    if len(pieces) == 1:
        yield Part(within(outer, "text"), html_text(text).encode("utf-8", "replace"))
        return
    for number, piece in enumerate(pieces):
        name = within(outer, f"message {number}" if number else "head")
        yield Part(name, html_text(piece).encode("utf-8", "replace"), _titled(piece))


def csv_parts(text: str, outer: str) -> Parts:
    """A part for each row, dated by the first column that is named so."""
    sample = text[:4096]
    delimiter = max((",", ";", "\t"), key=sample.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    header = [cell.strip().lower() for cell in next(reader, [])]
    at = next((i for i, name in enumerate(header) if name in _NAMED), None)
    yield Part(within(outer, "row 1"), "\n".join(header).encode("utf-8", "replace"))
    for cells in reader:
        date = date_of(cells[at]) if at is not None and at < len(cells) else None
        words = "\n".join(cells).encode("utf-8", "replace")
        yield Part(within(outer, f"row {reader.line_num}"), words, date)


def date_of(value: object) -> datetime | None:
    """The moment that a date of a chat means: ISO 8601, seconds or milliseconds since 1970.

    One without a zone is taken for UTC. None for anything else.
    """
    if isinstance(value, bool):
        return None
    text = str(value).strip()
    whole, _, part = text.partition(".")
    if text.isascii() and whole.isdigit() and len(whole) <= 14 and (part.isdigit() or not part):
        number = int(whole)
        seconds = number // 1000 if number >= 10**11 else number
        found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        return found if found >= _EARLIEST else None
    try:
        read = datetime.fromisoformat(text)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _dated(item: Any, rest: list[str]) -> Iterator[tuple[datetime, str]]:
    todo = [item]
    while todo:
        one = todo.pop()
        if isinstance(one, Mapping):
            date = next((d for n in _DATE_NAMES if n in one and (d := date_of(one[n]))), None)
            nested = any(
                isinstance(value, list)
                and value
                and isinstance(value[0], Mapping)
                and len(value) > 20
                for value in one.values()
            )
            if date is not None and not nested:
                yield date, "\n".join(_words(one))
            else:
                todo += reversed(list(one.values()))
        elif isinstance(one, list):
            todo += reversed(one)
        elif one is not None:
            rest.append(str(one))


def _words(item: Any) -> Iterator[str]:
    """The texts inside; pieces of one text, as Telegram writes links, joined as they are read."""
    if isinstance(item, Mapping):
        for value in item.values():
            yield from _words(value)
    elif isinstance(item, list):
        if item and all(_is_piece(i) for i in item):
            yield "".join(i if isinstance(i, str) else str(i["text"]) for i in item)
            others = [
                {k: v for k, v in i.items() if k != "text"} for i in item if not isinstance(i, str)
            ]
        else:
            others = item
        for value in others:
            yield from _words(value)
    elif item is not None:
        yield str(item)


def _is_piece(item: Any) -> bool:
    return isinstance(item, str) or (isinstance(item, Mapping) and "text" in item)


def _titled(piece: str) -> datetime | None:
    found = _TITLED.search(piece)
    if found is None:
        return None
    day, month, year, clock, hours, minutes = found.groups()
    zone = f"{hours}:{minutes}" if hours else "+00:00"
    return date_of(f"{year}-{month}-{day}T{clock}{zone}")
