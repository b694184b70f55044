"""The journal is append-only, chained and durable, and says where it was tampered with."""

import json
import sqlite3
import stat
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest

from peelchain.case.journal import FIRST_PREV, Journal
from peelchain.errors import BundleError, CaseError

NOON = datetime(2026, 1, 31, 12, 0, 0, 900_000, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of three entries."""
    file = tmp_path / "journal.sqlite"
    with Journal.create(file) as journal:
        journal.append("open", {"case": "demo"}, NOON)
        journal.append("note", {"text": "\u00fc \u2028 =1+1", "amount": "0.5"}, NOON)
        journal.append("investigate", {"parameters": {"seeds": []}}, NOON)
    return file


def tampered(path: Path, *statements: str) -> None:
    """Raw SQL by somebody who drops the triggers first."""
    connection = sqlite3.connect(path)
    for trigger in ("entries_are_kept", "entries_are_final", "entries_follow"):
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        assert connection.execute(statement).rowcount == 1
    connection.commit()
    connection.close()


def test_entries_come_back_in_order_and_chained(path: Path) -> None:
    with Journal.open(path) as journal:
        entries = list(journal.entries())
        assert journal.broken is None
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.kind for entry in entries] == ["open", "note", "investigate"]
    assert {entry.time_utc for entry in entries} == {"2026-01-31T12:00:00Z"}
    assert [entry.prev for entry in entries] == [FIRST_PREV, *(e.hash for e in entries[:2])]


def test_the_export_is_chained_as_the_format_says(path: Path) -> None:
    with Journal.open(path) as journal:
        lines = journal.export().decode("ascii").splitlines(keepends=True)
    prev = "0" * 64
    for seq, line in enumerate(lines, 1):
        entry = json.loads(line)
        assert json.dumps(entry, sort_keys=True, separators=(",", ":")) + "\n" == line
        seal = entry.pop("hash")
        assert [entry.pop(k) for k in ("opened", "signer", "signature")] == [{}, None, None]
        text = json.dumps(entry, sort_keys=True, separators=(",", ":")) + "\n"
        assert sha256(text.encode()).hexdigest() == seal
        assert (entry["seq"], entry["prev"]) == (seq, prev)
        prev = seal
    assert len(lines) == 3


def test_the_same_entries_export_the_same_bytes(path: Path, tmp_path: Path) -> None:
    with Journal.open(path) as first, Journal.create(tmp_path / "again") as second:
        for entry in first.entries():
            second.append(entry.kind, entry.body, NOON.astimezone(timezone(timedelta(hours=9))))
        assert first.export() == second.export()


def test_appending_goes_on_after_reopening(path: Path) -> None:
    with Journal.open(path) as journal:
        entry = journal.append("close", {}, NOON)
    with Journal.open(path) as journal:
        assert list(journal.entries())[-1] == entry
        assert entry.seq == 4


def test_two_writers_share_one_chain(path: Path) -> None:
    with Journal.open(path) as one, Journal.open(path) as other:
        one.append("a", {}, NOON)
        other.append("b", {}, NOON)
        one.append("c", {}, NOON)
    with Journal.open(path) as journal:
        assert journal.broken is None
        assert "".join(entry.kind for entry in journal.entries()).endswith("abc")


def test_only_its_owner_may_read_it(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET kind = 'x' WHERE seq = 2",
        "DELETE FROM entries WHERE seq = 3",
        "INSERT OR REPLACE INTO entries "
        "SELECT seq, time_utc, 'x', body, prev, hash, signer, signature FROM entries WHERE seq = 3",
        "INSERT INTO entries VALUES (9, '', '', '{}', '', '', NULL, NULL)",
        "INSERT INTO entries VALUES (0, '', '', '{}', '', '', NULL, NULL)",
    ],
)
def test_the_database_itself_refuses_changes(path: Path, statement: str) -> None:
    before = path.read_bytes()
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="journal entry"):
        connection.execute(statement)
    connection.close()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ('UPDATE entries SET body = \'{"case":"other"}\' WHERE seq = 1', "entry 1 was changed"),
        (
            "UPDATE entries SET time_utc = '2026-01-30T12:00:00Z' WHERE seq = 2",
            "entry 2 was changed",
        ),
        ("UPDATE entries SET kind = 'x' WHERE seq = 3", "entry 3 was changed"),
        ("UPDATE entries SET hash = 'x' WHERE seq = 1", "entry 1 was changed"),
        ("UPDATE entries SET prev = 'x' WHERE seq = 2", "entry 2 does not follow"),
        ("DELETE FROM entries WHERE seq = 1", "entry 1 is missing"),
        ("DELETE FROM entries WHERE seq = 2", "entry 2 is missing"),
        ("UPDATE entries SET body = 'nonsense' WHERE seq = 2", "entry 2 is malformed"),
        ("UPDATE entries SET body = '{\"a\":0.5}' WHERE seq = 2", "entry 2 is malformed"),
        ("UPDATE entries SET body = '[]' WHERE seq = 2", "entry 2 is malformed"),
    ],
)
def test_a_broken_chain_is_read_only_and_says_where(path: Path, statement: str, says: str) -> None:
    tampered(path, statement)
    before = path.read_bytes()
    with Journal.open(path) as journal:
        assert journal.broken is not None
        assert says in journal.broken
        with pytest.raises(CaseError, match=says):
            journal.append("more", {}, NOON)
    assert path.read_bytes() == before


def test_tampering_while_it_is_open_is_noticed_at_the_next_append(path: Path) -> None:
    with Journal.open(path) as journal:
        tampered(path, "INSERT INTO entries VALUES (4, 't', 'k', '{}', 'p', 'h', NULL, NULL)")
        with pytest.raises(CaseError, match="entry 4 does not follow"):
            journal.append("more", {}, NOON)


def test_a_broken_chain_can_still_be_read(path: Path) -> None:
    tampered(path, "UPDATE entries SET kind = 'x' WHERE seq = 2")
    with Journal.open(path) as journal:
        assert [entry.kind for entry in journal.entries()] == ["open", "x", "investigate"]
        assert len(journal.export().splitlines()) == 3


def test_flipped_bytes_in_the_file_are_never_taken_for_the_truth(path: Path) -> None:
    with Journal.open(path) as journal:
        truth = journal.export()
    raw = path.read_bytes()
    at = raw.index(b'{"case":"demo"}') + 10
    for offset in (at, raw.index(b"investigate"), 0, 20, 60):
        path.write_bytes(raw[:offset] + bytes([raw[offset] ^ 1]) + raw[offset + 1 :])
        try:
            with Journal.open(path) as journal:
                assert journal.broken is not None or journal.export() == truth
        except CaseError as error:
            assert str(path) in str(error)


def test_a_body_that_json_cannot_hold_leaves_the_journal_as_it_was(path: Path) -> None:
    with Journal.open(path) as journal:
        before = journal.export()
        with pytest.raises(BundleError, match="float"):
            journal.append("note", {"share": 0.5}, NOON)
        assert journal.export() == before
        assert journal.append("note", {"share": "0.5"}, NOON).seq == 4


def test_refuses_a_time_without_a_zone(path: Path) -> None:
    with Journal.open(path) as journal, pytest.raises(CaseError, match="time zone"):
        journal.append("note", {}, NOON.replace(tzinfo=None))


def test_create_refuses_what_exists_and_open_what_does_not(path: Path, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="exists already"):
        Journal.create(path)
    with pytest.raises(CaseError, match="no journal"):
        Journal.open(tmp_path / "none")
    with pytest.raises(CaseError, match="could not create"):
        Journal.create(tmp_path / "none/journal")


def test_open_refuses_other_files(path: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    (tmp_path / "empty").write_text("")
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE t (x)").connection.close()
    for name in ("text", "empty", "other"):
        with pytest.raises(CaseError, match=name):
            Journal.open(tmp_path / name)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    with pytest.raises(CaseError, match="format 3"):
        Journal.open(path)


def test_a_locked_journal_is_a_clear_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = sqlite3.connect(path, isolation_level=None)
    with Journal.open(path) as journal:
        journal._connection.execute("PRAGMA busy_timeout = 10")
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(CaseError, match="another peelchain"):
            journal.append("note", {}, NOON)
        holder.execute("ROLLBACK")
        assert journal.append("note", {}, NOON).seq == 4
    holder.close()


def test_a_sealed_value_is_read_back_and_its_erasure_leaves_the_chain_whole(path: Path) -> None:
    with Journal.open(path) as journal:
        entry = journal.append(
            "note", {"about": "R1"}, NOON, sealed={"text": "ask the bank", "by": "analyst"}
        )
        assert entry.value("text") == "ask the bank"
        assert entry.value("about") == "R1"
        assert b"ask the bank" in journal.export()
        journal.erase(entry.seq, "text")
        assert b"ask the bank" not in journal.export()
        with pytest.raises(CaseError, match="entry 4 has no opening 'text' to erase"):
            journal.erase(entry.seq, "text")
    assert b"ask the bank" not in path.read_bytes(), "the bytes are overwritten"
    with Journal.open(path) as journal:
        assert journal.broken is None
        (*_, last) = journal.entries()
        assert last.withheld() == ["text"]
        assert last.value("text", "gone") == "gone"
        assert last.value("by") == "analyst"


def test_an_opening_that_is_not_what_was_sealed_breaks_the_journal(path: Path) -> None:
    with Journal.open(path) as journal:
        journal.append("note", {}, NOON, sealed={"text": "one"})
    connection = sqlite3.connect(path)
    with connection, pytest.raises(sqlite3.IntegrityError, match="cannot be changed"):
        connection.execute("UPDATE openings SET value = '\"two\"'")
    with connection:
        connection.execute("DROP TRIGGER openings_are_final")
        connection.execute("UPDATE openings SET value = '\"two\"'")
    connection.close()
    with Journal.open(path) as journal:
        assert journal.broken is not None
        assert "entry 4 was changed" in journal.broken
