"""Notices: what a watch tells of, each named by what it is about, so that none is told twice.

A notice is JSON in the journal entry that decided it. Its `id` follows from the case, the kind,
what the watch is of, the transaction and the block: whoever decides again comes to the same one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from peelchain.case.canonical import canonical_json
from peelchain.case.journal import Entry

Row = dict[str, Any]

WATCHED = "watched"
"""Entries that tell of transactions in blocks: derived, and derived again by replay."""
REORGANISATION = "reorganisation"
"""Entries that take back what blocks told that are no more in the chain."""
MEMPOOL = "mempool"
"""Entries that tell of transactions that no block has yet, as a source showed them."""
KINDS = (WATCHED, REORGANISATION, MEMPOOL)
"""The kinds of entries that hold notices."""

CASE = "case"
"""What a notice is of where it is of the value that the case traces."""

_ID_DIGITS = 32


def case_id(entries: Sequence[Entry]) -> str:
    """What names a case in its notices: the hash of its first entry."""
    return entries[0].hash


def notice_id(case: str, kind: str, of: str, txid: str, block_hash: str, again: int = 0) -> str:
    """The name of a notice: 32 hex digits of a SHA-256.

    `of` is the name of the watched item or `case`; `block_hash` is empty for a transaction in no
    block; `again` counts how often just this was taken back before, for a block may come back.
    """
    named = canonical_json([case, kind, of, txid, block_hash, again])
    return sha256(named).hexdigest()[:_ID_DIGITS]


@dataclass(frozen=True)
class Told:
    """The notices of a journal: all by id in order, and what later ones say of them.

    `retracted` has the notices whose block is no more in the chain, `mined` and `dropped` the
    sightings of which that is told, each with the notice that says so.
    """

    notices: Mapping[str, Row]
    entry_of: Mapping[str, int]
    retracted: Mapping[str, str]
    mined: Mapping[str, str]
    dropped: Mapping[str, str]

    def state(self, notice: str) -> str:
        """`stands`, `retracted`, or of a sighting `mined` or `dropped`."""
        for state in ("retracted", "mined", "dropped"):
            if notice in getattr(self, state):
                return state
        return "stands"

    def later(self, notice: str) -> str | None:
        """The notice that says that one does not stand as it was told; None where it does."""
        return next(
            (by[notice] for by in (self.retracted, self.mined, self.dropped) if notice in by), None
        )

    def fresh_id(self, case: str, kind: str, of: str, txid: str, block_hash: str) -> str | None:
        """The id of a notice that is to be raised; None where it stands already."""
        again = 0
        while True:
            name = notice_id(case, kind, of, txid, block_hash, again)
            if name not in self.notices:
                return name
            if name not in self.retracted and name not in self.dropped:
                return None
            again += 1

    def replaced(self, kind: str, of: str, txid: str) -> str | None:
        """The last notice of the same kind, watch and transaction that was taken back."""
        found = [
            name
            for name in self.retracted
            if (self.notices[name]["kind"], self.notices[name]["of"]["name"]) == (kind, of)
            and self.notices[name]["txid"] == txid
        ]
        return found[-1] if found else None

    def sighted(self, of: str, txid: str, sights: str) -> str | None:
        """The open sighting of a transaction that spends or pays what is watched."""
        for name, row in self.open_sightings():
            if (row["of"]["name"], row["txid"], row["sights"]) == (of, txid, sights):
                return name
        return None

    def open_sightings(self) -> list[tuple[str, Row]]:
        """The sightings that no block and no other transaction settled yet, in order."""
        return [
            (name, row)
            for name, row in self.notices.items()
            if row["kind"] == "sighting" and name not in self.mined and name not in self.dropped
        ]


def told(entries: Iterable[Entry]) -> Told:
    """The notices in the entries of a journal."""
    notices: dict[str, Row] = {}
    entry_of: dict[str, int] = {}
    retracted: dict[str, str] = {}
    mined: dict[str, str] = {}
    dropped: dict[str, str] = {}
    for entry in entries:
        if entry.kind not in KINDS:
            continue
        for row in entry.body["notices"]:
            name = str(row["id"])
            notices[name] = row
            entry_of[name] = entry.seq
            if row["kind"] == "retraction":
                retracted[row["refers_to"]] = name
                # what was mined is unconfirmed again when its block is gone
                mined = {seen: by for seen, by in mined.items() if by != row["refers_to"]}
            elif row["kind"] == "dropped":
                dropped[row["refers_to"]] = name
            elif row.get("confirms"):
                mined[row["confirms"]] = name
    return Told(notices, entry_of, retracted, mined, dropped)
