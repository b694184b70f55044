"""What people say in a case: recorded, sealed, numbered, checked, and taken back."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cli.documented import check
from tests.cli.running import peelchain

from peelchain.actions.casework.open import open_case
from peelchain.actions.casework.statements import note, undo
from peelchain.case.casefile import JOURNAL, CaseFile
from peelchain.case.journal import Journal
from peelchain.errors import CaseError


def test_the_steps_of_a_case_answer_as_documented(reported):
    for name, ran in reported.said.items():
        check(name, ran.answer)
    assert [e["kind"] for e in reported.journal()] == ["opened", "seeds", "run", "report"]


def test_a_case_taken_by_steps_finds_what_investigate_finds(reported, investigated):
    by_steps = reported.said["case report"].answer
    at_once = investigated.said["investigate"].answer
    for key in ("totals", "receipts", "inflows", "outflows", "by_service"):
        assert by_steps[key] == at_once[key]


def test_a_note_is_about_what_the_last_report_has(worked):
    inflow = worked.look("show").answer["runs"][0]["totals"]["receipts"]
    answer = worked("note", "paid twice", "--about", "R1", "--about", "#3", "--about", "S1").answer
    check("case note", answer)
    finding, entry, party = answer["says"]["about"]
    assert (finding["id"], finding["report"]) == ("R1", 4)
    assert finding["outpoint"].count(":") == 1
    assert entry == {"type": "entry", "seq": 3, "kind": "run"}
    assert party["label"]
    worked("note", "x", "--about", f"R{inflow + 1}").refused(1, "receipts, no R")
    worked("note", "x", "--about", "S999").refused(1, "no S999")
    worked("note", "x", "--about", "#99").refused(1, "no #99")
    worked("note", "x", "--about", "H1").refused(1, "no hypothesis H1")
    worked("note", "x", "--about", "bc1qwrong").refused(2, "names nothing")


def test_a_note_is_sealed_and_comes_through_the_pipe(worked):
    answer = worked("note", "-", stdin="  said by =cmd \u00e9\n").answer
    last = worked.journal()[-1]
    assert last["seq"] == answer["entry"]
    assert set(last["body"]) == {"about", "sealed"}
    assert last["opened"]["text"]["value"] == "said by =cmd \u00e9"


def test_hypotheses_collect_evidence_for_and_against(worked):
    first = worked("hypothesis", "one operator").answer
    check("case hypothesis", first)
    assert first["says"]["id"] == "H1"
    assert worked("hypothesis", "two operators").answer["says"]["id"] == "H2"
    check(
        "case evidence",
        worked("evidence", "H1", "--for", "R1").answer
        | {"says": {"hypothesis": "H1", "speaks": "for", "what": {"type": "finding"}, "text": "x"}},
    )
    worked("evidence", "H1", "--against", "the server logs show two hands").answer  # noqa: B018
    worked("evidence", "E1", "--for", "R1").refused(1, "no exhibit E1")
    worked("evidence", "H1").refused(2, "one of the two")
    worked("evidence", "H1", "--for", "R1", "--against", "R1").refused(2, "one of the two")
    shown = worked.look("show").answer
    one, two = shown["hypotheses"]
    assert [e["what"] for e in one["for"]] == ["R1"]
    assert [e["what"] for e in one["against"]] == ["the server logs show two hands"]
    assert two["for"] == two["against"] == []


def test_a_decision_names_who_took_it(worked):
    answer = worked("decide", "ask for the account", "--by", "A. Analyst", "--on", "S1").answer
    check("case decide", answer)
    worked("decide", "x", "--by", " ").refused(2, "--by")
    assert "A. Analyst" not in json.dumps(worked.journal()[-1]["body"])
    assert worked.look("show").answer["decisions"][0]["by"] == "A. Analyst"


def test_what_is_undone_stays_in_the_journal(worked):
    noted = worked("note", "wrong").answer["entry"]
    undo = worked("undo", noted, "--reason", "mistaken").answer
    assert undo["resting"] == []
    assert worked.look("show").answer["notes"] == []
    states = {e["seq"]: e["state"] for e in worked.journal()}
    assert states[noted] == "undone"
    worked("undo", noted, "--reason", "again").refused(1, "undone already")
    worked("undo", 1, "--reason", "x").refused(1, "cannot be undone")
    worked("undo", 99, "--reason", "x").refused(1, "no 99")
    worked("undo", undo["entry"], "--reason", "it was right after all").answer  # noqa: B018
    assert [n["text"] for n in worked.look("show").answer["notes"]] == ["wrong"]


def test_what_rests_on_what_is_undone_is_named(worked):
    undo = worked("undo", 3, "--reason", "wrong seeds")
    check("case undo", undo.answer)
    assert undo.answer["resting"] == [4]
    assert "entry 4 rests on what is undone" in undo.err
    worked("report", "--store", worked.store).refused(1, "has no run yet")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 20), max_size=12))
def test_undoing_is_read_from_the_end(choices):
    """An undo counts unless an undo that counts takes it back."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "case"
        open_case(folder, "", "subject", network="regtest")
        made: list[int | None] = [None]
        for choice in choices:
            if choice % 2:
                note(folder, "x")
                made.append(None)
                continue
            target = choice // 2
            counts = counting(made)
            fits = 1 < target <= len(made) and not any(
                made[k] == target and counts[k] for k in range(len(made))
            )
            if fits:
                undo(folder, target, "x")
                made.append(target)
            else:
                with pytest.raises(CaseError):
                    undo(folder, target, "x")
        counts = counting(made)
        undone = {made[k] for k in range(len(made)) if made[k] is not None and counts[k]}
        with CaseFile.open(folder) as case:
            stands = {entry.seq for entry in case.standing()}
        notes = {k + 1 for k in range(len(made)) if made[k] is None}
        assert stands == notes - undone


def counting(made):
    """Whether each entry that undoes another counts, found by asking who undoes the undoer."""

    def counts(k):
        return not any(made[j] == k + 1 and counts(j) for j in range(k + 1, len(made)))

    return [made[k] is not None and counts(k) for k in range(len(made))]


def test_a_report_is_of_the_run_that_is_asked_for(worked):
    worked("run", "--store", worked.store, "--rule", "index-fifo").answer  # noqa: B018
    worked("report", "--store", worked.store, "--run", 9).refused(1, "entry 9 is no run")
    worked("report", "--store", worked.store, "--run", 4).refused(1, "entry 4 is no run")
    answer = worked("report", "--store", worked.store, "--run", 5).answer
    assert (answer["run"], answer["rules"]) == (5, ["index_fifo"])
    assert [r["run"] for r in worked.look("show").answer["reports"]] == [3, 5]


def test_numbers_are_not_given_twice(worked):
    first = worked("hypothesis", "one").answer["entry"]
    worked("undo", first, "--reason", "x").answer  # noqa: B018
    assert worked("hypothesis", "two").answer["says"]["id"] == "H2"
    worked("evidence", "H1", "--for", "R1").refused(1, "H1 was undone")


@pytest.mark.parametrize(
    "text",
    [
        "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
        "secret: 5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ in it",
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
        "about",
    ],
)
def test_secrets_are_refused_and_not_repeated(worked, text):
    said = worked("note", text).refused(2, "private key or seed words")
    assert max(text.split(), key=len) not in said
    assert len(worked.journal()) == 4


def test_an_empty_text_is_refused(worked):
    worked("note", "  ").refused(2, "empty")


def test_seeds_are_added_and_removed_by_entries(worked):
    seeds = worked.look("seeds", "list").answer
    check("case seeds list", seeds)
    first = seeds["seeds"][0]
    check("case seeds remove", worked("seeds", "remove", first).answer)
    assert first not in worked.look("seeds", "list").answer["seeds"]
    worked("seeds", "remove", first).refused(1, "no seed")
    worked("seeds", "add", seeds["seeds"][1]).refused(1, "a seed already")
    worked("seeds", "add", "nonsense").refused(2, "seed 'nonsense'")
    worked("seeds", "add", first).answer  # noqa: B018
    assert worked.look("seeds", "list").answer == seeds


def test_cases_are_listed_with_what_is_wrong_with_them(worked, reported, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "journal.sqlite").write_bytes(b"no database")
    answer = peelchain("case", "list", tmp_path, "--json").answer
    check("case list", answer)
    good, bad = answer["cases"]
    assert (good["name"], good["title"], good["entries"], good["reports"]) == (
        "case", "The site", 4, 1,
    )  # fmt: skip
    assert bad["error"]
    peelchain("case", "list", tmp_path / "none").refused(1, "is no folder")


def test_a_case_opens_without_a_store_where_its_chain_is_named(tmp_path):
    peelchain("case", "open", tmp_path / "a").refused(2, "--store")
    answer = peelchain("case", "open", tmp_path / "a", "--network", "regtest", "--json").answer
    assert (answer["network"], answer["name"]) == ("regtest", "a")
    peelchain("case", "open", tmp_path / "a", "--network", "regtest").refused(1, "already")
    peelchain("case", "open", tmp_path / "b", "--network", "nonet").refused(2, "nonet")


def test_a_case_whose_opening_was_cut_short_can_be_opened_again(tmp_path):
    folder = tmp_path / "case"
    folder.mkdir()
    Journal.create(folder / JOURNAL).close()
    peelchain("case", "note", "x", "--case", folder).refused(1, "never opened", "case open")
    peelchain("case", "show", "--case", folder, "--json").answer  # noqa: B018
    assert peelchain("case", "open", folder, "--network", "regtest").code == 0
    assert peelchain("case", "note", "x", "--case", folder).code == 0
