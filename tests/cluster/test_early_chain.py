"""The first 4,313 blocks of mainnet, from block files to clusters."""

from contextlib import closing
from pathlib import Path

import pytest
from tests.oracle import cluster as oracle

from peelchain.chain.core_files import find
from peelchain.chain.ingest import ingest_core_files
from peelchain.cluster.explain import explain
from peelchain.cluster.of_store import Clusters, computed
from peelchain.cluster.policy import DEFAULT_POLICY
from peelchain.network import by_name
from peelchain.store.arrays import ChainArrays, load
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store


@pytest.fixture(scope="module")
def early(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("early") / "store"
    ingest_core_files(find(shared_data / "early_chain", by_name("mainnet")), store)
    return store


@pytest.fixture(scope="module")
def arrays(early) -> ChainArrays:
    with Store.open(early) as opened:
        return load(opened)


@pytest.fixture(scope="module")
def result(early) -> Clusters:
    with Store.open(early) as opened, closing(Lookup(opened)) as lookup:
        return computed(lookup, DEFAULT_POLICY)


def inputs_of(arrays: ChainArrays, tx_id: int) -> set[int]:
    rows = slice(*arrays.tx_first_txin[tx_id : tx_id + 2])
    return {int(arrays.txout_script[prev]) for prev in arrays.txin_prev_txout[rows] if prev >= 0}


def test_clusters_are_those_of_common_spending(arrays, result):
    spent = [inputs_of(arrays, tx_id) for tx_id in range(len(arrays.tx_height))]
    pairs = [(min(scripts), other) for scripts in spent if scripts for other in scripts]
    label = oracle.clusters(pairs)
    assert result.table["script_id"].to_pylist() == sorted(label)
    assert result.table["cluster_id"].to_pylist() == [label[s] for s in sorted(label)]
    assert (result.links.num_rows, len(label), len(set(label.values()))) == (188, 213, 26)
    assert result.coinjoins.num_rows == 0


def test_every_member_is_joined_to_the_name_of_its_cluster(arrays, result):
    for cluster_id in sorted(set(result.table["cluster_id"].to_pylist())):
        for script in result.index.members(cluster_id).tolist():
            chain = explain(result.links, cluster_id, script)
            assert chain is not None
            for step in chain:
                assert {step.script_a, step.script_b} <= inputs_of(arrays, step.tx_id)
