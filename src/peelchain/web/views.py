"""Views of one store, each lent to one question at a time and opened anew when the store moved."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from peelchain.actions.open_store import OpenStore
from peelchain.store.manifest import NAME as MANIFEST

V = TypeVar("V", bound=OpenStore)

_VIEWS = 2


class Views(Generic[V]):
    """Up to two views of a store, kept open. `open_view` opens one, `warm_up` reads ahead."""

    def __init__(
        self, store: Path, open_view: Callable[[Path], V], warm_up: Callable[[V], None]
    ) -> None:
        self._store = store
        self._open = open_view
        self._warm_up = warm_up
        self._idle: list[tuple[int, V]] = []
        self._lent = threading.Semaphore(_VIEWS)
        self._lock = threading.Lock()
        self._closed = False

    def warm(self) -> None:
        """Opens the views and reads what each is asked first, so that the first is as quick."""
        lent = []
        for _ in range(_VIEWS):
            lent.append(self._taken())
            self._warm_up(lent[-1][1])
        self._idle.extend(lent)

    @contextmanager
    def borrowed(self) -> Iterator[V]:
        """A view for one question. It sees the store's present tip."""
        with self._lent:
            stamp, view = self._taken()
            try:
                yield view
            except BaseException:
                self._give_back(stamp, view)
                raise
            self._give_back(stamp, view)

    def close(self) -> None:
        """Closes what is idle now, and the rest as it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, view in idle:
            _close(view)

    def _taken(self) -> tuple[int, V]:
        stamp = self._stamp()
        with self._lock:
            while self._idle:
                held, view = self._idle.pop()
                if held == stamp:
                    return held, view
                _close(view)
        return stamp, self._open(self._store)

    def _give_back(self, stamp: int, view: V) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append((stamp, view))
                return
        _close(view)

    def _stamp(self) -> int:
        try:
            return (self._store / MANIFEST).stat().st_mtime_ns
        except OSError:
            return 0


def _close(view: OpenStore) -> None:
    view.__exit__()
