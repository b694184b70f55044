"""Many processes read a store while one writes it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.chain.crafted import Block, grow, write_files
from tests.chain.stores import ENVIRONMENT, chain_files, cut_small, ingest, named_files

from peelchain.store.reader import Store


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch)


class Reader:
    """Another process that holds a generation."""

    def __init__(self, store: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("reading.py")), str(store)],
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.line() == "open"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def read(self) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write("again\n")
        self.process.stdin.flush()
        return self.line()


@contextmanager
def reader(store: Path) -> Iterator[Reader]:
    reading = Reader(store)
    try:
        yield reading
    finally:
        reading.process.communicate(timeout=60)
    assert reading.process.returncode == 0


def test_each_reader_keeps_what_it_opened_and_old_files_go_when_it_has_gone(
    crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    ingest(write_files(tmp_path / "blocks", crafted[:20]), store)
    first_files = chain_files(store)
    with reader(store) as first:
        seen = first.read()
        assert seen.startswith(f"19 {crafted[19].shown} ")
        for length in range(22, 41, 3):
            ingest(write_files(tmp_path / "blocks", crafted[:length]), store)
            assert first.read() == seen
        with reader(store) as second:
            # the writer leaves the first one's chain for another
            other = grow(crafted[:5], 40, "other")
            ingest(write_files(tmp_path / "blocks", crafted, other[5:]), store)
            assert first.read() == seen
            assert second.read().startswith(f"39 {crafted[39].shown} ")
            with Store.open(store) as now:
                assert now.manifest.tip_hash == other[-1].shown
            assert first_files <= chain_files(store)
    # nobody holds them now: the next commit clears
    ingest(write_files(tmp_path / "blocks", crafted, grow(other, 1, "x")[5:]), store)
    assert chain_files(store) == named_files(store)
    assert not first_files & named_files(store)


def test_a_reader_that_is_killed_holds_nothing(crafted: list[Block], tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest(write_files(tmp_path / "blocks", crafted[:20]), store)
    killed = Reader(store)
    killed.process.kill()
    killed.process.communicate()
    ingest(write_files(tmp_path / "blocks", crafted), store)
    assert chain_files(store) == named_files(store)


def test_readers_that_come_and_go_while_generations_pass(
    crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    held: list[tuple[Store, int]] = []
    for length in range(2, 41, 2):
        ingest(write_files(tmp_path / "blocks", crafted[:length]), store)
        held.append((Store.open(store), length))
        if len(held) > 3:
            opened, height = held.pop(0)
            assert opened.read("blocks").num_rows == height
            opened.close()
    for opened, height in held:
        assert opened.read("blocks").num_rows == height
        opened.close()
    assert len(list((store / "readers").iterdir())) <= 5


def test_a_store_that_cannot_be_written_can_be_read(store: Path) -> None:
    """As on read-only media, or another's: the generation is held by the writer's lock file."""
    for folder in (store / "readers", store):
        folder.chmod(0o555)
    try:
        with Store.open(store) as opened:
            assert opened.read("blocks").num_rows == 41
    finally:
        for folder in (store, store / "readers"):
            folder.chmod(0o755)
