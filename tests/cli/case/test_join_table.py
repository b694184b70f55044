"""A seized table joined: totals as in the truth, nothing personal in the clear, replay, erasure."""

import csv
import gzip
import json
import stat

import pytest
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain

from peelchain.actions.casework.derivations import DERIVATIONS
from peelchain.actions.casework.work import derive_again
from peelchain.actions.view import StoreView
from peelchain.case.casefile import CaseFile
from peelchain.case.vault.vault import Vault
from peelchain.errors import ErasedError


@pytest.fixture(scope="module")
def users(session):
    """The site's own table: (user, address)."""
    with (session.node / "truth" / "site_users.csv").open() as file:
        return [(row["site_user"], row["address"]) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def payments(session):
    """What users paid in truth: by user, the sum and the outpoints."""
    paid: dict[str, dict[str, int]] = {}
    with (session.node / "truth" / "payments.csv").open() as file:
        for row in csv.DictReader(file):
            found = paid.setdefault(row["site_user"], {})
            found[f"{row['txid']}:{row['vout']}"] = int(row["value_sat"])
    return paid


def written(path, rows, heading=("user", "address")):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heading, *rows])
    return path


@pytest.fixture
def joined(worked, users, tmp_path):
    worked.file = written(tmp_path / "users.csv", users)
    worked.answer = worked("join-table", worked.file, "--store", worked.store).answer
    return worked


def shown(case, *arguments):
    return case.look("table", "show", *arguments, "--store", case.store).answer


def files(case):
    return [p for p in case.folder.rglob("*") if p.is_file() and "private" not in p.parts]


def test_totals_and_payers_are_those_of_the_truth(joined, users, payments):
    answer = joined.answer
    check("case join-table", answer)
    assert answer["totals"]["users_paid"] == len(payments)
    assert answer["totals"]["receipts"] == sum(map(len, payments.values()))
    assert answer["totals"]["received_sat"] == sum(sum(p.values()) for p in payments.values())
    assert answer["table"]["users"] == len(users)
    said = shown(joined, "--names")
    check("case table show", said)
    assert said["as_recorded"] is True
    assert {row["user"]: row["value_sat"] for row in said["payers"]} == {
        user: sum(paid.values()) for user, paid in payments.items()
    }
    name_of = {row["ref"]: row["user"] for row in said["payers"]}
    found: dict[str, dict[str, int]] = {}
    for row in said["receipts"]:
        found.setdefault(name_of[row["ref"]], {})[row["outpoint"]] = row["value_sat"]
    assert found == payments


def test_one_user_is_shown_alone(joined, payments):
    said = shown(joined, "--names")
    first = said["payers"][0]
    alone = shown(joined, first["ref"])
    assert [row["ref"] for row in alone["payers"]] == [first["ref"]]
    assert {row["outpoint"] for row in alone["receipts"]} == set(payments[first["user"]])
    joined.look("table", "show", "P999999", "--store", joined.store).refused(1, "no user of this")
    joined.look("table", "show", "--entry", 1, "--store", joined.store).refused(1, "is no table")


def test_rows_come_out_as_csv_for_the_owner_only(joined, tmp_path):
    out = tmp_path / "payers.csv"
    ran = peelchain(
        *("case", "table", "show", "--names", "--case", joined.folder),
        *("--store", joined.store, "-o", out),
    )
    assert ran.code == 0, ran.err
    head, *rows = csv.reader(out.read_text().splitlines())
    assert head == NOTES["case table show"]["csv"]
    assert len(rows) == joined.answer["totals"]["users_paid"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_nothing_personal_lies_in_the_clear(joined, users):
    clear = b"".join(path.read_bytes() for path in files(joined))
    outputs = b"".join(p.read_bytes() for p in (joined.folder / "tables").rglob("*.*"))
    # addresses are on the chain, but that a user has one is not
    assert not any(address.encode() in outputs for _, address in users)
    assert b"users.csv" not in b"".join(json.dumps(e["body"]).encode() for e in joined.journal())
    assert b'"user":' not in clear
    hidden = (joined.folder / "private" / "vault.sqlite").read_bytes()
    assert not any(address.encode() in hidden for _, address in users)


def test_replay_gives_the_same(joined):
    with CaseFile.open(joined.folder) as case, StoreView(joined.store) as view:
        entry = case.last("table")
        assert entry is not None
        again = derive_again(case, entry, DERIVATIONS["table"], view=view)
        assert again.outputs == entry.body["outputs"]
        assert {name: entry.body[name] for name in again.facts} == again.facts


def test_who_is_erased_is_left_out_and_replay_says_so(joined):
    before = shown(joined)
    gone = before["payers"][0]["ref"]
    with Vault.open(joined.folder) as vault:
        vault.erase([gone])
    after = shown(joined)
    assert (after["erased"], after["as_recorded"]) == (1, None)
    assert after["payers"] == before["payers"][1:]
    with CaseFile.open(joined.folder) as case, StoreView(joined.store) as view:
        entry = case.last("table")
        assert entry is not None
        with pytest.raises(ErasedError):
            derive_again(case, entry, DERIVATIONS["table"], view=view)


def test_the_cluster_is_measured_on_the_table(worked, session, users, payments, tmp_path):
    file = written(tmp_path / "users.csv", users)
    answer = worked("join-table", file, "--store", worked.store, "--certified-complete").answer
    cluster = answer["cluster"]
    assert cluster["run"] == 3
    assert cluster["of"] == answer["totals"]["addresses_in_chain"]
    rates = tmp_path / "case" / "tables" / str(answer["entry"]) / "error_rates.json"
    (row,) = peelchain("evaluate", "rates", "--file", rates, "--json").answer["rows"]
    pairs = cluster["of"] * (cluster["of"] - 1) // 2
    assert (row["found"] + row["missed"], row["basis"]) == (pairs, "real")
    assert row["precision"] is not None
    lacking = list(csv.DictReader((rates.parent / "not-in-table.csv").read_text().splitlines()))
    assert len(lacking) == cluster["not_in_table"]
    assert not {row["address"] for row in lacking} & {address for _, address in users}
    # the table less half of its users: the cluster's other addresses are missing from it
    file = written(tmp_path / "half.csv", users[::2])
    half = worked("join-table", file, "--store", worked.store).answer
    assert half["cluster"]["not_in_table"] > cluster["not_in_table"]
    paid = sum(sum(payments.get(user, {}).values()) for user, _ in users[::2])
    assert half["totals"]["received_sat"] == paid


def test_addresses_of_several_users_are_nobodys(worked, users, payments, tmp_path):
    payer, address = next(row for row in users if row[0] in payments)
    file = written(tmp_path / "users.csv", [*users, ("somebody else", address)])
    answer = worked("join-table", file, "--store", worked.store).answer
    assert answer["table"]["problems"] == {"shared": 1}
    assert answer["totals"]["users_paid"] == len(payments) - 1
    assert answer["totals"]["shared_sat"] == sum(payments[payer].values())
    assert answer["totals"]["received_sat"] == sum(sum(p.values()) for p in payments.values())


def test_bad_rows_are_listed_and_the_good_ones_joined(worked, session, users, tmp_path):
    rows = [row for user, address in users for row in ((user, address), (user, address[:-1]))]
    plain = written(tmp_path / "users.csv", rows, ("Nick", "Adresse"))
    packed = tmp_path / "users.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    asked = ("--map", "user=Nick", "--map", "address=Adresse", "--store", worked.store)
    answer = worked("join-table", packed, *asked).answer
    assert answer["table"]["problems"] == {"not_an_address": len(users)}
    rejects = worked.folder / "tables" / str(answer["entry"]) / "rejects.csv"
    listed = list(csv.DictReader(rejects.read_text().splitlines()))
    assert [int(row["row"]) for row in listed] == [2 * n + 2 for n in range(len(users))]
    worked("join-table", plain, "--store", worked.store).refused(2, "--map user=HEADING")


def test_a_table_as_it_comes_off_a_server_gives_the_same(worked, session, payments):
    clean = worked("join-table", session.node / "seized" / "users.csv", "--store", worked.store)
    asked = ("--map", "user=Benutzer", "--map", "address=Adresse", "--store", worked.store)
    dirty = worked("join-table", session.node / "seized" / "users-dirty.csv", *asked).answer
    assert dirty["totals"] == clean.answer["totals"]
    assert dirty["totals"]["users_paid"] == len(payments)
    assert dirty["table"]["encoding"] == "latin-1"
    with (session.node / "truth" / "people" / "dirt.csv").open() as file:
        faults = list(csv.DictReader(file))
    rejects = worked.folder / "tables" / str(dirty["entry"]) / "rejects.csv"
    listed = {r["row"]: r["problem"] for r in csv.DictReader(rejects.read_text().splitlines())}
    means = {"malformed": "not_an_address", "other_chain": "other_network", "empty": "no_address",
             "unreadable": "encoding"}  # fmt: skip
    assert listed == {f["row"]: means.get(f["fault"], f["fault"]) for f in faults}


def test_an_import_that_fails_leaves_nobody_in_the_vault(worked, tmp_path):
    file = written(tmp_path / "users.csv", [("anna", "no address")])
    worked("join-table", file, "--store", worked.store).refused(1, "no row of the table")
    with Vault.open(worked.folder) as vault:
        assert vault.refs() == []


def test_the_passphrase_is_asked_for(joined, monkeypatch):
    from peelchain.case.vault.key import PASSPHRASE, rewrap

    rewrap(joined.folder, None, "correct horse")
    joined.look("table", "show", "--store", joined.store).refused(1, PASSPHRASE)
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    assert shown(joined)["as_recorded"] is True
