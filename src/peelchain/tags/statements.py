"""A user's statements that two addresses are two parties', each with its source and date.

CSV with the headings `address_a,address_b,source,date` and, if wanted, `relation` and `note`; or
YAML with a list of the same fields under `statements`. The one relation there is, and what stands
where none does, is `cannot-link`.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from peelchain.errors import AddressError, MisuseError, TagError
from peelchain.network import Network
from peelchain.script import script_pubkey
from peelchain.tags.pack import read_pack
from peelchain.tags.text import cleaned
from peelchain.units import parse_date, shown

CANNOT_LINK = "cannot-link"
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_TEXT = 1_000

_NEEDED = ("address_a", "address_b", "source", "date")
_FIELDS = (*_NEEDED, "relation", "note")
_MUST_LINK = "must-link"


@dataclass(frozen=True)
class Statement:
    """Two addresses are held to be two parties' by `source`, as of `day`.

    `place` is the file and the row or line, for messages.
    """

    place: str
    address_a: str
    address_b: str
    script_a: bytes
    script_b: bytes
    source: str
    day: date
    note: str

    @property
    def evidence(self) -> str:
        """Who says so and where, in one line."""
        said = f"{self.place}: {shown(self.source)}, {self.day}"
        return f"{said}: {shown(self.note)}" if self.note else said


@dataclass(frozen=True)
class Statements:
    """The statements of a file in its order, with the file's name and SHA-256."""

    file: str
    sha256: str
    rows: tuple[Statement, ...]


def read_statements(path: Path, network: Network) -> Statements:
    """The statements of a CSV file, or of a YAML file (`.yaml`, `.yml`). All or none.

    Raises TagError naming file and row for what cannot be read, a missing field, a bad address or
    date, an address that is to be another party than itself, a relation that there is not, and one
    that contradicts another row.
    """
    name = cleaned(path.name)
    if path.suffix.lower() in (".yaml", ".yml"):
        pack = read_pack(path, "statements")
        digest = pack.sha256
        cells: Iterator[tuple[str, dict[str, str]]] = (
            (
                f"{name} line {item.line}",
                _texts(f"{name} line {item.line}", dict(item.fields), item.fault),
            )
            for item in pack.items
        )
    else:
        content = _content(path)
        digest = hashlib.sha256(content).hexdigest()
        cells = _csv_rows(name, content)
    rows = []
    relations: dict[frozenset[bytes], tuple[str, str]] = {}
    for place, fields in cells:
        statement, relation = _statement(place, fields, network)
        both = frozenset((statement.script_a, statement.script_b))
        other, before = relations.setdefault(both, (relation, place))
        if other != relation:
            raise TagError(
                f"{place} says {shown(relation)} of two addresses of which {before} says "
                f"{shown(other)}: drop one of the two"
            )
        rows.append((statement, relation))
    for statement, relation in rows:
        if relation != CANNOT_LINK:
            raise TagError(
                f"{statement.place}: the relation {shown(relation)} is not read; the one there is "
                f"is {CANNOT_LINK}: drop the row"
            )
    return Statements(name, digest, tuple(statement for statement, _ in rows))


def _statement(place: str, fields: dict[str, str], network: Network) -> tuple[Statement, str]:
    for field in _NEEDED:
        if not fields.get(field):
            raise TagError(f"{place}: has no {field}; every statement needs {', '.join(_NEEDED)}")
    try:
        scripts = [script_pubkey(fields[f], network) for f in ("address_a", "address_b")]
        day = parse_date(fields["date"])
    except (AddressError, MisuseError) as error:
        raise TagError(f"{place}: {error}") from None
    if scripts[0] == scripts[1]:
        raise TagError(
            f"{place}: {shown(fields['address_a'])} cannot be another party than itself; "
            "correct one of the two addresses"
        )
    relation = fields.get("relation") or CANNOT_LINK
    if relation not in (CANNOT_LINK, _MUST_LINK):
        raise TagError(
            f"{place}: there is no relation {shown(relation)}; the one there is is {CANNOT_LINK}"
        )
    statement = Statement(
        place,
        fields["address_a"],
        fields["address_b"],
        scripts[0],
        scripts[1],
        fields["source"],
        day,
        fields.get("note", ""),
    )
    return statement, relation


def _texts(place: str, fields: dict[str, object], fault: str | None) -> dict[str, str]:
    """The fields as clean text. Raises TagError for one that there is not, or is no text."""
    if fault:
        raise TagError(f"{place}: {fault}")
    texts = {}
    for field, value in fields.items():
        if field not in _FIELDS:
            raise TagError(
                f"{place}: the field {shown(field)} is not known; those are {', '.join(_FIELDS)}"
            )
        if value is None:
            continue
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise TagError(f"{place}: {field} is no text of at most {MAX_TEXT:,} characters")
        texts[field] = cleaned(value)
    return texts


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise TagError(f"{shown(str(path))}: no such file; give the path of a CSV or YAML file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise TagError(
                f"{shown(path.name)}: is larger than the {MAX_FILE_BYTES:,} bytes a list may be"
            )
        return path.read_bytes()
    except OSError as error:
        raise TagError(f"{shown(str(path))}: cannot be read: {error.strerror}") from None


def _csv_rows(file: str, content: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        lines = content.decode("utf-8-sig").splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise TagError(f"{file}: is not UTF-8 text near byte {error.start}") from None
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in _NEEDED if name not in header]
        if missing or len(set(header)) != len(header):
            raise TagError(
                f"{file} row 1: headings must be {','.join(_FIELDS)}, each once, of which the "
                f"first {len(_NEEDED)} are needed"
            )
        for row, cells in enumerate(reader, 2):
            place = f"{file} row {row}"
            if row > MAX_ROWS:
                raise TagError(f"{file}: has more than {MAX_ROWS:,} rows")
            if not cells:
                continue
            if len(cells) != len(header):
                raise TagError(f"{place}: has {len(cells)} cells under {len(header)} headings")
            yield place, _texts(place, dict(zip(header, cells, strict=True)), None)
    except csv.Error as error:
        raise TagError(f"{file}: is not CSV: {shown(str(error))}") from None
