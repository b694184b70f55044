"""The command `peelchain`, loaded whole, so that a fork of this process runs it at once."""

import contextlib
import importlib
import io
import os
import pkgutil
import sys
from collections.abc import Sequence
from typing import NoReturn

from peelchain import actions, cli
from peelchain.cli.main import main

# the command line loads what a command needs when it runs; here all is loaded once
for package in (actions, cli):
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
    main(["chain", "status", "--store", os.devnull])


def run(arguments: Sequence[str]) -> NoReturn:
    """Runs the command and ends this process, which is a fork, with its exit code."""
    code: object = 1
    try:
        main(arguments)
    except SystemExit as e:
        code = e.code
    sys.stdout.flush()
    sys.stderr.flush()
    # taking the interpreter down takes longer than most commands
    os._exit(code if isinstance(code, int) else 1)
