"""New blocks and reorganisations: what an ingest adds and takes back, and what then stands."""

import random
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.chain.crafted import Block, genesis, grow, pay, write_files
from tests.chain.stores import (
    answer,
    chain_files,
    command,
    content,
    cut_small,
    ingest,
    named_files,
    snapshot,
)

from peelchain.actions.chain import verify
from peelchain.chain import ingest as stage
from peelchain.chain.progress import Step
from peelchain.errors import SourceError
from peelchain.schema import TABLES
from peelchain.store import manifest as manifests
from peelchain.store.reader import Store
from peelchain.store.writer import open_for_writing


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch)


@cache
def forty_blocks() -> list[Block]:
    return grow([genesis()], 40)


def fresh(chain: list[Block], folder: Path) -> dict[str, str]:
    ingest(write_files(folder / "fresh", chain), folder / "fresh.store")
    return content(folder / "fresh.store", places=True)


def test_a_second_ingest_adds_nothing_and_changes_nothing(
    crafted: list[Block], tmp_path: Path
) -> None:
    blocks = write_files(tmp_path / "blocks", crafted)
    assert ingest(blocks, tmp_path / "store").added_blocks == len(crafted)
    before = snapshot(tmp_path / "store")
    again = ingest(blocks, tmp_path / "store")
    assert (again.added_blocks, again.rolled_back) == (0, 0)
    assert again.tip_hash == crafted[-1].shown
    assert snapshot(tmp_path / "store") == before


def test_sealed_segments_are_left_alone_when_the_chain_grows(
    crafted: list[Block], tmp_path: Path
) -> None:
    ingest(write_files(tmp_path / "blocks", crafted[:30]), tmp_path / "store")
    old = manifests.read(tmp_path / "store").segments
    ingest(write_files(tmp_path / "blocks", crafted), tmp_path / "store")
    new = manifests.read(tmp_path / "store").segments
    assert [s.last_height for s in new] == [7, 15, 23, 31, 35, 40]
    assert new[:3] == old[:3]
    assert content(tmp_path / "store", places=True) == fresh(crafted, tmp_path)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sets(st.integers(1, 40), max_size=6))
def test_step_by_step_or_at_once_is_the_same(tmp_path: Path, cuts: set[int]) -> None:
    crafted = forty_blocks()
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    for cut in sorted({*cuts, len(crafted)}):
        done = ingest(write_files(folder / "blocks", crafted[:cut]), folder / "store")
        assert done.tip_height == cut - 1
        assert done.rolled_back == 0
    assert content(folder / "store", places=True) == fresh(crafted, folder)
    listed = [(s.first_height, s.last_height) for s in manifests.read(folder / "store").segments]
    at_once = manifests.read(folder / "fresh.store").segments
    assert listed == [(s.first_height, s.last_height) for s in at_once]


@pytest.mark.parametrize("fork", [39, 38, 33, 32, 31, 24, 17, 8, 1])
def test_a_longer_fork_takes_the_old_blocks_back(
    crafted: list[Block], fork: int, tmp_path: Path
) -> None:
    """Within the head segment, at its border and below sealed ones."""
    store = tmp_path / "store"
    ingest(write_files(tmp_path / "blocks", crafted), store)
    other = grow(crafted[:fork], len(crafted) - fork + 1, "other")
    done = ingest(write_files(tmp_path / "blocks", crafted, other[fork:]), store)
    assert (done.tip_hash, done.added_blocks) == (other[-1].shown, len(other) - fork)
    assert (done.rolled_back, done.stale) == (len(crafted) - fork, len(crafted) - fork)
    assert content(store) == content_of(other, tmp_path)
    assert verify(store)["ok"]
    assert chain_files(store) == named_files(store)


def content_of(chain: list[Block], folder: Path) -> dict[str, str]:
    ingest(write_files(folder / "alone", chain), folder / "alone.store")
    return content(folder / "alone.store")


def test_there_and_back_again(crafted: list[Block], tmp_path: Path) -> None:
    store, rng = tmp_path / "store", random.Random(1)
    chain = crafted[:20]
    for turn in range(12):
        ingest(write_files(tmp_path / "blocks", chain), store)
        fork = rng.randrange(1, len(chain))
        chain = grow(chain[:fork], len(chain) - fork + rng.randrange(1, 4), f"{turn}")
    ingest(write_files(tmp_path / "blocks", chain), store)
    assert content(store) == content_of(chain, tmp_path)


def test_a_source_with_less_work_is_refused(crafted: list[Block], tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest(write_files(tmp_path / "blocks", crafted), store)
    before = snapshot(store)
    other = grow(crafted[:30], 4, "other")
    with pytest.raises(SourceError, match=r"less work.*at height 29; use"):
        ingest(write_files(tmp_path / "other", other), store)
    assert snapshot(store) == before
    with pytest.raises(SourceError, match=r"less work.*ends at height 29; use"):
        ingest(write_files(tmp_path / "behind", crafted[:30]), store)
    assert snapshot(store) == before


def test_an_interrupted_ingest_keeps_its_work_against_a_weaker_source(
    crafted: list[Block], tmp_path: Path
) -> None:
    """What a killed ingest had committed has its own work stated, not that of the tip to come."""
    store = tmp_path / "store"
    reached: list[Step] = []

    class KilledError(Exception):
        pass

    def stop(step: Step) -> None:
        reached.append(step)
        if step.height is not None and step.height >= 23:
            raise KilledError

    from peelchain.chain.core_files import find

    with pytest.raises(KilledError):
        stage.ingest_core_files(find(write_files(tmp_path / "blocks", crafted), None), store, stop)
    kept = manifests.read(store)
    assert kept.tip_height == 23
    assert int(kept.chainwork, 16) == 2 * 24
    assert [s.height for s in reached if s.height is not None] == [7, 15, 23]
    assert (reached[-1].done, reached[-1].of) == (
        sum(len(b.raw) for b in crafted[:24]),
        sum(len(b.raw) for b in crafted),
    )
    weaker = grow(crafted[:10], 5, "weaker")
    with pytest.raises(SourceError, match="less work"):
        ingest(write_files(tmp_path / "weaker", weaker), store)


def test_runs_on_blocks_that_vanished_are_void_and_tags_stay(
    crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    ingest(write_files(tmp_path / "blocks", crafted[:30]), store)
    assert command("cluster", "run", "--store", store).returncode == 0
    with open_for_writing(store) as writer:
        writer.add_run(
            "tags",
            {"tags": TABLES["tags"].schema.empty_table()},
            parameters={},
            inputs={},
            on_chain=False,
        )
    # while the chain only grows, a run on an ancestor stands
    ingest(write_files(tmp_path / "blocks", crafted[:35]), store)
    assert {r["stage"] for r in answer("chain", "status", "--store", store)["runs"]} == {
        "cluster",
        "tags",
    }
    other = grow(crafted[:29], 9, "other")
    ingest(write_files(tmp_path / "blocks", other), store)
    assert [r["stage"] for r in answer("chain", "status", "--store", store)["runs"]] == ["tags"]
    with Store.open(store) as opened:
        assert opened.runs("cluster") == []
        (run,) = opened.runs("tags")
        assert opened.read_run(run, "tags").num_rows == 0
    files = {p.name.split("-")[0] for p in (store / "derived").iterdir()}
    assert files == {"tags"}


def test_a_chain_of_genesis_alone_can_grow(tmp_path: Path) -> None:
    chain = [genesis()]
    for _ in range(3):
        done = ingest(write_files(tmp_path / "blocks", chain), tmp_path / "store")
        assert (done.tip_height, done.added_blocks) == (len(chain) - 1, 1)
        chain = pay(chain)
