"""`case expand` on a small chain that pays to derived addresses."""

import csv
import json
from pathlib import Path

import pytest
from tests.case.expansion.test_vectors import BIP_49_PRIVATE, A
from tests.chain.crafted import COIN, genesis, pay, transaction, write_files
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain

from peelchain import _core

RECEIVE, CHANGE = f"wpkh({A}/0/*)", f"wpkh({A}/1/*)"


def script(descriptor, index):
    return _core.descriptor_scripts(descriptor, index, 1)[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Receipts at 0, 3 and 25 of the wallet; the first two are spent together, with change."""
    folder = tmp_path_factory.mktemp("expand")
    rewards = [
        (10 * COIN, script(RECEIVE, 0)),
        (20 * COIN, script(RECEIVE, 3)),
        (20 * COIN, script(RECEIVE, 25)),
    ]
    chain = pay([genesis()], rewards=rewards)
    paid = chain[1].txs[0]
    outside = b"\0\x14" + bytes(20)
    spend = transaction(
        [(paid.txid, 0), (paid.txid, 1)], [(25 * COIN, outside), (5 * COIN, script(CHANGE, 0))]
    )
    chain = pay(chain, [spend])
    node = write_files(folder / "node", chain)
    ran = peelchain("chain", "ingest", f"core:{node}", "--store", folder / "store")
    assert ran.code == 0, ran.err
    seeds = folder / "seeds.txt"
    seeds.write_text(f"{paid.shown}:0\n")
    ran = peelchain(
        *("investigate", f"@{seeds}", "--store", folder / "store", "--case", folder / "case"),
        *("--date", "2024-01-31"),
    )
    assert ran.code == 0, ran.err
    return folder


def expand(made, *arguments):
    return peelchain(
        *("case", "expand", *arguments, "--case", made / "case", "--store", made / "store"),
        *("--date", "2024-02-01", "--json"),
    )


def rows(answer, name):
    (path,) = [p for n, p in answer["files"].items() if n.endswith(name)]
    return list(csv.DictReader(Path(path).read_text().splitlines()))


def test_a_wallet_is_followed_to_its_gap_and_joined_with_the_chain(made):
    answer = expand(made, f"wpkh({A}/<0;1>/*)").answer
    check("case expand", answer)
    assert answer["totals"] == {
        "branches": 2,
        "addresses": 24 + 21,
        "used": 3,
        "receipts": 3,
        "received_sat": 35 * COIN,
        "internal_sat": 5 * COIN,
        "sent_sat": 30 * COIN,
        "balance_sat": 5 * COIN,
        "clusters": 2,
    }
    receive, change = answer["branches"]
    assert (receive["last_used"], receive["widest_gap"], receive["trailing"]) == (3, 2, 20)
    assert (change["role"], change["last_used"], change["balance_sat"]) == ("change", 0, 5 * COIN)
    clusters = {row["of_wallet"]: row["scripts"] for row in answer["clusters"]}
    assert clusters == {2: 2, 1: 1}
    used = [row for row in rows(answer, "addresses.csv") if row["used"] == "yes"]
    assert [(row["branch"], row["index"]) for row in used] == [
        ("B1", "0"),
        ("B1", "3"),
        ("B2", "0"),
    ]
    assert [int(row["value_sat"]) for row in rows(answer, "receipts.csv")] == [
        10 * COIN, 20 * COIN, 5 * COIN,
    ]  # fmt: skip


def test_a_wider_gap_and_a_given_index_find_what_lies_beyond(made):
    for bound in (("--gap", 30), ("--until", 25)):
        answer = expand(made, RECEIVE, *bound).answer
        assert answer["totals"]["received_sat"] == 50 * COIN
        assert answer["branches"][0]["widest_gap"] == 21


def test_the_index_that_a_wallet_reached_bounds_the_search_from_below(made):
    wallet = made / "listed.json"
    wallet.write_text(json.dumps({"descriptors": [{"desc": RECEIVE, "next_index": 26}]}))
    answer = expand(made, wallet).answer
    assert answer["totals"]["used"] == 3
    assert answer["branches"][0]["derived"] == 46


def test_its_addresses_are_seeds(made):
    answer = expand(made, f"wpkh({A}/<0;1>/*)").answer
    (seeds,) = [p for n, p in answer["files"].items() if n.endswith("seeds.txt")]
    ran = peelchain(
        *("investigate", f"@{seeds}", "--store", made / "store"),
        *("--case", made / f"case-{answer['entry']}", "--date", "2024-01-31", "--json"),
    )
    # the change is no receipt of the party
    assert ran.answer["totals"]["receipts"] == 2


def test_the_journal_keeps_public_keys_and_the_same_bytes_come_again(made):
    first, second = expand(made, RECEIVE).answer, expand(made, RECEIVE).answer
    bodies = [
        entry["body"]
        for entry in peelchain("case", "journal", "--case", made / "case", "--json").answer[
            "entries"
        ]
        if entry["seq"] in (first["entry"], second["entry"])
    ]
    assert list(bodies[0]["outputs"].values()) == list(bodies[1]["outputs"].values())
    for path in (made / "case").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_rows_are_csv(made):
    ran = peelchain(
        *("case", "expand", RECEIVE, "--case", made / "case", "--store", made / "store", "--csv")
    )
    assert ran.out.split("\n")[0] == NOTES["case expand"]["csv"]


def test_secrets_and_what_is_no_wallet_are_refused(made, tmp_path):
    wallet = tmp_path / "wallet.txt"
    before = peelchain("case", "journal", "--case", made / "case", "--json").answer["entries"]
    for given in (BIP_49_PRIVATE, f"wpkh({BIP_49_PRIVATE}/0/*)"):
        said = expand(made, given).refused(2, "private key")
        assert BIP_49_PRIVATE[:20] not in said
    wallet.write_text(BIP_49_PRIVATE)
    assert BIP_49_PRIVATE[:20] not in expand(made, wallet).refused(1, "line 1", "private key")
    expand(made, tmp_path / "none").refused(2, "no file")
    after = peelchain("case", "journal", "--case", made / "case", "--json").answer["entries"]
    assert after == before


def test_replay_derives_the_same_again(made):
    made_by = expand(made, f"wpkh({A}/<0;1>/*)").answer["entry"]
    exported = peelchain(
        *("case", "interchange", "--format", "csv", "--case", made / "case", "--json")
    ).answer["entry"]
    ran = peelchain("case", "replay", "--case", made / "case", "--store", made / "store", "--json")
    states = {row["entry"]: row["result"] for row in ran.answer["entries"]}
    assert (states[made_by], states[exported]) == ("same", "same")
