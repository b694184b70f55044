"""The watch list of a case, changed and listed; the notices that came of it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.casework.statements import checked_text, said
from peelchain.case.casefile import CaseFile
from peelchain.case.lock import Waiting, silently
from peelchain.case.watching.notice import KINDS, told
from peelchain.case.watching.outbox import Outbox
from peelchain.case.watching.watch_list import ENTRY, items_of, parse_item
from peelchain.case.watching.watch_list import KINDS as ITEM_KINDS
from peelchain.errors import CaseError, MisuseError
from peelchain.network import by_name
from peelchain.units import shown

Row = dict[str, Any]

MOST_ITEMS = 1_000


def change(
    folder: Path,
    given: Sequence[str],
    *,
    add: bool,
    why: str,
    of: str = "other",
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Adds to the watch list of a case or removes from it, by an entry; gives that and the list.

    `why` is sealed. Raises MisuseError for what cannot be watched, CaseError for an item that is
    there already, or to remove and not there.
    """
    if of not in ITEM_KINDS:
        raise MisuseError(f"{shown(of)} is no kind; give one of {', '.join(ITEM_KINDS)}")
    text = checked_text(why)
    with CaseFile.open(folder) as case, case.at_work(waiting):
        network = by_name(str(case.opening().body["network"]))
        rows = {row["name"]: row for row in (parse_item(item, network) for item in given)}
        known = {item.name for item in items_of(case.standing())}
        strange = [name for name in sorted(rows) if (name in known) == add]
        if strange:
            what = "is watched already" if add else "is not watched"
            raise CaseError(f"{shown(strange[0])} {what}; see 'peelchain watch list'")
        if add and len(known) + len(rows) > MOST_ITEMS:
            raise CaseError(
                f"a case watches {MOST_ITEMS:,} items at most beside its traces; make one the seed "
                "of a case, which follows its whole cluster"
            )
        body: Row = {
            "change": "add" if add else "remove",
            "of": of if add else None,
            "items": [rows[name] for name in sorted(rows)],
        }
        made = said(case, ENTRY, body, {"why": text}, date_utc)
        return {**made, "watched": len(items_of(case.standing()))}


def listed(folder: Path) -> Row:
    """What people put on the watch list of a case, and what its last run has it watch besides."""
    with CaseFile.open(folder) as case:
        run = case.last("run")
        return {
            "case": str(folder),
            "run": None if run is None else run.seq,
            "seeds": [] if run is None else list(run.body["parameters"]["seeds"]),
            "items": [
                {
                    "type": item.type,
                    "name": item.name,
                    "kind": item.kind,
                    "why": item.why,
                    "entry": item.entry,
                }
                for item in items_of(case.standing())
            ],
        }


def notices(folder: Path, *, standing: bool = False) -> Row:
    """The notices of a case in order, with what became of each, and whom they are still owed to.

    `state` is `stands`, `retracted`, or of a sighting `mined` or `dropped`, by the notice `by`;
    `sent` has each channel with when it took the notice, None: not yet. `standing` leaves out what
    does not stand, and what says so.
    """
    with CaseFile.open(folder) as case:
        entries = case.entries()
    known = told(entries)
    sent: dict[str, dict[str, str | None]] = {}
    if Outbox.exists(folder):
        with Outbox.open(folder) as outbox:
            sent = outbox.deliveries()
    times = {entry.seq: entry.time_utc for entry in entries if entry.kind in KINDS}
    rows = []
    for name, notice in known.notices.items():
        state = known.state(name)
        if standing and (state != "stands" or notice["kind"] in ("retraction", "dropped")):
            continue
        entry = known.entry_of[name]
        rows.append(
            {
                "entry": entry,
                "raised_utc": times[entry],
                "state": state,
                "by": known.later(name),
                "sent": sent.get(name, {}),
                **notice,
            }
        )
    return {
        "case": str(folder),
        "count": len(rows),
        "owed": sum(at is None for row in rows for at in row["sent"].values()),
        "notices": rows,
    }
