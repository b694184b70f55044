"""Entries are signed once a key is set up, and no other way is left to add one."""

import sqlite3
import stat

import pytest
from tests.cli.documented import check
from tests.cli.running import peelchain

WORDS = "correct horse battery"


@pytest.fixture
def key(tmp_path, monkeypatch):
    monkeypatch.setenv("PEELCHAIN_KEY_PASSPHRASE", WORDS)
    file = tmp_path / "my.key"
    check("case key new", peelchain("case", "key", "new", file, "--json").answer)
    return file


@pytest.fixture
def signing(worked, key):
    answer = worked("key", "use", key, "--name", "A. Analyst").answer
    check("case key use", answer)
    return worked


def states(case):
    ran = peelchain("case", "journal", "--check", "--case", case.folder, "--csv")
    return [line.split(",")[4] for line in ran.out.splitlines()[1:]]


def test_every_entry_after_the_key_is_signed(signing, key):
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in key.read_bytes()
    signing("note", "signed").answer  # noqa: B018
    signing("report", "--store", signing.store).answer  # noqa: B018
    assert states(signing) == ["unsigned"] * 4 + ["signed"] * 3
    answer = signing.look("journal", "--check").answer
    check("case journal", answer)
    assert answer["holds"] is True
    shown = signing.look("key", "show").answer
    check("case key show", shown)
    assert (shown["keys"][0]["signed"], shown["unsigned"]) == (3, 4)
    assert peelchain("verify", signing.folder / "bundle.zip").code == 0


def test_without_the_key_nothing_is_added(signing, key, monkeypatch):
    monkeypatch.setenv("PEELCHAIN_KEY_PASSPHRASE", "wrong passphrase")
    signing("note", "x").refused(1, "passphrase is wrong")
    monkeypatch.delenv("PEELCHAIN_KEY_PASSPHRASE")
    signing("note", "x").refused(1, "PEELCHAIN_KEY_PASSPHRASE_FILE")
    monkeypatch.setenv("PEELCHAIN_KEY_PASSPHRASE", WORDS)
    key.rename(key.with_suffix(".away"))
    signing("note", "x").refused(1, "bring it back")
    (signing.folder / "signing.json").unlink()
    signing("note", "x").refused(1, "case key use")
    assert len(signing.journal()) == 5


def test_a_passphrase_comes_from_a_file(signing, tmp_path, monkeypatch):
    monkeypatch.delenv("PEELCHAIN_KEY_PASSPHRASE")
    file = tmp_path / "words"
    file.write_text(WORDS + "\n")
    monkeypatch.setenv("PEELCHAIN_KEY_PASSPHRASE_FILE", str(file))
    assert signing("note", "x").code == 0


def altered(case, statement):
    connection = sqlite3.connect(case.folder / "journal.sqlite")
    connection.execute("DROP TRIGGER entries_are_final")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_bad_or_missing_signature_is_said_by_entry(signing):
    signing("note", "one").answer  # noqa: B018
    signing("note", "two").answer  # noqa: B018
    altered(signing, "UPDATE entries SET signature = NULL, signer = NULL WHERE seq = 6")
    flip = "UPDATE entries SET signature = '00' || substr(signature, 3) WHERE seq = 7"
    altered_again = sqlite3.connect(signing.folder / "journal.sqlite")
    altered_again.execute(flip)
    altered_again.commit()
    altered_again.close()
    assert states(signing)[5:] == ["lacks its signature", "bad signature"]
    ran = signing.look("journal", "--check")
    assert ran.code == 1


def test_a_signature_of_a_key_that_nobody_named_is_told_apart(signing, tmp_path):
    signing("note", "one").answer  # noqa: B018
    other = tmp_path / "other.key"
    peelchain("case", "key", "new", other)
    answer = signing("key", "use", other).answer
    assert answer["new"] is True
    assert states(signing)[-1] == "signed"
    altered(
        signing,
        "UPDATE entries SET signer = (SELECT signer FROM entries WHERE seq = 7), "
        "signature = (SELECT signature FROM entries WHERE seq = 7) WHERE seq = 6",
    )
    assert states(signing)[5] == "bad signature"


def test_a_key_never_lies_in_a_case_nor_is_written_over(worked, key, monkeypatch):
    peelchain("case", "key", "new", worked.folder / "a.key").refused(2, "lies in a case")
    peelchain("case", "key", "new", key).refused(1, "exists already")
    monkeypatch.setenv("PEELCHAIN_KEY_PASSPHRASE", "short")
    peelchain("case", "key", "new", key.with_name("b")).refused(2, "too short")


def test_what_is_no_key_is_refused(worked, key, tmp_path):
    (tmp_path / "no.key").write_text("no key")
    worked("key", "use", tmp_path / "no.key").refused(1, "does not open")
    worked("undo", 1, "--reason", "x").refused(1, "cannot be undone")
