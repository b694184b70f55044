"""Explanations of a simulated chain by the command line, held against clustering anew."""

from collections import defaultdict
from itertools import combinations

import pytest
from tests.cli.running import peelchain

from peelchain.actions import explain as actions
from peelchain.actions import open_store


@pytest.fixture(scope="module")
def clusters(session):
    """The addresses of each cluster, the greatest cluster first."""
    found = defaultdict(list)
    for row in session.ask("cluster", "export")["rows"]:
        if row["address"]:
            found[row["cluster_id"]].append(row["address"])
    return sorted(found.values(), key=len, reverse=True)


@pytest.fixture(scope="module")
def pairs(session, clusters):
    """Two addresses of each of the greatest clusters, and two that one transaction cannot part."""
    far = [(c[0], c[-1]) for c in clusters[:4]]
    near = ((a, b) for c in clusters[:5] for a, b in combinations(c[:25], 2))
    held = next(
        (a, b) for a, b in near if explained(session, a, b)["weakest_cut"]["size"] not in (None, 1)
    )
    return [*far, held]


def explained(session, a, b, without=(), *more):
    options = [word for txid in without for word in ("--without", txid)]
    return session.ask("cluster", "explain", a, b, *options, *more)


def test_without_the_cut_they_part_and_without_less_they_do_not(session, pairs):
    sizes = set()
    for a, b in pairs:
        cut = explained(session, a, b)["weakest_cut"]
        txids = [t["txid"] for t in cut["transactions"]]
        sizes.add(len(txids))
        assert not explained(session, a, b, txids)["joined"]
        for some in combinations(txids, len(txids) - 1):
            assert explained(session, a, b, some)["joined"]
        for txid in cut["alone"]:
            assert not explained(session, a, b, [txid])["joined"]
    assert 1 in sizes
    assert max(sizes) > 1


def test_both_directions_say_the_same(session, pairs):
    for a, b in pairs:
        there, back = explained(session, a, b), explained(session, b, a)
        assert [x["txid"] for x in there["links"]] == [x["txid"] for x in back["links"]][::-1]
        cuts = there["weakest_cut"], back["weakest_cut"]
        assert [t["txid"] for t in cuts[0]["transactions"]] == [
            t["txid"] for t in cuts[1]["transactions"]
        ]
        assert cuts[0]["scripts_a"] == cuts[1]["scripts_b"]
        assert cuts[0]["alone"] == cuts[1]["alone"][::-1]
        assert there["joint_truth"] == back["joint_truth"]


def test_what_was_excluded_came_nearest(session, pairs):
    for a, b in pairs:
        txids = {t["txid"] for t in explained(session, a, b)["weakest_cut"]["transactions"]}
        nearest = explained(session, a, b, sorted(txids))["nearest"]
        (crossing,) = nearest["left_out"]
        assert crossing["txid"] in txids
        assert crossing["reason"] == "excluded"


def test_what_was_not_searched_is_said(session, pairs, monkeypatch):
    a, b = pairs[0]
    txids = [t["txid"] for t in explained(session, a, b)["weakest_cut"]["transactions"]]
    assert explained(session, a, b, txids)["nearest"]["left_out_complete"]
    monkeypatch.setattr(actions, "MOST_INPUTS", 1)
    nearest = explained(session, a, b, txids)["nearest"]
    assert (nearest["left_out"], nearest["left_out_complete"]) == (None, False)
    without = [word for txid in txids for word in ("--without", txid)]
    said = peelchain("cluster", "explain", a, b, *without, "--store", session.store).out
    assert "more is left out by the policy than was searched" in said


def test_payments_between_clusters_are_told_and_are_no_link(session):
    a = session.addresses[0]
    receipt = session.ask("address", a)["receipts"][0]
    payer = session.ask("tx", receipt["txid"])["inputs"][0]["address"]
    answer = explained(session, payer, a)
    assert not answer["joined"]
    payments = answer["nearest"]["payments"]
    assert payments["complete"]
    assert receipt["txid"] in payments["a_to_b"]["first"]
    assert payments["a_to_b"]["value_sat"] >= receipt["value_sat"]
    turned = explained(session, a, payer)["nearest"]["payments"]
    assert (turned["b_to_a"], turned["a_to_b"]) == (payments["a_to_b"], payments["b_to_a"])
    assert turned["shared_counterparties"] == payments["shared_counterparties"]
    said = peelchain("cluster", "explain", payer, a, "--store", session.store)
    assert "no evidence that payer and payee are one party" in said.out


def test_payments_are_the_same_by_look_ups(session, pairs, clusters, monkeypatch):
    asked = [(clusters[i][0], clusters[j][0]) for i, j in combinations(range(6), 2)]
    scanned = [explained(session, a, b)["nearest"]["payments"] for a, b in asked]
    monkeypatch.setattr(open_store, "_SHORT_TXOUTS", 0)
    assert [explained(session, a, b)["nearest"]["payments"] for a, b in asked] == scanned


def test_answers_are_the_same_without_the_whole_clustering_in_memory(
    session, pairs, clusters, monkeypatch
):
    apart = [(clusters[i][0], clusters[j][0]) for i, j in combinations(range(4), 2)]
    apart.append((session.addresses[0], clusters[-1][0]))
    held = [explained(session, a, b) for a, b in [*pairs, *apart]]
    monkeypatch.setattr(actions, "MOST_LINKS", 0)
    read = [explained(session, a, b) for a, b in [*pairs, *apart]]
    assert [one.pop("superclusters") for one in held] == [[]] * len(held)
    assert [one.pop("superclusters") for one in read] == [None] * len(read)
    assert read == held


def test_more_than_the_bound_is_said(session, pairs):
    for a, b in pairs:
        if explained(session, a, b)["weakest_cut"]["size"] > 1:
            cut = explained(session, a, b, (), "--cut-bound", 1)["weakest_cut"]
            assert (cut["size"], cut["more_than"], cut["transactions"]) == (None, 1, [])
            said = peelchain(
                "cluster", "explain", a, b, "--cut-bound", 1, "--store", session.store
            ).out
            assert "more than 1 transactions" in said


def test_one_script_needs_no_reason(session):
    a = session.addresses[0]
    answer = explained(session, a, a)
    assert (answer["joined"], answer["links"]) == (True, [])
    assert answer["weakest_cut"] is None
    assert answer["joint_truth"] is None


def test_refusals(session, pairs):
    a, b = pairs[0]
    store = ("--store", session.store)
    policy = session.said["cluster run"].answer["policy"]
    assert explained(session, a, b, (), "--policy", policy) == explained(session, a, b)
    peelchain("cluster", "explain", a, b, "--policy", "0123456789abcdef", *store).refused(
        2, "policy '0123456789abcdef' was never run", policy
    )
    two = ("--policy", policy, "--policy", "0123456789abcdef")
    peelchain("cluster", "explain", a, b, *two, *store).refused(
        2, "an explanation holds under one of them: ask once for each"
    )
    absent = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
    peelchain("cluster", "explain", a, absent, *store).refused(1, "never occurs in the chain")
    peelchain("cluster", "explain", a, "nonsense", *store).refused(2, "is not an address")
    peelchain("cluster", "explain", a, b, "--without", "zz", *store).refused(2, "'zz'")
    peelchain("cluster", "explain", a, b, "--cut-bound", 0, *store).refused(2)
