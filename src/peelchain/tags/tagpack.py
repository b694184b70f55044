"""Lists of tags to the tables `tags`, `actors` and `pool_marks`, every refusal and repair told.

Fields of a file's header are inherited by items that do not give their own. Source: GraphSense's
TagPack and ActorPack formats; the other forms are in `tags.forms`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from peelchain.errors import TagError
from peelchain.network import Network
from peelchain.schema import TABLES
from peelchain.script import looks_secret
from peelchain.tags.actors import actor_rows, actors_table
from peelchain.tags.claims import (
    MAX_FIELD,
    Claims,
    Note,
    Said,
    Tag,
    check_complete,
    checked_address,
    claims_of,
    is_foreign,
    said_by,
    tag_digest,
)
from peelchain.tags.forms import Form, Reading, read_list
from peelchain.tags.imported import ListFile, RefusedItemError, Rejected, Repaired
from peelchain.tags.pack import Item, Pack, Value
from peelchain.tags.text import repaired_address
from peelchain.units import shown

REPORT_EVERY = 10_000
_REMEMBERED = 50_000
_OF_THE_ADDRESS = ("address", "script_pubkey", "file")

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the number of its items read so far, and of all of them."""

TAGPACK = Reading(form=Form.TAGPACK)
_BY_CONTENT = Reading()


@dataclass(frozen=True)
class TagImport:
    """What an import gives. The files' tags = rows of `tags` + rejected + skipped + duplicates.

    The tables have the schemas of their names and are sorted by their keys. Refused actors are
    among the rejected too.
    """

    tags: pa.Table
    actors: pa.Table
    pool_marks: pa.Table
    rejected: tuple[Rejected, ...]
    repaired: tuple[Repaired, ...]
    skipped_other_currency: int
    duplicates: int
    files: tuple[ListFile, ...]


@dataclass
class _Taken:
    """What was taken so far; tags by the digest of what they claim."""

    network: Network
    recorded_utc: datetime
    tags: dict[bytes, Tag] = field(default_factory=dict)
    actors: list[dict[str, Any]] = field(default_factory=list)
    marks: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    repaired: list[Repaired] = field(default_factory=list)
    skipped: int = 0
    duplicates: int = 0


def read_tagpack(path: Path, network: Network, *, recorded_utc: datetime) -> TagImport:
    """The tags of one TagPack; see `read_lists`."""
    return read_lists([path], network, recorded_utc=recorded_utc, reading=TAGPACK)


def read_tagpacks(
    paths: Iterable[Path],
    network: Network,
    *,
    recorded_utc: datetime,
    progress: Progress | None = None,
) -> TagImport:
    """The tags of TagPacks; see `read_lists`."""
    return read_lists(paths, network, recorded_utc=recorded_utc, reading=TAGPACK, progress=progress)


def read_lists(
    paths: Iterable[Path],
    network: Network,
    *,
    recorded_utc: datetime,
    reading: Reading = _BY_CONTENT,
    progress: Progress | None = None,
) -> TagImport:
    """The tags of lists on addresses of `network`, and their actors and pools; all files or none.

    Of tags that say the same, the first is kept. `recorded_utc` (with its zone) is written to
    every row. Raises TagError where a file is no such list, naming file and line.
    """
    if recorded_utc.tzinfo is None:
        raise ValueError("recorded_utc must carry its time zone")
    taken = _Taken(network, recorded_utc)
    files = []
    for path in paths:
        read = read_list(path, reading)
        pack = read.pack
        told = progress or _silent
        if read.form is Form.ACTORPACK:
            rows, rejected = actor_rows(pack, recorded_utc)
            taken.actors += rows
            taken.rejected += rejected
        else:
            _take_tags(pack, taken, told)
        for mark in read.marks:
            row = {**mark, "recorded_utc": recorded_utc, "file": pack.file}
            taken.marks.setdefault((mark["mark"], mark["label"]), row)
        told(pack.file, len(pack.items), len(pack.items))
        files.append(
            ListFile(
                pack.file,
                str(read.form),
                pack.sha256,
                read.encoding,
                len(pack.items),
                read.passed_over,
            )
        )
    marks = [taken.marks[key] for key in sorted(taken.marks)]
    return TagImport(
        tags_table(taken.tags, recorded_utc),
        actors_table(taken.actors),
        pa.Table.from_pylist(marks, TABLES["pool_marks"].schema),
        tuple(taken.rejected),
        tuple(taken.repaired),
        taken.skipped,
        taken.duplicates,
        tuple(files),
    )


def tags_table(tags: dict[bytes, Tag], recorded_utc: datetime) -> pa.Table:
    """The `tags` table of tags by their digests, by tag_id.

    Raises TagError for two tags that say different things and have one id.
    """
    digests = sorted(tags)
    for before, after in pairwise(digests):
        if before[:8] == after[:8]:
            tag, other = tags[before], tags[after]
            raise TagError(
                f"{shown(tag.file)}: the tag {shown(tag.said.label)} on {tag.address} has the "
                f"same id as {shown(other.said.label)} on {other.address}; remove one of them"
            )
    schema = TABLES["tags"].schema
    rows = [tags[digest] for digest in digests]
    columns = []
    for column in schema:
        if column.name == "tag_id":
            values: list[Any] = [digest[:8].hex() for digest in digests]
        elif column.name == "recorded_utc":
            values = [recorded_utc] * len(rows)
        elif column.name in _OF_THE_ADDRESS:
            values = [getattr(tag, column.name) for tag in rows]
        else:
            values = [getattr(tag.said, column.name) for tag in rows]
        columns.append(pa.array(values, type=column.type))
    return pa.table(columns, schema=schema)


def _silent(_name: str, _done: int, _of: int) -> None:
    return


def _take_tags(pack: Pack, taken: _Taken, progress: Progress) -> None:
    header = _header_claims(pack, taken.repaired)
    claims = _Remembered(header)
    for item in pack.items:
        # the last is told when the file is done
        if item.number % REPORT_EVERY == 0 and item.number < len(pack.items):
            progress(pack.file, item.number, len(pack.items))
        if is_foreign(header, item.fields):
            taken.skipped += 1
            continue
        try:
            digest, tag = _tag(pack, claims, item, taken)
        except RefusedItemError as refused:
            taken.rejected.append(_rejected(pack, item, str(refused)))
            continue
        taken.duplicates += digest in taken.tags
        taken.tags.setdefault(digest, tag)


def _header_claims(pack: Pack, repaired: list[Repaired]) -> Claims:
    """What every tag of the pack claims unless it says otherwise. Raises TagError."""

    def note(field: str, was: str, now: str) -> None:
        repaired.append(Repaired(pack.file, 0, 1, field, was, now))

    try:
        return claims_of(pack.header, note)
    except RefusedItemError as refused:
        raise TagError(
            f"{shown(pack.file)}: in the header, {refused}; nothing was imported"
        ) from None


def _rejected(pack: Pack, item: Item, reason: str) -> Rejected:
    given = item.fields.get("address")
    address = given[: MAX_FIELD["address"]] if isinstance(given, str) else ""
    if looks_secret(address) or looks_secret(repaired_address(address)):
        address = ""
    return Rejected(pack.file, item.number, item.line, address, reason)


class _Remembered:
    """What items say with what they inherit; equal fields are read once.

    Lists repeat a few sets of fields over many addresses. Fields that had to be mended are not
    remembered: each repair is told.
    """

    def __init__(self, header: Claims) -> None:
        self._header = header
        self._known: dict[str, tuple[Said, str]] = {}

    def of(self, fields: dict[str, Value], note: Note) -> tuple[Said, str]:
        """What the fields say, and its canonical JSON. Raises RefusedItemError."""
        key = repr([pair for pair in fields.items() if pair[0] != "address"])
        known = self._known.get(key)
        if known is None:
            mended = []

            def noted(field: str, was: str, now: str) -> None:
                mended.append(field)
                note(field, was, now)

            claims = self._header | claims_of(fields, noted)
            check_complete(claims)
            said = said_by(claims)
            known = said, said.canonical()
            if not mended and len(self._known) < _REMEMBERED:
                self._known[key] = known
        return known


def _tag(pack: Pack, claims: _Remembered, item: Item, taken: _Taken) -> tuple[bytes, Tag]:
    """The tag of an item and its digest; notes repairs only if there is one.

    Raises RefusedItemError.
    """
    if item.fault:
        raise RefusedItemError(item.fault)
    mended: list[Repaired] = []

    def note(field: str, was: str, now: str) -> None:
        mended.append(Repaired(pack.file, item.number, item.line, field, was, now))

    if "tx_hash" in item.fields and item.fields.get("address") is None:
        raise RefusedItemError("it tags a transaction; tags of addresses alone are read")
    said, canonical = claims.of(item.fields, note)
    address, script = checked_address(item.fields.get("address"), taken.network, note)
    taken.repaired.extend(mended)
    return tag_digest(script, canonical), Tag(address, script, said, pack.file)
