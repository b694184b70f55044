"""peelchain watch: the commands on a case, in words and in JSON."""

import csv
import io
import shutil

import pytest
from tests.cli.documented import NOTES, check
from tests.cli.running import Ran, peelchain


@pytest.fixture
def case(investigated, tmp_path):
    folder = tmp_path / "case"
    shutil.copytree(investigated.case, folder)
    return folder


def watched(session, case, *more: object) -> Ran:
    source = f"core:{session.node}"
    return peelchain(
        "watch", case, "--store", session.store, "--source", source, "--once", *more, "--json"
    )


def test_keys_of_the_answers_are_documented_and_given(session, case):
    item = session.addresses[0]
    added = peelchain("watch", "add", case, item, "--kind", "frozen", "--why", "an order", "--json")
    check("watch add", added.answer)
    check("watch list", peelchain("watch", "list", case, "--json").answer)
    check("watch run", watched(session, case).answer)
    check("watch notices", peelchain("watch", "notices", case, "--json").answer)
    removed = peelchain("watch", "remove", case, item, "--why", "lifted", "--json")
    check("watch remove", removed.answer)


def test_columns_of_csv_are_documented(case):
    for name in ("watch list", "watch notices"):
        out = peelchain(*name.split(), case, "--csv").out
        assert ",".join(next(csv.reader(io.StringIO(out)))) == NOTES[name]["csv"], name


def test_what_is_watched_is_told_in_words(session, case):
    item = session.addresses[0]
    assert peelchain("watch", "add", case, item, "--kind", "frozen", "--why", "an order").code == 0
    told = peelchain("watch", "list", case).out
    assert "traced value of" in told
    assert item in told
    assert "an order" in told
    again = peelchain("watch", "add", case, item, "--why", "an order")
    again.refused(1, "is watched already", "peelchain watch list")


def test_nonsense_is_refused(session, case):
    peelchain("watch", "add", case, "nonsense", "--why", "x").refused(2, "cannot be watched")
    peelchain("watch", "add", case, "00" * 32 + ":x", "--why", "x").refused(2, "output index")
    peelchain("watch", "add", case, session.addresses[0], "--why", " ").refused(2, "is empty")
    refused = peelchain(
        "watch", "add", case, session.addresses[0], "--why", "x", "--kind", "secret"
    )
    refused.refused(2, "frozen")
    peelchain("watch", "remove", case, session.addresses[0], "--why", "x").refused(
        1, "is not watched"
    )
    peelchain("watch", case / "none", "--store", session.store, "--once").refused(1, "no case")


def test_a_case_of_another_chain_or_with_nothing_to_watch_is_refused(session, tmp_path):
    peelchain("case", "open", tmp_path / "main", "--network", "mainnet")
    peelchain("watch", "run", tmp_path / "main", "--store", session.store, "--once").refused(
        1, "nothing to watch", "peelchain watch add"
    )
    item = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    peelchain("watch", "add", tmp_path / "main", item, "--why", "genesis")
    peelchain("watch", "run", tmp_path / "main", "--store", session.store, "--once").refused(
        1, "the store holds regtest"
    )
