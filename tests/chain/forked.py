"""Run as a process of its own: the command `peelchain`, loaded once and forked for each call.

Reads a JSON line for each: arguments, files for stdout and stderr, and the most bytes of a file
(null: no limit). Writes the exit code, or minus the signal that ended it.
"""

import json
import os
import resource
import signal
import sys

from tests.chain.loaded import run

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        for number, name in ((1, asked["out"]), (2, asked["err"])):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        if asked["most_bytes"] is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (asked["most_bytes"],) * 2)
        run(asked["arguments"])
    _, ended = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(ended), flush=True)
