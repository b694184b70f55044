"""A small simulated chain in a store, for what reads a store."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from peelchain.chain.core_files import find
from peelchain.chain.ingest import ingest_core_files
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store


@dataclass
class Small:
    """A store of some 500 transactions, open, with the truth about them."""

    node: Path
    path: Path
    store: Store
    lookup: Lookup

    @property
    def count(self) -> int:
        return self.store.manifest.counts["txs"]

    @property
    def tip(self) -> int:
        return self.store.manifest.tip_height


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    from peelchain.simulate.economy import simulate

    folder = tmp_path_factory.mktemp("change")
    simulate(folder / "node", seed=11, blocks=150)
    ingest_core_files(find(folder / "node", None), folder / "store")
    with Store.open(folder / "store") as store, Lookup(store) as lookup:
        yield Small(folder / "node", folder / "store", store, lookup)
