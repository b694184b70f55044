"""The forms that lists of tags come in, told from their content, each read as a pack of items.

- `tagpack`, `actorpack`: GraphSense's YAML.
- `csv`: a table with headings, mapped to fields; see `tags.table`.
- `addresses`: one address a line, or a JSON list of them; what they are is said by `defaults`.
- `ofac`: the same, of addresses sanctioned by the United States' Treasury, as 0xB10C extracts them.
- `pools`: mempool's JSON of mining pools (`pools-v2.json`), or the older form with
  `coinbase_tags` and `payout_addresses`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from peelchain.errors import MisuseError, TagError
from peelchain.tags.claims import FIELDS
from peelchain.tags.pack import MAX_ITEMS, Item, Pack, Value, content_of, file_name, pack_of
from peelchain.tags.table import decoded, table_pack
from peelchain.tags.text import cleaned
from peelchain.units import shown


class Form(StrEnum):
    """The form of a list."""

    TAGPACK = "tagpack"
    ACTORPACK = "actorpack"
    CSV = "csv"
    ADDRESSES = "addresses"
    OFAC = "ofac"
    POOLS = "pools"


@dataclass(frozen=True)
class Reading:
    """How lists are to be read: their form (None: told from each), columns, fields for all tags.

    `columns` gives the heading of a CSV column by the field it holds.
    """

    form: Form | str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadList:
    """A list as it was read. `marks` are rows of `pool_marks` but for file and record."""

    pack: Pack
    form: Form
    encoding: str = "utf-8"
    passed_over: tuple[str, ...] = ()
    marks: tuple[dict[str, Any], ...] = ()


OFAC_FIELDS = {
    "label": "Sanctioned by the US Treasury (OFAC)",
    "abuse": "sanction",
    "source": "US Treasury OFAC, Specially Designated Nationals List",
    "creator": "US Treasury OFAC",
    "confidence": "authority_data",
}
"""What every tag of a list of sanctions says, unless it is told otherwise."""

POOL_FIELDS = {
    "category": "miner",
    "source": "https://github.com/mempool/mining-pools",
    "creator": "mempool/mining-pools",
    "confidence": "web_crawl",
}

_BITCOIN = {"currency": "BTC"}
_OFAC_NAME = re.compile(r"sanctioned_addresses.*|.*ofac.*", re.IGNORECASE)
_ADDRESS_LINE = re.compile(r"[0-9A-Za-z:?=.]{14,200}")
_COMMENT = "#"
_SAMPLE_LINES = 50
_HEADER_LINE = re.compile(r"[A-Za-z_]+:(\s.*)?")
_MAX_MARK = 200


def as_asked(
    form: str | None = None,
    columns: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
) -> Reading:
    """How lists are to be read, checked. Raises MisuseError for a form or field there is not."""
    if form is not None and form not in set(Form):
        raise MisuseError(f"there is no form {shown(form)}; those are {', '.join(Form)}")
    for name in (*(columns or {}), *(defaults or {})):
        if name not in FIELDS and name != "address":
            raise MisuseError(
                f"a tag has no field {shown(name)}; those are address, {', '.join(FIELDS)}"
            )
    return Reading(form, dict(columns or {}), dict(defaults or {}))


def read_list(path: Path, reading: Reading) -> ReadList:
    """A list as a pack of items, in the form that is asked or that its content has.

    Raises TagError naming file and line where it cannot be read so.
    """
    content, name = content_of(path), file_name(path)
    form = Form(reading.form) if reading.form else form_of(content, name, reading.columns)
    defaults: dict[str, Value] = dict(reading.defaults)
    if form is Form.TAGPACK:
        pack = pack_of(content, name, "tags")
        own = {k: v for k, v in pack.header.items() if v is not None}
        return ReadList(Pack(name, pack.sha256, {**defaults, **own}, pack.items), form)
    if form is Form.ACTORPACK:
        return ReadList(pack_of(content, name, "actors"), form)
    if form is Form.POOLS:
        return _pools(content, name, {**_BITCOIN, **POOL_FIELDS, **defaults})
    if form is Form.CSV:
        pack, encoding, over = table_pack(content, name, reading.columns, _BITCOIN | defaults)
        return ReadList(pack, form, encoding, over)
    fields = {**_BITCOIN, **(OFAC_FIELDS if form is Form.OFAC else {}), **defaults}
    if not fields.get("label") or not fields.get("source"):
        raise TagError(
            f"{shown(name)}: a bare list of addresses; say what they are with --set label=... and "
            "--set source=..., or --format ofac for sanctioned ones"
        )
    text, encoding = decoded(content, name)
    return ReadList(_pack(content, name, fields, _address_items(text, name)), form, encoding)


def form_of(content: bytes, name: str, columns: Mapping[str, str]) -> Form:
    """The form of a list by its content; a bare list of addresses is OFAC's where its name says."""
    if columns:
        return Form.CSV
    suffix = Path(name).suffix.lower()
    if suffix in (".yaml", ".yml"):
        return _yaml_form(content)
    text, _ = decoded(content[: 1 << 16], name, whole=False)
    bare = Form.OFAC if _OFAC_NAME.fullmatch(name) else Form.ADDRESSES
    start = text.lstrip()[:1]
    if start in ("[", "{"):
        return bare if re.match(r"\s*\[\s*(\"[^\"]*\"|\])", text) else Form.POOLS
    lines = [line.strip() for line in text.splitlines()[:_SAMPLE_LINES]]
    said = [line for line in lines if line and not line.startswith(_COMMENT)]
    if said and all(_ADDRESS_LINE.fullmatch(line) for line in said):
        return bare
    if suffix not in (".csv", ".tsv", ".txt") and any(map(_HEADER_LINE.fullmatch, said)):
        return _yaml_form(content)
    return Form.CSV


def _yaml_form(content: bytes) -> Form:
    if re.search(rb"^tags\s*:", content, re.MULTILINE):
        return Form.TAGPACK
    if re.search(rb"^actors\s*:", content, re.MULTILINE):
        return Form.ACTORPACK
    return Form.TAGPACK


def _address_items(text: str, name: str) -> list[Item]:
    if text.lstrip().startswith("["):
        given = _json(text, name)
        if not isinstance(given, list):
            raise TagError(f"{shown(name)}: is no JSON list of addresses")
        lines = [(number, each) for number, each in enumerate(given, 1)]
    else:
        lines = [
            (number, line.strip())
            for number, line in enumerate(text.splitlines(), 1)
            if line.strip() and not line.strip().startswith(_COMMENT)
        ]
    _check_count(len(lines), name)
    return [
        Item(number, line, {"address": each})
        if isinstance(each, str)
        else Item(number, line, {}, "is no text")
        for number, (line, each) in enumerate(lines, 1)
    ]


def _pools(content: bytes, name: str, fields: Mapping[str, Value]) -> ReadList:
    text, encoding = decoded(content, name)
    given = _json(text, name)
    pools: list[Any] = _older_pools(given, name) if isinstance(given, dict) else given
    if not isinstance(pools, list):
        raise TagError(f"{shown(name)}: is no list of mining pools")
    items: list[Item] = []
    marks: list[dict[str, Any]] = []
    for number, pool in enumerate(pools, 1):
        if not isinstance(pool, dict) or not isinstance(pool.get("name"), str):
            items.append(Item(len(items) + 1, number, {}, f"pool {number} has no name"))
            continue
        label, link = pool["name"], pool.get("link")
        said = {"label": label}
        if isinstance(link, str) and link:
            said["context"] = json.dumps({"link": link})
        for address in _texts(pool.get("addresses")):
            items.append(Item(len(items) + 1, number, {"address": address, **said}))
        marks += [
            {
                "mark": mark,
                "label": cleaned(label)[:_MAX_MARK],
                "link": cleaned(link)[:_MAX_MARK] if isinstance(link, str) else None,
                "source": str(fields["source"]),
            }
            for mark in _texts(pool.get("tags"))
            if mark.strip() and len(mark) <= _MAX_MARK
        ]
        _check_count(len(items), name)
    return ReadList(_pack(content, name, fields, items), Form.POOLS, encoding, (), tuple(marks))


def _older_pools(given: dict[str, Any], name: str) -> list[dict[str, Any]]:
    pools: dict[tuple[str, str], dict[str, Any]] = {}
    for key, held in (("coinbase_tags", "tags"), ("payout_addresses", "addresses")):
        listed: Any = given.get(key)
        if not isinstance(listed, dict):
            raise TagError(f"{shown(name)}: is no list of mining pools; it has no {key}")
        for text, pool in listed.items():
            if not isinstance(pool, dict):
                raise TagError(f"{shown(name)}: {shown(text)} in {key} names no pool")
            of = (str(pool.get("name", "")), str(pool.get("link", "")))
            one = pools.setdefault(of, {"name": of[0], "link": of[1], "tags": [], "addresses": []})
            one[held].append(text)
    return list(pools.values())


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise TagError(f"{shown(name)}: is nested without end") from None
    except ValueError as error:
        raise TagError(f"{shown(name)}: is not JSON: {shown(str(error))}") from None


def _check_count(count: int, name: str) -> None:
    if count > MAX_ITEMS:
        raise TagError(f"{shown(name)}: has more than {MAX_ITEMS:,} addresses; split the file")


def _pack(content: bytes, name: str, fields: Mapping[str, Value], items: list[Item]) -> Pack:
    return Pack(name, hashlib.sha256(content).hexdigest(), dict(fields), items)
