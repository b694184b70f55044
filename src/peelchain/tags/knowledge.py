"""What is known when a question is asked: a choice among the tags and rates of a store."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

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


ALL = Knowledge()
"""Everything recorded."""


def known_tags(tags: pa.Table, knowledge: Knowledge) -> pa.Table:
    """The rows of `tags` that a choice lets count, in their order."""
    if knowledge.as_of is not None:
        limit = pa.scalar(knowledge.as_of.astimezone(UTC), tags.schema.field("recorded_utc").type)
        tags = tags.filter(pc.less_equal(tags["recorded_utc"], limit))
    if knowledge.without_tags:
        gone = pa.array(sorted(knowledge.without_tags), pa.string())
        tags = tags.filter(pc.invert(pc.is_in(tags["tag_id"], gone)))
    return tags
