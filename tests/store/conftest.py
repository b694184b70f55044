"""The chains and stores of the tests of ingest, for those of the store."""

from tests.chain.conftest import crafted, crafted_blocks, node, store, tmp_path

__all__ = ["crafted", "crafted_blocks", "node", "store", "tmp_path"]
