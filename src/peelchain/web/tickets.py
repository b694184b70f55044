"""Addresses that give one file once: a browser saves what it fetches itself, and sends no token."""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 60.0
_MOST = 1_000


@dataclass(frozen=True)
class Ticket:
    """A file to be fetched, the name it is saved under, and until when."""

    file: Path
    name: str
    until: float


class Tickets:
    """The files that may be fetched once by whoever knows a ticket's name, within a minute."""

    def __init__(self) -> None:
        self._tickets: dict[str, Ticket] = {}

    def issue(self, file: Path, name: str) -> str:
        """A new ticket for a file, to be saved under a name; gives what to fetch."""
        now = time.monotonic()
        alive = {key: t for key, t in self._tickets.items() if t.until > now}
        self._tickets = dict(list(alive.items())[-_MOST:])
        key = secrets.token_urlsafe(32)
        self._tickets[key] = Ticket(file, name, now + _SECONDS)
        return f"/download/{key}"

    def take(self, key: str) -> Ticket | None:
        """The ticket of this name, which is no more; None where there is none or it is too late."""
        ticket = self._tickets.pop(key, None)
        return None if ticket is None or ticket.until <= time.monotonic() else ticket
