"""What the requests share: open views of the store, its scripts by hash, threads to answer in."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peelchain.actions.esplora.view import EsploraView, Shelf
from peelchain.store.script_hashes import Progress, ScriptHasher, ScriptHashes
from peelchain.web.in_time import answer_in_time
from peelchain.web.views import Views

_THREADS = 4


@dataclass(frozen=True)
class Asked:
    """A request: the parts of its path and of its query by name, and what answers it."""

    view: EsploraView
    named: Mapping[str, str]
    desk: "Desk"

    def __getitem__(self, name: str) -> str:
        return self.named[name]

    @property
    def hashes(self) -> ScriptHashes:
        """The scripts of the view's generation by hash."""
        return self.desk.hashes_of(self.view)


Answer = Callable[[Asked], Any]


class Desk:
    """A store, served. `start` before use and `close` after, in one loop.

    `answer_seconds` is the longest that one answer may take.
    """

    def __init__(self, store: Path, *, answer_seconds: float = 30.0) -> None:
        self.store = store
        self._answer_seconds = answer_seconds
        self._views = Views(store, lambda path: EsploraView(path, self._shelf_of), _warm)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="esplora")
        self._hasher = ScriptHasher()
        self._hashes: tuple[int, ScriptHashes] | None = None
        self._hashing = threading.Lock()
        self._shelf: tuple[int, Shelf] = (-1, Shelf())

    def prepare(self, progress: Progress | None = None) -> None:
        """Hashes the scripts, which takes longest; `progress` is told how many of how many.

        Raises StoreError for no store, or one that cannot be read.
        """
        with EsploraView(self.store) as view:
            self.hashes_of(view, progress)

    async def start(self) -> None:
        """Opens the store."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._views.warm)

    async def close(self) -> None:
        """Closes the store."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._views.close()

    async def answer(self, question: Answer, named: Mapping[str, str]) -> Any:
        """The answer to a question about the store at its present tip. Raises TooLongError."""

        def asked() -> Any:
            with self._views.borrowed() as view:
                return question(Asked(view, named, self))

        return await answer_in_time(self._threads, asked, self._answer_seconds)

    def hashes_of(self, view: EsploraView, progress: Progress | None = None) -> ScriptHashes:
        """The scripts of a view's generation by hash; only those new since the last are hashed."""
        generation = view.store.manifest.generation
        with self._hashing:
            if self._hashes is None or self._hashes[0] != generation:
                self._hashes = generation, self._hasher.hashes(view.store, progress)
            return self._hashes[1]

    def _shelf_of(self, generation: int) -> Shelf:
        # views of the generation before keep theirs
        if self._shelf[0] != generation:
            self._shelf = generation, Shelf()
        return self._shelf[1]


def _warm(view: EsploraView) -> None:
    view.height_of_block(bytes(32))
