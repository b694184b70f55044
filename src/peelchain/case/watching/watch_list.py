"""The watch list of a case: what people add to it, beside what its runs trace."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from peelchain.case.journal import Entry
from peelchain.errors import AddressError, MisuseError
from peelchain.network import Network
from peelchain.script import script_pubkey
from peelchain.units import OutPoint, shown

Row = dict[str, Any]

ENTRY = "watch"
"""The kind of the journal's entries by which the list changes."""

KINDS = ("frozen", "seized", "suspect", "service", "victim", "other")
"""Why something is watched."""

LOUD = frozenset({"frozen", "seized"})
"""Kinds of which a movement is an alarm: value that was not to move."""

CLUSTER = "cluster:"
_WITHHELD = "(withheld)"
_TXID_DIGITS = 64


@dataclass(frozen=True)
class Item:
    """Something that is watched: an address, an outpoint, or the cluster of an address.

    `name` is how it was given, of a cluster `cluster:ADDRESS`; `entry` the number of the entry that
    added it.
    """

    type: Literal["address", "cluster", "outpoint"]
    name: str
    kind: str
    entry: int
    why: str

    @property
    def address(self) -> str:
        """The address that it is or whose cluster it is; of an outpoint, that itself."""
        return self.name.removeprefix(CLUSTER)

    @property
    def is_loud(self) -> bool:
        """Whether its movements are alarms."""
        return self.kind in LOUD

    def told(self) -> Row:
        """What a notice says of it: never the reason, which the journal seals."""
        return {"type": self.type, "name": self.name, "kind": self.kind}


def parse_item(text: str, network: Network) -> Row:
    """The `type` and the `name` of what is to be watched.

    An outpoint `TXID:VOUT`, an address, or `cluster:ADDRESS`. Raises MisuseError naming it.
    """
    text = text.strip()
    try:
        if len(text.partition(":")[0]) == _TXID_DIGITS:
            return {"type": "outpoint", "name": str(OutPoint.parse(text))}
        script_pubkey(text.removeprefix(CLUSTER), network)
    except AddressError as e:
        raise AddressError(
            f"{shown(text)} cannot be watched: {e}; give an address, cluster:ADDRESS or TXID:VOUT"
        ) from None
    except MisuseError as e:
        raise MisuseError(f"{shown(text)} cannot be watched: {e}") from None
    return {"type": "cluster" if text.startswith(CLUSTER) else "address", "name": text}


def items_of(entries: Iterable[Entry]) -> list[Item]:
    """What is watched as these entries leave it, by name; given the entries that stand."""
    found: dict[str, Item] = {}
    for entry in entries:
        if entry.kind != ENTRY:
            continue
        for row in entry.body["items"]:
            name = str(row["name"])
            if entry.body["change"] == "remove":
                found.pop(name, None)
                continue
            why = str(entry.value("why", _WITHHELD))
            found[name] = Item(row["type"], name, str(entry.body["of"]), entry.seq, why)
    return [found[name] for name in sorted(found)]
