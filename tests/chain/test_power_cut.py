"""Power cuts and full disks at any write: the store is whole, the next run ends as undisturbed.

A life of a store is recorded once, write by write. A cut is replayed from that: what was synced is
there, and of the rest nothing, all, or what a seed says.
"""

import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from tests.chain.crafted import Block, grow, write_files
from tests.chain.stores import (
    ENVIRONMENT,
    MEMORY,
    chain_files,
    content,
    cut_small,
    file_hashes,
    fix_key,
    ingest,
    named_files,
    snapshot,
)

from peelchain import _core
from peelchain.actions.chain import verify
from peelchain.actions.clusters import run as cluster
from peelchain.store import manifest

Kept = Literal["nothing", "all", "in_order", "any_order"]
NOTHING: tuple[Kept, int] = ("nothing", 0)
OUTCOMES: list[tuple[Kept, int]] = [
    *(NOTHING, ("all", 0), ("in_order", 1)),
    *(("any_order", seed) for seed in (2, 3)),
]


class Commands:
    """The process that runs commands and tells how they ended."""

    def __init__(self, folder: Path) -> None:
        self.err = folder / "err"
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("trials.py"))],
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: list[object], **environment: object) -> int:
        """How the command ended; what it said is then in `err`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {
            "arguments": [str(a) for a in arguments],
            "environment": {name: str(value) for name, value in environment.items()},
            "err": str(self.err),
        }
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@dataclass(frozen=True)
class Whole:
    """What a store holds, whatever its files are called."""

    files: dict[tuple[str, int, int], str]
    rows: dict[str, str]
    runs: list[tuple[str, dict[str, str]]]


@dataclass(frozen=True)
class Step:
    """One command of the story: how to give it, how to call it, and what the store then holds."""

    arguments: list[object]
    call: Callable[[Path], object]
    holds: Whole


@dataclass
class Story:
    """A life of a store, and its recording: how many writes were done when each step had ended."""

    folder: Path
    commands: Commands
    steps: list[Step]
    log: Path
    ends: list[int] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """What lies in it was recorded; the store is in there."""
        return self.folder / "disk"


def whole(store: Path) -> Whole:
    runs = [
        (run.stage, {table: file.sha256 for table, file in run.tables.items()})
        for run in manifest.read(store).runs
    ]
    return Whole(file_hashes(store), content(store), runs)


@pytest.fixture(scope="module")
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        cut_small(patch)
        fix_key(patch)
        yield


@pytest.fixture(scope="module")
def story(crafted: list[Block], _small: None) -> Iterator[Story]:
    """A store begun, clustered, grown, reorganised in its head and below it, clustered again."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        folder = Path(name)
        told = Story(folder, Commands(folder), _steps(crafted, folder), folder / "log")
        told.root.mkdir()
        for step in told.steps:
            store = told.root / "store"
            ended = told.commands.run(
                [*step.arguments, "--store", store], PEELCHAIN_RECORD_WRITES=told.log
            )
            assert ended == 0, told.commands.err.read_text()
            assert whole(store) == step.holds
            told.ends.append(len(_core.recorded_writes(told.log)))
        yield told
        told.commands.process.communicate()


def _steps(crafted: list[Block], folder: Path) -> list[Step]:
    head = grow(crafted[:38], 4, "head")
    chains = [crafted[:20], None, crafted, head, grow(head[:26], 18, "deep"), None]
    steps = []
    for number, chain in enumerate(chains):
        arguments: list[object] = ["cluster", "run"]
        call: Callable[[Path], object] = cluster
        if chain is not None:
            blocks = write_files(folder / f"blocks {number}", chain)
            arguments = ["chain", "ingest", f"core:{blocks}"]
            call = _ingesting(blocks)
        call(folder / "undisturbed")
        steps.append(Step(arguments, call, whole(folder / "undisturbed")))
    return steps


def _ingesting(blocks: Path) -> Callable[[Path], object]:
    return lambda store: ingest(blocks, store)


@dataclass(frozen=True)
class Commit:
    """A manifest and the numbers of writes after which it may be, and after which it must be."""

    text: bytes
    may: int
    must: int


def commits(log: Path, root: Path, folder: Path) -> list[Commit]:
    """Every commit that a log tells of."""
    writes = _core.recorded_writes(log)
    found = []
    for number, (kind, path) in enumerate(writes, 1):
        if kind == "rename" and path == root / "store" / manifest.NAME:
            target = folder / f"commit {number}"
            _core.replay_writes(log, root, target, upto=number, kept="all")
            text = (target / "store" / manifest.NAME).read_bytes()
            shutil.rmtree(target)
            synced = (
                n for n, w in enumerate(writes, 1) if n > number and w == ("sync_dir", path.parent)
            )
            found.append(Commit(text, number, next(synced)))
    return found


def assert_whole(store: Path, made: list[Commit], cut: int) -> None:
    """That after a cut the store is one that was committed, the last or one that was on its way."""
    sure = [c for c in made if c.must <= cut]
    possible = [c.text for c in made if c.may <= cut and c.must > cut]
    path = store / manifest.NAME
    if not path.exists():
        assert not sure
        return
    assert path.read_bytes() in [*possible, *(c.text for c in sure[-1:])]
    found = verify(store)
    assert found["ok"], found["failures"]


def assert_goes_on(store: Path, step: Step) -> None:
    """That the command that was cut ends as if it had not been, and leaves nothing else behind."""
    step.call(store)
    assert whole(store) == step.holds
    assert_nothing_else(store)


def assert_nothing_else(store: Path) -> None:
    named = named_files(store)
    assert chain_files(store) <= named
    derived = {f"derived/{p.name}" for p in (store / "derived").glob("*")}
    assert chain_files(store) | derived == named
    known = {manifest.NAME, "writer.lock", "readers", "segments", "lookups", "derived"}
    assert {p.name for p in store.iterdir()} <= known


def replayed(story: Story, log: Path, cut: int, outcome: tuple[Kept, int], disk: Path) -> Path:
    """The store on a disk that a power cut left."""
    kept, seed = outcome
    seed = seed * 10_000 + cut
    _core.replay_writes(log, story.root, disk, upto=cut, kept=kept, seed=seed)
    return disk / "store"


@pytest.mark.slow
def test_after_a_power_cut_at_any_write_the_next_run_ends_as_an_undisturbed_one(
    story: Story, tmp_path: Path
) -> None:
    """Around each replacement of a manifest in all outcomes, at random in two."""
    made = commits(story.log, story.root, tmp_path)
    assert len(made) > 8
    rng = random.Random(1)
    near = {n + d for c in made for n in (c.may, c.must) for d in (-1, 0)}
    cuts = {cut: [NOTHING, OUTCOMES[cut % 4 + 1]] for cut in rng.sample(range(story.ends[-1]), 40)}
    cuts |= dict.fromkeys(near, OUTCOMES)
    disk, went_on = tmp_path / "disk", 0
    for cut, outcomes in sorted(cuts.items()):
        step = next(s for s, end in zip(story.steps, story.ends, strict=True) if cut <= end)
        seen = []
        for outcome in outcomes:
            store = replayed(story, story.log, cut, outcome, disk)
            found = snapshot(disk)
            if found not in seen:
                seen.append(found)
                assert_whole(store, made, cut)
                assert_goes_on(store, step)
                went_on += 1
            shutil.rmtree(disk)
    assert went_on > 100


def test_a_commit_that_a_kill_left_unsynced_outlives_what_the_next_run_removes(
    story: Story, tmp_path: Path
) -> None:
    """Killed between a manifest's new name and its sync; the power goes in the run after."""
    log, disk = tmp_path / "log", tmp_path / "disk"
    (story.root / "store").rename(story.folder / "put aside")
    try:
        arguments = [*story.steps[0].arguments, "--store", story.root / "store"]
        first = commits(story.log, story.root, tmp_path)
        at = next(c for c in first[1:] if c.must <= story.ends[0]).must
        ended = story.commands.run(arguments, PEELCHAIN_RECORD_WRITES=log, PEELCHAIN_KILL_WRITE=at)
        assert ended == -signal.SIGABRT
        assert len(_core.recorded_writes(log)) == at - 1
        assert story.commands.run(arguments, PEELCHAIN_RECORD_WRITES=log) == 0
    finally:
        shutil.rmtree(story.root / "store")
        (story.folder / "put aside").rename(story.root / "store")
    made = commits(log, story.root, tmp_path)
    removed = [kind for kind, _ in _core.recorded_writes(log)[at - 1 : at + 20]]
    assert "remove_file" in removed
    for cut in range(at - 1, at + 24):
        for seed in range(12):
            store = replayed(story, log, cut, ("any_order", seed), disk)
            assert_whole(store, made, cut)
            if cut % 8 == seed == 0:
                assert_goes_on(store, story.steps[0])
            shutil.rmtree(disk)


@pytest.mark.parametrize(("number", "spread"), [(0, 17), (2, 23), (4, 29), (5, 4)])
def test_a_full_disk_at_any_write_leaves_the_store_as_it_was_at_its_last_commit(
    story: Story, tmp_path: Path, number: int, spread: int
) -> None:
    """Fresh, growing, reorganised, clustered; with room again the command ends as undisturbed."""
    step, made = story.steps[number], commits(story.log, story.root, tmp_path)
    begin = story.ends[number - 1] if number else 0
    texts = [c.text for c in made if c.may <= story.ends[number]]
    ended = 1
    for at in range(1, 2 * story.ends[number], spread):
        store = replayed(story, story.log, begin, ("all", 0), tmp_path / f"{at}")
        there = store.exists()
        before = (store / manifest.NAME).read_bytes() if there else b""
        ended = story.commands.run([*step.arguments, "--store", store], PEELCHAIN_FAIL_WRITE=at)
        if ended == 0:
            break
        said = story.commands.err.read_text().splitlines()[-1]
        assert ended == 1
        assert said.startswith(f"error: {tmp_path / str(at)}")
        assert "No space left on device" in said
        assert "make room" in said
        if store.exists():
            after = (store / manifest.NAME).read_bytes()
            assert after == before or after in texts
            found = verify(store)
            assert found["ok"], found["failures"]
            # where the manifest's new name could not be synced, the old one may come back
            if not said.startswith(f"error: {store}: "):
                assert_nothing_else(store)
        assert store.exists() or not there
        assert_goes_on(store, step)
        shutil.rmtree(tmp_path / f"{at}")
    assert ended == 0


def test_a_device_that_is_asked_for_the_impossible_says_so(story: Story, tmp_path: Path) -> None:
    for name, value in {
        "PEELCHAIN_FAIL_WRITE": "soon",
        "PEELCHAIN_KILL_WRITE": "-1",
        "PEELCHAIN_RECORD_WRITES": "/dev/null/no folder",
    }.items():
        arguments = [*story.steps[0].arguments, "--store", tmp_path / "store"]
        assert story.commands.run(arguments, **{name: value}) == 1
        assert name in story.commands.err.read_text()
        assert not (tmp_path / "store").exists()
