"""Who may write a store, and which generations somebody still reads."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from peelchain import _core
from peelchain.errors import StoreLockedError

_WRITER = "writer.lock"
_READERS = "readers"


@contextlib.contextmanager
def writing(store: Path) -> Iterator[None]:
    """Holds the store's one writer lock. Raises StoreLockedError saying who else holds it.

    The system drops the lock when the process ends, however it ends.
    """
    path = store / _WRITER
    _core.make_lock(path)
    with path.open("a+", encoding="utf-8", errors="replace") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # a writer that made nothing removes its lock: this file may have lost its name since
            if not path.exists() or not os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                raise BlockingIOError
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read(200).strip() or "another process"
            raise StoreLockedError(
                f"{store} is being written by {holder}; wait until it is done, or stop it"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


class Reading:
    """A held generation: its files stay until this is closed.

    The writer leaves a lock file for each generation, so that readers without the right to write
    hold theirs too. On a medium that takes no locks nothing is held; no writer works there either.
    """

    def __init__(self, store: Path, generation: int) -> None:
        self._file: IO[str] | None = None
        path = _generation_file(store, generation)
        for mode in ("r", "a"):
            with contextlib.suppress(OSError):
                if mode == "a":
                    path.parent.mkdir(exist_ok=True)
                file = path.open(mode, encoding="utf-8")
                self._file = file
                fcntl.flock(file, fcntl.LOCK_SH)
                break

    def close(self) -> None:
        """Lets the generation go."""
        if self._file is not None:
            self._file.close()
            self._file = None


def offer(store: Path, generation: int) -> None:
    """Makes the lock file by which readers hold a generation. Called by the writer, first."""
    path = _generation_file(store, generation)
    _core.make_dirs(path.parent)
    _core.make_lock(path)


def _generation_file(store: Path, generation: int) -> Path:
    return store / _READERS / f"generation-{generation:08d}"


def older_generations_are_free(store: Path, generation: int) -> bool:
    """Whether nobody reads a generation before this one. Called by the writer, who forgets them."""
    free = True
    for path in sorted((store / _READERS).glob("generation-*")):
        number = path.name.removeprefix("generation-")
        if not number.isdecimal() or int(number) >= generation:
            continue
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                free = False
                continue
            _core.remove_file(path)
    return free
