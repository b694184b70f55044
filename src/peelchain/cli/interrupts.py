"""Ctrl-C once asks long work to stop and keep what it has; twice ends it."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer

from peelchain.cli.output import INTERRUPTED, say

Report = Callable[[str, int, int], None]
Watch = Callable[[str, int, int], bool]


@contextmanager
def stoppable(report: Report) -> Iterator[Watch]:
    """A function to report progress with, which gives False once Ctrl-C was pressed.

    The second Ctrl-C is a KeyboardInterrupt. Outside of the main thread nothing is caught.
    """
    asked = False

    def watch(what: str, done: int, of: int) -> bool:
        if not asked:
            report(what, done, of)
        return not asked

    def stop(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        say("stopping: what was found so far follows; Ctrl-C again ends at once")

    if threading.current_thread() is not threading.main_thread():
        yield watch
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield watch
    finally:
        signal.signal(signal.SIGINT, before)


def exit_as_stopped(answer: Mapping[str, Any]) -> None:
    """Ends the command with the code of an interrupt where its answer says that you stopped it."""
    if answer["stopped_by"] == "you":
        raise typer.Exit(INTERRUPTED)
