"""One simulated economy: its truth in the store's numbers, and its counts, by plain reading."""

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.oracle import metrics as oracle
from tests.simulate.reading import Chain, co_spend_clusters, read_chain, read_truth

pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

from peelchain.chain.core_files import find
from peelchain.chain.ingest import ingest_core_files
from peelchain.errors import SourceError
from peelchain.evaluate.detector_error import total
from peelchain.evaluate.economy import Economy, read_economy
from peelchain.evaluate.one_economy import economy_counts, simulated
from peelchain.network import REGTEST
from peelchain.simulate.parameters import PARAMETERS
from peelchain.store.reader import Store


@dataclass(frozen=True)
class World:
    node: Path
    chain: Chain
    owner: dict[bytes, str]
    economy: Economy
    txids: list[str]
    scripts: list[bytes]
    counts: dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    folder = tmp_path_factory.mktemp("economy")
    parameters = replace(PARAMETERS["habits"], payjoin_share=0.05)
    node = simulated(folder / "sim", 11, 200, parameters)
    ingest_core_files(find(node, REGTEST), folder / "store")
    with Store.open(folder / "store") as store:
        economy = read_economy(node, store)
        txids = [t[::-1].hex() for t in store.read("txs", ["txid"])["txid"].to_pylist()]
        scripts = store.read("scripts", ["script_pubkey"])["script_pubkey"].to_pylist()
    owner = {
        bytes.fromhex(row["script_pubkey"]): row["owner_id"] for row in read_truth(node, "scripts")
    }
    counts = economy_counts(node, folder / "again")
    assert not (folder / "again").exists()
    return World(node, read_chain(node), owner, economy, txids, scripts, counts)


def test_owners_and_families_are_those_of_the_truth(world):
    family = {bytes.fromhex(r["script_pubkey"]): r["wallet_family"] for r in
              read_truth(world.node, "scripts")}  # fmt: skip
    for at, script in enumerate(world.scripts):
        is_data = script[:1] == b"\x6a"
        assert world.economy.owner[at] == ("" if is_data else world.owner[script])
        assert world.economy.family[at] == family[script]


def test_transactions_of_several_owners_are_those_that_the_chain_shows(world):
    for at, txid in enumerate(world.txids):
        tx = world.chain.txs[txid]
        spenders = {world.owner[script] for script, _ in tx.prevouts}
        assert bool(world.economy.several_owners[at]) == (len(spenders) > 1)
    assert world.economy.several_owners.sum() > world.economy.is_mix.sum()


def test_classes_are_those_of_the_truth(world):
    said = {r["txid"]: r["class"] for r in read_truth(world.node, "transactions")}
    said |= {r["txid"]: r["type"] for r in read_truth(world.node, "coinjoins")}
    for at, txid in enumerate(world.txids):
        assert world.economy.tx_class[at] == said.get(txid, "coinbase")


def test_eras_are_thirds_of_the_heights_with_payments(world):
    heights = [world.chain.txs[t].height for t in world.txids]
    first = min(h for t, h in zip(world.txids, heights, strict=True)
                if not world.chain.txs[t].is_coinbase)  # fmt: skip
    third = (max(heights) - first + 1) / 3
    for height, era in zip(heights, world.economy.tx_era.tolist(), strict=True):
        assert era == max(1, min(3, int((height - first) / third) + 1))


def test_a_case_starts_from_observed_and_tagged_scripts(world):
    said = (world.node / "tagpack.yaml").read_text() + (world.node / "observed.txt").read_text()
    address = {
        bytes.fromhex(r["script_pubkey"]): r["address"] for r in read_truth(world.node, "scripts")
    }
    named = {s for s in world.scripts if address[s] and address[s] in said}
    assert {world.scripts[at] for at in world.economy.case_scripts.tolist()} == named
    assert len(named) >= 10


def test_counts_without_detectors_are_those_of_plain_co_spending(world):
    """Without detectors the clusters follow from the inputs alone, so plain sets can judge them."""
    number = {script: at for at, script in enumerate(world.scripts)}
    names = sorted(set(world.owner.values()))
    spendable = [s for s in world.scripts if s[:1] != b"\x6a"]
    owners = [names.index(world.owner[s]) for s in world.scripts]
    links = []
    for txid in world.txids:
        ids = sorted({number[s] for s, _ in world.chain.txs[txid].prevouts})
        links += [(ids[0], other) for other in ids[1:]]
    verdicts = Counter(v for _, v in oracle.merges(links, owners))
    found = world.counts["policies"]["no_detectors"]
    assert found["merges"]["all"] == [verdicts[1], verdicts[0]]
    assert verdicts[0] > 20
    assert sum(found["false_by"].values()) == verdicts[0]
    era = [found["merges"][f"era:{n}"] for n in (1, 2, 3)]
    assert np.sum(era, axis=0).tolist() == found["merges"]["all"]

    label = {s: s for s in world.scripts}
    for a, b in links:
        one, other = label[world.scripts[a]], label[world.scripts[b]]
        if one != other:
            label = {s: one if place == other else place for s, place in label.items()}
    cells = Counter((world.owner[s], label[s]) for s in spendable)
    of_owner = Counter(world.owner[s] for s in spendable)
    of_cluster = Counter(label[s] for s in spendable)

    def pairs(counts):
        return sum(n * (n - 1) // 2 for n in counts.values())

    assert found["pairs"]["all"] == [pairs(cells), pairs(of_cluster), pairs(of_owner)]
    scripts, precision, recall = found["b_cubed"]["all"]
    assert scripts == len(spendable)
    assert precision == pytest.approx(sum(n * n / of_cluster[c] for (_, c), n in cells.items()))
    assert recall == pytest.approx(sum(n * n / of_owner[o] for (o, _), n in cells.items()))


def test_the_oracle_joins_nobody_with_a_stranger_and_bounds_the_pairs(world):
    for counts in world.counts["policies"].values():
        for beside in counts["beside_oracle"].values():
            for found, sought in (beside["pairs"], beside["merges"]):
                assert 0 <= found <= sought
        # without detectors nothing is left out, so nothing of the oracle's is missed
    naive = world.counts["policies"]["no_detectors"]["beside_oracle"]["all"]
    assert naive["pairs"][0] == naive["pairs"][1]


def test_every_transaction_is_counted_once_among_the_verdicts(world):
    rows = world.counts["verdicts"]
    spends = [t for t in world.chain.txs.values() if not t.is_coinbase]
    assert total(rows, None, None) == len(spends)
    mixes = Counter(r["type"] for r in read_truth(world.node, "coinjoins"))
    assert {name: total(rows, [name], None) for name in mixes} == dict(mixes)
    assert rows == sorted(rows)


def test_counts_are_json_and_the_same_each_time(world, tmp_path):
    again = economy_counts(world.node, tmp_path / "store")
    assert json.dumps(again) == json.dumps(world.counts)


def test_clusters_of_the_default_policy_beat_those_without_detectors(world):
    default, naive = (world.counts["policies"][p] for p in ("default", "no_detectors"))
    assert default["merges"]["all"][1] < naive["merges"]["all"][1]
    assert set(co_spend_clusters(world.chain)) <= set(world.scripts)


def test_the_truth_of_another_chain_is_refused(world, tmp_path):
    other = simulated(tmp_path / "other", 12, 110, PARAMETERS["default"])
    ingest_core_files(find(other, REGTEST), tmp_path / "store")
    with (
        Store.open(tmp_path / "store") as store,
        pytest.raises(SourceError, match="ingest the chain that belongs to it"),
    ):
        read_economy(world.node, store)
