"""An ingest killed or interrupted: the store is whole at every moment, the next run goes on."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chain.crafted import Block, grow, write_files
from tests.chain.stores import ENVIRONMENT, content, ingest

from peelchain.actions.chain import verify
from peelchain.actions.status import status
from peelchain.chain import ingest as stage
from peelchain.errors import StoreError

SCRIPT = Path(__file__).with_name("interrupted.py")


class Ingests:
    """The process that runs ingests and tells how they ended."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, blocks: Path, store: Path, moment: object) -> int:
        """Starts one; gives its process id."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{blocks}\t{store}\t{moment}\n")
        self.process.stdin.flush()
        return int(self.line().removeprefix("forked "))

    def line(self) -> str:
        """The next line that says something of ours, not of the command's."""
        assert self.process.stdout is not None
        while True:
            line = self.process.stdout.readline().strip()
            if line.startswith("forked ") or line == "committed" or line.lstrip("-").isdecimal():
                return line
            assert self.process.poll() is None, "the ingesting process has gone"

    def ended(self) -> int:
        """How the last one ended: its exit code, or minus the signal."""
        while (line := self.line()) == "committed":
            pass
        return int(line)

    def run(self, blocks: Path, store: Path, moment: object) -> int:
        self.start(blocks, store, moment)
        return self.ended()

    def close(self) -> str:
        """Ends it; gives all that went to stderr."""
        _, error = self.process.communicate(timeout=60)
        return error


@pytest.fixture
def ingests() -> Iterator[Ingests]:
    running = Ingests()
    yield running
    if running.process.poll() is None:
        assert "Traceback" not in running.close()


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "SEGMENT_BLOCKS", 8)
    monkeypatch.setattr(stage, "HEAD_BLOCKS", 3)


def tip_of_whole_store(store: Path) -> int:
    """Height of the store's tip once everything in it was checked, -1 where it has not begun."""
    try:
        found = verify(store)
    except StoreError as e:
        assert "is no store" in str(e) or "does not exist" in str(e)
        return -1
    assert found["ok"], found["failures"]
    return int(status(store)["tip_height"])


@pytest.mark.usefixtures("small_segments")
def test_killed_at_any_step_the_next_run_ends_where_an_undisturbed_one_does(
    crafted: list[Block], crafted_blocks: Path, tmp_path: Path, ingests: Ingests
) -> None:
    ingest(crafted_blocks, tmp_path / "undisturbed")
    wanted = content(tmp_path / "undisturbed")
    tips = set()
    for moment in range(1, 200, 3):
        store = tmp_path / f"{moment}"
        ended = ingests.run(crafted_blocks, store, moment)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        tips.add(tip_of_whole_store(store))
        done = ingest(crafted_blocks, store)
        assert done.tip_height == len(crafted) - 1
        assert content(store) == wanted
        assert {p.name for p in (store / "segments").iterdir()} == {
            Path(name).parent.name for name in files_of(store)
        }
    assert moment > 40
    assert {-1, 7, 15, 23, 31} <= tips


def files_of(store: Path) -> list[str]:
    from peelchain.store import manifest

    return [f.file for f in manifest.read(store).files()]


@pytest.mark.usefixtures("small_segments")
def test_killed_in_a_reorganisation_the_store_has_one_chain_or_the_other(
    crafted: list[Block], tmp_path: Path, ingests: Ingests
) -> None:
    other = grow(crafted[:10], 40, "other")
    ingest(write_files(tmp_path / "other", other), tmp_path / "undisturbed")
    wanted = content(tmp_path / "undisturbed")
    tips = set()
    for moment in range(2, 60, 4):
        store = tmp_path / f"{moment}"
        ingest(write_files(tmp_path / "blocks", crafted), store)
        write_files(tmp_path / "blocks", crafted, other[10:])
        ended = ingests.run(tmp_path / "blocks", store, moment)
        tip_of_whole_store(store)
        tip = status(store)["tip_hash"]
        tips.add(tip == crafted[-1].shown)
        assert tip in {b.shown for b in (crafted[-1], *other[40:])}
        ingest(tmp_path / "blocks", store)
        assert content(store) == wanted
        if ended == 0:
            break
    assert tips == {True, False}


@pytest.mark.usefixtures("small_segments")
def test_killed_at_random_moments_again_and_again(
    crafted: list[Block], crafted_blocks: Path, tmp_path: Path, ingests: Ingests
) -> None:
    """The clock decides where: inside the kernel, between files, before anything was done."""
    store, rng = tmp_path / "store", random.Random(7)
    before = -1
    for _ in range(12):
        child = ingests.start(crafted_blocks, store, "wait")
        time.sleep(rng.random() / 2)
        os.kill(child, signal.SIGKILL)
        assert ingests.ended() == -signal.SIGKILL
        tip = tip_of_whole_store(store)
        assert tip >= before
        before = tip
    ingest(crafted_blocks, store)
    ingest(crafted_blocks, tmp_path / "undisturbed")
    assert content(store) == content(tmp_path / "undisturbed")


def test_an_interrupt_stops_at_a_whole_state(
    crafted_blocks: Path, tmp_path: Path, ingests: Ingests
) -> None:
    store = tmp_path / "store"
    child = ingests.start(crafted_blocks, store, "wait")
    assert ingests.line() == "committed"
    os.kill(child, signal.SIGINT)
    assert ingests.ended() == 130
    error = ingests.close()
    assert "Traceback" not in error
    assert "stopped" in error
    assert 0 <= tip_of_whole_store(store) < 40


def test_what_a_killed_writer_left_does_not_stop_the_next_while_somebody_reads(
    crafted: list[Block], tmp_path: Path, ingests: Ingests
) -> None:
    """A reader of an older generation keeps the leftovers in place; new files go beside them."""
    from peelchain.store.reader import Store

    store = tmp_path / "store"
    ingest(write_files(tmp_path / "blocks", crafted[:20]), store)
    with Store.open(store):
        ingest(write_files(tmp_path / "blocks", crafted[:30]), store)
        write_files(tmp_path / "blocks", crafted)
        # dies at a write of the manifest, its segment written
        assert ingests.run(tmp_path / "blocks", store, 7) == -signal.SIGKILL
        assert len(list((store / "segments").iterdir())) > len(files_of(store)) // 5
        assert ingest(tmp_path / "blocks", store).tip_height == len(crafted) - 1
    assert verify(store)["ok"]
