"""Which processes of a server are there, as Linux tells."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest


def children(parent: int) -> list[int]:
    """The living processes that this one started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, above = stat.read_text().rpartition(") ")[2].split()[:2]
        except OSError:
            continue
        if int(above) == parent and state != "Z":
            found.append(int(stat.parent.name))
    return sorted(found)


def lives(process: int) -> bool:
    """Whether a process goes on; one that ended and was not asked after does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()[0] not in (
            "Z",
            "X",
        )
    except OSError:
        return False


def until(holds: Callable[[], bool], what: str) -> None:
    """Waits until it holds; fails, saying what did not come to be, after a minute."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    pytest.fail(f"{what}, still not so after a minute")
