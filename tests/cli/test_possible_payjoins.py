"""What `cluster show` and `cluster explain` say of possible PayJoins."""

from collections import defaultdict

import pytest
from tests.cli.running import peelchain


@pytest.fixture(scope="module")
def clusters(session):
    """The clusters as exported, by their id: their addresses, the greatest first."""
    members = defaultdict(list)
    for row in session.ask("cluster", "export")["rows"]:
        members[row["cluster_id"]].append(row["address"])
    return dict(sorted(members.items(), key=lambda item: -len(item[1])))


def shown(session, addresses):
    return session.ask("cluster", "show", addresses[0])


def test_the_transactions_of_two_outputs_are_counted_and_named(session, clusters):
    doubted = 0
    for addresses in list(clusters.values())[:12]:
        answer = shown(session, addresses)
        possible = answer["possible_payjoins"]
        assert len(possible["txids"]) == min(100, possible["transactions"])
        assert possible["transactions"] <= possible["links"]
        assert possible["links"] > 0
        for txid in possible["txids"][:3]:
            told = session.ask("tx", txid)
            assert len(told["outputs"]) == 2
            assert len({spent["address"] for spent in told["inputs"]}) > 1
            assert {spent["address"] for spent in told["inputs"]} <= set(addresses)
        said = peelchain("cluster", "show", addresses[0], "--store", session.store).out
        words = f"{possible['transactions']:,} of the {possible['links']:,} transactions"
        assert (words in said) == (possible["transactions"] > 0)
        doubted += possible["transactions"]
    assert doubted, "a chain without such transactions shows nothing"


def test_a_script_on_its_own_is_joined_by_nothing(session, clusters):
    known = {address for addresses in clusters.values() for address in addresses}
    receipt = session.ask("address", session.addresses[0])["receipts"][0]
    paid = session.ask("tx", receipt["txid"])["outputs"]
    alone = next((o["address"] for o in paid if o["address"] not in known), None)
    if alone is None:
        pytest.skip("no output of this transaction is in a cluster of its own")
    possible = shown(session, [alone])["possible_payjoins"]
    assert possible == {"transactions": 0, "links": 0, "txids": []}


def test_a_link_is_doubted_where_its_cluster_doubts_its_transaction(session, clusters):
    seen = set()
    for addresses in list(clusters.values())[:6]:
        possible = shown(session, addresses)["possible_payjoins"]
        for other in (addresses[1], addresses[len(addresses) // 2], addresses[-1]):
            answer = session.ask("cluster", "explain", addresses[0], other)
            for told in (*answer["links"], *answer["weakest_cut"]["transactions"]):
                doubted = len(session.ask("tx", told["txid"])["outputs"]) == 2
                assert told["may_be_payjoin"] == doubted
                assert doubted <= (possible["transactions"] > 0)
                seen.add(doubted)
            if answer["joint_truth"]["at_least"] is None:
                weakest = answer["joint_truth"]["weakest_link"]
                doubts = {link["txid"]: link["may_be_payjoin"] for link in answer["links"]}
                assert doubts[weakest] or not any(doubts.values())
    assert seen == {True, False}
