"""A table of tags in CSV as a pack of items: encoding and delimiter told, columns mapped."""

import codecs
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from peelchain.errors import TagError
from peelchain.tags.claims import FIELDS
from peelchain.tags.pack import MAX_ITEMS, MAX_TEXT, Item, Pack, Value
from peelchain.units import shown

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50
_MAX_COLUMNS = 500
_RUNS = ("=", "+", "-", "@")
_QUOTE = "'"
_KNOWN = ("address", *FIELDS)
_LIST_SEPARATOR = re.compile(r"\s*[;|]\s*|\s*,\s+")


def decoded(content: bytes, name: str, *, whole: bool = True) -> tuple[str, str]:
    """The text of a file and its encoding: UTF-8 or UTF-16 by their marks, UTF-8, else Latin-1.

    `whole` says that the content does not end in the midst of a character.
    """
    if content.startswith(codecs.BOM_UTF8):
        return _decode(content, "utf-8-sig", name, whole), "utf-8"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode(content, "utf-16", name, whole), "utf-16"
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(content, final=whole), "utf-8"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


def table_pack(
    content: bytes, name: str, columns: Mapping[str, str], defaults: Mapping[str, Value]
) -> tuple[Pack, str, tuple[str, ...]]:
    """The rows of a CSV file as a pack; its encoding; the columns that no field was read from.

    `columns` gives the heading of each field's column; a heading that is a field's own name needs
    none. Each item's line is that of its row. Raises TagError naming file and row where the table
    has no headings, or none for the address.
    """
    text, encoding = decoded(content, name)
    delimiter = _delimiter(list(islice(io.StringIO(text, newline=""), _SAMPLE_ROWS)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = _next(reader, name) or []
    field_at = _fields(header, columns, name)
    items: list[Item] = []
    while True:
        line = reader.line_num + 1
        cells = _next(reader, name)
        if cells is None:
            break
        if not any(cells):
            continue
        if len(items) == MAX_ITEMS:
            raise TagError(f"{shown(name)} row {line}: more than {MAX_ITEMS:,} tags; split it")
        items.append(_item(cells, header, field_at, len(items) + 1, line))
    over = tuple(sorted({h.strip() for at, h in enumerate(header) if at not in field_at} - {""}))
    digest = hashlib.sha256(content).hexdigest()
    return Pack(name, digest, dict(defaults), items), encoding, over


def _decode(content: bytes, encoding: str, name: str, whole: bool) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(content, final=whole)
    except UnicodeDecodeError as error:
        raise TagError(
            f"{shown(name)}: is not {encoding} text near byte {error.start}; save it as UTF-8"
        ) from None


def _delimiter(lines: list[str]) -> str:
    """The delimiter that gives the first rows the most columns, all the same number of them."""

    def width(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if any(row)]
        except csv.Error:
            return 0, 0
        if not widths:
            return 0, 0
        return widths.count(widths[0]) if widths[0] > 1 else 0, widths[0]

    return max(_DELIMITERS, key=width)


def _next(reader: Any, name: str) -> list[str] | None:
    try:
        row: list[str] | None = next(reader, None)
        return row
    except csv.Error as error:
        raise TagError(
            f"{shown(name)} row {reader.line_num}: is not CSV: {shown(str(error))}"
        ) from None


def _fields(header: list[str], columns: Mapping[str, str], name: str) -> dict[int, str]:
    """The field that each column holds, by its place."""
    headings = [heading.strip() for heading in header]
    if len(headings) > _MAX_COLUMNS:
        raise TagError(f"{shown(name)} row 1: more than {_MAX_COLUMNS} columns")
    field_at: dict[int, str] = {}
    for field, heading in columns.items():
        at = [i for i, each in enumerate(headings) if each.lower() == heading.strip().lower()]
        if len(at) != 1:
            there = "stands there twice" if at else "is not there"
            listed = ", ".join(shown(h) for h in headings[:20])
            raise TagError(
                f"{shown(name)} row 1: the heading {shown(heading)} {there}; headings are {listed}"
            )
        field_at[at[0]] = field
    mapped = set(columns)
    for at_column, heading in enumerate(headings):
        own = heading.lower().replace(" ", "_")
        if own in _KNOWN and own not in mapped and at_column not in field_at:
            field_at[at_column] = own
            mapped.add(own)
    if "address" not in mapped:
        listed = ", ".join(shown(h) for h in headings[:20])
        raise TagError(
            f"{shown(name)} row 1: no column of addresses; say which it is with "
            f"--map address=HEADING; headings are {listed or 'none'}"
        )
    return field_at


def _item(
    cells: list[str], header: list[str], field_at: Mapping[int, str], number: int, line: int
) -> Item:
    fault = None
    if len(cells) != len(header):
        fault = f"has {len(cells)} cells under {len(header)} headings"
    fields = dict(_cells(cells, field_at))
    if any(isinstance(value, str) and len(value) > MAX_TEXT for value in fields.values()):
        fields, fault = {}, f"has a cell of more than {MAX_TEXT:,} characters"
    return Item(number, line, fields, fault)


def _cells(cells: list[str], field_at: Mapping[int, str]) -> Iterator[tuple[str, Value]]:
    for at, field in field_at.items():
        if at >= len(cells):
            continue
        text = _uninert(cells[at].strip())
        if not text:
            continue
        yield field, _listed(text) if field == "concepts" else text


def _listed(text: str) -> list[Any]:
    """The concepts in a cell: a JSON list, or texts parted by semicolons or commas."""
    if text.startswith("["):
        try:
            return list(json.loads(text))
        except (ValueError, TypeError, RecursionError):
            return [text]
    return _LIST_SEPARATOR.split(text)


def inert_cell(text: str) -> str:
    """The text as a cell that no spreadsheet runs, from which `table_pack` reads it again."""
    first, second = text[:1], text[1:2]
    runs = first in _RUNS or (first == _QUOTE and second in (*_RUNS, _QUOTE))
    return f"{_QUOTE}{text}" if first and runs else text


def _uninert(text: str) -> str:
    return text[1:] if text[:1] == _QUOTE and text[1:2] in (*_RUNS, _QUOTE) else text
