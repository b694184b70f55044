"""Whether accounts at several services are one person's: suggested exactly, decided on record.

Two refs are suggested for one person where the services gave the same identity document, the same
e-mail address, or the same name and birth date, letter for letter but for case and white space.
A mailbox may be shared and a name may be common, so nothing is joined until somebody decides it.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from peelchain.case.journal import Entry

SAME, DIFFERENT = "same_person", "different_persons"
_BY = ("document", "email", "name_and_birth_date")

Records = Callable[[str], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Suggestion:
    """Two refs that may be one person, and by what: document, email, name_and_birth_date."""

    first: str
    second: str
    by: tuple[str, ...]


def identity_keys(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a record can be matched by: kind and text, folded in case, form and white space."""
    said = {field: folded(str(record.get(field, ""))) for field in ("document", "email")}
    name, birth = (folded(str(record.get(field, ""))) for field in ("name", "birth_date"))
    said["name_and_birth_date"] = f"{name}|{birth}" if name and birth else ""
    return [(kind, said[kind]) for kind in _BY if said[kind]]


def sayings(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a record says of a person: itself, and what else the same answer says in `also`."""
    return [record, *record.get("also", ())]


def folded(text: str) -> str:
    """The text in one form of Unicode, without case and with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def suggestions(
    refs: Sequence[str], records: Records, entries: Iterable[Entry]
) -> list[Suggestion]:
    """Pairs that may be one person and that nobody has decided on, in the order of the refs.

    Pairs that decisions join already, by way of others too, are left out.
    """
    entries = list(entries)
    joined, apart = first_refs(entries), _apart(entries)
    held: dict[tuple[str, str], list[str]] = {}
    for ref in refs:
        said = [saying for record in records(ref) for saying in sayings(record)]
        for key in dict.fromkeys(key for saying in said for key in identity_keys(saying)):
            held.setdefault(key, []).append(ref)
    why: dict[tuple[str, str], set[str]] = {}
    for (kind, _), those in held.items():
        for pair in combinations(those, 2):
            why.setdefault(pair, set()).add(kind)
    place = {ref: at for at, ref in enumerate(refs)}
    return [
        Suggestion(first, second, tuple(kind for kind in _BY if kind in why[first, second]))
        for first, second in sorted(why, key=lambda pair: (place[pair[0]], place[pair[1]]))
        if frozenset((first, second)) not in apart
        and joined.get(first, first) != joined.get(second, second)
    ]


def first_refs(entries: Iterable[Entry]) -> dict[str, str]:
    """For each ref that a standing decision joins with others, the first of them by number."""
    first: dict[str, str] = {}

    def root(ref: str) -> str:
        while first.setdefault(ref, ref) != ref:
            ref = first[ref]
        return ref

    for entry in entries:
        if entry.kind == "decision" and entry.body.get("decides") == SAME:
            roots = sorted({root(str(ref)) for ref in entry.body["persons"]}, key=number_of)
            for other in roots[1:]:
                first[other] = roots[0]
    return {ref: root(ref) for ref in first}


def number_of(ref: str) -> int:
    """The number in a ref such as P12."""
    return int(ref[1:])


def _apart(entries: Iterable[Entry]) -> set[frozenset[str]]:
    return {
        frozenset(pair)
        for entry in entries
        if entry.kind == "decision" and entry.body.get("decides") == DIFFERENT
        for pair in combinations([str(ref) for ref in entry.body["persons"]], 2)
    }
