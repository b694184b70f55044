"""Look-ups made anew from the tables are those that the ingest wrote."""

from pathlib import Path

import pytest
from tests.chain.crafted import Block, grow, write_files
from tests.chain.stores import content, cut_small, ingest

from peelchain.actions.chain import reindex, verify
from peelchain.store import manifest


@pytest.fixture
def store(crafted_blocks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of `crafted` in several segments."""
    cut_small(monkeypatch)
    ingest(crafted_blocks, tmp_path / "store")
    return tmp_path / "store"


def lookups(store: Path) -> dict[tuple[str, int, int], str]:
    """What each look-up file holds, coins apart: those of the ingest still hold spent ones."""
    runs = manifest.read(store).sorted_runs
    return {
        (r.kind, r.first_height, r.last_height): r.run.sha256 for r in runs if r.kind != "coins"
    }


def test_it_makes_the_same_files(store: Path) -> None:
    before = lookups(store)
    assert {kind for kind, _, _ in before} == {"txids", "scripts", "spenders", "receipts"}
    told = reindex(store)
    assert told["files"] == len(manifest.read(store).sorted_runs)
    after = lookups(store)
    assert after == before
    assert verify(store)["ok"]


def test_the_chain_goes_on_from_what_was_made(
    crafted: list[Block], store: Path, tmp_path: Path
) -> None:
    longer = write_files(tmp_path / "longer", grow(crafted, 20, "more"))
    reindex(store)
    ingest(longer, store)
    ingest(longer, tmp_path / "at once")
    assert content(store) == content(tmp_path / "at once")


@pytest.mark.parametrize("fork", [2, 5, 14, 17, 30])
def test_a_reorganisation_below_the_sealed_blocks(
    crafted: list[Block], store: Path, tmp_path: Path, fork: int
) -> None:
    other = grow(crafted[: fork + 1], 45, "other")
    blocks = write_files(tmp_path / "other", other)
    done = ingest(blocks, store)
    assert done.rolled_back == len(crafted) - 1 - fork
    ingest(blocks, tmp_path / "fresh")
    assert content(store) == content(tmp_path / "fresh")
    assert verify(store)["ok"]
