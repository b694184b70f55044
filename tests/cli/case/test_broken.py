"""A case whose chain of entries is broken can be read by every verb, and added to by none."""

import sqlite3

import pytest
from tests.cli.running import files, peelchain

ADDING = [
    ("note", "x"),
    ("hypothesis", "x"),
    ("evidence", "H1", "--for", "R1"),
    ("decide", "x", "--by", "A. Analyst"),
    ("undo", "3", "--reason", "x"),
    ("exhibit", "add", "R1", "--as", "x"),
    ("seeds", "add", "@{observed}"),
    ("seeds", "remove", "@{observed}"),
    ("run", "--store", "{store}"),
    ("report", "--store", "{store}"),
    ("export", "{out}"),
]


@pytest.fixture
def broken(worked):
    """A case whose run was changed after it was written."""
    connection = sqlite3.connect(worked.folder / "journal.sqlite")
    connection.execute("DROP TRIGGER entries_are_final")
    connection.execute(
        "UPDATE entries SET body = replace(body, 'pro_rata', 'pro_rat_') WHERE seq = 3"
    )
    connection.commit()
    connection.close()
    return worked


def test_no_verb_adds_to_a_broken_case(broken, session, tmp_path):
    places = {
        "observed": session.node / "observed.txt",
        "store": broken.store,
        "out": tmp_path / "x.zip",
    }
    before = files(broken.folder)
    for step in ADDING:
        ran = broken(*(word.format(**places) for word in step))
        assert ran.code in (1, 2), step
        assert "entry 3 was changed" in ran.err, (step, ran.err)
    assert files(broken.folder) == before
    assert not (tmp_path / "x.zip").exists()


@pytest.mark.parametrize(
    "step", [("journal",), ("show",), ("disclosure",), ("replay",), ("seeds", "list"),
             ("exhibit", "list"), ("key", "show")]
)  # fmt: skip
def test_every_verb_that_reads_does_and_names_the_entry(broken, step):
    ran = broken.look(*step)
    assert ran.code == (1 if step == ("replay",) else 0), ran.err
    if step[0] in ("journal", "show", "disclosure", "replay"):
        assert "entry 3 was changed" in ran.out


def test_a_row_that_is_no_entry_hides_only_what_follows(worked):
    connection = sqlite3.connect(worked.folder / "journal.sqlite")
    connection.execute("DROP TRIGGER entries_are_final")
    connection.execute("UPDATE entries SET body = '{' WHERE seq = 3")
    connection.commit()
    connection.close()
    answer = worked.look("journal").answer
    assert [e["seq"] for e in answer["entries"]] == [1, 2]
    assert "entry 3 is malformed" in answer["broken"]
    listed = peelchain("case", "list", worked.folder.parent, "--json").answer["cases"]
    assert "entry 3 is malformed" in listed[0]["broken"]
