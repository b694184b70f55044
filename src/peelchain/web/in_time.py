"""Answers that are worked out in threads, for as long as one may wait for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from peelchain.errors import PeelchainError

T = TypeVar("T")


class TooLongError(PeelchainError):
    """An answer took longer than a page may wait for."""

    kind = "too_long"


async def answer_in_time(threads: ThreadPoolExecutor, asked: Callable[[], T], seconds: float) -> T:
    """What a function returns that one of the threads runs. Raises TooLongError."""
    running = asyncio.get_running_loop().run_in_executor(threads, asked)
    try:
        # a thread cannot be stopped: it ends by itself, and nobody waits for it
        return await asyncio.wait_for(asyncio.shield(running), seconds)
    except TimeoutError:
        running.add_done_callback(_forgotten)
        raise TooLongError(
            f"the answer takes longer than {seconds:.0f} seconds; ask for less, such as fewer rows "
            "or a shorter time"
        ) from None


def _forgotten(done: "asyncio.Future[T]") -> None:
    with suppress(asyncio.CancelledError):
        done.exception()
