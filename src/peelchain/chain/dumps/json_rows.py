"""JSON objects of a file: one a line, in arrays, or one for the whole file."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from peelchain.chain.dumps.files import MOST_LINE_BYTES, DumpFile, Told, chunks, lines
from peelchain.chain.dumps.rows import Refusals, RowError

BLOCK_FIELD = "merkle_root"
"""Blocks have it, transactions do not, whoever exports them."""

_BLOCK_MARK = b'"merkle_root"'

Found = tuple[str, dict[str, Any]]
"""File and line of an object, and the object."""


def objects(file: DumpFile, refusals: Refusals, read: Told, *, blocks: bool) -> Iterator[Found]:
    """The blocks of a file or else what is none, in order; lines that are no JSON are refused.

    A file that is one document over several lines is read whole, where it is of no more than 64
    MiB. Raises SourceError where the file cannot be read.
    """
    if _is_spread(file):
        for where, item in _document(file, refusals, read):
            if (BLOCK_FIELD in item) == blocks:
                yield where, item
        return
    for number, line in lines(file, refusals, read):
        # what is sought is parsed alone: of a chain's rows a thousandth are blocks
        is_array = line.startswith(b"[")
        if (_BLOCK_MARK in line) != blocks and not is_array:
            continue
        where = f"{file.path}, line {number}"
        try:
            for place, item in _rows(where, parse(line)):
                if not is_array or (BLOCK_FIELD in item) == blocks:
                    yield place, item
        except RowError as e:
            # an array is read for its blocks and for what else is in it
            refusals.damaged(where, e)


def parse(text: bytes) -> Any:
    """The value of a JSON text; numbers with a point are Decimals. Raises RowError."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise RowError("it is no UTF-8") from None
    except json.JSONDecodeError as e:
        raise RowError(f"it is no JSON ({e.msg} at character {e.pos + 1})") from None
    except RecursionError:
        raise RowError("its JSON is nested too deep") from None
    except ValueError as e:
        raise RowError(f"it is no JSON ({e})") from None


def _rows(where: str, value: Any) -> Iterator[Found]:
    if isinstance(value, dict):
        yield where, value
        return
    if not isinstance(value, list):
        raise RowError("it is no JSON object")
    if not all(isinstance(item, dict) for item in value):
        raise RowError("its array holds what is no JSON object")
    for number, item in enumerate(value, 1):
        yield f"{where}, item {number}", item


def _no_number(name: str) -> NoReturn:
    raise RowError(f"{name} is no number")


def _is_spread(file: DumpFile) -> bool:
    """Whether the file's first line begins a document that goes on below."""
    for chunk in chunks(file, Refusals(), lambda _: None):
        first, newline, _ = chunk.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
        return bool(newline) and first.strip() in (b"{", b"[", b"[{")
    return False


def _document(file: DumpFile, refusals: Refusals, read: Told) -> Iterator[Found]:
    parts: list[bytes] = []
    size = 0
    for chunk in chunks(file, refusals, read):
        parts.append(chunk)
        size += len(chunk)
        if size > MOST_LINE_BYTES:
            break
    text = b"".join(parts)
    try:
        if len(text) > MOST_LINE_BYTES:
            raise RowError(
                f"it is one document of more than {MOST_LINE_BYTES >> 20} MiB; give one object a "
                "line, as 'jq -c .[]' makes it"
            )
        yield from _rows(str(file.path), parse(text.removeprefix(b"\xef\xbb\xbf")))
    except RowError as e:
        refusals.damaged(str(file.path), e)
