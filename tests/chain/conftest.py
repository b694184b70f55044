"""Chains that several tests of ingest and store read."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chain.crafted import Block, genesis, grow, write_files
from tests.chain.stores import MEMORY, ingest

from peelchain.actions.simulations import simulate

ENOUGH_BYTES = 1 << 30


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder of the test's own, in memory where there is room: stores sync every file."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ENOUGH_BYTES:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="peelchain-", dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated node's data directory; read it, do not write it."""
    folder = tmp_path_factory.mktemp("simulated") / "node"
    simulate(5, 200, folder)
    return folder


@pytest.fixture(scope="session")
def crafted() -> list[Block]:
    """Forty blocks with spends, merges and witnesses."""
    return grow([genesis()], 40)


@pytest.fixture(scope="session")
def crafted_blocks(crafted: list[Block], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The blocks folder of `crafted`; read it, do not write it."""
    return write_files(tmp_path_factory.mktemp("crafted") / "blocks", crafted)


@pytest.fixture
def store(crafted_blocks: Path, tmp_path: Path) -> Path:
    """A store of `crafted`, the test's own."""
    ingest(crafted_blocks, tmp_path / "store")
    return tmp_path / "store"
