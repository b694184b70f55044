"""A server of its own for tests, started through the command line as a user starts it."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.cli.running import ENTRY, ENVIRONMENT


@dataclass
class Served:
    """A running server: what it said when it began, and its store and folder of cases."""

    process: "subprocess.Popen[str]"
    said: dict[str, Any]
    store: Path
    cases: Path

    @property
    def address(self) -> str:
        return str(self.said["address"])

    @property
    def token(self) -> str:
        return str(self.said["token"])

    @property
    def port(self) -> int:
        return int(self.said["port"])

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def client(self) -> httpx.Client:
        """Asks as the page does."""
        return httpx.Client(base_url=self.origin, headers=self.headers, timeout=60)


@contextmanager
def serving(store: Path, cases: Path) -> Iterator[Served]:
    """Serves a store and a folder of cases while the `with` lasts."""
    command = [*ENTRY, "serve", "--store", str(store), "--cases", str(cases), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--json"], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the server ended before it said where it is"
        said = json.loads(line)
        yield Served(process, said, store, cases)
    finally:
        process.terminate()
        process.communicate(timeout=30)
