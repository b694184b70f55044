"""peelchain coinjoin linkage, as a user runs it."""

import csv
import io

from tests.cli.running import peelchain


def test_links_of_a_coinjoin_are_shown_with_what_they_rest_on(session):
    ran = peelchain("coinjoin", "linkage", session.coinjoin, "--store", session.store)
    assert ran.code == 0
    assert "joinmarket" in ran.out
    assert "entropy" in ran.out
    assert "no probability that somebody paid somebody" in ran.out
    assert "policy" in ran.out


def test_more_parties_leave_fewer_interpretations(session):
    every = session.ask("coinjoin", "linkage", session.coinjoin, "--parties", 1)
    found = session.ask("coinjoin", "linkage", session.coinjoin)
    assert found["parties_at_least"] == found["participants_at_least"] > 1
    assert 0 < found["interpretations"] < every["interpretations"]
    assert every["interpretations"] == sum(every["interpretations_by_parties"])
    assert all(link["probability"] > 0 for link in every["links"])
    assert any(link["probability"] == 0 for link in found["links"])


def test_csv_has_a_row_a_pair(session):
    ran = peelchain("coinjoin", "linkage", session.coinjoin, "--store", session.store, "--csv")
    answer = session.ask("coinjoin", "linkage", session.coinjoin)
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert len(rows) == len(answer["inputs"]) * len(answer["outputs"])


def test_giving_up_is_said(session):
    ran = peelchain(
        *("coinjoin", "linkage", session.coinjoin, "--store", session.store, "--max-steps", 1)
    )
    assert ran.code == 0
    assert "it takes more than 1 steps" in ran.out


def test_a_coinbase_has_no_linkage(session):
    txid = session.ask("sql", "select txid from txs where tx_index = 0 limit 1")["rows"][0][0]
    txid = bytes.fromhex(txid)[::-1].hex()
    peelchain("coinjoin", "linkage", txid, "--store", session.store).refused(2, "is a coinbase")


def test_what_is_no_transaction_is_refused(session):
    peelchain("coinjoin", "linkage", "zz", "--store", session.store).refused(2, "not a txid")
    peelchain("coinjoin", "linkage", "00" * 32, "--store", session.store).refused(
        1, "not in the chain"
    )
    peelchain(
        *("coinjoin", "linkage", session.coinjoin, "--store", session.store, "--shared", 999)
    ).refused(2, "shared output")
