"""Raw blocks that a store keeps itself: whole whatever stops the writer."""

from pathlib import Path

import pytest
from tests.chain.crafted import Block, grow
from tests.chain.stores import content, content_of

from peelchain.chain import block_archive
from peelchain.chain.block_archive import SCAN_CACHE, open_archive
from peelchain.chain.core_files import scan
from peelchain.chain.ingest import Ingested, ingest_core_files, scan_cached
from peelchain.errors import SourceError, StoreError, StoreLockedError
from peelchain.network import REGTEST, by_name


def fill(store: Path, blocks: list[Block]) -> Ingested:
    with open_archive(store, REGTEST) as archive:
        for block in blocks:
            archive.add(block.raw)
        archive.sync()
        source = {"kind": "test", "path": str(archive.files.blocks)}
        return ingest_core_files(
            archive.files, store, source=source, cache=archive.folder / SCAN_CACHE
        )


def test_what_was_added_is_the_chain_of_the_store(crafted: list[Block], tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert fill(store, crafted[:20]).tip_height == 19
    assert fill(store, crafted[20:]).tip_height == len(crafted) - 1
    assert content(store) == content_of(crafted)


def test_a_reorganisation_is_appended_and_the_old_blocks_stay(
    crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    fill(store, crafted)
    other = grow(crafted[:-3], 4, "other")
    done = fill(store, other[-4:])
    assert (done.rolled_back, done.added_blocks, done.stale) == (3, 4, 3)
    assert content(store) == content_of(other)


@pytest.mark.parametrize("lost", [1, 7, 60, 200])
def test_a_block_cut_short_by_a_kill_is_cut_off(
    crafted: list[Block], tmp_path: Path, lost: int
) -> None:
    store = tmp_path / "store"
    fill(store, crafted[:30])
    file = store / "blocks" / "blk00000.dat"
    whole = file.read_bytes()
    file.write_bytes(whole[:-lost])
    with open_archive(store, REGTEST) as archive:
        assert archive.cut_bytes == 8 + len(crafted[29].raw) - lost
        assert scan(archive.files).hashes == tuple(b.shown for b in crafted[:29])
        archive.add(crafted[29].raw)
    assert file.read_bytes() == whole


def test_zeros_left_by_a_power_cut_are_cut_off(crafted: list[Block], tmp_path: Path) -> None:
    """The size of a file may reach the disk before its bytes do."""
    store = tmp_path / "store"
    fill(store, crafted[:30])
    file = store / "blocks" / "blk00000.dat"
    whole = file.read_bytes()
    file.write_bytes(whole[:-50] + bytes(50) + bytes(5000))
    with open_archive(store, REGTEST) as archive:
        assert archive.cut_bytes == 8 + len(crafted[29].raw) + 5000
        assert scan(archive.files).hashes == tuple(b.shown for b in crafted[:29])


def test_damage_before_its_end_is_not_cut_off(
    crafted: list[Block], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_archive, "SYNC_BYTES", 1000 - 2 * (8 + 4_000_000))
    store = tmp_path / "store"
    fill(store, crafted)
    file = store / "blocks" / "blk00000.dat"
    data = bytearray(file.read_bytes())
    at = 8 + len(crafted[0].raw)
    data[at] ^= 1
    file.write_bytes(data)
    with (
        pytest.raises(StoreError, match=f"blk00000.dat, offset {at}: .*move the file away"),
        open_archive(store, REGTEST),
    ):
        pass
    assert file.read_bytes() == data


def test_full_files_are_read_once(
    crafted: list[Block], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_archive, "FILE_BYTES", 4000)
    store = tmp_path / "store"
    fill(store, crafted)
    files = sorted((store / "blocks").glob("blk*.dat"))
    assert len(files) > 2
    assert max(f.stat().st_size for f in files) <= 4000
    with open_archive(store, REGTEST) as archive:
        found = scan_cached(archive.files, archive.folder / SCAN_CACHE)
    assert found.hashes == tuple(b.shown for b in crafted)
    assert found.files_read == 1
    assert content(store) == content_of(crafted)


def test_one_process_writes_an_archive(tmp_path: Path) -> None:
    with (
        open_archive(tmp_path, REGTEST),
        pytest.raises(StoreLockedError, match="is being written by process"),
        open_archive(tmp_path, REGTEST),
    ):
        pass


def test_another_chain_and_impossible_blocks_are_refused(
    crafted: list[Block], tmp_path: Path
) -> None:
    with open_archive(tmp_path, REGTEST) as archive:
        archive.add(crafted[0].raw)
        for size in (0, 80, 4_000_001):
            with pytest.raises(SourceError, match=f"a block of {size:,} bytes cannot be"):
                archive.add(bytes(size))
    with (
        pytest.raises(SourceError, match="holds blocks of regtest, the source is mainnet"),
        open_archive(tmp_path, by_name("mainnet")),
    ):
        pass
