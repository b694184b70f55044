"""Run as a process of its own: looks of a watch that kill themselves at a chosen step.

Reads a JSON line for each: the step (0: none) and the arguments of `peelchain`. Steps are before
and after each transaction of journal and outbox, each file put in place, each notice handed over,
and within transactions. Writes how each ended, as an exit code or minus a signal, and the steps
made. A look is a fork of this process, which is all loaded.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tests.chain.loaded  # noqa: F401 - all is loaded before any look

from peelchain import _core
from peelchain.actions.watching import channels, look
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Journal
from peelchain.case.watching.outbox import Outbox
from peelchain.cli.main import main

steps, last = 0, 0


def step() -> None:
    global steps
    steps += 1
    if steps == last:
        os.kill(os.getpid(), signal.SIGKILL)


def counted(function: Callable[..., Any]) -> Callable[..., Any]:
    def stepping(*arguments: Any, **named: Any) -> Any:
        step()
        outcome = function(*arguments, **named)
        step()
        return outcome

    return stepping


def transaction(function: Callable[..., Any]) -> Callable[..., Any]:
    @contextmanager
    def stepping(self: Any) -> Iterator[None]:
        step()
        with function(self):
            yield
            step()
        step()

    return stepping


for kind in (Journal, Outbox):
    kind._writing = transaction(kind._writing)  # type: ignore[method-assign]
CaseFile.place = counted(CaseFile.place)  # type: ignore[method-assign]
_core.replace_file = counted(_core.replace_file)
channels.send_mail = counted(channels.send_mail)  # type: ignore[attr-defined]
channels.post_notice = counted(channels.post_notice)  # type: ignore[attr-defined]
look.carry_out = counted(look.carry_out)  # type: ignore[attr-defined]

for line in sys.stdin:
    asked = json.loads(line)
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        last = asked["step"]
        code: object = 1
        try:
            main(asked["arguments"])
        except SystemExit as e:
            code = e.code
        os.write(tell, str(steps).encode())
        os._exit(code if isinstance(code, int) else 1)
    os.close(tell)
    _, ended = os.waitpid(child, 0)
    made = os.read(told, 20).decode() or "0"
    os.close(told)
    print(json.dumps([os.waitstatus_to_exitcode(ended), int(made)]), flush=True)
