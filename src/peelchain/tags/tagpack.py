"""GraphSense TagPacks to the `tags` table, with every refusal and repair reported.

Source: the TagPack format of GraphSense. Fields of the header are inherited by tags that do not
give their own; a tag needs an address, a label, a source and a currency (or `network`) of its own
or inherited. Without a category, its first concept serves, then its kind of abuse.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from peelchain.errors import AddressError, TagError
from peelchain.network import Network
from peelchain.schema import TABLES
from peelchain.script import looks_secret, script_pubkey
from peelchain.tags.pack import Item, Pack, Value, read_pack
from peelchain.tags.text import cleaned, repaired_address
from peelchain.units import shown

BITCOIN_NAMES = frozenset({"btc", "xbt", "bitcoin"})

MAX_FIELD = {"address": 200, "label": 1_000, "source": 4_000}
MAX_OTHER_FIELD = 500
REPORT_EVERY = 10_000

_TRUE = frozenset({"true", "yes", "on", "y"})
_FALSE = frozenset({"false", "no", "off", "n"})
_ISO_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ].*)?")

_FIELDS = frozenset(
    {
        "abuse",
        "actor",
        "category",
        "concepts",
        "confidence",
        "creator",
        "currency",
        "is_cluster_definer",
        "label",
        "lastmod",
        "network",
        "source",
    }
)

_Claims = dict[str, str]
_Note = Callable[[str, str, str], None]

Progress = Callable[[str, int], None]
"""Called with a file's name and the number of its tags read so far."""


@dataclass(frozen=True)
class Rejected:
    """A tag that was not imported. `address` is empty where there was none or it is a secret."""

    file: str
    number: int
    line: int
    address: str
    reason: str


@dataclass(frozen=True)
class Repaired:
    """A field that was mended before import; `number` 0 is the header.

    `now` is empty where the value was dropped: a date that is none.
    """

    file: str
    number: int
    line: int
    field: str
    was: str
    now: str


@dataclass(frozen=True)
class TagFile:
    """One imported file: its name, the SHA-256 of its bytes, the tags it holds."""

    name: str
    sha256: str
    tags: int


@dataclass(frozen=True)
class TagImport:
    """What an import gives. The files' tags = rows of `tags` + rejected + skipped + duplicates.

    `tags` has the schema of the `tags` table and is sorted by tag_id.
    """

    tags: pa.Table
    rejected: tuple[Rejected, ...]
    repaired: tuple[Repaired, ...]
    skipped_other_currency: int
    duplicates: int
    files: tuple[TagFile, ...]


@dataclass(frozen=True, slots=True)
class _Tag:
    address: str
    script: bytes
    label: str
    category: str | None
    actor: str | None
    source: str
    creator: str | None
    confidence: str | None
    is_cluster_definer: bool | None
    lastmod: str | None
    file: str

    def content(self) -> str:
        """What the tag claims, as canonical JSON: without file, and the address as its script."""
        return json.dumps(
            [
                self.script.hex(),
                self.label,
                self.category,
                self.actor,
                self.source,
                self.creator,
                self.confidence,
                self.is_cluster_definer,
                self.lastmod,
            ],
            separators=(",", ":"),
        )


class _RefusedTagError(Exception):
    """This tag cannot be imported; the message says why."""


def read_tagpack(path: Path, network: Network, *, recorded_utc: datetime) -> TagImport:
    """The tags of one TagPack; see `read_tagpacks`."""
    return read_tagpacks([path], network, recorded_utc=recorded_utc)


def read_tagpacks(
    paths: Iterable[Path],
    network: Network,
    *,
    recorded_utc: datetime,
    progress: Progress | None = None,
) -> TagImport:
    """The tags of TagPack files on addresses of `network`, all files or none.

    Of tags that say the same, the first is kept. `recorded_utc` (with its zone) is written to
    every row. Raises TagError where a file is no TagPack, naming file and line.
    """
    if recorded_utc.tzinfo is None:
        raise ValueError("recorded_utc must carry its time zone")
    kept: dict[str, _Tag] = {}
    rejected: list[Rejected] = []
    repaired: list[Repaired] = []
    files: list[TagFile] = []
    skipped = duplicates = 0
    for path in paths:
        pack = read_pack(path, "tags")
        header = _header_claims(pack, repaired)
        files.append(TagFile(pack.file, pack.sha256, len(pack.items)))
        for item in pack.items:
            if progress and item.number % REPORT_EVERY == 0:
                progress(pack.file, item.number)
            if _is_foreign(header, item):
                skipped += 1
                continue
            try:
                tag = _tag(pack, header, item, network, repaired)
            except _RefusedTagError as refused:
                rejected.append(_rejected(pack, item, str(refused)))
                continue
            content = tag.content()
            duplicates += content in kept
            kept.setdefault(content, tag)
        if progress:
            progress(pack.file, len(pack.items))
    return TagImport(
        _table(kept, recorded_utc),
        tuple(rejected),
        tuple(repaired),
        skipped,
        duplicates,
        tuple(files),
    )


def _header_claims(pack: Pack, repaired: list[Repaired]) -> _Claims:
    """What every tag of the pack claims unless it says otherwise. Raises TagError."""

    def note(field: str, was: str, now: str) -> None:
        repaired.append(Repaired(pack.file, 0, 1, field, was, now))

    try:
        return _claims(pack.header, note)
    except _RefusedTagError as refused:
        raise TagError(
            f"{shown(pack.file)}: in the header, {refused}; nothing was imported"
        ) from None


def _is_foreign(header: _Claims, item: Item) -> bool:
    """Whether the tag names a currency other than bitcoin; one that names none is refused later."""
    for field in ("currency", "network"):
        given = item.fields.get(field)
        name = header.get(field) if given is None else given
        if isinstance(name, str) and name.strip().lower() not in BITCOIN_NAMES:
            return True
    return False


def _rejected(pack: Pack, item: Item, reason: str) -> Rejected:
    given = item.fields.get("address")
    address = given[: MAX_FIELD["address"]] if isinstance(given, str) else ""
    if looks_secret(address) or looks_secret(repaired_address(address)):
        address = ""
    return Rejected(pack.file, item.number, item.line, address, reason)


def _tag(
    pack: Pack, header: _Claims, item: Item, network: Network, repaired: list[Repaired]
) -> _Tag:
    """The tag of an item; appends to `repaired` only if there is one. Raises _RefusedTagError."""
    if item.fault:
        raise _RefusedTagError(item.fault)
    mended: list[Repaired] = []

    def note(field: str, was: str, now: str) -> None:
        mended.append(Repaired(pack.file, item.number, item.line, field, was, now))

    claims = header | _claims(item.fields, note)
    if "currency" not in claims and "network" not in claims:
        raise _RefusedTagError("it names no currency; add 'currency: BTC'")
    if "source" not in claims:
        raise _RefusedTagError("it has no source; a claim without one cannot be relied upon")
    if "label" not in claims:
        raise _RefusedTagError("it has no label")
    address, script = _address(item.fields.get("address"), network, note)
    definer = claims.get("is_cluster_definer")
    tag = _Tag(
        address=address,
        script=script,
        label=claims["label"],
        category=claims.get("category") or claims.get("concepts") or claims.get("abuse"),
        actor=claims.get("actor"),
        source=claims["source"],
        creator=claims.get("creator"),
        confidence=claims.get("confidence"),
        is_cluster_definer=None if definer is None else definer == "true",
        lastmod=claims.get("lastmod"),
        file=pack.file,
    )
    repaired.extend(mended)
    return tag


def _claims(fields: dict[str, Value], note: _Note) -> _Claims:
    """The fields that claim something, cleaned; a field without a value is left out."""
    claims: _Claims = {}
    for field, value in fields.items():
        if value is None or field not in _FIELDS:
            continue
        text = _first_concept(value) if field == "concepts" else value
        if not isinstance(text, str):
            raise _RefusedTagError(f"its {field} is a list or a set of fields, not text")
        limit = MAX_FIELD.get(field, MAX_OTHER_FIELD)
        if len(text) > limit:
            raise _RefusedTagError(f"its {field} has {len(text):,} characters, over {limit:,}")
        plain = cleaned(text)
        if field == "is_cluster_definer":
            plain = _boolean(plain)
        elif field == "lastmod":
            plain = _day(plain)
        if plain != text and field != "is_cluster_definer":
            note(field, text, plain)
        if plain:
            claims[field] = plain
    return claims


def _first_concept(value: Value) -> Value:
    if not isinstance(value, list):
        return value
    return value[0] if value else ""


def _boolean(word: str) -> str:
    """`true` or `false`, as YAML 1.1 spells them."""
    if word.lower() in _TRUE:
        return "true"
    if word.lower() in _FALSE:
        return "false"
    raise _RefusedTagError(f"is_cluster_definer is {shown(word)}, not true or false")


def _day(text: str) -> str:
    """The ISO day a date or time begins with; empty where it is none."""
    match = _ISO_DAY.fullmatch(text)
    try:
        return date.fromisoformat(match[1]).isoformat() if match else ""
    except ValueError:
        return ""


def _address(given: Value, network: Network, note: _Note) -> tuple[str, bytes]:
    if given is None:
        raise _RefusedTagError("it has no address")
    if not isinstance(given, str):
        raise _RefusedTagError("its address is a list or a set of fields, not text")
    if len(given) > MAX_FIELD["address"]:
        raise _RefusedTagError(f"its address has {len(given):,} characters")
    try:
        return given, script_pubkey(given, network)
    except AddressError as refused:
        mended = repaired_address(given)
        if mended == given:
            raise _RefusedTagError(str(refused)) from None
    try:
        script = script_pubkey(mended, network)
    except AddressError as refused:
        raise _RefusedTagError(str(refused)) from None
    note("address", given, mended)
    return mended, script


def _table(kept: dict[str, _Tag], recorded_utc: datetime) -> pa.Table:
    by_id: dict[str, _Tag] = {}
    for content, tag in kept.items():
        tag_id = hashlib.sha256(content.encode("ascii")).hexdigest()[:16]
        other = by_id.setdefault(tag_id, tag)
        if other is not tag:
            raise TagError(
                f"{shown(tag.file)}: the tag {shown(tag.label)} on {tag.address} has the same id "
                f"as {shown(other.label)} on {other.address}; remove one of them"
            )
    ids = sorted(by_id)
    tags = [by_id[tag_id] for tag_id in ids]
    schema = TABLES["tags"].schema
    columns: dict[str, list[object]] = {
        "tag_id": list(ids),
        "script_pubkey": [tag.script for tag in tags],
        "recorded_utc": [recorded_utc] * len(tags),
    }
    for name in schema.names:
        if name not in columns:
            columns[name] = [getattr(tag, name) for tag in tags]
    return pa.table(
        [pa.array(columns[field.name], type=field.type) for field in schema], schema=schema
    )
