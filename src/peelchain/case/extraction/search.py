"""The search of seized files: hits with file, part and offset, inside what the authority allows."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path

from peelchain import _core
from peelchain.case.extraction.files import parts_of_file
from peelchain.case.extraction.parts import Budget, Part
from peelchain.errors import SourceError

WINDOW = 256 * 1024 * 1024
"""Bytes of a file searched before its hits are handed on: bounds what is held."""
NEAR = 4096
"""In bytes that have no parts, a hit this close to a privileged word is left out."""

PRIVILEGED = "privileged"
SECRETS = "secret: "

Watch = Callable[[int], None]


@dataclass(frozen=True)
class Bounds:
    """What the authority lets be searched.

    Parts dated outside `since` to before `until` are left out; where either is given, parts without
    a date too, unless `undated`. Whatever holds one of the words of `privileged` is left out.
    """

    since: datetime | None = None
    until: datetime | None = None
    undated: bool = False
    privileged: tuple[str, ...] = ()

    @property
    def by_date(self) -> bool:
        """Whether dates bound the search."""
        return self.since is not None or self.until is not None

    def why_not(self, date: datetime | None) -> str | None:
        """Why a part of this date is left out, None where it is not."""
        if not self.by_date:
            return None
        if date is None:
            return None if self.undated else "undated"
        early = self.since is not None and date < self.since
        late = self.until is not None and date >= self.until
        return "out of dates" if early or late else None


@dataclass(frozen=True)
class Hit:
    """Something found. `value` is None for secrets, of which nothing is known but kind and place.

    `offset` and `length` are bytes: of the file where `part` is empty, else of the part's text in
    UTF-8. `wide` says that it is UTF-16.
    """

    part: str
    offset: int
    length: int
    kind: str
    wide: bool
    value: str | None

    @property
    def is_secret(self) -> bool:
        """Whether it is a private key or seed words."""
        return self.kind.startswith(SECRETS)


@dataclass
class Told:
    """What a search went through and left out: parts searched, bytes, and counts by reason."""

    parts: int = 0
    searched_bytes: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    unread: list[tuple[str, str]] = field(default_factory=list)


def search(path: Path, bounds: Bounds, told: Told, watch: Watch) -> Iterator[Hit]:
    """What a file holds, in order. Raises SourceError where it cannot be read."""
    budget = Budget()
    by_row = bounds.by_date or bool(bounds.privileged)
    try:
        parts = parts_of_file(path, budget, by_row=by_row)
        if parts is None:
            yield from _whole(path, bounds, told, watch)
        else:
            for _, group in groupby(parts, key=lambda part: part.group or part.name):
                yield from _group(list(group), bounds, told)
                watch(told.searched_bytes)
    except OSError as e:
        raise SourceError(f"{path}: {e.strerror or e}; give a file that you may read") from None
    told.unread += budget.left_out


def _group(parts: list[Part], bounds: Bounds, told: Told) -> Iterator[Hit]:
    """The hits of parts that are privileged together."""
    words = list(bounds.privileged)
    hits: list[Hit] = []
    for part in parts:
        why = bounds.why_not(part.date_utc)
        if why is not None:
            told.left_out[f"parts {why}"] += 1
            # a letter to counsel is privileged whatever the date of what is attached to it
            found = _core.scan_bytes(part.content, words) if words else []
            if any(kind == PRIVILEGED for kind, *_ in found):
                told.left_out["parts privileged"] += len(parts)
                return
            continue
        found = _core.scan_bytes(part.content, words)
        if any(kind == PRIVILEGED for kind, *_ in found):
            told.left_out["parts privileged"] += len(parts)
            return
        told.parts += 1
        told.searched_bytes += len(part.content)
        hits += [Hit(part.name, at, n, kind, wide, text) for kind, at, n, wide, text in found]
    yield from hits


def _whole(path: Path, bounds: Bounds, told: Told, watch: Watch) -> Iterator[Hit]:
    why = bounds.why_not(None)
    if why is not None:
        told.left_out[f"parts {why}"] += 1
        return
    with path.open("rb") as file:
        size = file.seek(0, 2)
    told.parts += 1
    words = list(bounds.privileged)
    for first in range(0, size, WINDOW):
        end = min(first + WINDOW, size)
        found = _core.scan_file(path, first, end, words, lambda done, _: watch(first + done))  # noqa: B023
        if not words:
            yield from _hits(found)
            continue
        # words just outside of the window count as well
        low, high = max(0, first - NEAR), min(end + NEAR, size)
        marks = [at for kind, at, *_ in found if kind == PRIVILEGED]
        for a, b in ((low, first), (end, high)):
            around = _core.scan_file(path, a, b, words)
            marks += [at for kind, at, *_ in around if kind == PRIVILEGED]
        yield from _hits(_away_from(sorted(marks), found, told))
    told.searched_bytes += size


_Found = tuple[str, int, int, bool, str | None]


def _away_from(marks: list[int], found: list[_Found], told: Told) -> Iterator[_Found]:
    from bisect import bisect_left

    for hit in found:
        if hit[0] == PRIVILEGED:
            continue
        at = bisect_left(marks, hit[1] - NEAR)
        if at < len(marks) and marks[at] <= hit[1] + hit[2] + NEAR:
            told.left_out["hits near privileged words"] += 1
        else:
            yield hit


def _hits(found: "Iterator[_Found] | list[_Found]") -> Iterator[Hit]:
    return (Hit("", at, n, kind, wide, text) for kind, at, n, wide, text in found)
