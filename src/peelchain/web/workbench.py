"""What the requests share: open and warm views of the store, threads to answer in, jobs."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from peelchain.actions.view import StoreView
from peelchain.errors import PeelchainError
from peelchain.store.manifest import NAME as MANIFEST
from peelchain.web.folders import Folders
from peelchain.web.jobs import Jobs
from peelchain.web.tickets import Tickets

T = TypeVar("T")

_VIEWS = 2
_THREADS = 6


class TooLongError(PeelchainError):
    """An answer took longer than a page may wait for."""

    kind = "too_long"


class Workbench:
    """A store and a folder of cases, served. `start` before use and `close` after, in one loop.

    `answer_seconds` is the longest that one answer may take; longer work is a job.
    """

    def __init__(self, folders: Folders, token: str, *, answer_seconds: float = 20.0) -> None:
        self.folders = folders
        self.token = token
        self.jobs = Jobs(folders)
        self.tickets = Tickets()
        self._answer_seconds = answer_seconds
        self._views = _Views(folders.store)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="answer")
        self._own_threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="case")

    async def start(self) -> None:
        """Opens the store and reads what every page needs, so that the first is as quick."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._views.warm)
        await self.jobs.start_up()

    async def close(self) -> None:
        """Stops every job and closes the store."""
        await self.jobs.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._own_threads.shutdown(wait=False, cancel_futures=True)
        self._views.close()

    async def look(self, question: Callable[[StoreView], T]) -> T:
        """The answer to a question about the store. Raises TooLongError.

        The view is this question's alone while it is asked. It sees the store's present tip.
        """

        def asked() -> T:
            with self._views.borrowed() as view:
                return question(view)

        return await self._within(self._threads, asked)

    async def think(self, question: Callable[[], T]) -> T:
        """The answer to a question that needs no view, such as one about a case."""
        return await self._within(self._own_threads, question)

    async def _within(self, threads: ThreadPoolExecutor, asked: Callable[[], T]) -> T:
        running = asyncio.get_running_loop().run_in_executor(threads, asked)
        try:
            # a thread cannot be stopped: it ends by itself, and nobody waits for it
            return await asyncio.wait_for(asyncio.shield(running), self._answer_seconds)
        except TimeoutError:
            running.add_done_callback(_forgotten)
            raise TooLongError(
                f"the answer takes longer than {self._answer_seconds:.0f} seconds; ask for less, "
                "such as fewer rows or a shorter time"
            ) from None


class _Views:
    """Views of one store, each lent to one question at a time and opened anew when it moved."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._idle: list[tuple[int, StoreView]] = []
        self._lent = threading.Semaphore(_VIEWS)
        self._lock = threading.Lock()
        self._closed = False

    def warm(self) -> None:
        lent = []
        for _ in range(_VIEWS):
            lent.append(self._taken())
            view = lent[-1][1]
            # what each page asks of a view first
            _ = (view.tags, view.actors, view.attribution, view.services, view.clusters.coinjoins)
        self._idle.extend(lent)

    @contextmanager
    def borrowed(self) -> Iterator[StoreView]:
        with self._lent:
            stamp, view = self._taken()
            try:
                yield view
            except BaseException:
                self._give_back(stamp, view)
                raise
            self._give_back(stamp, view)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, view in idle:
            _close(view)

    def _taken(self) -> tuple[int, StoreView]:
        stamp = self._stamp()
        with self._lock:
            while self._idle:
                held, view = self._idle.pop()
                if held == stamp:
                    return held, view
                _close(view)
        return stamp, StoreView(self._store)

    def _give_back(self, stamp: int, view: StoreView) -> None:
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


def _close(view: StoreView) -> None:
    view.__exit__()


def _forgotten(done: "asyncio.Future[T]") -> None:
    with suppress(asyncio.CancelledError):
        done.exception()
