"""Work done ahead by threads, in a bounded window, and handed over in order."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_GRACE_S = 1.0
"""How long to wait at the end for what is under way, so that connections are closed in order."""


class _Task(Generic[T, R]):
    def __init__(self, what: T) -> None:
        self.what = what
        self.future: Future[R] = Future()

    def run(self, work: Callable[[T], R]) -> None:
        try:
            self.future.set_result(work(self.what))
        except BaseException as e:  # noqa: BLE001 - raised where the outcome is taken
            self.future.set_exception(e)


def fetch_ahead(
    work: Callable[[T], R], following: Callable[[], T | None], threads: int
) -> Iterator[tuple[T, R]]:
    """Each thing that `following` names, with what `work` makes of it, in order; None ends them.

    At most one more than there are threads are done or under way and not yet taken. What `work`
    raises is raised in its place. The threads never keep the program from ending.
    """
    waiting: SimpleQueue[_Task[T, R] | None] = SimpleQueue()

    def serve() -> None:
        while (task := waiting.get()) is not None:
            task.run(work)

    serving = [Thread(target=serve, daemon=True) for _ in range(threads)]
    for thread in serving:
        thread.start()
    window: deque[_Task[T, R]] = deque()
    try:
        while True:
            while len(window) <= threads and (what := following()) is not None:
                task: _Task[T, R] = _Task(what)
                window.append(task)
                waiting.put(task)
            if not window:
                return
            task = window.popleft()
            yield task.what, task.future.result()
    finally:
        # what nobody waits for any more is not begun
        while not waiting.empty():
            waiting.get()
        for _ in serving:
            waiting.put(None)
        end = time.monotonic() + _GRACE_S
        for thread in serving:
            thread.join(max(end - time.monotonic(), 0))
