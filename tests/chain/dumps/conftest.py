"""A chain with witnesses as a node has it, and what a node's files make of it."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.chain.conftest import crafted, crafted_blocks, tmp_path
from tests.chain.dumps.written import Known, known_blocks
from tests.chain.stores import ingest

from peelchain.schema import CHAIN_TABLES
from peelchain.store import manifest as manifests

__all__ = ["crafted", "crafted_blocks", "tmp_path"]

Tables = dict[str, pa.Table]


def tables_of(store: Path) -> Tables:
    """The fact tables of a store, whole."""
    segments = manifests.read(store).segments
    return {
        name: pa.concat_tables([pq.read_table(store / s.files[name].file) for s in segments])
        for name in CHAIN_TABLES
    }


@pytest.fixture(scope="session")
def known(crafted_blocks: Path) -> list[Known]:
    """Forty blocks with spends, merges and witnesses, with what a node says of them."""
    return known_blocks(crafted_blocks)


@pytest.fixture(scope="session")
def from_files(crafted_blocks: Path, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The tables that the node's files make."""
    store = tmp_path_factory.mktemp("core") / "store"
    ingest(crafted_blocks, store)
    return tables_of(store)
