"""What was said of one script, found without loading the tables."""

from datetime import UTC, datetime
from typing import Any

from peelchain.actions.open_store import OpenStore

_SHOWN = ("tag_id", "label", "category", "actor", "source")
_REINSTATED = "reinstated"


def tags_of_script(
    script: bytes, opened: OpenStore, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The tags of a script that are known by then and stand, each once, in order of tag_id."""
    limit = None if as_of is None else int(as_of.astimezone(UTC).timestamp() * 1000)
    gone = _taken_back(opened, limit)
    columns = [*_SHOWN, "recorded_utc"]
    found: dict[str, dict[str, Any]] = {}
    for run in opened.store.runs("tags"):
        if not run.parts("tags"):
            continue
        table = opened.store.run_rows(run, "tags")
        said = table.fetch("tags", table.rows_where("tags", "script_pubkey", script), columns)
        for values in zip(*(said[c] for c in columns), strict=True):
            row = dict(zip(columns, values, strict=True))
            tag_id, moment = row.pop("tag_id"), row.pop("recorded_utc")
            if tag_id not in gone and (limit is None or moment <= limit):
                found.setdefault(tag_id, row)
    return [found[tag_id] for tag_id in sorted(found)]


def _taken_back(opened: OpenStore, limit: int | None) -> set[str]:
    """The tags that the last change recorded by then takes back; see `tags.knowledge`."""
    changes: list[tuple[int, str, str]] = []
    for run in opened.store.runs("tags"):
        count = sum(part.rows for part in run.parts("tag_changes"))
        if count:
            rows = opened.store.run_rows(run, "tag_changes")
            said = rows.fetch("tag_changes", range(count), ["recorded_utc", "tag_id", "change"])
            changes += zip(said["recorded_utc"], said["tag_id"], said["change"], strict=True)
    known = [row for row in changes if limit is None or row[0] <= limit]
    last = {tag_id: change for _, tag_id, change in sorted(known, key=lambda row: row[0])}
    return {tag_id for tag_id, change in last.items() if change != _REINSTATED}
