"""Who may add to a case: one process at a time, the others wait and are told for whom."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from peelchain.errors import CaseError

LOCK = ".lock"
WAIT_SECONDS = 60.0
"""How long one who adds to a case waits for another before giving up."""

_POLL_SECONDS = 0.1

Waiting = Callable[[str], None]
"""Called with whom one waits for, again and again until the case is free."""


def silently(whom: str) -> None:
    """Says nothing of waiting."""


@contextmanager
def held(
    folder: Path, waiting: Waiting = silently, wait_seconds: float = WAIT_SECONDS
) -> Iterator[None]:
    """Holds the case in a folder. The system lets it go when the process ends, however it ends.

    Raises CaseError where another process holds it for longer than `wait_seconds`, or where the
    folder may not be written.
    """
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as e:
        raise CaseError(
            f"{folder}: {e.strerror}; nothing can be added to a case that may not be written"
        ) from None
    with os.fdopen(handle, "r+", encoding="ascii", errors="replace") as lock:
        _take(lock, folder, waiting, wait_seconds)
        lock.truncate(0)
        lock.seek(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def _take(lock: IO[str], folder: Path, waiting: Waiting, wait_seconds: float) -> None:
    until = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            lock.seek(0)
            whom = lock.read(100).strip() or "another process"
        if time.monotonic() >= until:
            raise CaseError(
                f"{folder} is being worked on by {whom}; wait until it is done and run the command "
                "again"
            )
        waiting(f"waiting for {whom}, which works on this case")
        time.sleep(_POLL_SECONDS)
