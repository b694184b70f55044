"""What the requests share: open and warm views of the store, threads to answer in, jobs."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from peelchain.actions.view import StoreView
from peelchain.web.folders import Folders
from peelchain.web.in_time import answer_in_time
from peelchain.web.jobs import Jobs
from peelchain.web.tickets import Tickets
from peelchain.web.views import Views

T = TypeVar("T")

_THREADS = 6


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
        self._views = Views(folders.store, StoreView, _warm)
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

        return await answer_in_time(self._threads, asked, self._answer_seconds)

    async def think(self, question: Callable[[], T]) -> T:
        """The answer to a question that needs no view, such as one about a case."""
        return await answer_in_time(self._own_threads, question, self._answer_seconds)


def _warm(view: StoreView) -> None:
    # what each page asks of a view first
    _ = (view.tags, view.actors, view.attribution, view.services, view.clusters.coinjoins)
