"""The command line run in this process through its real entry point, and what came of it."""

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peelchain.cli.main import main

ENTRY = [sys.executable, "-c", "from peelchain.cli.main import main; main()"]
"""The console script, for tests that need a process of its own; run it with ENVIRONMENT."""

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(main.__code__.co_filename).parents[2])}


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        assert self.code == 0, self.err
        found = json.loads(self.out)
        assert isinstance(found, dict)
        assert self.out.isascii()
        assert self.out.count("\n") == 1
        return found

    def refused(self, code: int, *said: str) -> str:
        """The error message of a refusal: this exit code, nothing on stdout, these words in it."""
        assert (self.code, self.out) == (code, ""), self.out + self.err
        assert "Traceback" not in self.err
        assert "defect" not in self.err
        for words in said:
            assert words in self.err, self.err
        return self.err


def peelchain(*arguments: object, stdin: str = "") -> Ran:
    """Runs `peelchain ARGUMENTS`."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    before, sys.stdin = sys.stdin, io.StringIO(stdin)
    code: object = None
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main([str(a) for a in arguments])
    except SystemExit as e:
        code = e.code
    finally:
        sys.stdin = before
    assert isinstance(code, int)
    return Ran(code, written(out), written(err))


def written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content, to see that nothing has changed.

    Of a store without what readers and writers mark their presence with.
    """
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.parent.name != "readers" and p.name != "writer.lock"
    }
