"""An ingest killed or interrupted: the store is whole at every moment, the next run goes on."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.chain.crafted import Block, grow, write_files
from tests.chain.stores import (
    ENVIRONMENT,
    chain_files,
    content,
    cut_small,
    file_hashes,
    fix_key,
    ingest,
    named_files,
)

from peelchain.actions.chain import verify
from peelchain.actions.status import status
from peelchain.errors import StoreError
from peelchain.store import manifest

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
    cut_small(monkeypatch)
    fix_key(monkeypatch)


def tip_of_whole_store(store: Path) -> int:
    """Height of the store's tip once everything in it was checked, -1 where it has not begun."""
    try:
        found = verify(store)
    except StoreError as e:
        assert "is no store" in str(e) or "does not exist" in str(e)
        return -1
    assert found["ok"], found["failures"]
    return int(status(store)["tip_height"])


@dataclass(frozen=True)
class Undisturbed:
    """What a store of `crafted` that was made at once holds."""

    hashes: dict[tuple[str, int, int], str]
    content: dict[str, str]


@pytest.fixture
def undisturbed(crafted_blocks: Path, tmp_path: Path, small_segments: None) -> Undisturbed:
    ingest(crafted_blocks, tmp_path / "undisturbed")
    return Undisturbed(file_hashes(tmp_path / "undisturbed"), content(tmp_path / "undisturbed"))


def assert_the_next_run_ends_as(undisturbed: Undisturbed, blocks: Path, store: Path) -> None:
    """That an ingest goes on to the same files of tables and look-ups, and leaves no others."""
    assert ingest(blocks, store).damage == ()
    assert file_hashes(store) == undisturbed.hashes
    assert content(store) == undisturbed.content
    assert chain_files(store) == named_files(store)
    found = verify(store)
    assert found["ok"], found["failures"]


def test_killed_at_any_step_the_next_run_ends_where_an_undisturbed_one_does(
    crafted_blocks: Path, undisturbed: Undisturbed, tmp_path: Path, ingests: Ingests
) -> None:
    tips, ended = set(), -signal.SIGKILL
    for moment in range(1, 1000, 13):
        store = tmp_path / f"{moment}"
        ended = ingests.run(crafted_blocks, store, moment)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        tips.add(tip_of_whole_store(store))
        assert_the_next_run_ends_as(undisturbed, crafted_blocks, store)
    assert ended == 0
    assert {-1, 7, 15, 23, 31, 35} <= tips


def test_killed_while_days_become_a_week_the_next_run_ends_where_an_undisturbed_one_does(
    crafted: list[Block],
    crafted_blocks: Path,
    undisturbed: Undisturbed,
    tmp_path: Path,
    ingests: Ingests,
) -> None:
    ingest(write_files(tmp_path / "blocks", crafted[:33]), tmp_path / "grown")
    assert [s.last_height for s in segments_of(tmp_path / "grown")] == [7, 15, 23, 27, 32]
    ended = -signal.SIGKILL
    for moment in range(1, 1000, 11):
        store = Path(shutil.copytree(tmp_path / "grown", tmp_path / f"{moment}"))
        ended = ingests.run(crafted_blocks, store, moment)
        if ended == 0:
            break
        assert tip_of_whole_store(store) in (32, 35, 40)
        assert_the_next_run_ends_as(undisturbed, crafted_blocks, store)
    assert ended == 0


@pytest.mark.parametrize("length", [0, 31])
def test_killed_at_random_moments_the_next_run_ends_where_an_undisturbed_one_does(
    crafted: list[Block],
    crafted_blocks: Path,
    undisturbed: Undisturbed,
    tmp_path: Path,
    ingests: Ingests,
    length: int,
) -> None:
    """The clock decides where: inside the kernels, between files, before anything was done.

    Twenty-five kills or more of the making of a store, and as many of its growth by days and a
    week, at more than one height each.
    """
    begun, rng = tmp_path / "begun", random.Random(length)
    tips: list[int] = []
    if length:
        ingest(write_files(tmp_path / "blocks", crafted[:length]), begun)
    else:
        begun.mkdir()
    took = []
    for number in range(3):
        copy = shutil.copytree(begun, tmp_path / f"timed {number}")
        start = time.monotonic()
        assert ingests.run(crafted_blocks, copy, "never") == 0
        took.append(time.monotonic() - start)
    # half as long again as usual; the first of all has the process to load
    longest, tries = 1.5 * sorted(took)[1], 0
    while len(tips) < 25 or len(set(tips)) == 1:
        # moments reach beyond the end, for runs slower than those: what had ended was no kill
        tries += 1
        assert tries < 250
        store = Path(shutil.copytree(begun, tmp_path / f"{tries}"))
        if ingests.run(crafted_blocks, store, f"{rng.random() * longest:.6f} s") == 0:
            continue
        tips.append(tip_of_whole_store(store))
        assert_the_next_run_ends_as(undisturbed, crafted_blocks, store)


def segments_of(store: Path) -> tuple[manifest.Segment, ...]:
    return manifest.read(store).segments


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
    """What one left half done is there when the next is killed."""
    store, rng = tmp_path / "store", random.Random(7)
    before = -1
    for _ in range(12):
        ended = ingests.run(crafted_blocks, store, f"{rng.random() / 10:.6f} s")
        assert ended in (0, -signal.SIGKILL)
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
    tip = tip_of_whole_store(store)
    assert 0 <= tip < 40
    assert f"stopped; the store is whole up to height {tip}, the same command goes on" in error
    assert ingest(crafted_blocks, store).tip_height == 40


def test_an_interrupt_before_anything_was_committed_says_so(
    crafted_blocks: Path, tmp_path: Path, ingests: Ingests
) -> None:
    store = tmp_path / "store"
    assert ingests.run(crafted_blocks, store, "interrupt") == 130
    assert "stopped; nothing was committed yet, the same command begins anew" in ingests.close()
    assert not store.exists()


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
        # dies with its first segment written, which no manifest names
        assert ingests.run(tmp_path / "blocks", store, 9) == -signal.SIGKILL
        assert len(list((store / "segments").iterdir())) > len(named_files(store)) // 5
        assert ingest(tmp_path / "blocks", store).tip_height == len(crafted) - 1
    assert verify(store)["ok"]
