"""The seized server's table of users: clean, and as a table comes off a real server."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random

from peelchain.script.base58 import encode_check
from peelchain.simulate.people import write_rows
from peelchain.units import format_time

COLUMNS = ("user", "address", "registered_utc", "nick")
"""Of users.csv. `user` is the site's number; `nick` is the same for all numbers of one person."""

_FAULTS = ("repeated", "malformed", "other_chain", "secret", "empty", "unreadable")
_SHARE = 0.15
_PUBKEY_VERSION, _WIF_VERSION = b"\x00", b"\xef"

Row = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Registration:
    """A row of the site's table; `time` is that of the block when the user registered."""

    number: int
    address: str
    owner_id: str
    time: int


def write_seized(out: Path, seed: int, users: Sequence[Registration], paid: frozenset[str]) -> None:
    """Write seized/users.csv and users-dirty.csv, and truth/people/seized.csv and dirt.csv.

    `paid` are the addresses that a payment came to. The dirty table has every clean row too.
    """
    folder, truth = out / "seized", out / "truth" / "people"
    folder.mkdir()
    rng = Random(f"peelchain seized {seed}")
    rows = _rows(users, rng)
    write_rows(folder / "users.csv", COLUMNS, rows)
    columns = ("site_user", "address", "owner_id", "registered_utc", "paid")
    known = [
        (u.number, u.address, u.owner_id, row[2], int(u.address in paid))
        for u, row in zip(users, rows, strict=True)
    ]
    write_rows(truth / "seized.csv", columns, known)
    dirty, faults = _dirty(rows, rng)
    (folder / "users-dirty.csv").write_bytes(dirty)
    write_rows(truth / "dirt.csv", ("row", "fault", "site_user"), faults)


def _rows(users: Sequence[Registration], rng: Random) -> list[Row]:
    first: dict[str, int] = {}
    rows = []
    for user in users:
        of_person = first.setdefault(user.owner_id, user.number)
        registered = user.time - rng.randrange(60, 3_600)
        rows.append((str(user.number), user.address, format_time(registered), f"nick{of_person}"))
    return rows


def _dirty(rows: Sequence[Row], rng: Random) -> tuple[bytes, list[tuple[int, str, str]]]:
    """The table in latin-1 with semicolons, and (row, fault, site_user) of each bad row."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(("Benutzer", "Adresse", "Registriert", "Spitzname"))
    faults: list[tuple[int, str, str]] = []
    count = 0
    for row in rows:
        user, address, registered, nick = row
        writer.writerow((user, address, registered, nick.replace("nick", "n\xecck")))
        count += 1
        if rng.random() < _SHARE:
            fault = rng.choice(_FAULTS)
            count += 1
            faults.append((count, fault, user))
            writer.writerow(_spoilt(row, fault, rng))
    return text.getvalue().encode("latin-1"), faults


def _spoilt(row: Row, fault: str, rng: Random) -> Row:
    user, address, registered, nick = row
    key = sha256(f"{user} {address}".encode()).digest()
    at = rng.randrange(2, len(address) - 1)
    replaced: Mapping[str, Row] = {
        "repeated": row,
        "malformed": (user, _miswritten(address, at), registered, nick),
        "other_chain": (user, encode_check(_PUBKEY_VERSION + key[:20]), registered, nick),
        "secret": (user, encode_check(_WIF_VERSION + key + b"\x01"), registered, nick),
        "empty": (user, "", registered, nick),
        "unreadable": (user, address[:at] + "\x81\xff" + address[at:], "??", nick),
    }
    return replaced[fault]


def _miswritten(address: str, at: int) -> str:
    """The address with another letter at `at`: its checksum no longer holds."""
    return address[:at] + ("q" if address[at] != "q" else "p") + address[at + 1 :]
