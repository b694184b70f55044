"""Run as a process of its own: ingests with small segments that are stopped at chosen moments.

Reads a line for each: blocks folder, store, and a moment. That is the step at which the process of
that ingest kills itself; or the time, such as `0.25 s`, after which it is killed; or `never`; or
`interrupt`, by Ctrl-C before its first commit; or `wait`, then each commit is announced on stdout,
and takes its time. Writes how each ended, as an exit code or minus a signal. An ingest is a fork of
this process, which is all loaded.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.chain.loaded import run
from tests.chain.stores import SMALL

from peelchain import _core
from peelchain.store import layout, manifest

for name, value in SMALL.items():
    setattr(layout, name, value)
os.urandom = bytes  # one key for all stores, so that their look-ups can be compared
steps = 0


def counted(function: Callable[..., Any], at: int) -> Callable[..., Any]:
    """The function, with a step before it and one after it; the process dies at step `at`."""

    def step() -> None:
        global steps
        steps += 1
        if steps == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def stepping(*arguments: Any, **named: Any) -> Any:
        step()
        outcome = function(*arguments, **named)
        step()
        return outcome

    return stepping


def announced(function: Callable[..., Any]) -> Callable[..., Any]:
    def announcing(*arguments: Any) -> None:
        function(*arguments)
        print("committed", flush=True)
        time.sleep(0.5)

    return announcing


def interrupting(*arguments: Any, **named: Any) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def ingest(blocks: str, store: str, moment: str) -> None:
    if moment == "wait":
        manifest.write = announced(manifest.write)
    elif moment == "interrupt":
        manifest.write = interrupting
    elif moment.isdecimal():
        at = int(moment)
        manifest.write = counted(manifest.write, at)
        for kernel in (
            *("sync_dir", "make_dirs", "make_lock", "remove_file", "remove_dir", "remove_tree"),
            *("compact_tables", "merge_runs", "merge_coins"),
        ):
            setattr(_core, kernel, counted(getattr(_core, kernel), at))
    run(["chain", "ingest", f"core:{blocks}", "--store", store])


for line in sys.stdin:
    blocks, store, moment = line.rstrip("\n").split("\t")
    child = os.fork()
    if child == 0:
        ingest(blocks, store, moment)
    print(f"forked {child}", flush=True)
    if moment.endswith(" s"):
        # before anybody has waited for it, its number is nobody else's, even when it has ended
        time.sleep(float(moment.removesuffix(" s")))
        os.kill(child, signal.SIGKILL)
    _, ended = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(ended), flush=True)
