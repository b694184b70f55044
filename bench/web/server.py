"""The demo's chain in a store of its own, and a real server of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from bench.measure import BenchError, command_environment, run

PEELCHAIN = [sys.executable, "-c", "from peelchain.cli.main import main; main()"]
"""The program of this checkout, whichever is installed."""
SEED, BLOCKS = 7, 1500
WHAT = f"peelchain simulate --seed {SEED} --blocks {BLOCKS}, tags, rates and the finished case"


def demo(folder: Path) -> Path:
    """The demo's chain as `make demo` makes it: `store`, `node` and `cases/pay-site` in a folder.

    Raises BenchError where a step fails.
    """
    node, store, case = folder / "node", folder / "store", folder / "cases" / "pay-site"
    case.parent.mkdir(parents=True)
    on = ("--store", store)
    for step in (
        ("simulate", "--seed", SEED, "--blocks", BLOCKS, "--out", node),
        ("chain", "ingest", f"core:{node}", *on),
        ("cluster", "run", *on),
        ("tags", "import", node / "tagpack.yaml", node / "actorpack.yaml", *on),
        ("rates", "import", node / "rates.csv", *on),
        (
            *("investigate", f"@{node / 'observed.txt'}", *on, "--case", case),
            *("--title", "Pay site", "--subject", "pay site", "--date", "2024-01-31T12:00:00Z"),
        ),
    ):
        run([*PEELCHAIN, *map(str, step)])
    return folder


@contextmanager
def serving(folder: Path) -> Iterator[httpx.Client]:
    """A server of that folder as a process of its own, and a client that asks as the page does."""
    command = [*PEELCHAIN, "serve", "--store", str(folder / "store"), "--json"]
    command += ["--cases", str(folder / "cases"), "--port", "0"]
    process = subprocess.Popen(
        command, env=command_environment(), stdout=subprocess.PIPE, stderr=sys.stderr, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise BenchError("the server ended before it said where it is")
        said = json.loads(line)
        origin = f"http://127.0.0.1:{said['port']}"
        headers = {"Authorization": f"Bearer {said['token']}"}
        with httpx.Client(base_url=origin, headers=headers, timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.communicate(timeout=30)
