"""A seized table of users and addresses, read row by row: what can be joined, and what is amiss.

Two ways of writing one address are one. What looks like a private key or seed words is kept
nowhere, and no reason repeats what a cell says: a list of bad rows can be handed on.
"""

import codecs
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from pathlib import Path

from peelchain import _core
from peelchain.case.delimited import delimiter_of, heading_line, rows_of
from peelchain.errors import CaseError, MisuseError
from peelchain.network import NETWORKS, Network
from peelchain.script import looks_secret
from peelchain.units import shown

USER, ADDRESS = "user", "address"
FIELDS = (USER, ADDRESS)
"""What a column must be mapped to."""

PROBLEMS = {
    "cells": "has more or fewer cells than the heading; left out",
    "encoding": "is not text in the encoding of the file; left out",
    "no_user": "names no user; left out",
    "no_address": "names no address; left out",
    "not_an_address": "names what is no address of Bitcoin; left out",
    "other_network": "names an address of another network; left out",
    "secret": "has what looks like a private key or seed words; left out and not stored",
    "secret_cell": "has a cell that looks like a private key or seed words; the cell is not stored",
    "too_long": "has a cell of more than 10,000 characters; left out",
    "repeated": "says what an earlier row says; counted once",
    "shared": "gives an address that another user has too; its payments are no one user's",
}
"""What can be amiss with a row, and what becomes of it."""

MOST_ROWS = 20_000_000
_MOST_BYTES = 4 << 30
_MOST_CELL = 10_000
_GZIP = b"\x1f\x8b"
# the shortest form of a secret, a mini key, has 22 characters
_SHORTEST_SECRET = 22
_EVERY = 1 << 16

Progress = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Reject:
    """A row that is amiss: its number (1 is the first after the heading) and a key of PROBLEMS.

    `other` is the number of the row it repeats or shares an address with, 0 for none.
    """

    row: int
    problem: str
    other: int = 0


@dataclass(frozen=True)
class UserTable:
    """The rows that can be joined, and those that are amiss.

    `users` are the users in the order in which they first occur. Of each joined row `owner` is the
    place of its user, `addresses` and `scripts` its address as written and the script of it, `rows`
    its number and `more` the cells of the columns `headings`, which are neither user nor address.
    `shared` are the scripts that several users have. `count` is the number of rows of the file, and
    `sha256` the hash of it.
    """

    sha256: str
    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    count: int
    users: list[str]
    owner: list[int]
    addresses: list[str]
    scripts: list[bytes]
    rows: list[int]
    more: list[tuple[str, ...]]
    shared: frozenset[bytes]
    rejects: list[Reject]

    def records(self) -> list[bytes]:
        """The canonical JSON of what the table says of each user, in their order.

        `{"addresses": [A, ...], "kind": "table_user", "rows": [{HEADING: CELL}, ...], "user": U}`;
        `rows` is empty where the table has no more columns.
        """
        quoted = encode_basestring_ascii
        order = sorted(range(len(self.headings)), key=self.headings.__getitem__)
        names = [f"{quoted(self.headings[at])}:" for at in order]
        # texts that grow, not lists of lists: of millions the collector would walk every one
        addresses = [""] * len(self.users)
        rows = [""] * len(self.users)
        for place, address, cells in zip(self.owner, self.addresses, self.more, strict=True):
            before = addresses[place]
            text = quoted(address)
            addresses[place] = f"{before},{text}" if before else text
            if order:
                said = ",".join([n + quoted(cells[at]) for n, at in zip(names, order, strict=True)])
                before = rows[place]
                rows[place] = f"{before},{{{said}}}" if before else f"{{{said}}}"
        return [
            (
                f'{{"addresses":[{own}],"kind":"table_user","rows":[{theirs}],'
                f'"user":{quoted(user)}}}\n'
            ).encode()
            for user, own, theirs in zip(self.users, addresses, rows, strict=True)
        ]


def read_user_table(
    path: Path, network: Network, mapping: Mapping[str, str], progress: Progress
) -> UserTable:
    """The table in a CSV file, gzipped or not; `mapping` gives the headings of FIELDS.

    A field that is not mapped has a heading of its own name. Raises CaseError naming the file, and
    MisuseError for a mapping that does not fit, both without what the rows say.
    """
    content, digest = _content(path)
    text, encoding = _decoded(content, path)
    if len(heading_line(text)) > _MOST_CELL:
        raise CaseError(
            f"{path}: its first line has more than {_MOST_CELL:,} characters; it is no heading"
        )
    delimiter = delimiter_of(text)
    cells = rows_of(text, delimiter, path)
    header = [heading.strip() for heading in next(cells, [])]
    if any(looks_secret(text) for text in header) or any(
        decode([text for text in header if text.isascii()], network)
    ):
        # no message may repeat such a line: it is a row
        raise CaseError(f"{path}: its first line is a row; put a heading before it")
    user_at, address_at = _places(header, mapping, path)
    return _Reading(network, header, user_at, address_at).read(
        cells, encoding, delimiter, path, progress, text.count("\n"), digest
    )


class _Reading:
    """One pass over the rows."""

    def __init__(self, network: Network, header: list[str], user_at: int, address_at: int) -> None:
        self.network = network
        self.user_at, self.address_at = user_at, address_at
        self.width = len(header)
        self.more_at = [at for at in range(len(header)) if at not in (user_at, address_at)]
        self.headings = tuple(_distinct([header[at] for at in self.more_at]))
        self.rejects: list[Reject] = []

    def read(
        self,
        cells: Iterator[list[str]],
        encoding: str,
        delimiter: str,
        path: Path,
        progress: Progress,
        about: int,
        digest: str,
    ) -> UserTable:
        numbers, names, addresses, more = self._taken(cells, path, progress, about)
        progress("addresses", 0, len(addresses))
        decoded = decode(addresses, self.network)
        progress("addresses", len(addresses), len(addresses))
        wrong = [at for at, script in enumerate(decoded) if script is None]
        self._refuse([(numbers[at], addresses[at]) for at in wrong])
        users: dict[str, int] = {}
        holders: dict[bytes, tuple[int, int]] = {}
        own: set[tuple[int, bytes]] = set()
        shared: set[bytes] = set()
        owner: list[int] = []
        kept: list[int] = []
        for at, (name, script) in enumerate(zip(names, decoded, strict=True)):
            if script is None:
                continue
            place = users.setdefault(name, len(users))
            holder, first = holders.setdefault(script, (place, numbers[at]))
            if first != numbers[at]:
                if holder == place or (place, script) in own:
                    self.rejects.append(Reject(numbers[at], "repeated", first))
                    continue
                shared.add(script)
                own.add((place, script))
                self.rejects.append(Reject(numbers[at], "shared", first))
            owner.append(place)
            kept.append(at)
        self.rejects.sort(key=lambda reject: (reject.row, reject.problem))
        return UserTable(
            sha256=digest,
            encoding=encoding,
            delimiter=delimiter,
            headings=self.headings,
            count=self.count,
            users=list(users),
            owner=owner,
            addresses=[addresses[at] for at in kept],
            scripts=[script for script in decoded if script is not None]
            if len(kept) == len(decoded)
            else [script for at in kept if (script := decoded[at]) is not None],
            rows=[numbers[at] for at in kept],
            more=[more[at] for at in kept],
            shared=frozenset(shared),
            rejects=self.rejects,
        )

    def _taken(
        self, cells: Iterator[list[str]], path: Path, progress: Progress, about: int
    ) -> tuple[list[int], list[str], list[str], list[tuple[str, ...]]]:
        """Number, user, address and other cells of the rows that have both."""
        numbers: list[int] = []
        names: list[str] = []
        addresses: list[str] = []
        more: list[tuple[str, ...]] = []
        reject = self.rejects.append
        number = 0
        for number, row in enumerate(cells, 1):
            if not number % _EVERY:
                progress("rows", number, about)
                if number > MOST_ROWS:
                    raise CaseError(f"{path} has more than {MOST_ROWS:,} rows; split it")
            if len(row) != self.width:
                if any(row):
                    reject(Reject(number, "cells"))
                continue
            user, address = row[self.user_at].strip(), row[self.address_at].strip()
            fault = "" if user and address else "no_user" if address else "no_address"
            long = max(map(len, row))
            if long > _MOST_CELL:
                fault = "too_long"
            elif not "".join(row).isascii() and not _is_text(row):
                fault = "encoding"
            elif len(user) >= _SHORTEST_SECRET and looks_secret(user):
                fault = "secret"
            if fault:
                if long:
                    reject(Reject(number, fault))
                continue
            others = tuple([row[at] for at in self.more_at])
            if others and max(map(len, others)) >= _SHORTEST_SECRET:
                clean = tuple(
                    "" if len(cell) >= _SHORTEST_SECRET and looks_secret(cell) else cell
                    for cell in others
                )
                if clean != others:
                    reject(Reject(number, "secret_cell"))
                    others = clean
            numbers.append(number)
            names.append(user)
            addresses.append(address)
            more.append(others)
        self.count = number
        progress("rows", number, number)
        if not number:
            raise CaseError(f"{path} has no rows; give a table of users and their addresses")
        return numbers, names, addresses, more

    def _refuse(self, wrong: Sequence[tuple[int, str]]) -> None:
        """Lists rows whose address is none of the network, by why."""
        texts = [text for _, text in wrong]
        elsewhere = [False] * len(wrong)
        for other in NETWORKS.values():
            if other is not self.network:
                found = decode(texts, other)
                elsewhere = [e or f is not None for e, f in zip(elsewhere, found, strict=True)]
        for (number, text), is_other in zip(wrong, elsewhere, strict=True):
            problem = "other_network" if is_other else "not_an_address"
            if len(text) >= _SHORTEST_SECRET and not is_other and looks_secret(text):
                problem = "secret"
            self.rejects.append(Reject(number, problem))


def decode(texts: list[str], network: Network) -> list[bytes | None]:
    """The script that each text pays to as an address of the network, None for none."""
    return _core.decode_addresses(
        texts,
        network.p2pkh_prefixes,
        network.p2sh_prefixes,
        network.bech32_hrp,
        network.cash_prefix,
    )


def _is_text(row: Sequence[str]) -> bool:
    """Whether no cell has bytes that were no text, or control characters of Latin-1."""
    return not any("\udc80" <= c <= "\udcff" or "\x80" <= c <= "\x9f" for c in "".join(row))


def _content(path: Path) -> tuple[bytes, str]:
    """What the file holds, unpacked, and the SHA-256 of the file itself."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise CaseError(f"{path} has more than {_MOST_BYTES >> 30} GB; split it")
        digest = sha256(content).hexdigest()
        if content.startswith(_GZIP):
            with gzip.open(io.BytesIO(content)) as unpacked:
                content = unpacked.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                raise CaseError(f"{path} unpacks to more than {_MOST_BYTES >> 30} GB; split it")
    except (OSError, EOFError) as e:
        why = getattr(e, "strerror", None) or "it is cut short or damaged"
        raise CaseError(f"{path}: {why}; give a CSV file") from None
    return content, digest


def _decoded(content: bytes, path: Path) -> tuple[str, str]:
    """The text and its encoding, by its mark or by what it holds.

    UTF-8 with some bad bytes is told from Latin-1 by its good ones: text in Latin-1 hardly ever has
    a valid sequence of several bytes. The bad bytes become surrogates, for their rows to be listed.
    """
    marks = {
        codecs.BOM_UTF8: "utf-8-sig",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    for mark, encoding in marks.items():
        if content.startswith(mark):
            try:
                errors = "surrogateescape" if encoding == "utf-8-sig" else "strict"
                return content.decode(encoding, errors), encoding.removesuffix("-sig")
            except UnicodeDecodeError as e:
                raise CaseError(
                    f"{path} is not UTF-16 text near byte {e.start}; save it as UTF-8"
                ) from None
    head = content[:2000]
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(head) > 3 and zeros.count(0) > 0.9 * len(zeros):
            try:
                return content.decode(encoding), encoding
            except UnicodeDecodeError as e:
                raise CaseError(
                    f"{path} is not UTF-16 text near byte {e.start}; save it as UTF-8"
                ) from None
    text = content.decode("utf-8", "surrogateescape")
    if text.isascii():
        return text, "utf-8"
    bad = sum(1 for c in text if "\udc80" <= c <= "\udcff") if _has_escapes(text) else 0
    good = sum(1 for c in text if c > "\x7f") - bad if bad else 1
    if good:
        return text, "utf-8"
    try:
        # beside Latin-1, Windows has letters where Latin-1 has controls
        is_windows = any("\x80" <= c <= "\x9f" for c in content.decode("latin-1"))
        encoding = "windows-1252" if is_windows else "latin-1"
        return content.decode(encoding), encoding
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


def _has_escapes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _places(header: list[str], mapping: Mapping[str, str], path: Path) -> tuple[int, int]:
    unknown = sorted(set(mapping) - set(FIELDS))
    if unknown:
        raise MisuseError(f"{shown(unknown[0])} is no field; map {' and '.join(FIELDS)}")
    found = []
    for field in FIELDS:
        wanted = mapping.get(field, field).strip().lower()
        at = [place for place, heading in enumerate(header) if heading.lower() == wanted]
        if len(at) != 1:
            there = ", ".join(shown(heading) for heading in header[:30]) or "none"
            how = "several times" if at else "not"
            raise MisuseError(
                f"{path}: the heading {shown(wanted)} is {how} there; say which column it is with "
                f"--map {field}=HEADING; the headings are {there}"
            )
        found.append(at[0])
    if found[0] == found[1]:
        raise MisuseError("user and address are mapped to one column; map each to its own")
    return found[0], found[1]


def _distinct(headings: Sequence[str]) -> list[str]:
    """The headings, each once: one that is empty or repeated gets a number."""
    seen: set[str] = set()
    found = []
    for at, heading in enumerate(headings, 1):
        name = heading or f"column {at}"
        while name in seen:
            name = f"{name} {at}"
        seen.add(name)
        found.append(name)
    return found
