"""What the tests of ingest and store ask of the command line and of a store's folder."""

import atexit
import json
import os
import select
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import peelchain
from peelchain.chain.core_files import find
from peelchain.chain.ingest import Ingested, ingest_core_files
from peelchain.schema import CHAIN_TABLES
from peelchain.store.reader import Store

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(peelchain.__file__).parents[1])}


@dataclass(frozen=True)
class Done:
    """How a command ended and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


@cache
def _server() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("forked.py"))],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    return process


def command(*arguments: object, most_bytes: int | None = None) -> Done:
    """The outcome of the command `peelchain`, run in a process of its own.

    `most_bytes` is what the system lets it write into one file, as a full disk would.
    """
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        asked = {
            "arguments": [str(a) for a in arguments],
            "out": str(out),
            "err": str(err),
            "most_bytes": most_bytes,
        }
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        ready, _, _ = select.select([server.stdout], [], [], 120)
        assert ready, f"{asked['arguments']} hangs"
        code = int(server.stdout.readline())
        return Done(code, out.read_text("utf-8"), err.read_text("utf-8"))


def answer(*arguments: object) -> dict[str, Any]:
    """What a command that must succeed prints as JSON."""
    done = command(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


def assert_refused(done: Done, *words: str, code: int = 1, remedy: bool = True) -> None:
    """That a command failed with one plain message that has these words, and a remedy.

    Where a name is malformed, what is wrong with it says what to do.
    """
    assert done.returncode == code, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr
    message = done.stderr.strip().splitlines()[-1]
    for word in words:
        assert word in message, (word, message)
    assert ";" in message or not remedy, f"no remedy: {message}"


def ingest(blocks: Path, store: Path) -> Ingested:
    return ingest_core_files(find(blocks, None), store)


def content(store: Path, *, places: bool = False) -> dict[str, str]:
    """A hash of the rows of each fact table; `places` includes where the raw blocks lie."""
    hashes = {}
    with Store.open(store) as opened:
        for table in CHAIN_TABLES:
            rows = opened.read(table)
            if table == "blocks" and not places:
                rows = rows.drop_columns(["file_number", "file_offset"])
            hashes[table] = sha256(repr(rows.to_pydict()).encode()).hexdigest()
    return hashes


def snapshot(folder: Path) -> dict[str, str]:
    """Every file under a folder with the hash of its bytes."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
