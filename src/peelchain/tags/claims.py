"""What a tag claims: its fields, cleaned and bounded, as GraphSense's TagPack schema has them.

A tag needs an address, a label, a source and a currency (or `network`) of its own or from its
file. Without a category, its first concept serves, then its kind of abuse. Beyond that schema are
`created`, `valid_from`, `valid_until` and `derived_from`; so that packs that we write remain valid
there, they also come as an object `peelchain` in the context.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from peelchain.errors import AddressError
from peelchain.network import Network
from peelchain.script import script_pubkey
from peelchain.tags.imported import RefusedItemError
from peelchain.tags.pack import Value
from peelchain.tags.text import cleaned, iso_day, repaired_address
from peelchain.units import shown

BITCOIN_NAMES = frozenset({"btc", "xbt", "bitcoin"})

MAX_FIELD = {"address": 200, "label": 1_000, "source": 4_000, "context": 10_000, "concepts": 2_000}
MAX_OTHER_FIELD = 500

FIELDS = (
    "abuse",
    "actor",
    "category",
    "concepts",
    "confidence",
    "context",
    "created",
    "creator",
    "currency",
    "derived_from",
    "is_cluster_definer",
    "label",
    "lastmod",
    "network",
    "source",
    "tag_type",
    "valid_from",
    "valid_until",
)
"""The fields that are read, beside the address."""

OWN_FIELDS = ("created", "valid_from", "valid_until", "derived_from")
"""Fields that GraphSense's schema does not have."""

OWN_CONTEXT = "peelchain"
"""Where these stand in the context of a pack that keeps to that schema."""

_TRUE = frozenset({"true", "yes", "on", "y"})
_FALSE = frozenset({"false", "no", "off", "n"})
_DATES = ("created", "lastmod", "valid_from", "valid_until")
_LATER = (
    "concepts",
    "abuse",
    "context",
    "tag_type",
    "created",
    "valid_from",
    "valid_until",
    "derived_from",
)

Claims = dict[str, str]
Note = Callable[[str, str, str], None]
"""Takes note of a repair: the field, what it was, what it is now."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a tag says, but for its address: shared by the tags that say the same of several."""

    label: str
    category: str | None
    actor: str | None
    source: str
    creator: str | None
    confidence: str | None
    is_cluster_definer: bool | None
    lastmod: str | None
    concepts: str | None = None
    abuse: str | None = None
    context: str | None = None
    tag_type: str | None = None
    created: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    derived_from: str | None = None

    def canonical(self) -> str:
        """Canonical JSON of it, the inside of a list.

        What few tags say is left out where it is not said, so that the others keep their ids.
        """
        content: list[object] = [
            self.label,
            self.category,
            self.actor,
            self.source,
            self.creator,
            self.confidence,
            self.is_cluster_definer,
            self.lastmod,
        ]
        later = {name: getattr(self, name) for name in _LATER}
        said = {name: value for name, value in later.items() if value is not None}
        if said:
            content.append(said)
        return json.dumps(content, separators=(",", ":"), sort_keys=True)[1:-1]


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: an address, its script, what is said of it, the file."""

    address: str
    script_pubkey: bytes
    said: Said
    file: str


def tag_digest(script: bytes, canonical: str) -> bytes:
    """SHA-256 of what a tag claims: without file, and the address as its script.

    Its first 16 hex digits are the tag's id.
    """
    return hashlib.sha256(f'["{script.hex()}",{canonical}]'.encode("ascii")).digest()


def claims_of(fields: Mapping[str, Value], note: Note) -> Claims:
    """The fields that claim something, cleaned; a field without a value is left out.

    Raises RefusedItemError for a field that is of another kind or too long.
    """
    claims: Claims = {}
    for field, value in fields.items():
        if value is None or field not in FIELDS:
            continue
        if field == "concepts":
            listed = _concepts(value)
            if listed:
                claims[field] = json.dumps(listed, separators=(",", ":"))
            continue
        if field == "context" and isinstance(value, dict | list):
            value = json.dumps(value, sort_keys=True)
        if not isinstance(value, str):
            raise RefusedItemError(f"its {field} is a list or a set of fields, not text")
        limit = MAX_FIELD.get(field, MAX_OTHER_FIELD)
        if len(value) > limit:
            raise RefusedItemError(f"its {field} has {len(value):,} characters, over {limit:,}")
        plain = cleaned(value)
        if field == "is_cluster_definer":
            plain = _boolean(plain)
        elif field in _DATES:
            plain = _day(field, plain)
        if plain != value and field != "is_cluster_definer":
            note(field, value, plain)
        if plain:
            claims[field] = plain
    return _opened_context(claims)


def is_foreign(header: Claims, fields: Mapping[str, Value]) -> bool:
    """Whether the tag names a currency other than bitcoin; one that names none is refused later."""
    for field in ("currency", "network"):
        given = fields.get(field)
        name = header.get(field) if given is None else given
        if isinstance(name, str) and name.strip().lower() not in BITCOIN_NAMES:
            return True
    return False


def check_complete(claims: Claims) -> None:
    """Raises RefusedItemError where claims lack what every tag needs, or contradict themselves."""
    if "currency" not in claims and "network" not in claims:
        raise RefusedItemError("it names no currency; add 'currency: BTC'")
    if "source" not in claims:
        raise RefusedItemError("it has no source; a claim without one cannot be relied upon")
    if "label" not in claims:
        raise RefusedItemError("it has no label")
    first, last = claims.get("valid_from"), claims.get("valid_until")
    if first and last and last < first:
        raise RefusedItemError(f"it is valid until {last}, before it is valid from {first}")


def said_by(claims: Claims) -> Said:
    """What complete claims say of an address."""
    definer = claims.get("is_cluster_definer")
    concepts = claims.get("concepts")
    first = json.loads(concepts)[0] if concepts else None
    return Said(
        label=claims["label"],
        category=claims.get("category") or first or claims.get("abuse"),
        actor=claims.get("actor"),
        source=claims["source"],
        creator=claims.get("creator"),
        confidence=claims.get("confidence"),
        is_cluster_definer=None if definer is None else definer == "true",
        lastmod=claims.get("lastmod"),
        **{name: claims.get(name) for name in _LATER},
    )


def checked_address(given: Value, network: Network, note: Note) -> tuple[str, bytes]:
    """The address, mended where a careless copy explains it, and its script.

    Raises RefusedItemError.
    """
    if given is None:
        raise RefusedItemError("it has no address")
    if not isinstance(given, str):
        raise RefusedItemError("its address is a list or a set of fields, not text")
    if len(given) > MAX_FIELD["address"]:
        raise RefusedItemError(f"its address has {len(given):,} characters")
    try:
        return given, script_pubkey(given, network)
    except AddressError as refused:
        mended = repaired_address(given)
        if mended == given:
            raise RefusedItemError(str(refused)) from None
    try:
        script = script_pubkey(mended, network)
    except AddressError as refused:
        raise RefusedItemError(str(refused)) from None
    note("address", given, mended)
    return mended, script


def _concepts(value: Value) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    plain = []
    for each in listed:
        if not isinstance(each, str):
            raise RefusedItemError("its concepts is a list of other things than texts")
        plain.append(cleaned(each))
    kept = list(dict.fromkeys(text for text in plain if text))
    if sum(map(len, kept)) > MAX_FIELD["concepts"]:
        raise RefusedItemError(f"its concepts have over {MAX_FIELD['concepts']:,} characters")
    return kept


def _boolean(word: str) -> str:
    """`true` or `false`, as YAML 1.1 spells them."""
    if word.lower() in _TRUE:
        return "true"
    if word.lower() in _FALSE:
        return "false"
    raise RefusedItemError(f"is_cluster_definer is {shown(word)}, not true or false")


def _day(field: str, text: str) -> str:
    """The ISO day; empty for a date that is none, but a bad bound of validity is refused."""
    day = iso_day(text)
    if text and not day and field.startswith("valid_"):
        raise RefusedItemError(f"its {field} is {shown(text)}, not a date such as 2024-01-31")
    return day


def _opened_context(claims: Claims) -> Claims:
    """The claims with what `peelchain` holds in the context in its own place."""
    context = claims.get("context", "")
    if not context.startswith(f'{{"{OWN_CONTEXT}"'):
        return claims
    try:
        content = json.loads(context)[OWN_CONTEXT]
        said = {str(name): str(value) for name, value in content.items()}
    except (ValueError, AttributeError, RecursionError):
        return claims
    opened = {**claims}
    del opened["context"]
    for field in (*OWN_FIELDS, "context", "creator"):
        plain = cleaned(said.get(field, ""))
        if field in _DATES:
            plain = _day(field, plain)
        if plain:
            opened.setdefault(field, plain)
    return opened
