"""A case folder keeps its word when processes meet in it, die in it, or find it broken."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from tests.cli.running import ENVIRONMENT, files

from peelchain.actions.casework.open import new_case
from peelchain.actions.casework.replay import replay
from peelchain.actions.casework.work import Result, Work, carry_out
from peelchain.case import casefile
from peelchain.case.casefile import CaseFile
from peelchain.case.lock import held
from peelchain.errors import CaseError
from peelchain.network import by_name

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def result(made: Result, _work: Work) -> Result:
    return made


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from peelchain.actions.casework.statements import note
for number in range(int(sys.argv[2])):
    note(Path(sys.argv[1]), f"{sys.argv[3]} {number}", date_utc=datetime(2026, 1, 31, tzinfo=UTC))
"""

WORKER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from peelchain.actions.casework.work import Result, carry_out
from peelchain.case.casefile import CaseFile

def derivation(work):
    Path(sys.argv[2]).write_text("at work")
    time.sleep(float(sys.argv[3]))
    return Result(outputs={f"tables/{work.seq}/x.csv": b"a,b"})

with CaseFile.open(Path(sys.argv[1])) as case:
    carry_out(case, "table", derivation, {}, datetime(2026, 1, 31, tzinfo=UTC))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "case"
    new_case(place, "", "subject", by_name("regtest"), NOON).close()
    return place


def started(text: str, *arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", text, *map(str, arguments)]
    return subprocess.Popen(command, env=ENVIRONMENT)


def until(path: Path) -> None:
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")


def test_processes_that_add_at_once_all_succeed_in_order(folder):
    writers = [started(WRITER, folder, 8, name) for name in ("one", "two", "three")]
    for writer in writers:
        assert writer.wait() == 0
    with CaseFile.open(folder) as case:
        assert case.journal.broken is None
        texts = [entry.value("text") for entry in case.entries()[1:]]
    assert len(texts) == 24
    for name in ("one", "two", "three"):
        assert [t for t in texts if t.startswith(name)] == [f"{name} {n}" for n in range(8)]


def test_one_waits_for_another_at_work_and_is_told_for_whom(folder, tmp_path):
    worker = started(WORKER, folder, tmp_path / "there", 1.0)
    until(tmp_path / "there")
    said: list[str] = []
    with CaseFile.open(folder) as case, case.at_work(said.append):
        entry = case.append("note", {"about": []}, NOON, {"text": "after"})
    assert worker.wait() == 0
    # the worker's number was its own from the start
    assert entry.seq == 3
    assert (folder / "tables" / "2" / "x.csv").read_bytes() == b"a,b"
    assert said[0] == f"waiting for process {worker.pid}, which works on this case"


def test_who_waits_too_long_is_told_to_come_again(folder):
    with held(folder), pytest.raises(CaseError, match=f"worked on by process {os.getpid()}"):  # noqa: SIM117
        with held(folder, wait_seconds=0.2):
            pass


def test_a_worker_that_is_killed_leaves_nothing_that_lies(folder, tmp_path):
    before = files(folder)
    worker = started(WORKER, folder, tmp_path / "there", 600)
    until(tmp_path / "there")
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    with CaseFile.open(folder) as case:
        assert len(case.entries()) == 1
        case.append("note", {"about": []}, NOON)
    assert set(files(folder)) - {".lock"} == set(before) - {".lock"}
    assert not [p for p in folder.iterdir() if p.name.startswith(".scratch")]


def killed_at(case, monkeypatch, method, outputs):
    """Carries work out and dies in a method of the case."""

    class Killed(BaseException):
        pass

    def die(*_args, **_kwargs):
        raise Killed

    monkeypatch.setattr(casefile.CaseFile, method, die)
    with pytest.raises(Killed):
        carry_out(case, "report", lambda work: Result(outputs=outputs), {}, NOON)
    monkeypatch.undo()


def test_outputs_without_an_entry_do_not_count(folder, monkeypatch):
    with CaseFile.open(folder) as case:
        carry_out(case, "report", lambda work: Result(outputs={"report.pdf": b"old"}), {}, NOON)
        killed_at(case, monkeypatch, "append", {"report.pdf": b"new"})
        assert not list(folder.glob(".pending*"))
    # a process that the system ends cleans nothing up
    (folder / ".pending-3").mkdir()
    (folder / ".pending-3" / "report.pdf").write_bytes(b"new")
    with CaseFile.open(folder) as case:
        case.append("note", {"about": []}, NOON)
        assert (folder / "report.pdf").read_bytes() == b"old"
        assert [e.kind for e in case.entries()] == ["opened", "report", "note"]
    assert not list(folder.glob(".pending*"))


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_an_entry_whose_outputs_were_not_yet_in_place_counts_whole(folder, monkeypatch, moved):
    old, new = {"a.txt": b"old a", "b.txt": b"old b"}, {"a.txt": b"new a", "b.txt": b"new b"}
    with CaseFile.open(folder) as case:
        carry_out(case, "report", lambda work: Result(outputs=old), {}, NOON)
        killed_at(case, monkeypatch, "place", new)
        for name in list(new)[:moved]:
            (folder / "earlier" / "2").mkdir(parents=True, exist_ok=True)
            (folder / name).rename(folder / "earlier" / "2" / name)
            if moved == 2:
                (folder / ".pending-3" / name).rename(folder / name)
    with CaseFile.open(folder) as case:
        case.append("note", {"about": []}, NOON)
        for name in new:
            assert (folder / name).read_bytes() == new[name]
            assert (folder / "earlier" / "2" / name).read_bytes() == old[name]
        entries = case.entries()
        for entry in entries[1:3]:
            for name, digest in entry.body["outputs"].items():
                assert sha256(case.output(entry, name).read_bytes()).hexdigest() == digest
    assert not list(folder.glob(".pending*"))
    assert all(row["files"] == [] for row in replay(folder)["entries"])


def test_an_output_replaced_twice_is_kept_twice(folder):
    with CaseFile.open(folder) as case:
        for content in (b"2", b"3", b"4"):
            made = Result(outputs={"r": content})
            carry_out(case, "report", partial(result, made), {}, NOON)
        entries = case.entries()
        assert [case.output(e, "r").read_bytes() for e in entries[1:]] == [b"2", b"3", b"4"]


def test_files_are_for_their_owner_only(folder):
    before = os.umask(0)
    try:
        with CaseFile.open(folder) as case:
            outputs = {"tables/2/x.csv": b"x"}
            carry_out(case, "table", lambda work: Result(outputs=outputs), {}, NOON)
            case.keep(b"kept")
    finally:
        os.umask(before)
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
