"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from peelchain.cli.plain_text import inert

_QUIET_SECONDS = 1.0
_LINE_EVERY_SECONDS = 10.0

Report = Callable[[str, int, int], None]


@contextmanager
def progress() -> Iterator[Report]:
    """A function to call with what is being done, steps done, and steps in all (0: not known)."""
    if sys.stderr.isatty():
        with _bar() as report:
            yield report
        return
    lines = Lines(lambda line: print(line, file=sys.stderr, flush=True), time.monotonic)
    # one step may take longer than the quiet second: nobody would call, so a timer speaks
    timer = threading.Timer(_QUIET_SECONDS, lines.wake)
    timer.daemon = True
    timer.start()
    try:
        yield lines.report
    finally:
        timer.cancel()
        lines.close()


@dataclass
class _Stage:
    begun: float
    first: int
    done: int
    of: int
    printed: float | None = None
    printed_done: int = -1
    finished: bool = False


class Lines:
    """Progress as lines, with rate and time left; no line is written twice.

    Work that ends within a second has none; after that each stage has one as it begins, one every
    ten seconds, and one at its end.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._write = write
        self._clock = clock
        self._begun = clock()
        self._stages: dict[str, _Stage] = {}
        self._lock = threading.Lock()

    def report(self, what: str, done: int, of: int) -> None:
        """Takes note, and writes a line if one is due."""
        with self._lock:
            now = self._clock()
            stage = self._stages.get(what)
            if stage is None or (stage.finished and done < stage.done):
                stage = self._stages[what] = _Stage(now, done, done, of)
            stage.done, stage.of = done, of
            if stage.finished or now - self._begun < _QUIET_SECONDS:
                stage.finished = stage.finished or (of > 0 and done >= of)
                return
            stage.finished = of > 0 and done >= of
            due = stage.printed is None or now - stage.printed >= _LINE_EVERY_SECONDS
            if due or stage.finished:
                self._line(what, stage, now)

    def wake(self) -> None:
        """Writes where the last stage stands, for work that has not reported for a while."""
        with self._lock:
            if self._stages:
                what, stage = list(self._stages.items())[-1]
                if stage.printed is None and not stage.finished:
                    self._line(what, stage, self._clock())

    def close(self) -> None:
        """Writes where stages that never said their end stand."""
        with self._lock:
            now = self._clock()
            if now - self._begun >= _QUIET_SECONDS:
                for what, stage in self._stages.items():
                    if not stage.finished and stage.printed_done != stage.done:
                        self._line(what, stage, now)

    def _line(self, what: str, stage: _Stage, now: float) -> None:
        stage.printed, stage.printed_done = now, stage.done
        text = f"{inert(what)}: {stage.done:,}" + (f" of {stage.of:,}" if stage.of else "")
        elapsed, steps = now - stage.begun, stage.done - stage.first
        if elapsed >= _QUIET_SECONDS and steps > 0:
            text += f", {rate_text(steps / elapsed)}"
            if stage.finished:
                text += f", took {time_text(elapsed)}"
            elif stage.of:
                text += f", {time_text((stage.of - stage.done) * elapsed / steps)} left"
        self._write(text)


def rate_text(rate: float) -> str:
    """Steps a second, with a decimal where there are few."""
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"


def time_text(seconds: float) -> str:
    """A span of time, such as `1:02:03`, `4:05` or `7 s`."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    if hours:
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{rest // 60}:{rest % 60:02d}" if rest >= 60 else f"{rest} s"


@contextmanager
def _bar() -> Iterator[Report]:
    # rich takes long to import, and only a terminal needs it
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    tasks: dict[str, tuple[TaskID, float, int]] = {}
    with Progress(*columns, console=Console(stderr=True, markup=False)) as shown:

        def report(what: str, done: int, of: int) -> None:
            if what not in tasks:
                task = shown.add_task(inert(what), total=of or None, rate="")
                tasks[what] = (task, time.monotonic(), done)
            task, start, first = tasks[what]
            elapsed = time.monotonic() - start
            rate = rate_text((done - first) / elapsed) if elapsed > 0.5 and done > first else ""
            shown.update(task, completed=done, total=of or None, rate=rate)

        yield report
