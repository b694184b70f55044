"""Run as a process of its own: the command `peelchain`, loaded once and forked for each call.

Reads a JSON line for each: arguments, files for stdout and stderr, and the most bytes of a file
(null: no limit). Writes the exit code, or minus the signal that ended it.
"""

import contextlib
import importlib
import io
import json
import os
import pkgutil
import resource
import signal
import sys

from peelchain import actions, cli
from peelchain.cli.main import main

# the command line loads what a command needs when it runs; here all is loaded once
for package in (actions, cli):
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
    main(["chain", "status", "--store", os.devnull])

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        for number, name in ((1, asked["out"]), (2, asked["err"])):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        if asked["most_bytes"] is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (asked["most_bytes"],) * 2)
        try:
            main(asked["arguments"])
        except SystemExit as e:
            sys.stdout.flush()
            sys.stderr.flush()
            # taking the interpreter down takes longer than most commands
            os._exit(e.code if isinstance(e.code, int) else 1)
    _, ended = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(ended), flush=True)
