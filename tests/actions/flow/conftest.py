"""A small simulated chain with clusters, tags and rates."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chain.stores import ingest
from tests.oracle.neighbours import WholeChain

from peelchain.actions.clusters import run
from peelchain.actions.simulations import simulate
from peelchain.actions.tagging.importing import import_tags
from peelchain.actions.tagging.rates import import_rates
from peelchain.actions.view import StoreView


@pytest.fixture(scope="session")
def flow_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flow")
    simulate(11, 200, folder / "node")
    ingest(folder / "node" / "regtest" / "blocks", folder / "store")
    run(folder / "store")
    import_tags([folder / "node" / "tagpack.yaml"], folder / "store")
    import_rates(folder / "node" / "rates.csv", folder / "store")
    return folder / "store"


@pytest.fixture(scope="session")
def view(flow_store: Path) -> Iterator[StoreView]:
    with StoreView(flow_store) as view:
        yield view


@pytest.fixture(scope="session")
def whole_chain(view: StoreView) -> WholeChain:
    return WholeChain(view)
