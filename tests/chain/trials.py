"""Run as a process of its own: commands with small segments, under an environment of their own.

Reads a JSON line for each: arguments, what to set in the environment, and a file for stderr. Writes
how each ended, as an exit code or minus a signal. A command is a fork of this process, which is all
loaded and has written nothing yet.
"""

import json
import os
import sys

from tests.chain.loaded import run
from tests.chain.stores import SMALL

from peelchain.store import layout

for name, value in SMALL.items():
    setattr(layout, name, value)
os.urandom = bytes  # one key for all stores, so that their look-ups can be compared

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.update(asked["environment"])
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(asked["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        run(asked["arguments"])
    _, ended = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(ended), flush=True)
