"""What is known when a question is asked: a choice among the tags and rates of a store."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.units import format_time


@dataclass(frozen=True)
class Knowledge:
    """A choice among what is recorded; the default is all of it.

    `as_of` (with its zone): only what was recorded by then. `without_tags`: tag_ids passed over, as
    if they had been retracted. `runs`: run_ids of imports that alone count, None for all.
    """

    as_of: datetime | None = None
    without_tags: frozenset[str] = frozenset()
    runs: tuple[str, ...] | None = None

    def without(self, *tag_ids: str) -> "Knowledge":
        """The same less these tags."""
        return replace(self, without_tags=self.without_tags | frozenset(tag_ids))

    def described(self) -> dict[str, Any]:
        """The choice as canonical JSON holds it."""
        moment = None if self.as_of is None else int(self.as_of.astimezone(UTC).timestamp())
        return {
            "as_of": None if moment is None else format_time(moment),
            "without_tags": sorted(self.without_tags),
        }


RETRACTED = "retracted"
CORRECTED = "corrected"
REINSTATED = "reinstated"

ALL = Knowledge()
"""Everything recorded."""


def known_tags(tags: pa.Table, knowledge: Knowledge, changes: pa.Table | None = None) -> pa.Table:
    """The rows of `tags` that a choice lets count, in their order.

    `changes` are rows of `tag_changes` that are known by then: what they take back does not count.
    """
    tags = recorded_by(tags, knowledge.as_of)
    gone = set(knowledge.without_tags)
    if changes is not None:
        gone |= taken_back(changes)
    if gone:
        tags = tags.filter(pc.invert(pc.is_in(tags["tag_id"], pa.array(sorted(gone), pa.string()))))
    return tags


def each_once(tags: pa.Table) -> pa.Table:
    """The first row of each tag, by tag_id."""
    if not tags.num_rows:
        return tags
    order = np.arange(tags.num_rows, dtype=np.int64)
    placed = pa.table({"tag_id": tags["tag_id"], "at": order})
    first = placed.group_by("tag_id").aggregate([("at", "min")]).sort_by("tag_id")
    return tags.take(first["at_min"])


def recorded_by(rows: pa.Table, as_of: datetime | None) -> pa.Table:
    """The rows that were recorded by then; one without a moment of record counts at any time."""
    if as_of is None:
        return rows
    limit = pa.scalar(as_of.astimezone(UTC), rows.schema.field("recorded_utc").type)
    known = pc.less_equal(rows["recorded_utc"], limit)
    return rows.filter(pc.fill_null(known, True))


def taken_back(changes: pa.Table) -> set[str]:
    """The tags that the last change recorded of each retracts or corrects."""
    return {tag for tag, change in last_changes(changes).items() if change != REINSTATED}


def last_changes(changes: pa.Table) -> dict[str, str]:
    """The last change recorded of each tag; of several of one moment the later row."""
    moments = changes["recorded_utc"].to_pylist()
    order = sorted(range(changes.num_rows), key=lambda row: (moments[row], row))
    tag_ids, kinds = changes["tag_id"].to_pylist(), changes["change"].to_pylist()
    return {tag_ids[row]: kinds[row] for row in order}
