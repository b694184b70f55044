"""A node as documented, and clients that lose no time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chain.crafted import Block
from tests.core_rpc import CoreServer, serving

from peelchain.chain.rpc import client
from peelchain.chain.rpc import ingest as stage
from peelchain.remote.http import HttpLimits


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_FIRST_LOOK", "_LATER", "FOLLOWED"):
        monkeypatch.setattr(
            stage,
            name,
            HttpLimits(tries=3, wait_s=0.001, read_s=0.5, answer_s=0.7, answer_bytes=1 << 20),
        )
    monkeypatch.setattr(client, "_WARMUP_PAUSE_S", 0.001)


@pytest.fixture
def core(crafted: list[Block], tmp_path: Path) -> Iterator[CoreServer]:
    """A node with the forty blocks."""
    folder = tmp_path / "datadir"
    folder.mkdir()
    with serving(crafted, folder) as server:
        yield server
