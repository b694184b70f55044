"""A simulated chain in a store, the early mainnet in another, and their Esplora servers."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.esplora_server import EsploraServed, serving_esplora

from peelchain.actions import chain
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store

SEED, BLOCKS = 7, 260


@pytest.fixture(scope="session")
def chain_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a simulated chain with a CoinJoin or two and every common type of script."""
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    from peelchain.actions.simulations import simulate

    folder = tmp_path_factory.mktemp("esplora")
    simulate(SEED, BLOCKS, folder / "node")
    chain.ingest(f"core:{folder / 'node'}", folder / "store")
    return folder / "store"


@pytest.fixture(scope="session")
def early_store(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the first 4,313 blocks of mainnet."""
    store = tmp_path_factory.mktemp("early") / "store"
    chain.ingest(f"core:{shared_data / 'early_chain'}", store)
    return store


@pytest.fixture(scope="session")
def esplora(chain_store: Path) -> Iterator[EsploraServed]:
    with serving_esplora(chain_store) as running:
        yield running


@pytest.fixture(scope="session")
def ask(esplora: EsploraServed) -> Iterator[httpx.Client]:
    """Asks the server of the simulated chain."""
    with esplora.client() as client:
        yield client


@pytest.fixture(scope="session")
def lookup(chain_store: Path) -> Iterator[Lookup]:
    """The tables of the simulated chain, to hold answers against."""
    with Store.open(chain_store) as store, Lookup(store) as lookup:
        yield lookup
