"""One chain gives the same files, whatever the threads, the memory, and the steps it grew by."""

import random
from pathlib import Path

import pytest
from tests.chain.crafted import Block, genesis, grow, write_files
from tests.chain.stores import content, cut_small, file_hashes, fix_key, ingest

from peelchain.actions.chain import verify
from peelchain.chain.core_files import find
from peelchain.chain.ingest import ingest_core_files
from peelchain.chain.limits import LEAST_MEMORY_BYTES, Limits, limits
from peelchain.schema import CHAIN_TABLES
from peelchain.store import manifest
from peelchain.store.manifest import RUN_KINDS


@pytest.fixture(autouse=True)
def one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    fix_key(monkeypatch)


@pytest.fixture(scope="module")
def chain() -> list[Block]:
    """Blocks for two segments of 32, days and weeks, and a head."""
    return grow([genesis()], 90)


def made_within(allowed: Limits, blocks: Path, store: Path) -> dict[tuple[str, int, int], str]:
    ingest_core_files(find(blocks, None), store, allowed=allowed)
    assert verify(store)["ok"]
    return file_hashes(store)


def least(threads: int) -> Limits:
    """The least memory that so many threads may be given."""
    return limits(threads, LEAST_MEMORY_BYTES + threads * (12 << 20))


@pytest.mark.parametrize(
    "allowed", [limits(1), limits(2), limits(5), *map(least, (1, 2, 5))], ids=str
)
def test_threads_and_memory_change_no_byte(
    node: Path, tmp_path: Path, allowed: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_small(monkeypatch, DAY_BLOCKS=16, WEEK_BLOCKS=64, HEAD_BLOCKS=5, LEVELS=(16, 64, 128))
    wanted = made_within(limits(3, 256 << 20), node, tmp_path / "wanted")
    assert made_within(allowed, node, tmp_path / "store") == wanted
    assert {kind for kind, *_ in wanted} >= {f"{kind}.run" for kind in RUN_KINDS}


@pytest.mark.parametrize("seed", range(4))
def test_growth_by_days_and_weeks_ends_in_the_same_files_as_all_at_once(
    chain: list[Block], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    cut_small(monkeypatch)
    rng = random.Random(seed)
    ingest(write_files(tmp_path / "blocks", chain), tmp_path / "at_once")
    # one by one, or in steps that pass days, weeks and several of them
    lengths = range(1, len(chain)) if seed == 0 else sorted(rng.sample(range(1, len(chain)), 8))
    merged = 0
    for length in (*lengths, len(chain)):
        before = sealed(tmp_path / "store")
        ingest(write_files(tmp_path / "blocks", chain[:length]), tmp_path / "store")
        merged += len(before - sealed(tmp_path / "store"))
    # a small step may end at the first day of a week: then it is merged with the second
    assert merged > 0
    assert file_hashes(tmp_path / "store") == file_hashes(tmp_path / "at_once")
    assert content(tmp_path / "store", places=True) == content(tmp_path / "at_once", places=True)
    assert verify(tmp_path / "store")["ok"]


def sealed(store: Path) -> set[tuple[int, int]]:
    found = manifest.read(store).segments[:-1] if store.exists() else ()
    return {(s.first_height, s.last_height) for s in found}


def test_other_branches_on_the_way_leave_no_trace(
    chain: list[Block], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_small(monkeypatch)
    ingest(write_files(tmp_path / "blocks", chain), tmp_path / "at_once")
    for fork, length in ((30, 33), (28, 40), (45, 50), (9, 56), (70, 80)):
        branch = grow(chain[:fork], length - fork, f"from {fork}")
        ingest(write_files(tmp_path / "branch", branch), tmp_path / "store")
        assert verify(tmp_path / "store")["ok"]
    ingest(write_files(tmp_path / "blocks", chain), tmp_path / "store")
    assert content(tmp_path / "store") == content(tmp_path / "at_once")
    # look-ups made anew at a fork are cut otherwise until the next merge
    assert tables(tmp_path / "store") == tables(tmp_path / "at_once")


def tables(store: Path) -> dict[tuple[str, int, int], str]:
    return {key: found for key, found in file_hashes(store).items() if key[0] in CHAIN_TABLES}
