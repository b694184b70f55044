"""Cuts of an export made by several processes: each holds the same generation of the store."""

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from peelchain.chain.exports.files import Compression, Piece, Written
from peelchain.chain.exports.formats import FORMATS
from peelchain.chain.exports.plan import Cut
from peelchain.chain.exports.source import Source
from peelchain.errors import PeelchainError, StoreError
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store

_AHEAD = 2
"""Cuts that wait for each process: more would only stand in a queue."""

Made = tuple[Cut, list[Written]]


def made_by_processes(
    store: Store,
    format_name: str,
    todo: Sequence[Cut],
    folder: Path,
    compression: Compression,
    processes: int,
) -> Iterator[Made]:
    """Each cut with its files as they become whole, in any order.

    Raises what making one raises; cuts under way then end, and no further one begins.
    """
    begin = (store.path, store.manifest.generation)
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_begin, initargs=begin
    ) as pool:
        rest = iter(todo)
        running: dict[Future[list[Written]], Cut] = {}
        try:
            while True:
                with _interrupts_held():
                    for cut in islice(rest, processes * _AHEAD - len(running)):
                        task = pool.submit(_make, format_name, cut, folder, compression)
                        running[task] = cut
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for task in done:
                    yield running.pop(task), task.result()
        except BrokenProcessPool:
            raise PeelchainError(
                "a process that made files ended before its time, as when memory runs out; run the "
                "same command with fewer --threads, it goes on with the files that are whole"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


_of_this_process: list[Source] = []


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Interrupts wait while processes are started, which inherit that and keep it.

    Ctrl-C reaches all of a group at once: whoever started the processes ends them.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(path: Path, generation: int) -> None:
    store = Store.open(path)
    if store.manifest.generation == generation:
        _of_this_process.append(Source(store, Lookup(store)))


def _make(format_name: str, cut: Cut, folder: Path, compression: Compression) -> list[Written]:
    if not _of_this_process:
        raise StoreError("the store was changed while its export began; run the same command again")
    piece = Piece(folder, compression)
    FORMATS[format_name].write(_of_this_process[0], cut, piece)
    return piece.written
