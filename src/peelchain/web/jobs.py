"""Long work: each job in a process of its own, so that the server keeps answering meanwhile.

A job that a page began ends when the page is closed: the page holds an event stream open, and its
jobs stop some seconds after that stream is gone.
"""

import asyncio
import json
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peelchain.case.attestation.signing import held_passphrases
from peelchain.errors import MisuseError, PeelchainError
from peelchain.web.folders import Folders
from peelchain.web.work.verbs import VERBS

Row = dict[str, Any]

AT_ONCE = 2
"""Jobs that run at once; others wait their turn."""
_MOST_WAITING = 50
_MOST_KEPT = 200
_GRACE_SECONDS = 6.0
_SOFT_SECONDS = 20.0
_KILL_SECONDS = 5.0
_BEAT_SECONDS = 5.0
_LINE_BYTES = 1 << 20

_PACKAGES = str(Path(__file__).resolve().parents[2])
"""Where this package is, which need not be installed where Python looks."""
_PATHS = [path for path in [os.environ.get("PYTHONPATH", "")] if path]

_OVER = ("done", "refused", "stopped")


class NoJobError(PeelchainError):
    """A job is not there, or no more."""

    kind = "no_job"


class BusyError(PeelchainError):
    """Too many jobs wait already."""

    kind = "busy"


@dataclass
class Job:
    """A piece of long work. `state` is waiting, running, done, refused or stopped."""

    id: str
    verb: str
    page: str | None
    order: bytes
    answer: Path
    state: str = "waiting"
    progress: Row | None = None
    refusal: Row | None = None
    stopping: bool = False
    step_since: float = 0.0
    process: "asyncio.subprocess.Process | None" = None
    task: "asyncio.Task[None] | None" = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self) -> Row:
        """What a page is told of it."""
        return {
            "job": self.id,
            "verb": self.verb,
            "state": self.state,
            "progress": self.progress,
            "error": self.refusal,
        }


class Jobs:
    """The jobs of one server, in the order in which they were asked for."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._jobs: dict[str, Job] = {}
        self._streams: dict[str, set[asyncio.Queue[Job | None]]] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._spare: asyncio.subprocess.Process | None = None
        self._closed = False

    async def start_up(self) -> None:
        """Has a process wait for the first job, so that it need not wait for Python."""
        (self._folders.scratch / "answers").mkdir(mode=0o700, parents=True, exist_ok=True)
        self._spare = await self._process()

    def start(self, verb: str, asked: Row, page: str | None = None) -> Row:
        """Begins a job; gives what is told of it. Raises BusyError where too many wait."""
        if verb not in VERBS:
            raise MisuseError(f"there is no job {verb}")
        waiting = sum(job.state not in _OVER for job in self._jobs.values())
        if waiting >= _MOST_WAITING:
            raise BusyError(f"{waiting} jobs run or wait; let some end, or stop them")
        name = secrets.token_hex(16)
        answer = self._folders.scratch / "answers" / f"{name}.json"
        order = {
            "verb": verb,
            "asked": asked,
            "store": str(self._folders.store),
            "cases": str(self._folders.cases),
            "scratch": str(self._folders.scratch),
            "answer": str(answer),
            "keys": held_passphrases(),
        }
        job = Job(name, verb, page, (json.dumps(order) + "\n").encode(), answer)
        self._forget_oldest()
        self._jobs[name] = job
        job.task = asyncio.create_task(self._run(job))
        if page is not None and not self._streams.get(page):
            self._leave(page)
        return job.told()

    def of(self, name: str) -> Job:
        """The job of this name. Raises NoJobError."""
        try:
            return self._jobs[name]
        except KeyError:
            raise NoJobError("there is no such job; jobs go when the server ends") from None

    def listed(self, page: str | None = None) -> list[Row]:
        """What is told of each job, of one page or of all, oldest first."""
        return [job.told() for job in self._jobs.values() if page is None or job.page == page]

    def stop(self, job: Job) -> None:
        """Asks a job to stop and keep what it has; asked again, ends it."""
        if job.state in _OVER:
            return
        hard, job.stopping = job.stopping, True
        if job.process is None:
            if job.task is not None:
                job.task.cancel()
            return
        if hard:
            _end(job.process)
        else:
            _write(job.process, b"stop\n")
            process = job.process
            asyncio.get_running_loop().call_later(_SOFT_SECONDS, lambda: _end(process))

    async def events(self, page: str) -> AsyncIterator[bytes]:
        """The page's jobs as server-sent events, as they change; a comment now and then."""
        queue: asyncio.Queue[Job | None] = asyncio.Queue()
        self._streams.setdefault(page, set()).add(queue)
        leaving = self._leaving.pop(page, None)
        if leaving is not None:
            leaving.cancel()
        try:
            yield b": open\n\n"
            for job in list(self._jobs.values()):
                if job.page == page:
                    yield _event(job)
            while True:
                try:
                    changed = await asyncio.wait_for(queue.get(), _BEAT_SECONDS)
                except TimeoutError:
                    yield b": beat\n\n"
                    continue
                if changed is None:
                    return
                yield _event(changed)
        finally:
            streams = self._streams.get(page, set())
            streams.discard(queue)
            if not streams:
                self._streams.pop(page, None)
                self._leave(page)

    async def close(self) -> None:
        """Ends every job."""
        self._closed = True
        for streams in self._streams.values():
            for queue in streams:
                queue.put_nowait(None)
        tasks = [job.task for job in self._jobs.values() if job.task and not job.task.done()]
        for task in [*tasks, *self._leaving.values()]:
            task.cancel()
        await asyncio.gather(*tasks, *self._leaving.values(), return_exceptions=True)
        if self._spare is not None:
            await _ended(self._spare)

    def _leave(self, page: str) -> None:
        """Stops the page's jobs unless it opens a stream soon: a page that is loaded anew does."""
        if self._closed:
            return

        async def left() -> None:
            await asyncio.sleep(_GRACE_SECONDS)
            self._leaving.pop(page, None)
            for job in self._jobs.values():
                if job.page == page and job.state not in _OVER and job.task is not None:
                    job.task.cancel()

        waiting = self._leaving.pop(page, None)
        if waiting is not None:
            waiting.cancel()
        self._leaving[page] = asyncio.create_task(left())

    async def _run(self, job: Job) -> None:
        try:
            async with self._room:
                process = self._spare or await self._process()
                self._spare, job.process = None, process
                job.state = "running"
                self._tell(job)
                if not _write(process, job.order):
                    # the spare process died while it waited
                    process = job.process = await self._process()
                    _write(process, job.order)
                if not self._closed:
                    self._spare = await self._process()
                await self._follow(job, process)
        except asyncio.CancelledError:
            job.stopping = True
        finally:
            if job.process is not None:
                await _ended(job.process)
            if job.state not in _OVER:
                if job.stopping:
                    job.state = "stopped"
                else:
                    job.state = "refused"
                    job.refusal = {
                        "error": "the work ended without an answer; the machine may be out of "
                        "memory: ask for less, or free some",
                        "kind": "failed",
                    }
            job.over.set()
            self._tell(job)

    async def _follow(self, job: Job, process: "asyncio.subprocess.Process") -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if "progress" in told:
                self._progressed(job, *told["progress"])
            elif "refused" in told:
                job.state, job.refusal = "refused", told["refused"]
                return
            elif "stopped" in told:
                job.state = "stopped"
                return
            elif "done" in told:
                job.state = "done"
                return

    def _progressed(self, job: Job, what: str, done: int, of: int) -> None:
        now = time.monotonic()
        if job.progress is None or job.progress["what"] != what:
            job.step_since = now
        passed = now - job.step_since
        rate = done / passed if passed > 0 and done else None
        job.progress = {
            "what": what,
            "done": done,
            "of": of,
            "rate": None if rate is None else round(rate, 1),
            "left_s": round((of - done) / rate) if rate and of >= done > 0 else None,
        }
        self._tell(job)

    def _tell(self, job: Job) -> None:
        for queue in self._streams.get(job.page or "", ()):
            queue.put_nowait(job)

    def _forget_oldest(self) -> None:
        over = [job for job in self._jobs.values() if job.state in _OVER]
        for job in over[: max(0, len(self._jobs) - _MOST_KEPT)]:
            del self._jobs[job.id]
            job.answer.unlink(missing_ok=True)

    async def _process(self) -> "asyncio.subprocess.Process":
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "peelchain.web.job_process",
            env={**os.environ, "PYTHONPATH": os.pathsep.join([_PACKAGES, *_PATHS])},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_BYTES,
            # a Ctrl-C in the terminal is the server's; it ends the others in order
            start_new_session=True,
        )


def _event(job: Job) -> bytes:
    return f"event: job\ndata: {json.dumps(job.told())}\n\n".encode()


def _write(process: "asyncio.subprocess.Process", line: bytes) -> bool:
    if process.returncode is not None or process.stdin is None or process.stdin.is_closing():
        return False
    process.stdin.write(line)
    return True


def _end(process: "asyncio.subprocess.Process") -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()


async def _ended(process: "asyncio.subprocess.Process") -> None:
    """Waits for a process, which is asked to end and then made to."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), 0.5)
        return
    except TimeoutError:
        _end(process)
    try:
        await asyncio.wait_for(process.wait(), _KILL_SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
