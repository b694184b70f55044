"""What became of each item of an imported list: taken, mended or refused."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rejected:
    """An item that was not imported. `address` is empty where there was none or it is a secret."""

    file: str
    number: int
    line: int
    address: str
    reason: str


@dataclass(frozen=True)
class Repaired:
    """A field that was mended before import; `number` 0 is the header.

    `now` is empty where the value was dropped: a date that is none.
    """

    file: str
    number: int
    line: int
    field: str
    was: str
    now: str


@dataclass(frozen=True)
class ListFile:
    """One imported file: name, form, SHA-256 of its bytes, encoding, the items it holds.

    `passed_over` are columns of a table that no field was read from.
    """

    name: str
    form: str
    sha256: str
    encoding: str
    items: int
    passed_over: tuple[str, ...] = ()


class RefusedItemError(Exception):
    """This item cannot be imported; the message says why."""
