"""A server that holds: jobs end with those who asked, a full disk or a lost store end nothing."""

import errno
import os
import resource
import shutil
import signal
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page
from tests.cli.running import ENVIRONMENT, peelchain
from tests.web.conftest import Demo, OpenPage
from tests.web.processes import children, lives, until
from tests.web.serving import Served, serving

RUN = "/api/cases/pay-site/run"


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where servers that start now keep what does not outlive them."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setitem(ENVIRONMENT, "TMPDIR", str(folder))
    return folder


@pytest.fixture
def alone(demo: Demo, tmp_path: Path, scratch: Path) -> Iterator[Served]:
    """A server for one test, which may be killed; its store must not be written to."""
    shutil.copytree(demo.case, tmp_path / "cases" / "pay-site")
    with serving(demo.store, tmp_path / "cases") as running:
        yield running


def running(client: httpx.Client, job: str) -> bool:
    return bool(client.get(f"/api/jobs/{job}").json()["state"] == "running")


def over(client: httpx.Client, job: str) -> bool:
    return state(client, job) not in ("waiting", "running")


def begin(client: httpx.Client, page: str | None = None) -> str:
    begun = client.post(RUN, headers={"X-Page": page} if page else {}, json={})
    assert begun.status_code == 202, begun.text
    return str(begun.json()["job"])


def stop_all(client: httpx.Client) -> None:
    for job in client.get("/api/jobs").json():
        client.delete(f"/api/jobs/{job['job']}")
        client.delete(f"/api/jobs/{job['job']}")


def test_others_are_answered_while_all_places_for_jobs_are_taken(served: Served) -> None:
    with served.client() as client:
        jobs = [begin(client) for _ in range(4)]
        until(lambda: running(client, jobs[0]) and running(client, jobs[1]), "two jobs run")
        for _ in range(25):
            assert client.get("/api/status").json()["tip_height"] == 1500
        assert running(client, jobs[1])
        stop_all(client)
        for job in jobs:
            until(partial(over, client, job), "a stopped job ends")
        assert client.get(f"/api/jobs/{jobs[3]}").json()["state"] == "stopped"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_server_that_is_told_to_end_leaves_nothing(
    alone: Served, scratch: Path, number: signal.Signals
) -> None:
    with alone.client() as client:
        job = begin(client)
        client.post("/api/uploads", params={"name": "a.csv"}, content=b"name\n")
        until(lambda: running(client, job), "the job runs")
        until(lambda: len(children(alone.process.pid)) == 2, "one works and one waits")
        started = children(alone.process.pid)
    assert list(scratch.iterdir())
    alone.process.send_signal(number)
    alone.process.wait(60)
    assert [p for p in started if lives(p)] == []
    assert list(scratch.iterdir()) == []


def test_the_jobs_of_a_killed_server_end(alone: Served) -> None:
    with alone.client() as client:
        job = begin(client)
        until(lambda: running(client, job), "the job runs")
        until(lambda: len(children(alone.process.pid)) == 2, "one works and one waits")
        started = children(alone.process.pid)
    alone.process.kill()
    alone.process.wait(60)
    until(lambda: not any(map(lives, started)), "its processes end")


def test_a_job_that_was_killed_says_so_and_the_next_one_runs(alone: Served) -> None:
    with alone.client() as client:
        job = begin(client)
        until(lambda: running(client, job), "the job runs")
        until(lambda: len(children(alone.process.pid)) == 2, "one works and one waits")
        for process in children(alone.process.pid):
            os.kill(process, signal.SIGKILL)
        until(lambda: not running(client, job), "the job ends")
        told = client.get(f"/api/jobs/{job}").json()
        assert told["state"] == "refused"
        assert "out of memory" in told["error"]["error"]
        answer = client.get(f"/api/jobs/{job}/answer")
        assert (answer.status_code, answer.json()["kind"]) == (404, "no_job")
        assert client.get("/api/status").status_code == 200
        later = begin(client)
        until(lambda: running(client, later), "the next job runs")


def test_a_closed_tab_ends_its_jobs_and_no_other_s(open_page: OpenPage, served: Served) -> None:
    begin_in = """async ([token, run, tab]) => {
      const headers = {Authorization: `Bearer ${token}`, "X-Page": tab};
      const stream = await fetch(`/api/pages/${tab}/events`, {headers});
      window.reader = stream.body.getReader();
      await window.reader.read();
      const begun = await fetch(run, {method: "POST", headers});
      return (await begun.json()).job;
    }"""

    def begun(page: Page) -> str:
        return str(page.evaluate(begin_in, [served.token, RUN, str(uuid.uuid4())]))

    first, second = open_page("/status"), open_page("/status")
    with served.client() as client:
        # the others hold both places, so that nothing ends by itself while we look
        lasting = [begin(client) for _ in range(6)]
        closed, kept = begun(first), begun(second)
        first.close()
        until(lambda: state(client, closed) == "stopped", "the closed tab's job stops")
        assert state(client, kept) in ("waiting", "running", "done")
        assert not {"stopped"} & {state(client, job) for job in lasting}
        stop_all(client)


def state(client: httpx.Client, job: str) -> str:
    return str(client.get(f"/api/jobs/{job}").json()["state"])


def test_a_flood_of_jobs_is_refused_in_words(served: Served) -> None:
    with served.client() as client:
        try:
            told = [client.post(RUN, json={}) for _ in range(60)]
            over = [t for t in told if t.status_code != 202]
            assert {(t.status_code, t.json()["kind"]) for t in over} == {(429, "busy")}
            assert len(over) >= 8
        finally:
            stop_all(client)


def first_blocks(demo: Demo, folder: Path, count: int) -> str:
    """A copy of the demo's node that has only its first blocks; gives what `ingest` names it."""
    blocks, into = demo.node / "regtest" / "blocks", folder / "regtest" / "blocks"
    into.mkdir(parents=True, exist_ok=True)
    key = (blocks / "xor.dat").read_bytes()
    hidden = (blocks / "blk00000.dat").read_bytes()
    end = 0
    for _ in range(count):
        # magic and size stand before each block, under the key of the folder
        size = bytes(hidden[i] ^ key[i % len(key)] for i in range(end + 4, end + 8))
        end += 8 + int.from_bytes(size, "little")
    (into / "xor.dat").write_bytes(key)
    (into / "blk00000.dat").write_bytes(hidden[:end])
    return f"core:{folder}"


def test_a_chain_that_grows_is_seen(demo: Demo, tmp_path: Path) -> None:
    store, node = tmp_path / "store", tmp_path / "node"

    def ingest(blocks: int) -> None:
        ran = peelchain("chain", "ingest", first_blocks(demo, node, blocks), "--store", store)
        assert ran.code == 0, ran.err

    ingest(121)
    with serving(store, tmp_path / "cases") as growing, growing.client() as client:
        before = client.get("/api/status").json()
        assert before["tip_height"] == 120
        ingest(241)
        after = client.get("/api/status").json()
        assert after["tip_height"] == 240
        assert after["tip_hash"] != before["tip_hash"]


def test_a_store_that_is_gone_is_named_and_seen_again(demo: Demo, tmp_path: Path) -> None:
    store, away = tmp_path / "store", tmp_path / "away"
    node = first_blocks(demo, tmp_path / "node", 31)
    assert peelchain("chain", "ingest", node, "--store", store).code == 0
    with serving(store, tmp_path / "cases") as lost, lost.client() as client:
        assert client.get("/api/status").status_code == 200
        store.rename(away)
        for target in ("/api/status", "/api/chain/status"):
            gone = client.get(target)
            assert 400 <= gone.status_code < 500, gone.text
            assert "store" in gone.json()["error"]
        away.rename(store)
        assert client.get("/api/status").json()["tip_height"] == 30


def test_a_folder_of_cases_that_is_gone_lists_none(alone: Served) -> None:
    with alone.client() as client:
        shutil.rmtree(alone.cases)
        assert client.get("/api/status").json()["cases"] == []
        gone = client.post(RUN, json={})
        assert (gone.status_code, gone.json()["kind"]) == (409, "case")


def uploads(scratch: Path) -> list[Path]:
    return [p for p in scratch.rglob("*") if p.is_file() and p.parent.parent.name == "uploads"]


def test_a_full_disk_refuses_an_upload_and_keeps_no_half(alone: Served, scratch: Path) -> None:
    def content() -> Iterator[bytes]:
        for _ in range(300):
            yield b"x" * 10_000

    process = alone.process.pid
    before = resource.prlimit(process, resource.RLIMIT_FSIZE)
    with alone.client() as client:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (1_000_000, before[1]))
        full = client.post("/api/uploads", params={"name": "big.csv"}, content=content())
        assert full.status_code == 409
        assert os.strerror(errno.EFBIG) in full.json()["error"]
        assert "room" in full.json()["error"]
        assert uploads(scratch) == []
        resource.prlimit(process, resource.RLIMIT_FSIZE, before)
        kept = client.post("/api/uploads", params={"name": "big.csv"}, content=content())
        assert (kept.status_code, kept.json()["bytes"]) == (200, 3_000_000)
        (file,) = uploads(scratch)
        assert (file.stat().st_mode & 0o777, file.stat().st_size) == (0o600, 3_000_000)


def test_an_upload_that_breaks_off_keeps_no_half(alone: Served, scratch: Path) -> None:
    class BrokenOffError(Exception):
        pass

    def content() -> Iterator[bytes]:
        yield b"x" * 100_000
        until(lambda: bool(uploads(scratch)), "the upload begins")
        raise BrokenOffError

    with alone.client() as client:
        with pytest.raises(BrokenOffError):
            client.post("/api/uploads", params={"name": "torn.csv"}, content=content())
        until(lambda: not uploads(scratch), "the half is gone")
        assert client.get("/api/status").status_code == 200


def test_an_answer_is_there_as_long_as_the_server(alone: Served) -> None:
    page = str(uuid.uuid4())
    with alone.client() as client:
        with client.stream("GET", f"/api/pages/{page}/events") as stream:
            lines = stream.iter_lines()
            next(lines)
            job = begin(client, page)
            until(lambda: state(client, job) == "done", "the job is done")
        answers: list[dict[str, Any]] = [
            client.get(f"/api/jobs/{job}/answer").json() for _ in range(2)
        ]
        assert answers[0] == answers[1]
        assert client.delete(f"/api/jobs/{job}").json()["state"] == "done"
        assert client.get(f"/api/jobs/{job}/answer").json() == answers[0]
