"""`simulate-returns` and `case returns`: answers of simulated services, imported into a case."""

import csv
import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Session
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain

from peelchain.case.vault.vault import Vault

DATE = ("--date", "2024-02-01")


@dataclass
class Answered:
    """A case whose services have answered: what each import said, by the stem of its file."""

    case: Path
    store: Path
    answers: Path
    simulated: dict[str, Any]
    imported: dict[str, Any]

    def truth(self, name: str) -> list[dict[str, str]]:
        with (self.answers / "truth" / f"{name}.csv").open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def answered(investigated: Session, tmp_path_factory: pytest.TempPathFactory) -> Answered:
    folder = tmp_path_factory.mktemp("answered")
    case, answers, store = folder / "case", folder / "answers", investigated.store
    shutil.copytree(investigated.case, case)
    written = peelchain(
        "case", "requests", "write", "--case", case, "--store", store, *DATE, "--json"
    )
    schedules = [f for s in written.answer["services"] for f in s["files"] if f.endswith(".csv")]
    asked = [word for name in schedules for word in ("--requests", case / name)]
    simulated = peelchain(
        *("simulate-returns", investigated.node, *asked, "--out", answers),
        *("--seed", 4, "--error-rate", 0.25, "--json"),
    )
    how = json.loads((answers / "import.json").read_text())
    imported = {
        stem: peelchain(
            *("case", "returns", "import", answers / f"{stem}.csv", "--case", case),
            *("--store", store, "--service", told["service"], "--grade", "b2"),
            *(*told["arguments"], *DATE, "--json"),
        ).answer
        for stem, told in how.items()
    }
    return Answered(case, store, answers, simulated.answer, imported)


def test_the_answers_have_the_documented_keys(answered):
    check("simulate-returns", answered.simulated)
    merged = max(answered.imported.values(), key=lambda a: len(a["counts"]["mismatches"]))
    check("case returns import", merged)


def test_links_are_the_true_ones_less_what_was_left_out(answered):
    lost = {
        (m["file"], m["outpoint"])
        for m in answered.truth("mistakes")
        if m["error"] in ("missing", "txid")
    }
    wrong = {
        (m["file"], m["outpoint"])
        for m in answered.truth("mistakes")
        if m["error"] in ("amount", "time", "address")
    }
    true = {(t["file"], t["outpoint"]): t["owner_id"] for t in answered.truth("links")}
    shown = peelchain("case", "returns", "show", "--case", answered.case, "--json")
    check("case returns show", shown.answer)
    stem_of = {answer["entry"]: stem for stem, answer in answered.imported.items()}
    found = {
        (stem_of[r["entry"]], link["outpoint"]): link
        for r in shown.answer["returns"]
        for link in r["links"]
    }
    assert set(found) == set(true) - lost
    assert {place for place, link in found.items() if not link["agrees"]} == wrong & set(found)
    assert len(wrong & set(found)) > 3
    holders: dict[tuple[str, str], set[str]] = {}
    for (stem, outpoint), link in found.items():
        holders.setdefault((stem, link["person"]), set()).add(true[stem, outpoint])
    assert all(len(owners) == 1 for owners in holders.values()), "an account has one holder"


def test_every_mistake_is_listed_as_what_it_is(answered):
    said = {
        "amount": "amount", "time": "time", "address": "address", "txid": "unknown_txid",
        "extra": "not_asked",
    }  # fmt: skip
    for stem, answer in answered.imported.items():
        mistakes = [m for m in answered.truth("mistakes") if m["file"] == stem]
        expected = sorted((int(m["row"]), said[m["error"]]) for m in mistakes if m["error"] in said)
        found = [(m["row"], m["kind"]) for m in answer["mismatches"] if m["row"]]
        assert found == expected
        unanswered = {m["finding"] for m in answer["mismatches"] if not m["row"]}
        assert unanswered <= {
            m["finding"] for m in mistakes if m["error"] in ("missing", "txid", "not_in_books")
        }


def test_nothing_personal_lies_in_the_case_in_clear(answered):
    secrets = set()
    for path in answered.answers.glob("*.csv"):
        content = path.read_bytes()
        secrets |= {w for w in (b"mail.example", b"User ", b"exchange-north-0") if w in content}
    assert secrets
    for path in answered.case.rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path
            assert not any(secret in path.read_bytes() for secret in secrets), path
    said = json.dumps(answered.imported)
    assert not any(secret.decode() in said for secret in secrets)


def test_persons_are_shown_by_ref_and_by_name_when_asked(answered):
    plain = peelchain("case", "returns", "persons", "--case", answered.case, "--json").answer
    assert all("said" not in row for row in plain["persons"])
    assert "mail.example" not in json.dumps(plain)
    named = peelchain(
        "case", "returns", "persons", "--names", "--case", answered.case, "--json"
    ).answer
    assert {row["said"]["name"].split()[0] for row in named["persons"]} >= {"User", "Site"}
    rows = peelchain("case", "returns", "persons", "--case", answered.case, "--csv").out
    assert ",".join(next(csv.reader(io.StringIO(rows)))) == NOTES["case returns persons"]["csv"]
    links = peelchain("case", "returns", "show", "--case", answered.case, "--csv").out
    assert ",".join(next(csv.reader(io.StringIO(links)))) == NOTES["case returns show"]["csv"]


def test_one_person_at_two_services_is_joined_by_a_decision_alone(answered, tmp_path):
    case = tmp_path / "case"
    shutil.copytree(answered.case, case)
    before = peelchain("case", "returns", "persons", "--case", case, "--json").answer
    check("case returns persons", before)
    pair = next(s["persons"] for s in before["suggestions"] if "document" in s["by"])
    told = ("--by", "A. Analyst", "--reason", "the same identity card", *DATE, "--json")
    same = peelchain("case", "returns", "same", *pair, "--case", case, *told)
    check("case returns same", same.answer)
    after = peelchain("case", "returns", "persons", "--case", case, "--json").answer
    (joined,) = [row for row in after["persons"] if set(pair) <= set(row["refs"])]
    assert joined["person"] == pair[0]
    assert len(after["persons"]) == len(before["persons"]) - 1
    refused = peelchain("case", "returns", "different", *pair, "--case", case, *told)
    refused.refused(1, "one person", "undo it first")
    apart = next(s["persons"] for s in after["suggestions"])
    different = peelchain("case", "returns", "different", *apart, "--case", case, *told)
    check("case returns different", different.answer)
    last = peelchain("case", "returns", "persons", "--case", case, "--json").answer
    assert apart not in [s["persons"] for s in last["suggestions"]]
    peelchain("case", "returns", "same", *apart, "--case", case, *told).refused(
        1, "says that they are different", "undo it first"
    )
    peelchain("case", "returns", "same", "P1", "P99999", "--case", case, *told).refused(
        1, "nobody whom a return links"
    )
    assert b"A. Analyst" not in b"".join(
        p.read_bytes() for p in case.rglob("*") if p.is_file() and "journal" not in p.name
    )


def test_what_cannot_be_imported_leaves_no_trace(answered, tmp_path):
    case = tmp_path / "case"
    shutil.copytree(answered.case, case)
    stem, answer = next(iter(answered.imported.items()))
    file = answered.answers / f"{stem}.csv"
    usual = ("--case", case, "--store", answered.store, "--map", "account=a", "--map", "txid=t")
    vault = (case / "private" / "vault.sqlite").read_bytes()

    def refused(code: int, *says: str, service: str = answer["source"], grade: str = "B2") -> None:
        told = ("--service", service, "--grade", grade, *usual)
        peelchain("case", "returns", "import", file, *told).refused(code, *says)

    refused(1, "heading 'a' is not there", file.name)
    refused(1, "asks 'Nobody' anything", "requests write", service="Nobody")
    refused(2, "'B7' is no grade", grade="B7")
    peelchain(
        *("case", "returns", "import", file, *usual, "--service", answer["source"]),
        *("--grade", "B2", "--request", 1),
    ).refused(1, "entry 1 is no request")
    peelchain(
        *("case", "returns", "import", file, *usual, "--service", "S1", "--grade", "B2"),
        *("--map", "account"),
    ).refused(2, "no FIELD=HEADING")
    assert (case / "private" / "vault.sqlite").read_bytes() == vault
    entries = peelchain("case", "journal", "--case", case, "--json").answer["entries"]
    assert len(entries) == max(a["entry"] for a in answered.imported.values())


def replayed(answered: Answered, case: Path, entry: int) -> dict[str, Any]:
    ran = peelchain(
        *("case", "replay", "--case", case, "--store", answered.store, "--entry", entry, "--json")
    )
    (found,) = [e for e in json.loads(ran.out)["entries"] if e["entry"] == entry]
    assert isinstance(found, dict)
    return found


def test_a_return_replays_to_the_same_bytes(answered):
    for answer in answered.imported.values():
        assert replayed(answered, answered.case, answer["entry"])["result"] == "same"


def test_an_erased_person_is_gone_from_the_case_and_its_return_says_so(answered, tmp_path):
    case = tmp_path / "case"
    shutil.copytree(answered.case, case)
    gone = peelchain("case", "returns", "persons", "--case", case, "--json").answer["persons"][0]
    with Vault.open(case) as vault:
        vault.erase(gone["refs"])
    left = peelchain("case", "returns", "persons", "--names", "--case", case, "--json").answer
    assert gone["person"] not in [row["person"] for row in left["persons"]]
    entry = gone["accounts"][0]["entry"]
    others = [a["entry"] for a in answered.imported.values() if a["entry"] != entry]
    assert replayed(answered, case, entry)["result"] == "erased"
    assert replayed(answered, case, others[0])["result"] == "same"


def test_an_answer_imported_again_names_the_same_persons(answered, tmp_path):
    case = tmp_path / "case"
    shutil.copytree(answered.case, case)
    stem, first = next(iter(answered.imported.items()))
    how = json.loads((answered.answers / "import.json").read_text())[stem]
    file, service = answered.answers / f"{stem}.csv", first["service"]["entity"]
    told = ("import", file, "--case", case, "--store", answered.store, "--service", service)
    undo = ("case", "undo", first["entry"], "--reason", "wrong grade", "--case", case, "--json")
    assert peelchain(*undo).code == 0
    shown = peelchain("case", "returns", "show", "--case", case, "--json").answer["returns"]
    assert first["entry"] not in [r["entry"] for r in shown]
    again = peelchain("case", "returns", *told, "--grade", "C3", *how["arguments"], "--json").answer
    assert again["persons"] == first["persons"]
    assert again["mismatches"] == first["mismatches"]
    assert (again["grade"], first["grade"]) == ("C3", "B2")
