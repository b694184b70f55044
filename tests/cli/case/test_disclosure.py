"""The schedule lists everything, what was abandoned too, and says who was given it."""

import csv
import io
from datetime import UTC, datetime

import pytest
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain

from peelchain.case.casefile import CaseFile

NOON = datetime(2024, 1, 31, 12, tzinfo=UTC)


def rows(case):
    answer = case.look("disclosure").answer
    return answer, {row["entry"]: row for row in answer["entries"]}


def test_abandoned_undone_and_contrary_material_is_listed(worked, tmp_path):
    store = ("--store", worked.store)
    for step in (
        ("run", *store, "--max-hops", 1),  # 5: abandoned
        ("note", "for the file only"),  # 6
        ("hypothesis", "one operator"),  # 7
        ("evidence", "H1", "--against", "R1"),  # 8
        ("undo", 5, "--reason", "too narrow"),  # 9
        ("run", *store, "--rule", "index-fifo"),  # 10: no report tells of it
        ("export", tmp_path / "x.zip", "--to", "the defence"),  # 11
        ("note", "after the export"),  # 12
    ):
        assert worked(*step).code == 0
    answer, by_entry = rows(worked)
    check(
        "case disclosure",
        answer
        | {
            "entries": [
                row
                | {"lost": ["x"], "disclosed": [d | {"withheld": ["x"]} for d in row["disclosed"]]}
                for row in answer["entries"]
            ]
        },
    )
    states = {seq: row["state"] for seq, row in by_entry.items()}
    assert (states[3], states[5], states[10]) == ("stands", "undone", "unused")
    assert [d["how"] for d in by_entry[3]["disclosed"]] == ["bundle", "export"]
    assert by_entry[5]["disclosed"] == [
        {"entry": 11, "how": "export", "to": "the defence", "withheld": []}
    ]
    assert by_entry[12]["disclosed"] == []
    assert by_entry[3]["used_by"] == [4]
    assert by_entry[7]["used_by"] == [8]
    assert by_entry[8]["against"] is True
    assert answer["undisclosed"] == 2
    assert "for the file only" not in str(answer)
    text = peelchain("case", "disclosure", "--case", worked.folder, "--csv").out
    header, *lines = csv.reader(io.StringIO(text))
    assert ",".join(header) == NOTES["case disclosure"]["csv"]
    assert len(lines) == 12
    assert lines[4][4] == "undone"


def test_what_a_redacted_bundle_withholds_is_read_from_it(worked):
    pytest.importorskip("peelchain.actions.casework.redactions")
    assert worked("note", "not for the other side").code == 0  # 5
    assert worked("report", "--store", worked.store).code == 0  # 6
    ran = worked("redact", "--for", "the defence", "--without", "note")  # 7
    assert ran.code == 0, ran.err
    _, by_entry = rows(worked)
    whole, less = by_entry[5]["disclosed"]
    assert (whole["how"], whole["withheld"]) == ("bundle", [])
    assert (less["how"], less["to"], less["withheld"]) == (
        "redacted bundle", "the defence", ["text"],
    )  # fmt: skip


def test_what_was_erased_is_said_to_be_lost(worked):
    assert worked("note", "a name").code == 0
    with CaseFile.open(worked.folder) as case:
        case.journal.erase(5, "text")
    assert rows(worked)[1][5]["lost"] == ["text"]
    assert worked.look("show").answer["notes"][0]["text"] == "(withheld)"


def test_a_referral_is_disclosed_to_whom_it_was_sent(worked):
    sent = {"persons": ["P1"], "packages": [{"package": "SE"}, {"package": "NO"}]}
    to = {"recipients": {"SE": "a police authority", "NO": "a prosecutor"}, "persons_of": {}}
    with CaseFile.open(worked.folder) as case:
        case.append("decision", {"decides": "referral", "on": [], "person": "P1"}, NOON)
        case.append("referral", sent, NOON, to)
    answer, by_entry = rows(worked)
    assert by_entry[5]["what"] == "referral: P1"
    assert [(d["how"], d["to"]) for d in by_entry[6]["disclosed"]] == [
        ("referral", "a prosecutor"),
        ("referral", "a police authority"),
    ]
    assert {"entry": 6, "how": "referral", "to": "a prosecutor", "entries": 1} in (
        answer["handed_out"]
    )
    assert worked.look("show").answer["made"]["decided: referral"] == 1
