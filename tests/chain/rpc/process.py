"""The command `peelchain` as a process of its own, while it runs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chain.stores import ENVIRONMENT

PEELCHAIN = (sys.executable, "-c", "from peelchain.cli.main import main; main()")


class Process:
    """A command under way, its answers by line."""

    def __init__(self, arguments: list[object], folder: Path) -> None:
        self._err = folder / "err.txt"
        self._out = folder / "out.txt"
        self._read = 0
        with self._err.open("w") as err, self._out.open("w") as out:
            self._process = subprocess.Popen(
                [*PEELCHAIN, *map(str, arguments)],
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
                env={**ENVIRONMENT, "PYTHONUNBUFFERED": "1"},
                cwd=folder,
            )

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def stderr(self) -> str:
        return self._err.read_text()

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def next(self) -> dict[str, Any]:
        """The next answer; fails where the command ends before."""

        def line() -> str:
            lines = self._out.read_text().split("\n")
            return lines[self._read] if len(lines) > self._read + 1 else ""

        wait_for(lambda: bool(line()) or self.ended)
        assert line(), self.stderr
        found: dict[str, Any] = json.loads(line())
        self._read += 1
        return found

    def until(self, tip: str) -> dict[str, Any]:
        """The answer of this tip; what came with those before it is added up."""
        added = rolled_back = 0
        while True:
            found = self.next()
            added, rolled_back = added + found["added_blocks"], rolled_back + found["rolled_back"]
            if found["tip_hash"] == tip:
                return {**found, "added_blocks": added, "rolled_back": rolled_back}

    def says(self, words: str) -> None:
        wait_for(lambda: words in self.stderr or self.ended)
        assert words in self.stderr

    def ends_by(self, how: signal.Signals) -> int:
        os.kill(self._process.pid, how)
        return self._process.wait(timeout=60)


def wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)
