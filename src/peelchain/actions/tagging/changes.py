"""Retraction, correction and reinstatement of tags: new records, and what in cases rested on them.

Nothing is edited: a change is a row of `tag_changes`, a corrected tag a row of `tags`, both in a
run of their own.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from peelchain.actions.casework.dependents import dependents_in_store
from peelchain.actions.casework.moment import moment_of
from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.case.casefile import JOURNAL
from peelchain.errors import MisuseError, PeelchainError
from peelchain.network import Network
from peelchain.schema import TABLES
from peelchain.store.writer import open_for_writing
from peelchain.tags.claims import (
    FIELDS,
    Tag,
    check_complete,
    checked_address,
    claims_of,
    said_by,
    tag_digest,
)
from peelchain.tags.imported import RefusedItemError
from peelchain.tags.knowledge import REINSTATED, last_changes
from peelchain.tags.tagpack import tags_table
from peelchain.tags.text import cleaned
from peelchain.units import format_time, shown

MAX_REASON = 2_000

Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What is said of tags: `by` whom and for what `reason`.

    `corrections` are the fields of the one tag that a correction changes, empty text for none.
    `cases` are folders of cases, or folders that hold such.
    """

    change: str
    tag_ids: Sequence[str]
    by: str
    reason: str
    recorded_utc: datetime | None = None
    corrections: Mapping[str, str] = field(default_factory=dict)
    cases: Sequence[Path] = ()


def change_tags(asked: Change, store: Path, progress: Progress = silent) -> Row:
    """Records a change of tags; lists the findings, exhibits and requests of cases it touches.

    What the cases rest on is found before the change is recorded. A case that cannot be derived on
    this store is named with the reason, and does not keep the change from being recorded. Raises
    MisuseError for a tag that is not in the store, or of which the same was said last.
    """
    by, reason = _said(asked.by, "--by"), _said(asked.reason, "--reason")
    recorded = moment_of(asked.recorded_utc)
    with StoreView(store) as view:
        tags = _tags(view, asked)
        tip = view.tip
        network = view.network
    replacement = _corrected(tags[0], asked, network, recorded) if asked.corrections else None
    dependents, unknown = _dependents(asked, store, progress)
    rows = [
        {
            "tag_id": tag["tag_id"],
            "change": asked.change,
            "replacement": replacement["tag_id"][0].as_py() if replacement is not None else None,
            "by": by,
            "reason": reason,
            "recorded_utc": recorded,
        }
        for tag in tags
    ]
    with open_for_writing(store) as writer:
        told = [{**row, "recorded_utc": _time(recorded)} for row in rows]
        new = writer.new_run("tags", parameters={"changes": told}, inputs={}, on_chain=False)
        if replacement is not None:
            new.add_table("tags", replacement)
        new.add_table("tag_changes", _table(rows))
        run = new.commit()
    return {
        **tip,
        "run_id": run.run_id,
        "changes": told,
        "tags": [_shown(tag) for tag in tags],
        "replacement": None if replacement is None else _shown(replacement.to_pylist()[0]),
        "dependents": dependents,
        "cases_not_derived": unknown,
    }


def cases_in(folders: Sequence[Path]) -> list[Path]:
    """The cases among these folders and all below them, by path. Raises MisuseError for none."""
    found: set[Path] = set()
    for folder in folders:
        if not folder.is_dir():
            raise MisuseError(f"{folder} is no folder; give --cases the folder of cases")
        found.update(path.parent for path in folder.rglob(JOURNAL))
    return sorted(found)


def _tags(view: StoreView, asked: Change) -> list[Row]:
    """The tags asked for, as their first record has them, each once."""
    wanted = list(dict.fromkeys(asked.tag_ids))
    every = view.every_tag
    known = every.filter(pc.is_in(every["tag_id"], pa.array(wanted, pa.string())))
    by_id: dict[str, Row] = {}
    for row in known.to_pylist():
        by_id.setdefault(row["tag_id"], row)
    last = last_changes(view.tag_changes)
    for tag_id in wanted:
        if tag_id not in by_id:
            raise MisuseError(
                f"there is no tag {shown(tag_id)} in {view.store.path}; 'peelchain tags show "
                "ADDRESS' names the tags of an address"
            )
        stands = last.get(tag_id, REINSTATED) == REINSTATED
        if stands == (asked.change == REINSTATED):
            state = "stands" if stands else f"was {last[tag_id]} already"
            raise MisuseError(f"the tag {tag_id} {state}; there is nothing to change")
    return [by_id[tag_id] for tag_id in wanted]


def _corrected(tag: Row, asked: Change, network: Network, recorded: datetime) -> pa.Table:
    """The `tags` table of the one tag with other fields. Raises MisuseError."""
    unknown = set(asked.corrections) - {*FIELDS, "address"}
    if unknown:
        raise MisuseError(
            f"a tag has no field {shown(min(unknown))}; those are address, {', '.join(FIELDS)}"
        )
    if len(asked.tag_ids) != 1:
        raise MisuseError("correct one tag at a time")
    fields = {name: tag[name] for name in FIELDS if tag.get(name) is not None}
    fields["currency"] = "BTC"
    if "concepts" in fields:
        fields["concepts"] = json.loads(fields["concepts"])
    if "is_cluster_definer" in fields:
        fields["is_cluster_definer"] = str(fields["is_cluster_definer"]).lower()
    changed = {name: text for name, text in asked.corrections.items() if name != "address"}
    fields |= changed
    try:
        claims = claims_of(fields, lambda *_: None)
        check_complete(claims)
        given = asked.corrections.get("address", tag["address"])
        address, script = checked_address(given, network, lambda *_: None)
    except RefusedItemError as refused:
        raise MisuseError(f"the corrected tag cannot be: {refused}") from None
    said = said_by(claims)
    digest = tag_digest(script, said.canonical())
    if digest[:8].hex() == tag["tag_id"]:
        raise MisuseError("the correction changes nothing that the tag says")
    return tags_table({digest: Tag(address, script, said, tag["file"])}, recorded)


def _dependents(
    asked: Change, store: Path, progress: Progress
) -> tuple[list[Row], list[dict[str, str]]]:
    rows: list[Row] = []
    unknown: list[dict[str, str]] = []
    if asked.change == REINSTATED:
        return rows, unknown
    cases = cases_in(asked.cases)
    for done, case in enumerate(cases):
        progress("cases", done, len(cases))
        try:
            rows += dependents_in_store(case, store, asked.tag_ids)
        except PeelchainError as error:
            unknown.append({"case": str(case), "reason": str(error)})
    progress("cases", len(cases), len(cases))
    return rows, unknown


def _table(rows: list[Row]) -> pa.Table:
    made = [{"change_id": _identity(row), **row} for row in rows]
    made.sort(key=lambda row: row["change_id"])
    return pa.Table.from_pylist(made, schema=TABLES["tag_changes"].schema)


def _identity(row: Row) -> str:
    said = [row[name] for name in ("tag_id", "change", "replacement", "by", "reason")]
    text = json.dumps([*said, _time(row["recorded_utc"])], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _said(text: str, option: str) -> str:
    plain = cleaned(text)
    if not plain or len(plain) > MAX_REASON:
        raise MisuseError(f"{option} is a text of 1 to {MAX_REASON:,} characters")
    return plain


def _time(moment: datetime) -> str:
    return format_time(int(moment.astimezone(UTC).timestamp()))


def _shown(tag: Row) -> Row:
    return {name: tag[name] for name in ("tag_id", "address", "label", "source")}
