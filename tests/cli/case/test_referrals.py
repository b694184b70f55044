"""Referrals: each country gets its own persons and payments, proved; nobody by default."""

import csv
import json
import shutil
import stat
from hashlib import sha256
from typing import Any

import pytest
from tests.cli.case.test_returns import answered  # noqa: F401 - a fixture
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain

from peelchain.actions.casework.derivations import DERIVATIONS
from peelchain.actions.casework.work import derive_again
from peelchain.case.casefile import CaseFile
from peelchain.case.vault.vault import Vault
from peelchain.case.verify import read_files, verify
from peelchain.errors import ErasedError

DATE = ("--date", "2024-03-01")
TEXTS = ("--legal-basis", "order 7/26", "--recipient", "the prosecutor", "--alternatives",
         "paid for another", "--exculpatory", "none known", "--by", "C. Vance")  # fmt: skip


class Case:
    def __init__(self, folder, answered):  # noqa: F811
        self.folder = folder
        self.answered = answered
        self.said: dict[str, Any] = {}
        self.sent: dict[str, Any] = {}
        self.out = folder.parent / "packages"

    def copied(self, into):
        """The same case in another folder, to change it."""
        shutil.copytree(self.folder, into / "case")
        other = Case(into / "case", self.answered)
        other.said, other.sent = self.said, self.sent
        return other

    def __call__(self, *arguments):
        return peelchain("case", *arguments, "--case", self.folder, *DATE, "--json")

    def show(self):
        shown = peelchain("case", "referrals", "show", "--case", self.folder, "--json")
        return {row["person"]: row for row in shown.answer["referrals"]}

    def approve(self, persons, names=("A. Moreau", "B. Ito")):
        for name in names:
            self("referrals", "approve", *persons, "--by", name).answer  # noqa: B018

    def decide(self, person, *more, role="witness"):
        return self("referrals", "decide", person, "--role", role, *TEXTS, *more)


@pytest.fixture(scope="module")
def listed(answered, tmp_path_factory):  # noqa: F811
    """A case whose referrals are prepared; tests only read it."""
    folder = tmp_path_factory.mktemp("listed") / "case"
    shutil.copytree(answered.case, folder)
    case = Case(folder, answered)
    case.said = case("referrals", "prepare").answer
    return case


@pytest.fixture
def prepared(listed, tmp_path):
    return listed.copied(tmp_path)


@pytest.fixture(scope="module")
def sent(listed, tmp_path_factory):
    """Everybody whom a payment leads to directly, approved, decided and sent; only to be read."""
    case = listed.copied(tmp_path_factory.mktemp("sent"))
    direct = [ref for ref, row in case.show().items() if row["basis"] == "direct"]
    assert direct
    case.approve(direct)
    for ref in direct:
        case.decide(ref).answer  # noqa: B018
    case.sent = case("referrals", "write", "--out", case.out).answer
    return case


def package(case, name):
    return json.loads((case.out / name / "persons.json").read_bytes())


def test_the_list_is_as_documented(prepared):
    check("case referrals prepare", prepared.said)
    check(
        "case referrals show", {"case": "", "prepared": 1, "referrals": prepared.said["referrals"]}
    )
    ran = peelchain("case", "referrals", "show", "--case", prepared.folder, "--csv")
    assert ran.out.splitlines()[0].split(",") == NOTES["case referrals show"]["csv"]
    clear = (prepared.folder / "referrals").rglob("*.json")
    assert not any(b"@" in path.read_bytes() for path in clear)


def test_nobody_is_sent_without_two_approvals_and_a_decision(prepared, tmp_path):
    direct = [ref for ref, row in prepared.show().items() if row["basis"] == "direct"]
    first, second = direct[:2]
    out = tmp_path / "out"
    prepared("referrals", "write", "--out", out).refused(1, "nobody may be referred")
    prepared.decide(first).answer  # noqa: B018
    prepared("referrals", "approve", first, "--by", "A. Moreau").answer  # noqa: B018
    prepared("referrals", "approve", first, "--by", " a.  moreau").refused(
        2, "two different people"
    )
    prepared("referrals", "write", "--out", out).refused(1, "two different people")
    assert not out.exists()
    prepared("referrals", "approve", first, second, "--by", "B. Ito").answer  # noqa: B018
    prepared("referrals", "approve", second, "--by", "A. Moreau").answer  # noqa: B018
    assert prepared.show()[first]["lacks"] == []
    assert prepared.show()[second]["lacks"] == ["decision"]
    written = prepared("referrals", "write", "--out", out).answer
    assert [p["refs"] for p in written["packages"]] == [[first]]
    assert second in {row["person"] for row in written["left_out"]}


def test_an_approval_counts_for_what_it_saw(prepared):
    ref = next(iter(prepared.show()))
    prepared.approve([ref])
    assert prepared.show()[ref]["approvals"] == 2
    with CaseFile.open(prepared.folder) as case:
        returns = [e.seq for e in case.standing("return")]
    for seq in returns[1:]:
        prepared("undo", seq, "--reason", "sent by mistake").answer  # noqa: B018
    prepared("referrals", "prepare").answer  # noqa: B018
    before, now = prepared.said["referrals"], prepared.show()
    changed = [
        r for r in before if r["person"] in now and now[r["person"]]["payments"] != r["payments"]
    ]
    assert len(now) < len(before)
    assert all(now[r["person"]]["approvals"] == 0 for r in changed)


def test_inference_alone_is_left_out_unless_somebody_decides(prepared, tmp_path):
    inferred = [
        ref
        for ref, row in prepared.show().items()
        if row["basis"] == "inference" and row["payments"]
    ]
    assert inferred
    ref = inferred[0]
    prepared.approve([ref])
    prepared.decide(ref).answer  # noqa: B018
    assert prepared.show()[ref]["lacks"] == ["inference"]
    prepared("referrals", "write", "--out", tmp_path / "out").refused(1, "only inference")
    prepared.decide(ref, "--include-inferred").answer  # noqa: B018
    prepared.out = tmp_path / "out"
    written = prepared("referrals", "write", "--out", prepared.out).answer
    (name,) = [p["package"] for p in written["packages"]]
    (person,) = package(prepared, name)["persons"]
    assert person["by_inference_alone"] is True
    prepared("referrals", "decide", ref, "--leave-out", "--by", "C. Vance").answer  # noqa: B018
    assert "excluded" in prepared.show()[ref]["lacks"]


def test_each_country_gets_exactly_its_own(sent, investigated):
    check("case referrals write", sent.sent)
    truth = sent.answered.answers / "truth" / "links.csv"
    with truth.open(newline="") as file:
        owner_of = {row["outpoint"]: row["owner_id"] for row in csv.DictReader(file)}
    people = investigated.node / "truth" / "people" / "persons.csv"
    with people.open(newline="", encoding="utf-8") as file:
        country_of = {row["owner_id"]: row["country"] for row in csv.DictReader(file)}
    seen: dict[str, str] = {}
    for row in sent.sent["packages"]:
        found = package(sent, row["package"])
        assert [p["ref"] for p in found["persons"]] == row["refs"]
        for person in found["persons"]:
            assert {said["country"] for said in person["said_of_them"]} == {row["country"]}
            owners = {owner_of[payment["outpoint"]] for payment in person["payments"]}
            assert len(owners) == 1
            assert country_of[min(owners)] == row["country"]
            assert seen.setdefault(owners.pop(), row["package"]) == row["package"]
    direct = [r for r in sent.said["referrals"] if r["basis"] == "direct"]
    assert sum(row["persons"] for row in sent.sent["packages"]) == len(direct)
    assert len({row["country"] for row in sent.sent["packages"]}) > 1


def test_a_package_proves_its_payments_and_shows_no_other(sent):
    persons = [p for row in sent.sent["packages"] for p in package(sent, row["package"])["persons"]]
    every = {payment["outpoint"] for person in persons for payment in person["payments"]}
    for row in sent.sent["packages"]:
        folder = sent.out / row["package"]
        checked = verify(folder / "bundle.zip", row["bundle_digest"])
        assert checked.ok, checked.failures
        own = [p for person in package(sent, row["package"])["persons"] for p in person["payments"]]
        report = json.loads(read_files(folder / "bundle.zip")["data/report.json"])
        ids = {r["id"] for r in (*report["inflows"], *report["outflows"])}
        assert ids == {i for p in own for i in p["findings"]}
        others = every - {p["outpoint"] for p in own}
        content = b"".join(
            (folder / name).read_bytes() for name in ("persons.json", "payments.csv")
        )
        assert not any(outpoint.encode() in content for outpoint in others)


def test_manifest_register_and_modes(sent):
    register = sent.folder / "referrals" / str(sent.sent["entry"]) / "register.csv"
    rows = {r["package"]: r for r in csv.DictReader(register.read_text().splitlines())}
    for row in sent.sent["packages"]:
        folder = sent.out / row["package"]
        manifest = (folder / "manifest-sha256.txt").read_bytes()
        assert sha256(manifest).hexdigest() == rows[row["package"]]["manifest_sha256"]
        for line in manifest.decode().splitlines():
            digest, name = line.split("  ")
            assert sha256((folder / name).read_bytes()).hexdigest() == digest
        modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert modes == {0o600}
    # what was sent lies nowhere in the case
    sizes = {p.stat().st_size for p in sent.out.rglob("bundle.zip")}
    assert not sizes & {p.stat().st_size for p in sent.folder.rglob("*.zip")}
    assert b"the prosecutor" not in register.read_bytes()


def test_replay_gives_the_same_until_somebody_is_erased(sent, tmp_path):
    sent = sent.copied(tmp_path)
    with CaseFile.open(sent.folder) as case:
        for entry in case.standing("referral"):
            again = derive_again(case, entry, DERIVATIONS["referral"])
            assert again.outputs == entry.body["outputs"]
            assert {name: entry.body[name] for name in again.facts} == again.facts
    gone = sent.sent["packages"][0]["refs"][0]
    answer = sent("erase", gone, "--reason", "order of the court", "--by", "C. Vance").answer
    check("case erase", answer)
    assert answer["says"]["sent"] == [sent.sent["entry"]]
    with Vault.open(sent.folder) as vault:
        assert gone not in vault.refs()
    with CaseFile.open(sent.folder) as case:
        for entry in case.standing("referral", "return"):
            if entry.kind == "referral" or gone in entry.body["persons"]:
                with pytest.raises(ErasedError):
                    derive_again(case, entry, DERIVATIONS[entry.kind])
    sent("erase", gone, "--reason", "x", "--by", "y").refused(1, "was erased")
    sent("undo", answer["entry"], "--reason", "x").refused(1, "cannot be undone")


def test_what_is_not_said_is_asked_for(prepared):
    ref = next(iter(prepared.show()))
    decide = ("referrals", "decide", ref, "--by", "C. Vance")
    prepared(*decide).refused(2, "--role")
    prepared(*decide, "--role", "witness").refused(2, "--legal-basis")
    prepared(*decide, "--role", "guilty").refused(2, "suspect")
    prepared.decide(ref, "--transfer", "mail").refused(2, "adequacy")
    prepared.decide(ref, "--country", "Sweden").refused(2, "two letters")
    prepared.decide("P9999").refused(2, "not among the referrals")
    prepared("referrals", "approve", ref, "--by", " ").refused(2, "--by")


def test_decisions_on_persons_are_counted_at_a_glance_and_told_in_the_schedule(sent):
    shown = peelchain("case", "show", "--case", sent.folder, "--json").answer
    direct = [ref for ref, row in sent.show().items() if row["basis"] == "direct"]
    assert shown["made"]["decided: referral"] == len(direct)
    assert not any("(withheld)" in decision["text"] for decision in shown["decisions"])
    rows = peelchain("case", "disclosure", "--case", sent.folder, "--json").answer["entries"]
    told = {row["what"] for row in rows if row["kind"] == "decision"}
    assert told >= {f"referral: {ref} as witness" for ref in direct}
