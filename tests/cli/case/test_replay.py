"""What was found is found again, whatever was imported or mined since, and differences show."""

import csv
import io
import json
import shutil
import zipfile
from datetime import UTC, datetime

import pytest
from tests.cli.case.conftest import Worked
from tests.cli.documented import NOTES, check
from tests.cli.running import files, peelchain
from tests.store.test_cut import short_node

from peelchain.actions.casework import replay as case_replay
from peelchain.actions.casework.derivations import DERIVATIONS
from peelchain.actions.casework.work import Result, carry_out
from peelchain.case.casefile import CaseFile

NOON = datetime(2024, 1, 31, tzinfo=UTC)


def results(answer):
    return {row["entry"]: row["result"] for row in answer["entries"]}


def test_every_result_is_the_same_again(reported):
    before = files(reported.folder)
    ran = reported.look("replay", "--store", reported.store)
    check(
        "case replay",
        ran.answer
        | {
            "entries": [
                row | {"files": [{"file": "x", "state": "missing"}]}
                for row in ran.answer["entries"]
            ]
        },
    )
    assert ran.answer["agrees"] is True
    assert results(ran.answer) == {1: "recorded", 2: "recorded", 3: "same", 4: "same"}
    assert files(reported.folder) == before
    rows = peelchain("case", "replay", "--case", reported.folder, "--csv")
    assert ",".join(next(csv.reader(io.StringIO(rows.out)))) == NOTES["case replay"]["csv"]


def test_later_imports_and_another_report_do_not_matter(worked, session, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(session.store, store)
    pack = tmp_path / "later.yaml"
    address = worked.look("seeds", "list").answer["seeds"][0]
    pack.write_text(
        "title: later\ncreator: somebody\nsource: https://example.org\nlastmod: 2024-01-01\n"
        "label: Late Exchange\ncurrency: BTC\ncategory: exchange\n"
        f"tags:\n  - address: {address}\n"
    )
    said = peelchain("tags", "import", pack, "--store", store, "--json")
    assert said.answer["imported"] == 1
    worked("report", "--store", store, date="2024-02-01").answer  # noqa: B018
    answer = worked.look("replay", "--store", store, "--entry", 4).answer
    assert (results(answer), answer["agrees"]) == ({4: "same"}, True)
    # the first report's files are kept, and are what its entry says
    assert (worked.folder / "earlier" / "4" / "bundle.zip").is_file()
    told = worked.look("diff", "--store", store).answer
    check("case diff", told | {"imports_gone": ["x"]})
    assert len(told["imports_added"]) == 1


def test_one_entry_alone_is_replayed(reported):
    answer = reported.look("replay", "--store", reported.store, "--entry", 3).answer
    assert results(answer) == {3: "same"}
    reported.look("replay", "--entry", 9).refused(1, "no 9")


def test_without_the_chain_an_input_is_missing(reported):
    ran = reported.look("replay")
    assert ran.code == 1
    assert '"missing input"' in ran.out
    assert "give --store" in ran.out


def test_a_changed_or_lost_file_is_named(worked):
    (worked.folder / "report.pdf").write_bytes(b"forged")
    (worked.folder / "flow.svg").unlink()
    ran = peelchain("case", "replay", "--case", worked.folder)
    assert ran.code == 1
    shown = ran.out
    assert "report.pdf changed" in shown
    assert "flow.svg missing" in shown
    assert "NOT all is as it was" in shown


def test_a_lie_about_a_result_is_found(worked, monkeypatch):
    monkeypatch.setitem(
        DERIVATIONS, "forfeiture",
        lambda work: Result(outputs={"forfeiture/5.txt": b"true"}, facts={"left_sat": 5}),
    )  # fmt: skip
    with CaseFile.open(worked.folder) as case:
        carry_out(case, "forfeiture", DERIVATIONS["forfeiture"], {}, NOON)
    monkeypatch.setitem(
        DERIVATIONS, "forfeiture",
        lambda work: Result(outputs={"forfeiture/5.txt": b"other"}, facts={"left_sat": 6}),
    )  # fmt: skip
    answer = case_replay.replay(worked.folder, only=5)
    assert answer["agrees"] is False
    assert answer["entries"][-1]["differs"] == ["output forfeiture/5.txt", "fact left_sat"]


def test_what_was_erased_by_law_is_no_difference(worked, monkeypatch):
    monkeypatch.setitem(
        DERIVATIONS, "table", lambda work: Result(facts={"root": work.secret().hex()[:0]})
    )
    with CaseFile.open(worked.folder) as case:
        made = carry_out(case, "table", DERIVATIONS["table"], {}, NOON)
        assert results(case_replay.replay(worked.folder, only=made["entry"])) == {5: "same"}
        case.journal.erase(made["entry"], "secret")
    answer = case_replay.replay(worked.folder, only=5)
    assert (results(answer), answer["agrees"]) == ({5: "erased"}, True)


@pytest.fixture(scope="module")
def grown(session, tmp_path_factory):
    """A case made when the chain had 150 blocks, and its store, which has all of them now."""
    folder = tmp_path_factory.mktemp("grown")
    node, store, case = short_node(session.store, folder, 150), folder / "store", folder / "case"
    observed = f"@{session.node / 'observed.txt'}"
    for step in (
        ("chain", "ingest", f"core:{node}", "--store", store),
        ("tags", "import", session.node / "tagpack.yaml", "--store", store),
        ("rates", "import", session.node / "rates.csv", "--store", store),
        ("cluster", "run", "--store", store),
        ("investigate", observed, "--store", store, "--case", case, "--date", "2024-01-31"),
        ("chain", "ingest", f"core:{session.node}", "--store", store),
        ("cluster", "run", "--store", store),
    ):
        ran = peelchain(*step)
        assert ran.code == 0, ran.err
    return Worked(case, store)


def test_a_chain_that_grew_is_cut_back_to_the_tip_of_the_time(grown):
    answer = grown.look("replay", "--store", grown.store).answer
    assert results(answer) == {1: "recorded", 2: "same", 3: "same"}


def test_what_the_newer_tip_changes_is_shown(grown):
    told = grown.look("diff", "--store", grown.store).answer
    assert (told["was"]["tip_height"], told["becomes"]["tip_height"]) == (150, 200)
    kinds = {change["change"] for change in told["changes"]}
    assert "added" in kinds
    added = [c for c in told["changes"] if c["list"] == "receipts" and c["change"] == "added"]
    more = told["totals"]["becomes"]["receipts"] - told["totals"]["was"]["receipts"]
    gone = [c for c in told["changes"] if c["list"] == "receipts" and c["change"] == "gone"]
    assert len(added) - len(gone) == more > 0


def test_without_the_tags_of_a_service_its_findings_change(reported):
    with zipfile.ZipFile(reported.folder / "bundle.zip") as bundle:
        lines = bundle.read("case/data/tags.jsonl").decode().splitlines()
    tags = [json.loads(line) for line in lines]
    label = tags[0]["label"]
    without = [t["tag_id"] for t in tags if t["label"] == label]
    options = [word for tag in without for word in ("--without-tag", tag)]
    told = reported.look("diff", "--store", reported.store, *options).answer
    assert told["becomes"]["without_tags"] == sorted(without)
    parties = {c["was"]["party"] for c in told["changes"] if c["change"] in ("gone", "changed")}
    assert label in parties


def test_another_chain_is_said_to_be_another(reported, tmp_path):
    node, store = tmp_path / "node", tmp_path / "store"
    for step in (
        ("simulate", "--seed", 4, "--blocks", 120, "--out", node),
        ("chain", "ingest", f"core:{node}", "--store", store),
    ):
        assert peelchain(*step).code == 0
    ran = reported.look("replay", "--store", store)
    assert ran.code == 1
    assert '"not on this chain"' in ran.out
    assert "another block" in ran.out or "ends at height" in ran.out


def test_without_the_personal_data_of_a_table_its_join_is_not_replayed(worked, session, tmp_path):
    users = tmp_path / "users.csv"
    users.write_text(
        "user,address\n"
        + "".join(f"user {n},{address}\n" for n, address in enumerate(session.addresses))
    )
    joined = worked("join-table", users, "--store", worked.store).answer
    alone = ("--entry", joined["entry"])
    answer = worked.look("replay", "--store", worked.store, *alone).answer
    assert results(answer) == {joined["entry"]: "same"}
    there = tmp_path / "there"
    worked("export", tmp_path / "x.zip").answer  # noqa: B018
    peelchain("case", "import", tmp_path / "x.zip", there)
    ran = peelchain("case", "replay", "--case", there, "--store", worked.store, *alone)
    assert ran.code == 1
    assert "missing input" in ran.out
    assert "--with-personal-data" in ran.out
    assert not (there / "private").exists()
