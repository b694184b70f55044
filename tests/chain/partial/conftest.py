"""A simulated chain in a whole store, and every transaction of it with its proof."""

from pathlib import Path

import pytest
from tests.chain.conftest import node, tmp_path
from tests.chain.partial.fetched import Fact, facts_of

from peelchain.actions.chain import ingest

__all__ = ["node", "tmp_path"]


@pytest.fixture(scope="session")
def whole(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the simulated node; read it, do not write it."""
    store = tmp_path_factory.mktemp("whole") / "store"
    ingest(f"core:{node}", store)
    return store


@pytest.fixture(scope="session")
def facts(whole: Path) -> list[Fact]:
    return facts_of(whole)
