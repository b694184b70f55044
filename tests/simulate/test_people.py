"""Persons, their accounts and the seized table of a simulated chain, against its other truth."""

import csv
from collections import Counter
from pathlib import Path

import pytest
import yaml
from tests.simulate.reading import read_truth

from peelchain.errors import PeelchainError
from peelchain.network import REGTEST
from peelchain.script import script_pubkey

pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

from peelchain.simulate.economy import simulate


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("people") / "node"
    simulate(out, seed=5, blocks=400)
    return out


def table(path: Path, encoding: str = "ascii", delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(newline="", encoding=encoding) as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_every_owner_is_a_person_or_a_company_of_its_country(node):
    persons = table(node / "truth" / "people" / "persons.csv")
    owners = read_truth(node, "owners")
    assert [(p["owner_id"], p["name"], p["country"]) for p in persons] == [
        (o["owner_id"], o["name"], o["country"]) for o in owners
    ]
    kinds = {p["owner_id"]: p["kind"] for p in persons}
    assert kinds["operator"] == kinds["user-00001"] == "person"
    assert kinds["pool-granite"] == "company"
    assert all(p["email"].endswith("@mail.example") for p in persons)
    documents = Counter(p["document"] for p in persons)
    assert max(documents.values()) == 1


def test_every_account_that_was_used_has_a_holder(node):
    identities = table(node / "truth" / "people" / "identities.csv")
    holders = {(i["service_id"], i["account"]): i["owner_id"] for i in identities}
    used = {
        (row["service_id"], row["account"]): row["customer_id"]
        for name in ("accounts", "withdrawals")
        for row in read_truth(node, name)
    }
    assert holders == used


def test_what_a_service_has_otherwise_is_named(node):
    persons = {p["owner_id"]: p for p in table(node / "truth" / "people" / "persons.csv")}
    identities = table(node / "truth" / "people" / "identities.csv")
    named = Counter(word for i in identities for word in i["differs"].split())
    assert set(named) == {"email", "name", "birth_date", "document"}
    for identity in identities:
        person = persons[identity["owner_id"]]
        differs = [
            f for f in ("name", "birth_date", "email", "document") if identity[f] != person[f]
        ]
        assert set(identity["differs"].split()) == set(differs)


def test_the_seized_table_is_the_sites_users(node):
    users = table(node / "seized" / "users.csv")
    truth = {row["site_user"]: row["address"] for row in read_truth(node, "site_users")}
    assert {u["user"]: u["address"] for u in users} == truth
    people = {row["site_user"]: row for row in table(node / "truth" / "people" / "seized.csv")}
    paid = {row["site_user"] for row in read_truth(node, "payments")}
    assert {user for user, row in people.items() if row["paid"] == "1"} == paid
    assert paid < set(truth), "some never paid"
    per_nick = Counter(u["nick"] for u in users)
    owners = Counter(row["owner_id"] for row in read_truth(node, "site_users"))
    assert sorted(per_nick.values()) == sorted(owners.values())
    assert max(per_nick.values()) > 1


def test_the_dirty_table_has_every_clean_row_and_the_faults_named(node):
    dirty = table(node / "seized" / "users-dirty.csv", encoding="latin-1", delimiter=";")
    faults = {int(r["row"]): r for r in table(node / "truth" / "people" / "dirt.csv")}
    clean = table(node / "seized" / "users.csv")
    good = [row for number, row in enumerate(dirty, 1) if number not in faults]
    assert [(r["Benutzer"], r["Adresse"]) for r in good] == [
        (r["user"], r["address"]) for r in clean
    ]
    assert {r["fault"] for r in faults.values()} >= {"repeated", "malformed", "secret", "empty"}
    for number, fault in faults.items():
        row = dirty[number - 1]
        assert row["Benutzer"] == fault["site_user"]
        if fault["fault"] == "repeated":
            assert script_pubkey(row["Adresse"], REGTEST)
        else:
            with pytest.raises(PeelchainError):
                script_pubkey(row["Adresse"], REGTEST)
    with pytest.raises(UnicodeDecodeError):
        (node / "seized" / "users-dirty.csv").read_bytes().decode()


def test_every_actor_of_the_tags_has_its_jurisdiction(node):
    actors = yaml.safe_load((node / "actorpack.yaml").read_text())["actors"]
    tags = yaml.safe_load((node / "tagpack.yaml").read_text())["tags"]
    assert {tag["actor"] for tag in tags} == {actor["id"] for actor in actors}
    country = {o["label"]: o["country"] for o in read_truth(node, "owners") if o["label"]}
    for actor in actors:
        expected = [country[actor["label"]]] if country[actor["label"]] != "ZZ" else []
        assert actor["jurisdictions"] == expected
