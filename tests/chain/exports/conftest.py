"""A simulated chain in a store, and real blocks in another, to export from."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.chain.conftest import node
from tests.chain.stores import ingest

from peelchain.actions.export import export
from peelchain.network import MAINNET

__all__ = ["node"]

Exported = Callable[..., Path]


@pytest.fixture(scope="session")
def simulated(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the simulated chain; read it, do not write it."""
    folder = tmp_path_factory.mktemp("exports") / "store"
    ingest(node, folder)
    return folder


@pytest.fixture(scope="session")
def early(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of mainnet's first 4,313 blocks; read it, do not write it."""
    folder = tmp_path_factory.mktemp("early")
    (folder / "blocks").mkdir()
    shutil.copy(shared_data / "early_chain" / "blk00000.dat", folder / "blocks")
    assert ingest(folder / "blocks", folder / "store").network == MAINNET.name
    return folder / "store"


@pytest.fixture
def exported(tmp_path: Path) -> Exported:
    """Exports a store in a format; the folder."""

    def run(format_name: str, store: Path, **options: Any) -> Path:
        folder = tmp_path / f"{format_name} {len(list(tmp_path.iterdir()))}"
        export(format_name, store, folder, **options)
        return folder

    return run
