"""Who may write a store, and which generations somebody still reads."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from peelchain.errors import StoreLockedError

_WRITER = "writer.lock"
_READERS = "readers"


@contextlib.contextmanager
def writing(store: Path) -> Iterator[None]:
    """Holds the store's one writer lock. Raises StoreLockedError saying who else holds it.

    The system drops the lock when the process ends, however it ends.
    """
    with (store / _WRITER).open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read(200).strip() or "another process"
            raise StoreLockedError(
                f"{store} is being written by {holder}; wait until it is done, or stop it"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        yield


class Reading:
    """A held generation: its files stay until this is closed.

    On a medium that takes no lock file (read-only, another owner) nothing is held; no writer
    works there either.
    """

    def __init__(self, store: Path, generation: int) -> None:
        self._file = None
        folder = store / _READERS
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True)
            file = (folder / f"generation-{generation:08d}").open("a")
            fcntl.flock(file, fcntl.LOCK_SH)
            self._file = file

    def close(self) -> None:
        """Lets the generation go."""
        if self._file is not None:
            self._file.close()
            self._file = None


def older_generations_are_free(store: Path, generation: int) -> bool:
    """Whether nobody reads a generation before this one. Called by the writer, who forgets them."""
    free = True
    for path in sorted((store / _READERS).glob("generation-*")):
        if int(path.name.removeprefix("generation-")) >= generation:
            continue
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                free = False
                continue
            path.unlink(missing_ok=True)
    return free
