"""Patterns on the first blocks of the real chain: few coins moved, over and over from one key."""

from contextlib import closing

import pytest

from peelchain.chain.core_files import find
from peelchain.chain.ingest import ingest_core_files
from peelchain.cluster.of_store import computed
from peelchain.cluster.policy import DEFAULT_POLICY
from peelchain.network import by_name
from peelchain.store import arrays
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.trace.patterns.scene import Scene, StoredDetails
from peelchain.trace.patterns.search import find_patterns
from peelchain.units import format_hash

FIRST_PAYMENT = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"
"""The first payment between two people, in block 170: 10 BTC of 50, the rest back."""


@pytest.fixture(scope="module")
def found(shared_data, tmp_path_factory):
    path = tmp_path_factory.mktemp("early") / "store"
    ingest_core_files(find(shared_data / "early_chain", by_name("mainnet")), path)
    with Store.open(path) as store, closing(Lookup(store)) as lookup:
        clusters = computed(lookup, DEFAULT_POLICY)
        scene = Scene(
            arrays.load(store),
            StoredDetails(lookup),
            clusters.index.cluster_of,
            lambda script: None,
            clusters.coinjoins["tx_id"].to_pylist(),
        )
        findings = find_patterns(scene, range(store.manifest.counts["txs"]))
        txids = lookup.txids({tx for finding in findings for tx in finding.txs})
        yield scene, findings, {tx: format_hash(txid) for tx, txid in txids.items()}


def test_the_first_payments_are_a_peel_chain_of_one_key(found):
    scene, findings, txids = found
    chains = [finding for finding in findings if finding.pattern == "peel_chain"]
    (first,) = (c for c in chains if FIRST_PAYMENT in {txids[tx] for tx in c.txs})
    followed = [scene.tx(tx).inputs[0] for tx in first.txs]
    # each payment's change went back to the key that paid
    assert len({coin.script_id for coin in followed}) == 1
    for chain in chains:
        for tx, kept in zip(chain.txs, chain.txouts, strict=False):
            (coin,) = scene.tx(tx).inputs
            (output,) = (o for o in scene.tx(tx).outputs if o.txout_id == kept)
            assert scene.cluster(output.script_id) == scene.cluster(coin.script_id)


def test_nobody_fans_out_or_goes_round_yet(found):
    _, findings, _ = found
    assert {f.pattern for f in findings} == {"peel_chain"}
