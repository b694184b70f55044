"""The Esplora server of a store for tests, started through the command line as a user starts it."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.cli.running import ENTRY, ENVIRONMENT


@dataclass(frozen=True)
class EsploraServed:
    """A running server: its address without a path, such as `http://127.0.0.1:40123`."""

    process: "subprocess.Popen[str]"
    origin: str
    port: int

    def client(self) -> httpx.Client:
        """Asks it."""
        return httpx.Client(base_url=self.origin, timeout=60)


@contextmanager
def serving_esplora(store: Path, *options: str) -> Iterator[EsploraServed]:
    """Serves a store by the Esplora API, on a free port, while the `with` lasts."""
    command = [*ENTRY, "serve", "--esplora", "--store", str(store), "--port", "0", "--json"]
    process = subprocess.Popen(
        [*command, *options], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the server ended before it said where it is"
        said = json.loads(line)
        yield EsploraServed(process, said["address"], said["port"])
    finally:
        process.terminate()
        process.communicate(timeout=30)
