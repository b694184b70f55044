"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peelchain.chain.progress import Progress, Step
from peelchain.cli.plain_text import inert
from peelchain.cli.sizes import bytes_text, memory_text, speed_text
from peelchain.units import format_time

_QUIET_SECONDS = 1.0
_LINE_EVERY_SECONDS = 10.0
_RATE_OVER_SECONDS = 60.0
_STATUS = Path("/proc/self/status")

Report = Callable[[str, int, int], None]
Clock = Callable[[], float]
Memory = Callable[[], int | None]


def anonymous_memory() -> int | None:
    """The bytes of anonymous memory that this process holds; None where the system tells none."""
    try:
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name == "RssAnon":
            return int(value.split()[0]) << 10
    return None


@contextmanager
def progress() -> Iterator[Report]:
    """A function to call with what is being done, steps done, and steps in all (0: not known)."""
    with _told(None) as take:
        yield lambda what, done, of: take(Step(what, done, of))


@contextmanager
def ingest_progress() -> Iterator[Progress]:
    """A function to call with each step of an ingest; the memory it takes is shown beside it."""
    with _told(anonymous_memory) as take:
        yield take


@contextmanager
def _told(memory: Memory | None) -> Iterator[Progress]:
    if sys.stderr.isatty():
        with _bar(memory) as take:
            yield take
        return
    lines = Lines(lambda line: print(line, file=sys.stderr, flush=True), time.monotonic, memory)
    # one step may take longer than the quiet second: nobody would call, so a timer speaks
    timer = threading.Timer(_QUIET_SECONDS, lines.wake)
    timer.daemon = True
    timer.start()
    try:
        yield lines.take
    finally:
        timer.cancel()
        lines.close()


class Stage:
    """One kind of work under way: where it stands, since when, and how fast it is of late."""

    def __init__(self, now: float, step: Step) -> None:
        self.printed: float | None = None
        self.printed_done = -1
        self.begin(now, step)

    def begin(self, now: float, step: Step) -> None:
        """Begins, or begins anew with the next of several."""
        self.begun, self.first, self.step = now, step.done, step
        self._samples = deque([(now, step.done)])

    @property
    def finished(self) -> bool:
        """Whether all is done that was known to be to do."""
        return self.step.of > 0 and self.step.done >= self.step.of

    def take(self, now: float, step: Step) -> None:
        """Takes note of where the work stands now."""
        if step.done < self.step.done:
            self.begin(now, step)
        self.step = step
        samples = self._samples
        if now - samples[-1][0] >= 1:
            samples.append((now, step.done))
        while len(samples) > 1 and now - samples[1][0] >= _RATE_OVER_SECONDS:
            samples.popleft()

    def name(self) -> str:
        """What is done, and the block it has reached."""
        text = inert(self.step.what)
        if self.step.height is not None:
            text += f": height {self.step.height:,}"
            if self.step.time_utc is not None:
                text += f" ({format_time(self.step.time_utc)[:10]})"
        return text

    def standing(self, now: float, memory: Memory | None) -> list[str]:
        """How much is done, how fast, how long it took or is left, and the memory in use."""
        step, elapsed = self.step, now - self.begun
        if step.in_bytes:
            parts = [bytes_text(step.done, step.of)]
        else:
            parts = [f"{step.done:,}" + (f" of {step.of:,}" if step.of else "")]
        if step.size_bytes is not None:
            parts.append(bytes_text(step.size_bytes, 0))
        since, done = (self.begun, self.first) if self.finished else self._samples[0]
        if now - since >= _QUIET_SECONDS and step.done > done:
            rate = (step.done - done) / (now - since)
            parts.append(speed_text(rate) if step.in_bytes else rate_text(rate))
            if self.finished:
                parts.append(f"took {time_text(elapsed)}")
            elif step.of:
                parts.append(f"{time_text((step.of - step.done) / rate)} left")
        held = memory() if memory else None
        if held is not None:
            parts.append(f"{memory_text(held)} memory")
        return parts


class Lines:
    """Progress as lines, with rate and time left; no line is written twice.

    Work that ends within a second has none; after that each stage has one as it begins, one every
    ten seconds, and one at its end.
    """

    def __init__(
        self, write: Callable[[str], None], clock: Clock, memory: Memory | None = None
    ) -> None:
        self._write = write
        self._clock = clock
        self._memory = memory
        self._begun = clock()
        self._stages: dict[str, Stage] = {}
        self._last = ""
        self._lock = threading.Lock()

    def report(self, what: str, done: int, of: int) -> None:
        """Takes note of steps done, and writes a line if one is due."""
        self.take(Step(what, done, of))

    def take(self, step: Step) -> None:
        """Takes note, and writes a line if one is due."""
        with self._lock:
            now = self._clock()
            stage = self._stages.get(step.what)
            if stage is None or (stage.finished and step.done < stage.step.done):
                stage = self._stages[step.what] = Stage(now, step)
            self._last = step.what
            was_finished = stage.finished and stage.step is not step
            stage.take(now, step)
            if was_finished or now - self._begun < _QUIET_SECONDS:
                return
            due = stage.printed is None or now - stage.printed >= _LINE_EVERY_SECONDS
            if due or stage.finished:
                self._line(stage, now)

    def wake(self) -> None:
        """Writes where the last stage stands, for work that has not reported for a while."""
        with self._lock:
            stage = self._stages.get(self._last)
            if stage and stage.printed is None and not stage.finished:
                self._line(stage, self._clock())

    def close(self) -> None:
        """Writes where stages that never said their end stand.

        One that could not know its end, and was followed by another, had come to it.
        """
        with self._lock:
            now = self._clock()
            if now - self._begun < _QUIET_SECONDS:
                return
            for what, stage in self._stages.items():
                over = stage.finished or (stage.step.of == 0 and what != self._last)
                if not over and stage.printed_done != stage.step.done:
                    self._line(stage, now)

    def _line(self, stage: Stage, now: float) -> None:
        stage.printed, stage.printed_done = now, stage.step.done
        standing = ", ".join(stage.standing(now, self._memory))
        self._write(f"{stage.name()}{':' if stage.step.height is None else ','} {standing}")


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
def _bar(memory: Memory | None) -> Iterator[Progress]:
    # rich takes long to import, and only a terminal needs it
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Shown

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[standing]}", markup=False),
        TimeElapsedColumn(),
    )
    tasks: dict[str, tuple[TaskID, Stage]] = {}
    last = ""
    with Shown(*columns, console=Console(stderr=True, markup=False)) as shown:

        def take(step: Step) -> None:
            nonlocal last
            now = time.monotonic()
            if last != step.what and last in tasks:
                # what could not know its end has come to it: its bar would move for ever
                task, stage = tasks[last]
                shown.update(task, visible=stage.step.of > 0)
            last = step.what
            if step.what not in tasks:
                tasks[step.what] = (
                    shown.add_task(inert(step.what), total=None, standing=""),
                    Stage(now, step),
                )
            task, stage = tasks[step.what]
            stage.take(now, step)
            shown.update(
                task,
                description=stage.name(),
                completed=step.done,
                total=step.of or None,
                standing=", ".join(stage.standing(now, memory)),
                visible=True,
            )

        yield take
