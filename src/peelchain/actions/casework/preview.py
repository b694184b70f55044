"""What a table from outside looks like, before anybody says what its columns are."""

import gzip
import zlib
from pathlib import Path
from typing import Any

from peelchain.case.delimited import delimiter_of, rows_of
from peelchain.errors import CaseError
from peelchain.script import looks_secret

Row = dict[str, Any]

ROWS = 8
_BYTES = 1 << 18
_CELL = 200
_ENCODINGS = ("utf-8-sig", "cp1252")


def preview(path: Path) -> Row:
    """The headings of a CSV file, gzipped or not, and its first rows, cells cut at 200 characters.

    A cell that looks like a private key or seed words is left out. Raises CaseError for what is no
    table.
    """
    content, whole = _start(path)
    text, encoding = _decoded(content)
    if not whole:
        # the last line is cut
        text = text[: text.rfind("\n") + 1] or text
    if "\0" in text:
        raise CaseError(f"{path.name} is no text; save the table as CSV")
    delimiter = delimiter_of(text)
    rows = []
    for row in rows_of(text, delimiter, path.name):
        rows.append([_shown(cell) for cell in row])
        if len(rows) > ROWS:
            break
    if not rows:
        raise CaseError(f"{path.name} is empty")
    headings, *first = rows
    return {"encoding": encoding, "delimiter": delimiter, "headings": headings, "rows": first}


def _start(path: Path) -> tuple[bytes, bool]:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            if zipped:
                with gzip.open(file) as source:
                    content = source.read(_BYTES + 1)
            else:
                content = file.read(_BYTES + 1)
        except (OSError, EOFError, zlib.error) as e:
            raise CaseError(f"{path.name} is damaged ({e}); upload it again") from None
    return content[:_BYTES], len(content) <= _BYTES


def _decoded(content: bytes) -> tuple[str, str]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace"), "utf-16"
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError as e:
            if encoding == "utf-8-sig" and e.start > len(content) - 4:
                # a character that the cut went through
                return content[: e.start].decode(encoding), encoding
    return content.decode("cp1252", "replace"), "cp1252"


def _shown(cell: str) -> str:
    return "…" if looks_secret(cell) else cell[:_CELL]
