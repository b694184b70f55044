"""What was read of a case, kept until its journal changes: a page asks for it again and again.

To check a long journal takes longer than to look at it. Whoever adds to a case checks it anew.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from peelchain.case.casefile import JOURNAL

T = TypeVar("T")

_MOST = 64
_HEADER_BYTES = 28
"""As far as SQLite's change counter, which every commit raises (file format, section 1.3)."""

_kept: dict[tuple[str, str], tuple[tuple[object, ...], Any]] = {}
_lock = threading.Lock()


def remembered(folder: Path, what: str, read: Callable[[], T]) -> T:
    """What `read` gives of a case; the same as before while the journal's file is the same.

    `what` names it. Nobody may change what is given.
    """
    key, stamp = (str(folder), what), _stamp(folder / JOURNAL)
    with _lock:
        held = _kept.get(key)
        if held is not None and held[0] == stamp:
            # the last ones that were asked for stay
            _kept[key] = _kept.pop(key)
            found: T = held[1]
            return found
    answer = read()
    with _lock:
        while len(_kept) >= _MOST:
            del _kept[next(iter(_kept))]
        _kept[key] = (stamp, answer)
    return answer


def _stamp(journal: Path) -> tuple[object, ...]:
    try:
        with journal.open("rb") as file:
            header = file.read(_HEADER_BYTES)
        stat = journal.stat()
    except OSError:
        # nothing is like this one: the reader says what is wrong
        return (object(),)
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size, header[24:])
