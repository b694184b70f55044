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

import pytest
from tests.chain.crafted import Block, write_files

import peelchain
from peelchain.chain.core_files import find
from peelchain.chain.ingest import Ingested, ingest_core_files
from peelchain.schema import CHAIN_TABLES
from peelchain.store import layout, manifest
from peelchain.store.reader import Store

_ROOTS = (Path(peelchain.__file__).parents[1], Path(__file__).parents[2])
MEMORY = Path("/dev/shm")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, _ROOTS))}


SMALL = {"DAY_BLOCKS": 4, "WEEK_BLOCKS": 8, "HEAD_BLOCKS": 3, "LEVELS": (4, 8, 16, 32)}
"""A layout in which a chain of forty blocks has days, weeks, and look-ups merged three times."""


def cut_small(patch: pytest.MonkeyPatch, **blocks: object) -> None:
    """Has stores cut by the layout SMALL, or what is given of it."""
    for name, value in {**SMALL, **blocks}.items():
        patch.setattr(layout, name, value)


def fix_key(patch: pytest.MonkeyPatch) -> None:
    """Has new stores take one key, so that their look-ups can be compared."""
    patch.setattr(os, "urandom", bytes)


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


def assert_ingested_up_to(
    blocks: Path, store: Path, whole: list[Block], height: int, *words: str
) -> None:
    """That damaged files give their chain up to `height`, with a message that has these words.

    Into the store, which keeps what it has above, and into a fresh one. `whole` is a chain that
    agrees with the files up to there, and to which a fresh one then goes on.
    """
    before = -1 if not store.exists() else answer("chain", "status", "--store", store)["tip_height"]
    kept = snapshot(store)
    with tempfile.TemporaryDirectory(dir=store.parent) as folder:
        fresh = Path(folder) / "fresh"
        for place, tip in ((store, max(before, height)), (fresh, height)):
            done = command("chain", "ingest", f"core:{blocks}", "--store", place, "--json")
            assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
            told = json.loads(done.stdout)
            assert told["tip_height"] == tip
            assert told["added_blocks"] == (tip - before if place == store else tip + 1)
            (message,) = told["damage"]
            assert done.stderr.splitlines()[-1] == f"error: {message}"
            for word in (*words, ";", f"whole up to height {height}"):
                assert word in message, (word, message)
            assert answer("chain", "verify", "--store", place)["ok"]
            assert content(place) == content_of(whole[: tip + 1])
        if before > height:
            assert snapshot(store) == kept
        repaired = write_files(Path(folder) / "blocks", whole)
        done_now = ingest(repaired, fresh)
        assert (done_now.damage, done_now.tip_height) == ((), len(whole) - 1)
        assert content(fresh) == content_of(whole)


def content_of(chain: list[Block]) -> dict[str, str]:
    """The content of a store that was made of this chain at once."""
    tip = chain[-1].shown
    if tip not in _contents:
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
            ingest(write_files(Path(folder) / "blocks", chain), Path(folder) / "store")
            _contents[tip] = content(Path(folder) / "store")
    return _contents[tip]


_contents: dict[str, dict[str, str]] = {}


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


def chain_files(store: Path) -> set[str]:
    """Every file of tables and look-ups that lies in a store, named as in its manifest."""
    folders = (store / "segments", store / "lookups")
    return {str(p.relative_to(store)) for f in folders for p in f.rglob("*") if p.is_file()}


def named_files(store: Path) -> set[str]:
    """Every file that a store's manifest names."""
    return {f.file for f in manifest.read(store).files()}


def file_hashes(store: Path) -> dict[tuple[str, int, int], str]:
    """The SHA-256 of every file of tables and look-ups, by name and heights.

    Where the key of the store is not fixed, those of the look-ups differ.
    """
    found = manifest.read(store)
    hashes = {("spent.bits", 0, found.sealed_height): found.spent.sha256 if found.spent else ""}
    for segment in found.segments:
        for table, file in segment.files.items():
            hashes[table, segment.first_height, segment.last_height] = file.sha256
    for run in found.sorted_runs:
        at = (run.first_height, run.last_height)
        hashes[f"{run.kind}.run", *at] = run.run.sha256
        hashes[f"{run.kind}.filter", *at] = run.filter.sha256 if run.filter else ""
    return hashes


def snapshot(folder: Path) -> dict[str, str]:
    """Every file under a folder with the hash of its bytes."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
