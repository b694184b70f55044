"""Several parties named for one subject, ranked by the rule of `tags.services`.

The rule, the stronger first: the higher confidence class; more tagged scripts of the subject; the
later date of change; the lesser tag_id. Nothing is resolved by it in silence: who came second, and
by what, is told.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from peelchain.tags.services import Int64, confidence_level, parties

CRITERIA = ("confidence", "scripts", "lastmod", "tag_id")


@dataclass(frozen=True)
class PartyClaim:
    """What is said of a subject under one party's name: its best tag, how many tags and scripts.

    `decided_by` is the first criterion by which it comes before the next, None for the last.
    """

    party: str
    row: int
    tags: int
    scripts: int
    decided_by: str | None


def contested(tags: pa.Table, subjects: Int64, scripts: Int64) -> dict[int, list[PartyClaim]]:
    """The parties named for each subject that several are named for, the strongest first.

    `subjects` and `scripts` int64[rows] number what each tag is about and its script; a tag of
    subject -1 is passed over. Subjects rise. `row` is a row of `tags`.
    """
    rows = np.flatnonzero(subjects >= 0)
    names = parties(tags["label"].to_pylist(), tags["actor"].to_pylist())
    number = {name: at for at, name in enumerate(sorted(set(names)))}
    codes = np.array([number[name] for name in names], dtype=np.int64)
    pairs = np.unique(np.stack([subjects[rows], codes[rows]], axis=1), axis=0)
    several, counts = np.unique(pairs[:, 0], return_counts=True)
    chosen = rows[np.isin(subjects[rows], several[counts > 1])]
    held: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in chosen.tolist():
        held[int(subjects[row])][names[row]].append(row)
    cells = tags.select(["confidence", "lastmod", "tag_id"]).take(pa.array(chosen)).to_pylist()
    cell_of = dict(zip(chosen.tolist(), cells, strict=True))

    def strength(row: int) -> tuple[int, int, str]:
        cell = cell_of[row]
        return -confidence_level(cell["confidence"]), -_day(cell["lastmod"]), cell["tag_id"]

    found = {}
    for subject in sorted(held):
        ranked = []
        for party, own in held[subject].items():
            best = min(own, key=strength)
            level, day, tag_id = strength(best)
            support = len({int(scripts[row]) for row in own})
            ranked.append(((level, -support, day, tag_id), party, best, len(own), support))
        ranked.sort()
        found[subject] = [
            PartyClaim(
                party, best, count, support, _decides(key, ranked[at + 1][0] if after else None)
            )
            for at, (key, party, best, count, support) in enumerate(ranked)
            for after in (at + 1 < len(ranked),)
        ]
    return found


def _decides(key: tuple[int, int, int, str], other: tuple[int, int, int, str] | None) -> str | None:
    if other is None:
        return None
    return next(name for name, a, b in zip(CRITERIA, key, other, strict=True) if a != b)


def _day(day: str | None) -> int:
    return int(day.replace("-", "")) if day else 0
