"""Run as a process of its own: ingests with small segments that are stopped at chosen moments.

Reads a line for each: blocks folder, store, and the step at which the process of that ingest kills
itself, or `wait`: then each commit is announced on stdout, and takes its time. Writes how each
ended, as an exit code or minus a signal. An ingest is a fork of this process, which is all loaded.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peelchain import _core
from peelchain.chain import ingest as stage
from peelchain.cli.main import main
from peelchain.store import manifest

stage.SEGMENT_BLOCKS = 8
stage.HEAD_BLOCKS = 3
steps = 0


def counted(function: Callable[..., Any], at: int) -> Callable[..., Any]:
    """The function, with a step before it and one after it; the process dies at step `at`."""

    def step() -> None:
        global steps
        steps += 1
        if steps == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def run(*arguments: Any, **named: Any) -> Any:
        step()
        outcome = function(*arguments, **named)
        step()
        return outcome

    return run


def announced(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: Any) -> None:
        function(*arguments)
        print("committed", flush=True)
        time.sleep(0.5)

    return run


def ingest(blocks: str, store: str, moment: str) -> None:
    if moment == "wait":
        manifest.write = announced(manifest.write)
    else:
        at = int(moment)
        manifest.write = counted(manifest.write, at)
        _core.sync_dir = counted(_core.sync_dir, at)
        shutil.rmtree = counted(shutil.rmtree, at)  # type: ignore[assignment]
        Path.mkdir = counted(Path.mkdir, at)  # type: ignore[method-assign]
        Path.unlink = counted(Path.unlink, at)  # type: ignore[method-assign]
    main(["chain", "ingest", f"core:{blocks}", "--store", store])


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        ingest(*line.rstrip("\n").split("\t"))
    print(f"forked {child}", flush=True)
    _, ended = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(ended), flush=True)
