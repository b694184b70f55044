"""Suspected superclusters by the command line: two services in one cluster of a simulated chain."""

import shutil

import pytest
from tests.cli.running import peelchain

PACK = """title: Two names
creator: tests
currency: BTC
category: exchange
source: https://list.example
confidence: service_data
lastmod: 2024-01-31
tags:
- {{address: {a}, label: "Left \\e[31m", actor: left}}
- {{address: {b}, label: Right, actor: right}}
"""


@pytest.fixture(scope="module")
def doubtful(session, tmp_path_factory):
    """A copy of the session's store in which tags name two services for one cluster."""
    folder = tmp_path_factory.mktemp("doubtful")
    store = folder / "store"
    shutil.copytree(session.store, store)
    a, b = session.addresses[0], session.addresses[-1]
    (folder / "pack.yaml").write_text(PACK.format(a=a, b=b))
    assert peelchain("tags", "import", folder / "pack.yaml", "--store", store).code == 0
    return store, a, b


def test_cluster_of_two_services_is_named_with_what_carries_it(doubtful):
    store, a, b = doubtful
    (one,) = peelchain("cluster", "superclusters", "--store", store, "--json").answer["clusters"]
    assert one["services"] == ["left", "right"]
    (tie,) = one["ties"]
    txids = [t["txid"] for t in tie["transactions"]]
    assert tie["size"] == len(txids) > 0
    without = [word for txid in txids for word in ("--without", txid)]
    parted = peelchain("cluster", "explain", a, b, *without, "--store", store, "--json").answer
    assert not parted["joined"]
    assert parted["superclusters"] == []
    shown = peelchain("cluster", "superclusters", "--store", store)
    assert "left is held to the others by" in shown.out
    rows = peelchain("cluster", "superclusters", "--store", store, "--csv").out.splitlines()
    assert len(rows) == 1 + len(txids)


def test_explanation_warns(doubtful):
    store, a, b = doubtful
    answer = peelchain("cluster", "explain", a, b, "--store", store, "--json").answer
    assert [one["services"] for one in answer["superclusters"]] == [["left", "right"]]
    said = peelchain("cluster", "explain", a, b, "--store", store).out
    assert "is a suspected supercluster: tags of 2 services (left, right)" in said
    assert "\x1b" not in said


def test_chain_without_suspects_says_so(session):
    assert session.ask("cluster", "superclusters")["clusters"] == []
    said = peelchain("cluster", "superclusters", "--store", session.store)
    assert "no cluster is suspected" in said.out
